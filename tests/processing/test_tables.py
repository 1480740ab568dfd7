"""Mentions and relations as two tables, from documents and from the output of `apply`."""

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spacy_clinrel
from spacy_clinrel.files import write_docs
from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.tokens import GROUP, MentionAttribute, set_attributes, set_doc_id

from ..util import make_doc

FLAGS = ["is_negated", "is_uncertain", "is_hypothetical", "is_historical", "is_family"]


@pytest.fixture
def docs(zh):
    """Return a document with attributes, one without mentions, and one without attributes."""
    first = make_doc(
        zh, "否认[头痛|症状]。[CT|检查]示[骨折|疾病]。", [(1, 2, "证实"), (1, 0, "证实")]
    )
    set_attributes(first, [MentionAttribute(first.ents[0], "negated", 0.75)])
    set_doc_id(first, "甲")
    return [first, zh.make_doc("无。"), make_doc(zh, "[CT|检查]示[肺炎|疾病]", [(0, 1, "证实")])]


def check(tables):
    """Check the tables of the fixture."""
    mentions, relations = (tables[name].to_pylist() for name in ("mentions", "relations"))
    assert [(m["doc"], m["mention"], m["text"], m["is_negated"]) for m in mentions] == [
        (0, 0, "头痛", True),
        (0, 1, "CT", False),
        (0, 2, "骨折", False),
        (2, 0, "CT", None),
        (2, 1, "肺炎", None),
    ]
    assert mentions[0]["assertion"]["negated"] == 0.75 and mentions[3]["assertion"] is None
    found = [(r["doc"], r["head"], r["tail"], r["is_negated"], r["is_family"]) for r in relations]
    assert found == [
        (0, 1, 2, False, False),
        (0, 1, 0, True, False),
        (2, 0, 1, None, None),
    ]
    ends = [(r["head_text"], r["head_type"], r["tail_text"], r["tail_type"]) for r in relations]
    assert ends[1] == ("CT", "检查", "头痛", "症状") and ends[2] == ("CT", "检查", "肺炎", "疾病")
    assert [r["doc_id"] for r in relations] == ["甲", "甲", None]


def test_tables_of_documents(docs):
    tables = spacy_clinrel.tables(iter(docs))
    check(tables)
    assert spacy_clinrel.mentions_table(docs) == tables["mentions"]
    assert spacy_clinrel.relations_table(docs[0]).num_rows == 2
    empty = spacy_clinrel.tables([])
    assert [empty[name].schema for name in tables] == [tables[name].schema for name in tables]


def test_tables_of_files(docs, tmp_path):
    write_docs(docs, tmp_path / "docs.spacy")
    check(spacy_clinrel.tables(tmp_path / "docs.spacy"))
    check(spacy_clinrel.tables(tmp_path))


def test_data_frames(docs):
    frames = spacy_clinrel.tables(docs, as_frame=True)
    mentions, relations = frames["mentions"], frames["relations"]
    assert list(mentions[mentions.is_negated].text) == ["头痛"]
    # Unknown is neither true nor false.
    assert list(mentions[~mentions.is_negated].text) == ["CT", "骨折"]
    keys = ["doc", "mention"]
    joined = relations.merge(mentions, left_on=["doc", "tail"], right_on=keys)
    assert list(joined.text) == list(joined.tail_text) == ["骨折", "头痛", "肺炎"]


@pytest.fixture(params=["parquet", "jsonl", "spacy"])
def annotated(request, rules, tmp_path):
    """Return the output of `apply` for three documents in two shards."""
    for i, text in enumerate(["头痛，查CT", "无", "CT示头痛"]):
        (tmp_path / f"{i}.txt").write_text(text, encoding="utf-8")
    options = AnnotationOptions(str(rules))
    run_job(Job(str(tmp_path / "*.txt"), tmp_path / "out", options, request.param, 2))
    return tmp_path / "out"


def test_tables_of_the_output_of_apply(annotated):
    mentions = spacy_clinrel.tables(str(annotated))["mentions"]
    columns = mentions.select(["doc", "doc_id", "mention", "text"]).to_pydict()
    assert list(zip(*columns.values())) == [
        (0, "0", 0, "头痛"),
        (0, "0", 1, "CT"),
        (2, "2", 0, "CT"),
        (2, "2", 1, "头痛"),
    ]


VERSION_1 = {
    "id": "a",
    "mentions": [
        {"start_char": 0, "end_char": 2, "text": "CT", "type": "检查", "attributes": {"x": True}},
        {"start_char": 3, "end_char": 5, "text": "骨折", "type": "疾病", "attributes": {"x": None}},
    ],
    "relations": [{"head": 0, "tail": 1, "label": "证实", "score": 0.5}],
}


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_output_of_version_1_is_read(tmp_path, suffix):
    path = tmp_path / f"part-000000.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist([VERSION_1]), path)
    else:
        path.write_text(json.dumps(VERSION_1, ensure_ascii=False) + "\n", encoding="utf-8")
    for source in (path, tmp_path):
        tables = spacy_clinrel.tables(source)
        current = spacy_clinrel.tables([])
        (test, disease), (relation,) = (tables[name].to_pylist() for name in current)
        assert test["attributes"] == {"x": True} and disease["text"] == "骨折"
        assert [test[flag] for flag in FLAGS] == [relation[flag] for flag in FLAGS] == [None] * 5
        assert test["section"] is None and relation["tail_text"] == "骨折"
        assert tables["relations"].schema == current["relations"].schema


@pytest.mark.parametrize(
    "rows",
    [
        [{"id": "a", "mentions": 1, "relations": []}],
        [{"id": "a"}],
        [VERSION_1, {**VERSION_1, "relations": [{"head": 2, "tail": 0, "label": "x"}]}],
        [{**VERSION_1, "relations": [{"head": 2, "tail": 0, "label": "x"}]}, VERSION_1],
        [{**VERSION_1, "relations": [{"head": -1, "tail": 0, "label": "x"}]}],
        [{**VERSION_1, "relations": [{"head": None, "tail": 0, "label": "x"}]}],
        ["头痛"],
    ],
)
def test_broken_output_is_an_error(tmp_path, rows):
    path = tmp_path / "part-000000.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(ValueError, match=r"P062.*part-000000\.jsonl"):
        spacy_clinrel.tables(path)


def test_other_problems_are_errors(docs, tmp_path):
    (tmp_path / "a.txt").write_text("头痛")
    with pytest.raises(ValueError, match="P061"):
        spacy_clinrel.tables(tmp_path / "a.txt")
    for name in ("missing.parquet", "missing"):
        with pytest.raises(ValueError, match=rf"F0.*{name}"):
            spacy_clinrel.tables(tmp_path / name)
    with pytest.raises(ValueError, match="F0"):
        spacy_clinrel.tables(tmp_path)
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="P062"):
        spacy_clinrel.tables(tmp_path / "b.parquet")
    docs[2].spans[GROUP].attrs["values"] = [[9, {}]]
    with pytest.raises(ValueError, match=r"P065.*Item 1.*a str"):
        spacy_clinrel.tables([docs[0], "notes.spacy"])
    with pytest.raises(ValueError, match=r"P063.*document 2.*R011"):
        spacy_clinrel.tables(docs)


@pytest.mark.parametrize("package", ["pyarrow", "pandas"])
def test_missing_library(docs, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"P001.*{package}.*\[tables\]"):
        spacy_clinrel.tables(docs, as_frame=True)
