"""The Python API reads, writes, converts, splits and checks corpora without printing."""

import json

import pytest
from spacy.tokens import DocBin

import spacy_clinrel
from spacy_clinrel.data.check import Checks
from spacy_clinrel.data.converters import Converter, Mention, Record, Report, Selection
from spacy_clinrel.data.splits import Plan
from spacy_clinrel.pipeline.candidates import SentencePairs
from spacy_clinrel.tokens import get_doc_id

from ..util import edges, ents, make_notes, write_docs

ANN = "T1\tTest 1 5\t头颅CT\nT2\tDisease 6 9\t脑出血\nR1\tTeRD Arg1:T1 Arg2:T2\n"


@pytest.fixture
def brat(tmp_path):
    """Return a brat folder with two documents and a relation each."""
    folder = tmp_path / "brat"
    folder.mkdir()
    for name in ("1", "2"):
        (folder / f"{name}.txt").write_text("查头颅CT示脑出血。", encoding="utf-8")
        (folder / f"{name}.ann").write_text(ANN, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_output(capfd):
    """Check that the test printed nothing."""
    yield
    assert capfd.readouterr() == ("", "")


def same(docs, copies):
    assert [doc.text for doc in docs] == [doc.text for doc in copies]
    assert [ents(doc) for doc in docs] == [ents(doc) for doc in copies]
    assert [edges(doc) for doc in docs] == [edges(doc) for doc in copies]


def test_read_corpus_in_a_format(brat):
    report = Report()
    docs = spacy_clinrel.read_corpus(str(brat), "brat", report=report, progress=True)
    assert [get_doc_id(doc) for doc in docs] == ["1", "2"]
    assert [(r.head.text, r.label, r.tail.text) for r in docs[0]._.relations] == [
        ("头颅CT", "TeRD", "脑出血")
    ]
    assert (report.documents, report.entities, report.relations) == (2, 4, 2)


def test_read_corpus_takes_a_converter_and_a_pipeline(tmp_path, zh):
    def read(path, report, options):
        yield Record(path.stem, path.read_text(encoding="utf-8"), [Mention("1", 0, 2, "症状")])

    (tmp_path / "a.note").write_text("头痛。", encoding="utf-8")
    converter = Converter("a note per file", ("*.note",), read)
    (doc,) = spacy_clinrel.read_corpus(tmp_path, converter, nlp=zh)
    assert (doc.vocab is zh.vocab and ents(doc) == {(0, 2, "症状")}) or ents(doc) == [
        (0, 2, "症状")
    ]


def test_read_corpus_in_another_language(tmp_path):
    (tmp_path / "a.txt").write_text("Headache, then fever.", encoding="utf-8")
    (doc,) = spacy_clinrel.read_corpus(tmp_path, "brat", lang="en")
    assert [token.text for token in doc][:2] == ["Headache", ","]


def test_read_corpus_of_spacy_files(tmp_path, zh):
    notes = make_notes(zh, 5)
    (tmp_path / "corpus" / "more").mkdir(parents=True)
    write_docs(tmp_path / "corpus" / "a.spacy", notes[:2])
    write_docs(tmp_path / "corpus" / "more" / "b.spacy", notes[2:])
    same(notes, spacy_clinrel.read_corpus(tmp_path / "corpus"))
    same(notes[:2], spacy_clinrel.read_corpus(tmp_path / "corpus" / "a.spacy"))


def test_read_corpus_applies_a_selection(brat):
    selection = Selection(rename={"Test": "检查", "Tset": "检查"}, keep_types=["检查"])
    report = Report()
    docs = spacy_clinrel.read_corpus(brat, "brat", selection=selection, report=report)
    assert [[ent.label_ for ent in doc.ents] for doc in docs] == [["检查"], ["检查"]]
    assert report.messages == ["no entity of type 'Tset' to rename to '检查'"]


def test_read_corpus_errors(brat, tmp_path, zh):
    path = write_docs(tmp_path / "a.spacy", make_notes(zh, 1))
    for args, code in (
        ((brat, "nope"), "F005"),
        ((tmp_path / "missing", "brat"), "F001"),
        ((brat / "1.txt",), r"F034.*brat"),
        ((brat,), "F002"),
    ):
        with pytest.raises(ValueError, match=code):
            spacy_clinrel.read_corpus(*args)
    with pytest.raises(ValueError, match="F024"):
        spacy_clinrel.read_corpus(path, selection=Selection(keep_types=["检查"]))


def test_write_corpus(tmp_path, zh):
    notes = make_notes(zh, 3)
    report = spacy_clinrel.write_corpus(iter(notes), tmp_path / "new" / "a.spacy")
    assert (report.documents, report.relations) == (3, 6) and report.entities >= 12
    same(notes, spacy_clinrel.read_corpus(tmp_path / "new" / "a.spacy"))
    report = spacy_clinrel.write_corpus(notes, str(tmp_path / "brat"), "brat")
    assert (report.documents, report.relations, report.losses) == (3, 6, 0)
    same(notes, spacy_clinrel.read_corpus(tmp_path / "brat", "brat"))
    spacy_clinrel.write_corpus(notes, tmp_path / "spert", "spert", name="train")
    assert [path.name for path in (tmp_path / "spert").iterdir()] == ["train.json"]


def test_write_corpus_writes_nothing_on_an_error(tmp_path, zh):
    notes = make_notes(zh, 2)
    notes[0]._.relations = [relation._replace(score=0.5) for relation in notes[0]._.relations]
    report = Report()
    with pytest.raises(ValueError, match="F007"):
        spacy_clinrel.write_corpus(notes, tmp_path / "out", "brat", strict=True, report=report)
    assert report.losses == 2 and not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "2.ann").mkdir()
    with pytest.raises(ValueError, match="F018"):
        spacy_clinrel.write_corpus(notes, tmp_path / "out", "brat", force=True)
    for path, format, code in (
        (tmp_path / "out", "brat", "F025"),
        (tmp_path / "out", "cmeee", "F006"),
        (tmp_path / "out", None, "F010"),
        (tmp_path / "a.txt", None, "F034"),
    ):
        with pytest.raises(ValueError, match=code):
            spacy_clinrel.write_corpus(notes, path, format)


