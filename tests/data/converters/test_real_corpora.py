"""Real corpora, if available: counts and offsets, compared with a simple parser."""

import json
import re

import pytest
import spacy

from spacy_clinrel.data.converters import (
    ReadOptions,
    Report,
    Selection,
    build_doc,
    find_files,
    get_converter,
    read_docs,
    render_files,
    select,
)
from spacy_clinrel.data.converters.reading import CONTRADICTION
from spacy_clinrel.tokens import all_mentions, attribute_rows, get_doc_id, get_relations
from spacy_clinrel.tokens.tokenizer import blank_pipeline

pytestmark = pytest.mark.slow


def raw(path):
    return path.read_bytes().decode("utf-8-sig")


def lines(path):
    return [line for line in raw(path).split("\n") if line.strip()]


def trimmed(text, start, end, kind):
    surface = text[start:end]
    start += len(surface) - len(surface.lstrip())
    return start, start + len(surface.strip()), kind


def mentions(doc):
    return sorted((s.start_char, s.end_char, s.label_) for s in all_mentions(doc))


def relations(doc):
    """Return head, tail and label of each relation, in characters."""
    return sorted(
        (r.head.start_char, r.head.end_char, r.label, r.tail.start_char, r.tail.end_char)
        for r in get_relations(doc)
    )


def convert(nlp, name, path):
    converter, report = get_converter(name), Report()
    files = find_files(path, converter)
    options = ReadOptions(copies="all")  # some texts have two annotations
    return files, list(read_docs(nlp, converter, files, report, options)), report


@pytest.mark.parametrize(
    "name, part, documents, entities, past",
    [
        pytest.param("ccks2017", "ccks2017/train", 1198, 29866, 1, marks=pytest.mark.study),
        ("ccks2017", "ccks2017/test", 398, 9112, 1),
        ("ccks2018", "ccks2018", 600, 15080, 0),
    ],
)
def test_ccks_2017_and_2018(zh, corpora, name, part, documents, entities, past):
    files, docs, report = convert(zh, name, corpora / part)
    assert (report.documents, report.entities, report.nested) == (documents, entities, 0)
    assert report.losses == 0 and not report.messages
    assert set(report.repaired) <= {"white space around a mention trimmed"}
    for path, doc in zip(files, docs, strict=True):
        assert doc.text == raw(path)
        expected = []
        annotations = path.with_name(path.name.removesuffix("original.txt"))
        for line in lines(annotations):
            surface, start, end, kind = line.rstrip("\r").split("\t")
            assert doc.text[int(start) : int(end) + past] == surface
            expected.append(trimmed(doc.text, int(start), int(end) + past, kind))
        assert mentions(doc) == sorted(expected)
        assert get_doc_id(doc) == annotations.stem


def test_ccks_2019(zh, corpora):
    files, docs, report = convert(zh, "ccks2019", corpora / "ccks2019")
    assert (report.documents, report.entities, report.nested) == (1000, 17653, 0)
    assert report.losses == 0
    assert report.repaired == {"white space around a mention trimmed": 87}
    entries = [json.loads(line) for path in files for line in lines(path)]
    for entry, doc in zip(entries, docs, strict=True):
        text = entry["originalText"]
        assert doc.text == text
        expected = [
            trimmed(text, e["start_pos"], e["end_pos"], e["label_type"]) for e in entry["entities"]
        ]
        assert mentions(doc) == sorted(expected)


# The train file at hand has 40 lines fewer than the 15,000 that are published.
@pytest.mark.parametrize(
    "name, documents, entities, reversed_",
    [("train_data.txt", 14960, 61559, 2), ("val_data.txt", 5000, 20300, 0)],
)
def test_cmeee(zh, corpora, name, documents, entities, reversed_):
    path, report = corpora / "cmeee" / name, Report()
    records = list(get_converter("cmeee").read(path, report, ReadOptions()))
    assert len(records) == documents and report.losses == 0
    assert sum(len(record.mentions) for record in records) == entities
    for line, record in zip(lines(path), records, strict=True):
        assert line.startswith(record.text + "|||")
        found = re.findall(r"(\d+) +(\d+) +(\w+)\|\|\|", line[len(record.text) :])
        expected = [(int(start), int(end) + 1, kind) for start, end, kind in found]
        assert [(m.start, m.end, m.type) for m in record.mentions] == expected
    # Docs of some, and of all with a fault.
    faulty = [r for r in records if any(m.start >= m.end for m in r.mentions)]
    for record in records[::40] + faulty:
        doc = build_doc(zh, record, path, report)
        assert doc.text == record.text
        kept = {(m.start, m.end, m.type) for m in record.mentions if m.start < m.end}
        assert mentions(doc) == sorted(kept)
    assert report.nested > 0
    assert report.losses == reversed_ and len(report.messages) == reversed_


@pytest.mark.parametrize(
    "part, texts, triples", [("train", 2261, 6957), ("dev", 312, 873), ("test", 512, 1331)]
)
def test_cmeie(zh, corpora, part, texts, triples):
    path = corpora / "cmeie" / f"{part}.jsonl"
    _, docs, report = convert(zh, "cmeie", path)
    assert report.documents == texts and report.losses == 0
    assert report.relations + report.repaired["equal relations merged"] == triples
    for line, doc in zip(lines(path), docs, strict=True):
        entry = json.loads(line)
        assert doc.text == entry["text"]
        expected = {
            (
                spo["subject"].strip(),
                spo["subject_type"],
                spo["predicate"],
                spo["object"]["@value"].strip(),
                spo["object_type"]["@value"],
            )
            for spo in entry["spo_list"]
        }
        found = {
            (r.head.text, r.head.label_, r.label, r.tail.text, r.tail.label_)
            for r in get_relations(doc)
        }
        assert found == expected
        for span in all_mentions(doc):
            assert doc.text.find(span.text) == span.start_char


