"""Files in other encodings, with unusual names, or with values that cannot be stored."""

import json
import os
from dataclasses import replace

import pytest

from spacy_clinrel.data.converters import (
    ReadOptions,
    Record,
    Report,
    find_files,
    get_converter,
    read_docs,
)
from spacy_clinrel.files.walk import BROKEN_LINK, HIDDEN, LINKED_TWICE, SPECIAL, UNREADABLE
from spacy_clinrel.tokens import get_doc_id

TEXT = "患者因头痛3天入院。"
ANN = "T1\tSymptom 3 5\t头痛\n"
DOCCANO = {"text": TEXT, "entities": [{"id": 1, "label": "S", "start_offset": 3, "end_offset": 5}]}


def ents(docs):
    return [[ent.text for ent in doc.ents] for doc in docs]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_encodings_are_detected(read, put, encoding):
    put("a.txt", TEXT, encoding)
    path = put("a.ann", ANN, encoding)
    docs, report = read("brat", path.parent)
    assert ents(docs) == [["头痛"]] and not report.losses


def test_text_and_annotation_are_judged_by_themselves(read, put):
    put("a.txt", TEXT, "utf-16")
    path = put("a.ann", ANN)
    docs, report = read("brat", path.parent)
    assert ents(docs) == [["头痛"]] and not report.losses and not report.doubtful


def test_gbk_is_refused_and_can_be_set(read, put):
    put("a.txt", TEXT, "gbk")
    path = put("a.ann", ANN, "gbk")
    docs, report = read("brat", path.parent)
    assert not docs and report.lost == {"broken file": 1}
    assert "--encoding: gb18030" in report.messages[0] and "iconv -f GB18030" in report.messages[0]
    docs, report = read("brat", path.parent, encoding="gb18030")
    assert ents(docs) == [["头痛"]] and not report.losses and not report.doubtful


def test_unknown_encoding_is_an_error(read, put):
    with pytest.raises(ValueError, match="F070"):
        read("brat", put("a.txt", TEXT), encoding="gb99999")


def test_short_gbk_text_is_doubtful_in_chinese_only(read, put, tmp_path):
    put("a.txt", "头痛", "gbk")
    _, report = read("brat", tmp_path)
    assert report.doubtful == {"encoding is doubtful": 1}
    assert "gb18030" in report.messages[0]
    _, report = read("brat", tmp_path, encoding="gb18030")
    assert not report.doubtful


def test_utf8_that_is_read_as_gbk_is_doubtful(read, put, tmp_path):
    put("a.txt", TEXT)
    _, report = read("brat", tmp_path, encoding="gb18030")
    assert report.doubtful == {"encoding is doubtful": 1}


def test_damaged_lines_are_lost_one_by_one(read, put, tmp_path):
    lines = [json.dumps(DOCCANO, ensure_ascii=False)] * 3
    path = put("a.jsonl", "")
    broken = [lines[0].encode(), lines[1].encode("gbk"), '{"text": "头痛"}'.encode("gbk")]
    path.write_bytes(b"\n".join([*broken, lines[2].encode()]))
    docs, report = read("doccano", path)
    assert ents(docs) == [["头痛"]] * 2 and report.lost == {"broken line": 2}
    assert [message.split(": ")[0] for message in report.messages] == [f"{path}:2", f"{path}:3"]
    assert "[F074]" in report.messages[0] and "[F075]" in report.messages[1]


def test_damaged_json_list_names_the_line(read, put):
    path = put("a.jsonl", "")
    path.write_bytes('[{"text": "患者头痛"},\n{"text": "'.encode() + b'\xff"}]\n')
    docs, report = read("doccano", path)
    assert not docs and report.messages[0].startswith(f"{path}:2: broken file: [F074]")


def test_damaged_annotation_line_is_lost(read, put):
    path = put("a.txt", TEXT).with_suffix(".ann")
    path.write_bytes(ANN.encode() + b"T2\tX 0 2\t\xbb\xbc\n" + b"T3\tY 0 2\t" + "患者\n".encode())
    docs, report = read("brat", path.parent)
    assert ents(docs) == [["患者", "头痛"]] and report.lost == {"broken line": 1}
    assert report.messages[0].startswith(f"{path}:2: ")


def test_upper_case_suffixes_are_read(read, put, tmp_path):
    put("A.TXT", TEXT)
    put("A.ANN", ANN)
    put("b.TXT", TEXT)
    put("b.ann", ANN)
    docs, report = read("brat", tmp_path)
    assert ents(docs) == [["头痛"]] * 2 and not report.losses
    assert [get_doc_id(doc) for doc in docs] == ["A", "b"]