def test_convert(brat, tmp_path):
    report = spacy_clinrel.convert("brat", str(brat), str(tmp_path / "a.spacy"), progress=True)
    assert (report.documents, report.losses) == (2, 0)
    spacy_clinrel.convert("doccano", tmp_path / "a.spacy", tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.jsonl", "a.relation-types.json", "a.span-types.json"]


def test_split(tmp_path, zh):
    path = write_docs(tmp_path / "notes.spacy", make_notes(zh, 10))
    plan = Plan(ratios=(60, 20, 20), keep_together=False)
    result = spacy_clinrel.split(str(path), str(tmp_path / "out"), plan)
    assert [result["parts"][name]["documents"] for name in ("train", "dev", "test")] == [6, 2, 2]
    stored = json.loads((tmp_path / "out" / "split.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(result))
    assert len(DocBin().from_disk(tmp_path / "out" / "dev.spacy")) == 2
    with pytest.raises(ValueError, match="F025"):
        spacy_clinrel.split([path], tmp_path / "out", plan)
    spacy_clinrel.split([path], tmp_path / "out", plan, force=True)


def test_debug(tmp_path, zh):
    write_docs(tmp_path / "dev.spacy", make_notes(zh, 4, seed=9))
    write_docs(tmp_path / "train.spacy", make_notes(zh, 8))
    result = spacy_clinrel.debug(str(tmp_path))
    assert list(result["parts"]) == ["train", "dev"]
    assert result["candidates"]["dev"]["SentencePairs"]["recall"] == 1
    checks = Checks({"near": SentencePairs(max_distance=1)}, min_count=5)
    result = spacy_clinrel.debug([tmp_path / "train.spacy"], checks)
    assert result["candidates"]["train"]["near"]["recall"] == 0
    assert "error" in {finding["level"] for finding in result["findings"]}
