"""Names of attributes in files and in the store."""

import pytest
from typer.testing import CliRunner

from spacy_clinrel import convert, read_corpus
from spacy_clinrel.cli import app as command
from spacy_clinrel.data.converters import ReadOptions
from spacy_clinrel.data.converters.attributes import (
    file_attribute,
    parse_attribute_names,
    stored_attribute,
)
from spacy_clinrel.tokens import has_assertion, span_assertion

NAMES = {"Negation": "negated", "Polarity=Negative": "negated", "Cert": "uncertain"}


@pytest.mark.parametrize(
    "name, stored",
    [
        ("Negated", "negated"),
        ("HISTORICAL", "historical"),
        ("family=true", "family"),
        ("family=False", None),
        ("Negation", "negated"),
        ("Negation=1", "negated"),
        ("Polarity=Negative", "negated"),
        ("Polarity=Positive", "Polarity=Positive"),
        ("Negated=strongly", "Negated=strongly"),
        ("Severity", "Severity"),
    ],
)
def test_names_in_files_are_stored_as_the_five_attributes(name, stored):
    assert stored_attribute(name, NAMES) == stored


def test_attributes_are_written_with_the_names_of_the_option():
    assert file_attribute("negated", {}) == "Negated"
    assert file_attribute("negated", NAMES) == "Negation"
    assert file_attribute("Severity", NAMES) == "Severity"


def test_invalid_names_are_errors():
    assert parse_attribute_names(["A=B=negated"]) == {"A=B": "negated"}
    with pytest.raises(ValueError, match=r"F112.*'negated'"):
        parse_attribute_names(["negated"])
    with pytest.raises(ValueError, match=r"F113.*'denied'.*negated, uncertain"):
        parse_attribute_names(["Negated=denied"])


@pytest.fixture
def corpus(tmp_path):
    """Write a brat corpus, in which one document has attributes."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name, attributes in (("1", "A1\tNegation T1\nA2\tSeverity T1 High\n"), ("2", "")):
        (folder / f"{name}.txt").write_text("无发热，咳嗽", encoding="utf-8")
        mentions = "T1\tSymptom 1 3\t发热\nT2\tSymptom 4 6\t咳嗽\n"
        (folder / f"{name}.ann").write_text(mentions + attributes, encoding="utf-8")
    return folder


def test_a_corpus_with_attributes_is_annotated_throughout(corpus, tmp_path):
    options = ReadOptions(attributes={"Negation": "negated"})
    out = tmp_path / "corpus.spacy"
    report = convert("brat", corpus, out, options=options)
    assert (report.attributes["negated"], report.without_attributes) == (1, 1)
    for docs in (read_corpus(out), read_corpus(corpus, "brat", options=options)):
        assert [has_assertion(doc) for doc in docs] == [True, True]
        assert [span_assertion(doc.ents[0]) for doc in docs] == [{"negated": 1.0}, {}]
    again = tmp_path / "again"
    convert("brat", out, again, options=options)
    for file in sorted(corpus.iterdir()):
        lines = {line.partition("\t")[2] for line in (again / file.name).read_text().splitlines()}
        assert lines == {line.partition("\t")[2] for line in file.read_text().splitlines()}


def test_a_corpus_with_other_attributes_only_is_unannotated(corpus, tmp_path):
    report = convert("brat", corpus, tmp_path / "corpus.spacy")
    assert report.without_attributes == 0
    docs = read_corpus(tmp_path / "corpus.spacy")
    assert [has_assertion(doc) for doc in docs] == [False, False]


def test_the_command_reports_attributes_and_names_that_do_not_occur(corpus, tmp_path):
    args = ["convert", "brat", str(corpus), str(tmp_path / "out.spacy")]
    result = CliRunner().invoke(command, [*args, "--attribute", "Negation=negated"])
    assert result.exit_code == 0
    assert "negated mentions" in result.output
    result = CliRunner().invoke(command, [*args, "--attribute", "Denied=negated"])
    assert "no mention has the attribute 'Denied'" in result.output
    result = CliRunner().invoke(command, [*args, "--attribute", "Negation=denied"])
    assert result.exit_code == 1 and "F113" in result.output
