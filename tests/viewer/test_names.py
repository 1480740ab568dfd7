"""Readable names of types, relations and sections."""

import pytest

from spacy_clinrel import viewer as displacy
from spacy_clinrel.data.schemes import eleven_labels, fifteen_labels
from spacy_clinrel.rules import read_rules
from spacy_clinrel.viewer.names import Names, check_names

from ..util import ROOT, make_doc
from .test_pages import body, drawing, rows


def labels_of(lang):
    """Return the types and the relation labels of the notes of this project."""
    types, relations = set(), set()
    for path in (ROOT / "assets" / f"{lang}_notes" / "train").glob("*.ann"):
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, value = line.split("\t")[:2]
            names = {"T": types, "R": relations}.get(kind[0])
            if names is not None:
                names.add(value.split()[0])
    return types, relations


@pytest.mark.parametrize("notes", ["zh", "en"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_labels_of_our_notes_have_names(notes, lang):
    types, relations = labels_of(notes)
    names = Names(lang, types=types)
    assert types and relations
    assert lang == "en" or all(names.get_type(label) != label for label in types)
    for label in relations:
        assert names.get_relation(label) != label
        assert label not in [names.get_verb(label, *ends) for ends in ((None, None), (True, True))]


def test_labels_of_the_schemes_have_names():
    names = Names("zh")
    labels = {*fifteen_labels().values(), *eleven_labels().values()}
    assert all(names.get_relation(label) != label for label in labels)


@pytest.mark.parametrize("rules", ["zh", "en"])
def test_all_sections_have_names(rules):
    sections = read_rules("sections", rules)["sections"]
    for lang in ("zh", "en"):
        names = Names(lang)
        assert not [id for id in sections if names.get_section(id) == id.replace("_", " ")]


def test_meaning_of_a_label_depends_on_the_types():
    assert Names("en", types=["Body"]).get_verb("TrAP", False, False) == "applied to"
    assert Names("en", types=["problem"]).get_verb("TrAP", False, False) == "given for"
    assert Names("en", types=["problem"]).get_verb("SAP", False, False) == "located in"


@pytest.mark.parametrize(
    "label, ends, name",
    [
        ("TeRD", (None, None), "result"),
        ("TeRD", (False, False), "shows"),
        ("TeRD", (False, True), "shows no"),
        ("TeRS", (False, True), "shows no"),
        ("SAP", (True, False), "not found in"),
        ("SAP", (False, False), "located in"),
        ("TrIS", (False, True), "relieves"),
        ("TrAD", (True, False), "not given for"),
        ("FOLLOWS", (True, True), "FOLLOWS"),
    ],
)
def test_name_of_a_relation_says_whether_its_sign_is_denied(label, ends, name):
    assert Names("en").get_verb(label, *ends) == name


def test_codes_and_own_names(note):
    codes = displacy.to_html(note, names="codes")
    assert "TeRD" in body(codes) and "结果" not in body(codes)
    own = displacy.to_html(note, names={"后续": "随后", "检查": "化验"})
    assert "随后 (后续)" in own and any("随后" in row for row in rows(own))
    titles = [title.text for line in drawing(own) for title in line.iter("title")]
    assert "化验 (检查)" in titles and "结果" in body(own)


def test_names_follow_the_language_of_the_interface(zh):
    doc = make_doc(
        zh, "查[胸片|Test]示[肺炎|Disease]，[甲|新类]", [(0, 1, "TeRD"), (0, 2, "新关系")]
    )
    chinese, english = displacy.to_html(doc), displacy.to_html(doc, lang="en")
    assert "检查显示或排除疾病" in body(chinese) and "新关系" in body(chinese)
    assert "test shows or rules out disease" in body(english) and "新类" in body(english)
    for html in (chinese, english):
        assert "(TeRD)" in html and 'title="新类"' in html


@pytest.mark.parametrize("option", ["code", 3, {"TeRD": 1}, {1: "a"}])
def test_invalid_names_are_rejected(note, option):
    with pytest.raises(ValueError, match="V030"):
        check_names(option)
    with pytest.raises(ValueError, match="V030"):
        displacy.render(note, options={"names": option})