def test_cmeie_folder_leaves_the_schema_out(corpora):
    names = [path.name for path in find_files(corpora / "cmeie", get_converter("cmeie"))]
    assert names == ["dev.jsonl", "test.jsonl", "train.jsonl"]


def check_brat(path, doc):
    """Compare with a simple parser, which handles only valid, contiguous annotations."""
    assert doc.text == raw(path)
    spans, edges = {}, []
    for line in lines(path.with_suffix(".ann")):
        id, annotation, *surface = line.split("\t")
        if id[0] == "T":
            kind, start, end = annotation.split(" ")
            spans[id] = (int(start), int(end), kind)
            assert doc.text[int(start) : int(end)] == surface[0]
        else:
            edges.append(re.fullmatch(r"(\S+) Arg1:(T\d+) Arg2:(T\d+)", annotation).groups())
    assert mentions(doc) == sorted(spans.values())
    assert relations(doc) == sorted(
        (*spans[head][:2], label, *spans[tail][:2]) for label, head, tail in edges
    )


@pytest.mark.parametrize(
    "part, documents, count", [("train", 330, 3868), ("dev", 66, 756), ("test", 87, 962)]
)
def test_relations_in_brat(zh, corpora, tmp_path, part, documents, count):
    files, docs, report = convert(zh, "brat", corpora / "ccks2017_relations" / part)
    assert (report.documents, report.relations) == (documents, count)
    assert report.losses == 0 and not report.repaired and not report.messages
    for path, doc in zip(files, docs, strict=True):
        check_brat(path, doc)
    for name, content in render_files(get_converter("brat"), docs, Report()).items():
        (tmp_path / name).write_bytes(content.encode("utf-8"))
    written, copies, report = convert(zh, "brat", tmp_path)
    assert (report.documents, report.relations, report.losses) == (documents, count, 0)
    for path, copy, doc in zip(written, copies, docs, strict=True):
        check_brat(path, copy)
        assert (mentions(copy), relations(copy)) == (mentions(doc), relations(doc))


def test_copies_with_other_annotation_are_named(zh, corpora):
    converter, report = get_converter("ccks2017"), Report()
    files = find_files(corpora / "ccks2017" / "train", converter)
    assert len(list(read_docs(zh, converter, files, report))) == 1198
    assert report.doubtful == {CONTRADICTION: 10}


def test_maccrobat(corpora):
    files, docs, report = convert(blank_pipeline("en"), "brat", corpora / "maccrobat2020")
    annotated = [line for path in files for line in lines(path.with_suffix(".ann"))]
    kinds = {kind: sum(line.startswith(kind) for line in annotated) for kind in "TREA#*"}
    lost, repaired = report.lost, report.repaired
    assert len(docs) == 160
    assert kinds["T"] == report.entities + lost["mention does not align with the tokens"]
    assert kinds["R"] == (
        report.relations
        + repaired["equal relations merged"]
        + lost["relation lost with its mention"]
    )
    assert kinds["E"] == lost["event reduced to its trigger"]
    assert kinds["A"] == (
        sum(len(attribute_rows(doc)) for doc in docs)
        + lost["attribute not kept"]
        + lost["attribute lost with its mention"]
        + repaired["equal attributes merged"]
    ), (lost, repaired)
    assert kinds["#"] == lost["note not kept"]
    assert kinds["*"] == lost["equivalence not kept"]
    # Less than a hundredth for the reason that English tokens are not what was annotated.
    assert lost["mention does not align with the tokens"] < kinds["T"] / 100
    for path, doc in zip(files, docs, strict=True):
        assert doc.text == raw(path)


def test_maccrobat_with_a_selection(corpora):
    """Select 2 of the 41 types and one label, and compare with a simple parser."""
    types, report = {"Medication", "Dosage"}, Report()
    converter = get_converter("brat")
    change = select(Selection(keep_types=types, keep_labels=["MODIFY"]))
    files = find_files(corpora / "maccrobat2020", converter)
    docs = list(read_docs(spacy.blank("en"), converter, files, report, change=change))
    expected = 0
    for path in files:
        annotated = [line.split("\t") for line in lines(path.with_suffix(".ann"))]
        kinds = {id: rest[0].split()[0] for id, *rest in annotated if id[0] == "T"}
        kinds.update(
            {id: kinds[rest[0].split(":")[1].strip()] for id, *rest in annotated if id[0] == "E"}
        )
        for id, *rest in annotated:
            if id[0] == "R":
                label, *ends = rest[0].split()
                both = {kinds[end.partition(":")[2]] for end in ends}
                expected += label == "MODIFY" and both <= types
    lost = report.lost["relation lost with its mention"]
    merged = report.repaired["equal relations merged"]
    assert report.relations + lost + merged == expected > 200
    assert {span.label_ for doc in docs for span in all_mentions(doc)} == types
    assert {r.label for doc in docs for r in get_relations(doc)} == {"MODIFY"}
