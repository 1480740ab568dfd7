"""Metadata of `split` in other encodings."""

import pytest

from spacy_clinrel.data.splits import read_metadata

CSV = "doc_id,病区\n1,内科病房\n2,外科病房\n"
JSONL = '{"doc_id": "1", "病区": "内科病房"}\n{"doc_id": "2", "病区": "外科病房"}\n'
EXPECTED = {"1": "内科病房", "2": "外科病房"}


def wards(path, encoding=None):
    return {name: row["病区"] for name, row in read_metadata(path, encoding).items()}


@pytest.mark.parametrize("name, content", [("a.CSV", CSV), ("a.jsonl", JSONL)])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_metadata_in_each_encoding(tmp_path, name, content, encoding):
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    if encoding == "gb18030":
        with pytest.raises(ValueError, match=r"F028.*F071.*--encoding: gb18030"):
            wards(path)
        assert wards(path, encoding) == EXPECTED
    else:
        assert wards(path) == EXPECTED


def test_gbk_column_names_get_the_message_about_the_encoding(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("编号,病区\n1,a\n".encode("gbk"))
    with pytest.raises(ValueError, match="F071"):
        read_metadata(path)


@pytest.mark.parametrize("content", [b"doc_id,x\n1,\xe5\xa4\xb4\n2,\xff\n", b"[" * 10**5])
def test_broken_lines_are_named(tmp_path, content):
    path = tmp_path / ("a.csv" if b"," in content else "a.jsonl")
    path.write_bytes(content)
    with pytest.raises(ValueError, match="F028" if b"[" in content else r"F028.*line 3"):
        read_metadata(path)
