"""The command `convert`."""

import json

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import DocBin, Span
from typer.testing import CliRunner

from spacy_clinrel import convert
from spacy_clinrel.data.converters import Report
from spacy_clinrel.data.converters.select import Selection
from spacy_clinrel.tokens import get_doc_id, get_relations

ANN = "T1\tTest 1 5\t头颅CT\nT2\tDisease 6 9\t脑出血\nR1\tTeRD Arg1:T1 Arg2:T2\n"


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("1", "2"):
        (folder / f"{name}.txt").write_text("查头颅CT示脑出血。", encoding="utf-8")
        (folder / f"{name}.ann").write_text(ANN, encoding="utf-8")
    return folder


def load(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


def run(*args):
    return CliRunner().invoke(app, ["clinrel", "convert", *(str(arg) for arg in args)])


def flat(text):
    return " ".join(text.split())


def test_convert_to_spacy_and_back(corpus, tmp_path):
    out = tmp_path / "new" / "a.spacy"
    report = convert("brat", corpus, out)
    assert (report.documents, report.entities, report.relations) == (2, 4, 2)
    docs = load(out)
    assert [get_doc_id(doc) for doc in docs] == ["1", "2"]
    assert [(r.head.text, r.label, r.tail.text) for r in get_relations(docs[0])] == [
        ("头颅CT", "TeRD", "脑出血")
    ]
    back = tmp_path / "back"
    report = convert("brat", out, back)
    assert (report.documents, report.entities, report.relations) == (2, 4, 2)
    assert sorted(path.name for path in back.iterdir()) == ["1.ann", "1.txt", "2.ann", "2.txt"]
    convert("brat", back, tmp_path / "b.spacy")
    assert (tmp_path / "b.spacy").read_bytes() == out.read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["a.spacy"]


def test_names_that_a_pipeline_does_not_have(corpus, tmp_path):
    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "Test", "pattern": "头颅CT"}])
    nlp.to_disk(tmp_path / "model")
    out = tmp_path / "a.spacy"
    assert run("brat", corpus, out, "--strict").exit_code == 0
    result = run("brat", corpus, out, "--strict", "--labels-of", tmp_path / "model")
    assert result.exit_code == 1
    shown = flat(result.output)
    assert "1.ann:2: entity type that the pipeline does not have: 'Disease'" in shown
    assert "'1': Disease 6–9 (id T2)" in shown and "脑出血" not in shown


def test_texts_in_another_language_than_the_tokenizer_are_reported(corpus, tmp_path):
    folder = tmp_path / "english"
    folder.mkdir()
    text = "The chest film shows pneumonia, and the patient has a cough and fever.\n"
    (folder / "a.txt").write_text(text, encoding="utf-8")
    (folder / "a.ann").write_text("T1\tDisease 21 30\tpneumonia\n", encoding="utf-8")
    printed = flat(run("brat", folder, tmp_path / "a.spacy").output)
    assert "mostly Latin letters" in printed and "convert again with --lang en" in printed
    assert convert("brat", folder, tmp_path / "b.spacy", lang="en").messages == []
    text = "查头颅CT示脑出血。" + "患者神志清楚，对答切题。" * 5
    (corpus / "1.txt").write_text(text, encoding="utf-8")
    assert convert("brat", corpus, tmp_path / "c.spacy").messages == []
    messages = convert("brat", corpus, tmp_path / "d.spacy", lang="en").messages
    assert "Convert again with --lang zh" in messages[0]


def test_convert_with_another_language(tmp_path):
    (tmp_path / "a.txt").write_text("Headache, then fever.", encoding="utf-8")
    convert("brat", tmp_path / "a.txt", tmp_path / "a.spacy", lang="en")
    assert [token.text for token in load(tmp_path / "a.spacy")[0]][:2] == ["Headache", ","]


