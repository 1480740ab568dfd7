"""CMeEE: nested mentions."""

import json

import pytest

from spacy_clinrel.tokens import GROUP, get_doc_id


def test_cmeee_reads_nested_mentions(read, put):
    path = put("a.txt", "急性肠胃炎，|||0    4    dis|||2    3    bod|||\n头|痛|||\n\n头痛\n")
    docs, report = read("cmeee", path)
    assert [doc.text for doc in docs] == ["急性肠胃炎，", "头|痛", "头痛"]
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [("急性肠胃炎", "dis")]
    assert [(s.text, s.label_) for s in docs[0].spans[GROUP]] == [
        ("急性肠胃炎", "dis"),
        ("肠胃", "bod"),
    ]
    assert [get_doc_id(doc) for doc in docs] == ["a-1", "a-2", "a-4"]
    assert (report.entities, report.nested, report.losses) == (2, 1, 0)


def test_cmeee_drops_byte_order_mark_and_line_ends(read, put):
    path = put("a.txt", "\ufeff头痛𠮷|||0    1    sym|||2 2 bod|||\r\n呕吐|||0 1 sym|||\r\n")
    docs, report = read("cmeee", path)
    assert [[ent.text for ent in doc.ents] for doc in docs] == [["头痛", "𠮷"], ["呕吐"]]
    assert report.losses == 0


def test_cmeee_reports_broken_mentions(read, put):
    path = put("a.txt", "头痛呕吐|||3    2    sym|||0  1|||a b c|||0  9  sym|||2    3    sym|||")
    docs, report = read("cmeee", path)
    assert [ent.text for ent in docs[0].ents] == ["呕吐"]
    # "3 2" is a last character before the first, so that nothing is left.
    assert report.lost == {
        "broken line": 2,
        "mention is empty, reversed or outside the text": 2,
    }
    assert all(message.startswith(f"{path}:1: ") for message in report.messages)


def entity(start, end, kind, text=None):
    fields = {"start_idx": start, "end_idx": end, "type": kind}
    return fields if text is None else {**fields, "entity": text}


NESTED = {
    "text": "急性肠胃炎。",
    "entities": [entity(0, 4, "dis", "急性肠胃炎"), entity(2, 3, "bod", "肠胃")],
}
OTHER = {"text": "[1] 头痛", "entities": [entity(4, 5, "sym", "头痛")]}


@pytest.mark.parametrize("name", ["CMeEE_train.json", "CMeEE-V2_train.jsonl", "train.txt"])
@pytest.mark.parametrize("container", ["list", "indented", "lines"])
def test_cmeee_reads_json(read, put, name, container):
    entries = [NESTED, OTHER]
    if container == "lines":
        content = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    else:
        indent = 2 if container == "indented" else None
        content = json.dumps(entries, ensure_ascii=False, indent=indent)
    docs, report = read("cmeee", put(name, content).parent)
    assert [(s.text, s.label_) for s in docs[0].spans[GROUP]] == [
        ("急性肠胃炎", "dis"),
        ("肠胃", "bod"),
    ]
    assert [(ent.text, ent.label_) for ent in docs[1].ents] == [("头痛", "sym")]
    assert len(docs) == 2 and report.losses == 0 and not report.repaired


def test_cmeee_reads_exclusive_ends_if_the_recorded_texts_match_them(read, put):
    entries = [
        {
            "text": "急性肠胃炎",
            "entities": [entity(0, 5, "dis", "急性肠胃炎"), entity(2, 4, "bod")],
        },
        {"text": "头痛", "entities": [entity(0, 2, "sym")]},
    ]
    docs, report = read("cmeee", put("a.json", json.dumps(entries)))
    assert [s.text for s in docs[0].spans[GROUP]] == ["急性肠胃炎", "肠胃"]
    assert [ent.text for ent in docs[1].ents] == ["头痛"]
    assert report.losses == 0 and list(report.repaired.values()) == [2]


def test_cmeee_loses_mentions_whose_recorded_text_differs(read, put):
    entry = {
        "text": "头痛呕吐",
        "entities": [entity(0, 1, "sym", "头痛"), entity(2, 3, "sym", "腹痛")],
    }
    docs, report = read("cmeee", put("a.json", json.dumps(entry)))
    assert [ent.text for ent in docs[0].ents] == ["头痛"]
    assert report.lost == {"mention's recorded text differs from the text at its offsets": 1}


def test_cmeee_reads_a_part_without_answers(read, put):
    docs, report = read("cmeee", put("test.json", '[\n  {"text": "头痛"},\n  {"text": "呕吐"}\n]'))
    assert [doc.text for doc in docs] == ["头痛", "呕吐"] and report.losses == 0
    assert report.repaired == {"text without 'entities', kept without annotations": 2}


@pytest.mark.parametrize(
    "content",
    [
        "头 B-SYM\n痛 I-SYM\n\n呕 O\n",
        "患者头痛。\n予对症处理。\n",
        "[1] 患者头痛。",
        '{"text": "头痛", "label": [[0, 2, "X"]]}',
        '{"text": "头痛", "spans": []}',
        '{"originalText": "头痛", "entities": []}',
        '{"text": "头痛", "entities": [',
        "[\n",
    ],
)
def test_cmeee_refuses_other_formats(read, put, content):
    path = put("a.txt", content)
    docs, report = read("cmeee", path)
    assert not docs and report.losses == 1 and report.messages[0].startswith(str(path))


@pytest.mark.parametrize("begin", ["[1] 急性", "{急性}", "[急性]"])
def test_cmeee_reads_lines_that_begin_with_a_bracket(read, put, begin):
    docs, report = read("cmeee", put("a.txt", f"{begin}|||0 0 sym|||\n"))
    assert docs[0].text == begin and report.losses == 0


def test_cmeee_reports_lines_without_the_separator(read, put):
    path = put("a.txt", "头痛|||0 1 sym|||\n呕吐\n")
    docs, report = read("cmeee", path)
    assert len(docs) == 2 and list(report.doubtful.values()) == [1]
    assert report.messages[0].startswith(f"{path}:2: ")
