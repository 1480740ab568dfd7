"""Reading and writing files."""

import pytest

from spacy_clinrel.files import check_output, read_docbin, write_json


def test_an_output_never_replaces_an_input(tmp_path):
    path, link = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("患者头痛。", encoding="utf-8")
    link.symlink_to(path)
    for output in (path, tmp_path / "x" / ".." / "a.txt", link):
        with pytest.raises(ValueError, match="F017"):
            check_output(output, None, path)
    check_output(tmp_path / "c.txt", path)
    check_output(None, path)
    with pytest.raises(ValueError, match="F020"):
        check_output(tmp_path, path)


def test_what_can_t_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match=r"F018.*file.*a\.json"):
        write_json(tmp_path / "file" / "a.json", {})


def test_a_folder_is_no_docbin(zh, tmp_path):
    with pytest.raises(ValueError, match="F020"):
        read_docbin(tmp_path, zh.vocab)
