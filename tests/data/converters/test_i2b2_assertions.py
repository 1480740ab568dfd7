"""Assertions of i2b2/VA 2010 as attributes."""

from spacy_clinrel.data.converters import (
    Mention,
    ReadOptions,
    Record,
    Report,
    find_files,
    read_docs,
)
from spacy_clinrel.data.converters.i2b2 import I2B2
from spacy_clinrel.tokens import get_attributes, has_assertion

from .test_i2b2 import EN, convert, write_to

CONCEPTS = [
    f'c="{word}" 1:{i} 1:{i}||t="{kind}"'
    for i, (word, kind) in enumerate(
        [
            ("cough", "problem"),
            ("fever", "problem"),
            ("rash", "problem"),
            ("gout", "problem"),
            ("pain", "problem"),
            ("itch", "problem"),
            ("ct", "test"),
        ]
    )
]
ASSERTED = ["absent", "possible", "hypothetical", "associated_with_someone_else", "conditional"]
ASSERTED += ["present", ""]


def test_i2b2_assertions_become_attributes_and_back(put, tmp_path):
    put("a.txt", "cough fever rash gout pain itch ct")
    put("a.con", "\n".join(CONCEPTS))
    lines = [f'{c}||a="{value}"' for c, value in zip(CONCEPTS, ASSERTED) if value]
    path = put("a.ast", "\n".join(lines))
    (doc,), report = convert(path)
    found = {span.text: name for span, name, _ in get_attributes(doc)}
    names = ("negated", "uncertain", "hypothetical", "family", "conditional")
    assert found == dict(zip(("cough", "fever", "rash", "gout", "pain"), names))
    assert has_assertion(doc) and not report.losses
    (tmp_path / "back").mkdir()
    report = Report()
    files = write_to(tmp_path / "back", [doc], report)
    assert files["a.ast"].splitlines() == lines and not report.losses
    # Another reading of an assertion.
    report = Report()
    options = ReadOptions(attributes={"conditional": "hypothetical"})
    (doc,) = read_docs(EN, I2B2, find_files(path, I2B2), report, options)
    assert report.attributes["hypothetical"] == 2


def test_i2b2_document_without_an_assertion_file_is_unannotated(put, tmp_path):
    path = put("a.txt", "cough")
    put("a.con", CONCEPTS[0])
    (doc,), _ = convert(path)
    assert not has_assertion(doc)
    assert not any(name.endswith(".ast") for name in write_to(tmp_path, [doc]))
    put("a.ast", "")
    (doc,), _ = convert(path)
    assert has_assertion(doc) and write_to(tmp_path, [doc])["a.ast"].count("present") == 1


def test_i2b2_has_one_assertion_per_concept():
    names = ("Negation", "Family", "Historical")
    found = [Mention("0", 0, 1, "problem", attributes=names), Mention("1", 2, 3, "test")]
    assertions = ("Negation", "Uncertain", "Hypothetical", "Historical", "Family")
    report = Report()
    files = I2B2.write(Record("x", "a b", found, assertions=assertions), report)
    assert files[".ast"] == 'c="a" 1:0 1:0||t="problem"||a="associated_with_someone_else"\n'
    assert report.lost == {"attribute not kept": 2}