def test_strict_writes_nothing(corpus, tmp_path):
    (corpus / "2.ann").write_text("T1\tX 5 4\t\n", encoding="utf-8")
    out = tmp_path / "a.spacy"
    report = Report()
    with pytest.raises(ValueError, match="F007"):
        convert("brat", corpus, out, strict=True, report=report)
    assert not out.exists() and report.losses == 1
    convert("brat", corpus, out)
    assert out.exists()


def test_strict_from_spacy_writes_nothing(corpus, tmp_path):
    nlp = spacy.blank("zh")
    doc = nlp.make_doc("头痛\n")
    doc.set_ents([Span(doc, 2, 3, "X")])
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    with pytest.raises(ValueError, match="F007"):
        convert("brat", tmp_path / "a.spacy", tmp_path / "out", strict=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name, src, out, code",
    [
        ("nope", "corpus", "a.spacy", "F005"),
        ("brat", "missing", "a.spacy", "F001"),
        ("brat", "missing.spacy", "out", "F001"),
        ("cmeie", "corpus", "a.spacy", "F002"),
        ("cmeie", "bad.spacy", "out", "F006"),
        ("brat", "bad.spacy", "out", "F003"),
        ("brat", "empty.spacy", "out", "F004"),
        ("brat", "corpus", "corpus", "F010"),
        ("cmeee", "gbk.txt", "a.spacy", "F008"),
        ("brat", "corpus", "bad.spacy/a.spacy", "bad.spacy"),
    ],
)
def test_convert_errors_exit_1(corpus, tmp_path, name, src, out, code):
    (tmp_path / "bad.spacy").write_bytes(b"no DocBin")
    (tmp_path / "gbk.txt").write_text("患者", encoding="gbk")
    DocBin().to_disk(tmp_path / "empty.spacy")
    result = run(name, tmp_path / src, tmp_path / out)
    assert result.exit_code == 1
    assert code in flat(result.output)
    assert not (tmp_path / "a.spacy").exists()


def test_unknown_language(corpus, tmp_path):
    result = run("brat", corpus, tmp_path / "a.spacy", "--lang", "nope")
    assert result.exit_code == 1 and "nope" in result.output


def test_convert_prints_the_report(corpus, tmp_path):
    bad = "".join(f"T{i}\tX\n" for i in range(3, 33))
    (corpus / "2.ann").write_text(f"{ANN}#1\tAnnotatorNotes T1\tx\n{bad}", encoding="utf-8")
    path = tmp_path / "reports" / "a.json"
    result = run("brat", corpus, tmp_path / "a.spacy", "--report", path)
    assert result.exit_code == 0, result.output
    output = flat(result.output)
    assert "documents 2" in output and "entities 4" in output and "relations 2" in output
    assert "note not kept 1" in output and "broken line 30" in output
    assert output.count("2.ann:") == 20 and "10 more" in output
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["documents"] == 2 and len(report["messages"]) == 30
    assert report["lost"] == {"broken line": 30, "note not kept": 1}


def test_convert_quiet(corpus, tmp_path):
    result = run("brat", corpus, tmp_path / "a.spacy", "--quiet")
    assert result.exit_code == 0 and not result.output.strip()


def test_strict_prints_the_losses(corpus, tmp_path):
    (corpus / "2.ann").write_text("T1\tX 5 4\t\n", encoding="utf-8")
    result = run("brat", corpus, tmp_path / "a.spacy", "--strict", "--quiet")
    assert result.exit_code == 1
    assert "2.ann:1" in flat(result.output) and "F007" in result.output


def test_help_lists_the_formats():
    output = flat(run("--help").output).replace("- ", "-")  # lines break behind hyphens
    formats = ("brat", "ccks2017", "ccks2018", "ccks2019", "cmeee", "cmeie", "i2b2", "spert")
    tools = ("doccano", "label-studio", "label-studio-predictions", "prodigy")
    for name in (*formats, *tools, "--strict", "--keep-type", "--keep-label"):
        assert name in output


