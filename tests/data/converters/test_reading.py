"""What is the same for all formats: document ids, copies, default labels, containers, alignment."""

import json

import pytest
import spacy

from spacy_clinrel.data.converters import ReadOptions, Report, get_converter, read_docs
from spacy_clinrel.data.converters.reading import CONTRADICTION, SAME_ID
from spacy_clinrel.data.corpus import read_corpus
from spacy_clinrel.tokens import get_doc_id

from ...util import edges, ents


def ids(docs):
    return [get_doc_id(doc) for doc in docs]


def entry(text="头痛三天", **fields):
    return {"text": text, "entities": [], **fields}


def test_ids_have_the_path_where_names_repeat(read, put):
    for name in ("p1/admission", "p2/admission", "p2/discharge"):
        put(f"in/{name}.ann", "T1\t症状 0 2\t头痛\n")
        text = put(f"in/{name}.txt", f"头痛{name}")
    docs, _ = read("brat", text.parents[1])
    assert ids(docs) == ["p1/admission", "p2/admission", "discharge"]


def test_ids_of_lines_have_the_path_where_names_repeat(read, put):
    path = put("in/1/a.json", json.dumps({"originalText": "头痛", "entities": []}))
    put("in/2/a.json", json.dumps({"originalText": "呕吐", "entities": []}))
    assert ids(read("ccks2019", path.parents[1])[0]) == ["1/a-1", "2/a-1"]


def test_id_field(read, put):
    path = put("a.jsonl", json.dumps(entry(id=3, meta={"file": "p1.txt"})))
    assert ids(read("doccano", path, id_field="meta.file")[0]) == ["p1.txt"]
    docs, report = read("doccano", path, id_field="name")
    assert not docs and "the field 'name' (--id-field) is missing" in report.messages[0]


LINES = [entry("头痛", id=1), entry("呕吐", id=1), entry("头痛", id=2, entities=[])]
LINES[2]["entities"] = [{"id": 0, "label": "症状", "start_offset": 0, "end_offset": 2}]


@pytest.mark.parametrize(
    "copies, expected", [(None, "头呕头"), ("all", "头呕头"), ("first", "头"), ("last", "呕头")]
)
def test_copies(read, put, copies, expected):
    path = put("a.jsonl", "\n".join(map(json.dumps, LINES)))
    docs, report = read("doccano", path, copies=copies)
    assert "".join(doc.text[0] for doc in docs) == expected
    assert sum(report.left_out.values()) == 3 - len(docs)
    assert report.doubtful == ({SAME_ID: 1, CONTRADICTION: 1} if copies is None else {})


def test_copies_that_differ_in_attributes(read, put):
    for name, attribute in (("1", ""), ("2", "A1\tNegated T1\n"), ("3", "")):
        put(f"in/{name}.ann", f"T1\t症状 0 2\t头痛\n{attribute}")
        text = put(f"in/{name}.txt", "头痛")
    assert read("brat", text.parent)[1].doubtful == {CONTRADICTION: 1}


def test_options_are_checked():
    for name in ("copies", "align"):
        with pytest.raises(ValueError, match=f"F050.*{name}"):
            ReadOptions(**{name: "best"})


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("container", ["list", "lines", "object"])
def test_json_containers(read, put, container, indent, count):
    entries = [{"originalText": f"头痛{i}", "entities": []} for i in range(count)]
    if container == "list":
        content = json.dumps(entries, indent=indent)
    elif container == "object":
        content = json.dumps(entries[0], indent=indent)
    else:
        content = "\n".join(map(json.dumps, entries))
    docs, report = read("ccks2019", put("a.json", content))
    expected = entries if container != "object" else entries[:1]
    assert [doc.text for doc in docs] == [item["originalText"] for item in expected]
    assert not report.losses


def test_default_label(read, put):
    spans = [{"start": 0, "end": 1, "label": "甲"}, {"start": 1, "end": 2, "label": "乙"}]
    tokens = [{"text": "头", "start": 0, "end": 1, "id": 0}, {"text": "痛", "start": 1, "end": 2}]
    relation = {"head": 0, "child": 1, "label": ""}
    line = {"text": "头痛", "tokens": tokens, "spans": spans, "relations": [relation]}
    path = put("a.jsonl", json.dumps(line))
    assert read("prodigy", path)[1].lost == {"relation has no label": 1}
    docs, report = read("prodigy", path, default_label="有关")
    assert edges(docs[0]) == {(0, 1, "甲", "有关", 1, 2, "乙")} and not report.losses


@pytest.mark.parametrize(
    "align, expected", [("strict", []), ("expand", [(0, 1)]), ("contract", [])]
)
def test_align(put, align, expected):
    path = put("a.txt", "headache")
    put("a.ann", "T1\tSign 0 4\thead\n")
    report = Report()
    (doc,) = read_docs(
        spacy.blank("en"), get_converter("brat"), [path], report, ReadOptions(align=align)
    )
    assert [(start, end) for start, end, _ in ents(doc)] == expected
    assert report.losses == (not expected)


def test_other_formats_are_named(put, tmp_path):
    put("a.jsonl", '{"text": "头痛", "label": [[0, 2, "症状"]]}\n')
    with pytest.raises(ValueError, match=r"F002.* can be read as doccano\."):
        list(read_corpus(tmp_path, "spert"))
    report = Report()
    put("in/a.txt", "头痛")
    assert read_corpus(tmp_path / "in", "brat", report=report)
    assert report.doubtful == {"no mention in any document": 1}
    assert "Is the format right" in report.messages[0]