def test_names_in_gbk_are_decoded(read, put, tmp_path):
    folder = os.fsencode(tmp_path) + b"/" + "病历".encode("gbk")
    os.mkdir(folder)
    for suffix, content in ((b".txt", TEXT), (b".ann", ANN + "T2\tX 90 92\t头痛\n")):
        with open(folder + b"/" + "出院".encode("gbk") + suffix, "wb") as file:
            file.write(content.encode())
    put("出院.txt", TEXT + "复诊。")
    docs, report = read("brat", tmp_path)
    assert [get_doc_id(doc) for doc in docs] == ["出院", "病历/出院"]
    assert "病历/出院.ann:2" in "".join(report.messages).encode().decode()


def test_left_out_files_are_reported(put, tmp_path, secret_is_unreadable):
    put("corpus/a.txt", TEXT)
    put("corpus/.git/b.txt", TEXT)
    put("corpus/notes.pdf", "")
    put("corpus/secret/c.txt", TEXT)
    other = put("other/d.txt", TEXT).parent
    corpus = tmp_path / "corpus"
    os.mkfifo(corpus / "pipe.txt")
    (corpus / "gone.txt").symlink_to(corpus / "missing")
    (corpus / "x").symlink_to(other)
    (corpus / "y").symlink_to(other)
    report = Report()
    found = find_files(corpus, get_converter("brat"), report)
    assert [path.relative_to(corpus).as_posix() for path in found] == ["a.txt", "x/d.txt"]
    assert report.lost == {UNREADABLE: 1}
    assert report.left_out == {
        HIDDEN: 1,
        "unsupported suffix .pdf": 1,
        SPECIAL: 1,
        BROKEN_LINK: 1,
        LINKED_TWICE: 1,
    }
    named = [message.split(": ")[0].removeprefix(f"{corpus}/") for message in report.messages]
    assert sorted(named) == ["gone.txt", "pipe.txt", "secret", "y"]
    with pytest.raises(ValueError, match="F078"):
        find_files(corpus / "pipe.txt", get_converter("brat"))
    with pytest.raises(ValueError, match=r"F002.*Left out: .*\.txt 1"):
        find_files(other, get_converter("doccano"))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "a\ud800"},
        {"text": "患者因头痛\ud800。"},
        {"entities": [{**DOCCANO["entities"][0], "label": "\udc80"}]},
    ],
)
def test_lone_surrogates_cost_one_document(read, put, change):
    entries = [DOCCANO, {**DOCCANO, **change}, {**DOCCANO, "id": 7}]
    path = put("a.jsonl", "\n".join(json.dumps(entry) for entry in entries))
    docs, report = read("doccano", path, id_field=None)
    if "id" in change:
        docs, report = read("doccano", path, id_field="id")
        assert len(docs) == 1
    else:
        assert len(docs) == 2
        assert report.lost == {"broken line": 1}
    message = report.messages[-1]
    assert message.startswith(f"{path}:2: broken line") and message.encode()


def test_deeply_nested_json_costs_one_document(read, put):
    nested = {"text": "头痛", "meta": "@"}
    lines = [json.dumps({"text": "头痛"})]
    for depth in (500, 950, 1100, 100_000):
        lines.append(json.dumps(nested).replace('"@"', "[" * depth + "]" * depth))
        lines.append(json.dumps({"text": "头痛", "meta": {"doc_id": "@"}}))
        lines[-1] = lines[-1].replace('"@"', "[" * depth + "]" * depth)
        lines.append(json.dumps({"text": "头痛", "spans": "@"}))
        lines[-1] = lines[-1].replace('"@"', "[" * depth + "]" * depth)
    lines.append(json.dumps({"text": "头痛"}))
    path = put("a.jsonl", "\n".join(lines))
    docs, report = read("prodigy", path)
    assert len(docs) >= 2 and report.lost["broken line"] >= 6
    assert all(len(message) < 3000 for message in report.messages)
    whole = put("b.jsonl", f"[{','.join(lines)}]")
    docs, report = read("prodigy", whole)
    assert len(docs) >= 2 and report.lost["broken line"] >= 6


def test_values_that_are_not_strings_cost_one_document(read, put):
    entries = [
        {"text": TEXT, "spans": [{"start": 3, "end": 5, "label": "S", "text": 5}]},
        {"text": 5},
        {"text": TEXT, "spans": [{"start": 3, "end": 5, "label": "S", "text": "头痛"}]},
    ]
    path = put("a.jsonl", "\n".join(json.dumps(entry) for entry in entries))
    docs, report = read("prodigy", path)
    assert ents(docs) == [["头痛"]] and report.lost == {"broken line": 2}
    assert any("must be a string" in message for message in report.messages)


def test_reader_that_fails_costs_one_file(zh, put):
    def fail(path, report, options):
        yield Record("", TEXT)
        if path.stem == "a":
            raise RecursionError("too deep")

    converter = replace(get_converter("brat"), read=fail)
    files = [put(name, TEXT) for name in ("a.txt", "b.txt")]
    report = Report()
    assert len(list(read_docs(zh, converter, files, report, ReadOptions()))) == 2
    assert report.lost == {"broken file": 1} and "RecursionError" in report.messages[0]