def test_groups_and_renamed_types(corpus, tmp_path):
    """Select groups by the number in the document id, and rename a type."""
    dev, rest = tmp_path / "dev.spacy", tmp_path / "rest.spacy"
    convert("brat", corpus / "2.txt", dev)
    args = ("brat", corpus, rest, "--without-groups-of", dev, "--rename", "Test=检查")
    result = run(*args)
    assert result.exit_code == 0, result.output
    (doc,) = load(rest)
    assert get_doc_id(doc) == "1"
    assert [ent.label_ for ent in doc.ents] == ["检查", "Disease"]
    assert get_relations(doc)[0].head.label_ == "检查"
    result = run("brat", corpus, rest, "--only-groups-of", dev, "--group-by", "[0-9]$")
    assert result.exit_code == 0 and [get_doc_id(doc) for doc in load(rest)] == ["2"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--rename", "Test"), "F013"),
        (("--only-groups-of", "nowhere.spacy"), "F001"),
        (("--group-by", "p[0-9]+"), "F012"),
    ],
)
def test_invalid_selections(corpus, tmp_path, options, code):
    dev, out = tmp_path / "dev.spacy", tmp_path / "a.spacy"
    convert("brat", corpus, dev)
    more = () if "--only-groups-of" in options else ("--only-groups-of", dev)
    result = run("brat", corpus, out, *more, *options)
    assert result.exit_code == 1 and code in result.output
    assert not out.exists()


def test_unmatched_renaming_is_reported(corpus, tmp_path):
    report = Report()
    names = {"Test": "检查", "Tset": "检查"}
    convert("brat", corpus, tmp_path / "a.spacy", selection=Selection(rename=names), report=report)
    assert report.renamed == {"Test": 2} and report.to_dict()["renamed"] == {"Test": 2}
    assert report.messages == ["no entity of type 'Tset' to rename to '检查'"]


def test_keep_types_and_labels(corpus, tmp_path):
    """The report has the selection, and the selected names that do not occur."""
    out, path = tmp_path / "a.spacy", tmp_path / "a.json"
    asked = ("--keep-type", "检查", "--keep-type", "Tset", "--keep-label", "TeCD")
    result = run("brat", corpus, out, "--rename", "Test=检查", "--report", path, *asked, "--strict")
    assert result.exit_code == 0, result.output
    assert "Left out" in flat(result.output)
    for doc in load(out):
        assert [ent.label_ for ent in doc.ents] == ["检查"] and not get_relations(doc)
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["kept_types"] == {"检查": 2} and report["kept_labels"] == {}
    assert report["left_out"] == {"entities of other types": 2, "relations of other labels": 2}
    assert report["messages"] == [
        "no entity of type 'Tset' to keep",
        "no relation with label 'TeCD' to keep",
    ]


def test_existing_files_are_replaced_only_by_force(corpus, tmp_path):
    out = tmp_path / "a.spacy"
    convert("brat", corpus, out)
    convert("brat", out, tmp_path / "fresh")
    before = {path.name: path.read_bytes() for path in (tmp_path / "fresh").iterdir()}
    (corpus / "1.txt").write_text("a note of somebody else", encoding="utf-8")
    (corpus / "2.ann").unlink()
    result = run("brat", out, corpus)
    assert result.exit_code == 1 and "F025" in result.output
    assert "3 of the output files" in flat(result.output)
    assert not (corpus / "2.ann").exists(), "none of the files is written"
    assert run("brat", out, corpus, "--force").exit_code == 0
    assert {path.name: path.read_bytes() for path in corpus.iterdir()} == before


@pytest.mark.parametrize(
    "options",
    [
        ("--rename", "Test=检查"),
        ("--only-groups-of", "a.spacy"),
        ("--keep-type", "Test"),
        ("--keep-label", "TeRD"),
    ],
    ids=str,
)
def test_selection_from_spacy_is_an_error(corpus, tmp_path, options):
    out = tmp_path / "a.spacy"
    convert("brat", corpus, out)
    result = run("brat", out, tmp_path / "back", *options)
    assert result.exit_code == 1 and "F024" in result.output
    assert not (tmp_path / "back").exists()
