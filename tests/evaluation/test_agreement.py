"""Agreement of two annotations, computed by hand."""

import pytest
import spacy

import spacy_clinrel
from spacy_clinrel.evaluation.agreement import agreement
from spacy_clinrel.evaluation.agreement.scores import cohens_kappa
from spacy_clinrel.tokens import set_doc_id, write_assertion

from ..util import ROOT, make_doc

NLP = spacy.blank("zh")
NOTES = ROOT / "assets" / "zh_notes"


def note(name, marked, links=(), attributes=None):
    """Return a Doc with an id. `attributes` has those of each mention, in the order of the text."""
    doc = make_doc(NLP, marked, links)
    set_doc_id(doc, name)
    if attributes is not None:
        write_assertion(doc, [], [])
        for ent, names in zip(doc.ents, attributes):
            ent._.assertion = names
    return doc


# 头痛 has another type, 肺炎 other boundaries, 咳嗽 is marked by the first only.
FIRST = "无[发热|症状]、[头痛|症状]、[咳嗽|症状]，[胸片|检查]示[肺炎|疾病]，予[补液|治疗]。"
SECOND = "无[发热|症状]、[头痛|疾病]、咳嗽，[胸片|检查]示肺[炎|疾病]，予[补液|治疗]。"


def test_mentions():
    result = agreement([note("a", FIRST)], [note("a", SECOND)])
    mentions = result["mentions"]
    assert mentions["strict"] == {"f": pytest.approx(6 / 11), "first": 6, "second": 5, "both": 3}
    assert mentions["boundaries"]["both"] == 4
    assert list(mentions["per_type"]) == ["症状", "疾病", "检查", "治疗"]
    assert mentions["per_type"]["症状"] == {
        **{"f": pytest.approx(0.5), "first": 3, "second": 1, "both": 1}
    }
    kinds = [(row["kind"], row["first"], row["second"]) for row in result["disagreements"]]
    assert kinds == [
        ("boundary", "疾病", "疾病"),
        ("mention", "症状", None),
        ("type", "症状", "疾病"),
    ]
    assert "examples" not in result["disagreements"][0]
    assert result["attributes"] is None


def test_agreement_is_symmetric():
    one, two = [note("a", FIRST, [(3, 4, "证实")])], [note("a", SECOND, [(2, 4, "改善")])]
    there, back = agreement(one, two), agreement(two, one)
    for result in (there, back):
        assert result["relations"]["end_to_end"]["all"]["f"] == 0.0
    assert there["mentions"]["strict"]["f"] == back["mentions"]["strict"]["f"]
    assert there["mentions"]["strict"]["first"] == back["mentions"]["strict"]["second"]
    exchanged = [(row["kind"], row["second"], row["first"]) for row in back["disagreements"]]
    same = [(row["kind"], row["first"], row["second"]) for row in there["disagreements"]]
    assert sorted(map(str, exchanged)) == sorted(map(str, same))


def test_relations_between_agreed_mentions_and_end_to_end():
    """The relation of 肺炎 counts end to end only, since its boundaries differ."""
    first = note("a", FIRST, [(3, 4, "证实"), (5, 0, "改善")])
    second = note("a", SECOND, [(2, 3, "证实"), (4, 0, "改善")])
    relations = agreement([first], [second])["relations"]
    agreed = {"f": 1.0, "first": 1, "second": 1, "both": 1}
    assert relations["agreed_mentions"] == {"all": agreed, "per_label": {"改善": agreed}}
    assert relations["end_to_end"]["all"] == {"f": 0.5, "first": 2, "second": 2, "both": 1}
    assert relations["end_to_end"]["per_label"]["证实"]["f"] == 0.0


def test_kinds_of_relation_disagreements():
    marked = "[补液|治疗]后[头痛|症状]、[发热|症状]、[咳嗽|症状]、[气促|症状]。"
    first = note("a", marked, [(0, 1, "改善"), (0, 2, "改善"), (0, 3, "改善")])
    second = note("a", marked, [(0, 1, "恶化"), (2, 0, "改善"), (0, 4, "改善")])
    rows = agreement([first], [second], examples=1)["disagreements"]
    kinds = [(row["kind"], row["first"], row["second"]) for row in rows]
    assert kinds == [
        ("direction", "改善", "改善"),
        ("label", "改善", "恶化"),
        ("relation", None, "改善"),
        ("relation", "改善", None),
    ]
    head = {"type": "治疗", "start": 0, "end": 2, "text": "补液"}
    tail = {"type": "症状", "start": 3, "end": 5, "text": "头痛"}
    assert rows[1]["examples"] == [
        {
            "note": "a",
            "first": {"label": "改善", "head": head, "tail": tail},
            "second": {"label": "恶化", "head": head, "tail": tail},
        }
    ]


def test_attributes_of_agreed_mentions():
    """检查 has no attributes and is not counted; 肺炎 and 气促 are not agreed."""
    marked = "无[发热|症状]、[头痛|症状]、[咳嗽|症状]，[胸片|检查]示[{}|疾病]、[贫血|疾病]。"
    first = note(
        "a",
        marked.format("肺炎"),
        attributes=[["negated"], ["negated"], [], [], ["uncertain"], ["uncertain"]],
    )
    second = note(
        "a",
        "无[发热|症状]、[头痛|症状]、[咳嗽|症状]，[胸片|检查]示肺炎、[贫血|疾病]。",
        attributes=[["negated"], [], [], [], ["uncertain", "historical"]],
    )
    result = agreement([first], [second], examples=5)
    got = result["attributes"]
    assert got["types"] == ["疾病", "症状"] and got["mentions"] == 4 and got["exact"] == 0.5
    assert got["all"] == {"f": pytest.approx(2 * 2 / 6), "first": 3, "second": 3, "both": 2}
    negated = got["per_attribute"]["negated"]
    assert negated["f"] == pytest.approx(2 / 3) and negated["both"] == 1
    # Observed agreement 3/4, by chance 2/4 · 1/4 + 2/4 · 3/4 = 1/2.
    assert negated["kappa"] == pytest.approx(0.5)
    assert got["per_attribute"]["uncertain"]["kappa"] == 1.0
    assert got["per_attribute"]["historical"] == {
        **{"f": 0.0, "first": 0, "second": 1, "both": 0, "kappa": 0.0}
    }
    rows = [row for row in result["disagreements"] if row["kind"] == "attribute"]
    assert [(row["first"], row["second"]) for row in rows] == [
        (None, "historical"),
        ("negated", None),
    ]
    assert rows[1]["examples"][0]["first"]["attributes"] == ["negated"]
    assert rows[1]["examples"][0]["second"]["attributes"] == []


def test_kappa_is_undefined_without_chance_disagreement():
    assert cohens_kappa(0, {"first": 0, "second": 0, "both": 0}) is None
    assert cohens_kappa(3, {"first": 3, "second": 3, "both": 3}) is None
    assert cohens_kappa(4, {"first": 2, "second": 2, "both": 0}) == -1.0


def test_attributes_are_not_compared_if_an_annotation_has_none():
    with_attributes = note("a", FIRST, attributes=[["negated"], [], [], [], [], []])
    assert agreement([with_attributes], [note("a", SECOND)])["attributes"] is None


def test_nested_mentions_are_compared():
    nested = "[[左|方位]股骨|部位]疼痛。"
    result = agreement([note("a", nested)], [note("a", "[左股骨|部位]疼痛。")])
    assert result["mentions"]["strict"] == {"f": 2 / 3, "first": 2, "second": 1, "both": 1}


def test_notes_are_matched_by_id():
    first = [note(name, FIRST) for name in ("b", "a", "x")]
    second = [note(name, FIRST) for name in ("y", "a", "b")]
    result = agreement(first, second)
    assert result["notes"] == {"compared": 2, "first_only": ["x"], "second_only": ["y"]}
    assert result["mentions"]["strict"] == {"f": 1.0, "first": 12, "second": 12, "both": 12}
    assert result["disagreements"] == []


def test_notes_that_cannot_be_matched_are_errors():
    same = note("a", FIRST)
    with pytest.raises(ValueError, match="document 1 has no id"):
        agreement([make_doc(NLP, FIRST)], [same])
    with pytest.raises(ValueError, match="second: duplicate document 'a'"):
        agreement([same], [same, same])
    with pytest.raises(ValueError, match=r"No note is in both first and second.*a and b"):
        agreement([same], [note("b", FIRST)])
    with pytest.raises(ValueError, match=r"note 'a' differs .* at character 1\."):
        agreement([same], [note("a", "无发热、头痛、咳嗽，胸片示肺炎，予补液。"[:1])])


def test_annotations_of_one_note_without_mentions():
    result = agreement([note("a", "无特殊。")], [note("a", "无特殊。")])
    nothing = {"f": None, "first": 0, "second": 0, "both": 0}
    assert result["mentions"]["strict"] == nothing
    assert result["relations"]["end_to_end"] == {"all": nothing, "per_label": {}}


@pytest.mark.parametrize("side", ["first", "second"])
def test_folders_of_our_own_notes_have_the_texts_of_dev_and_test(side):
    texts = {
        path.name: path.read_bytes()
        for part in ("dev", "test")
        for path in NOTES.glob(f"{part}/*.txt")
    }
    folder = NOTES / "agreement" / side
    assert {path.name: path.read_bytes() for path in folder.glob("*.txt")} == texts
    annotated = {path.with_suffix(".txt").name for path in folder.glob("*.ann")}
    assert annotated == texts.keys()


def test_third_annotation_has_all_texts_of_dev_and_test():
    texts = [*(NOTES / "agreement" / "third").glob("*.txt")]
    assert len(texts) == 214 and all(path.with_suffix(".ann").is_file() for path in texts)
    for path in texts:
        parts = [NOTES / part / path.name for part in ("dev", "test")]
        assert path.read_bytes() in [part.read_bytes() for part in parts if part.is_file()]


def test_no_part_of_the_corpus_contains_the_agreement_folders():
    """The parts are the folders that have annotation files themselves."""
    parts = {path.parent.name for path in NOTES.glob("*/*.ann")}
    assert parts == {"train", "dev", "test", "challenge"}


@pytest.mark.slow
def test_readme_has_the_figures_of_the_agreement_folders():
    result = agreement(NOTES / "agreement" / "first", NOTES / "agreement" / "second", format="brat")
    figures = {
        "Mentions, strict": result["mentions"]["strict"]["f"],
        "Relations between agreed mentions": result["relations"]["agreed_mentions"]["all"]["f"],
        "Agreed mentions with equal attributes, %": result["attributes"]["exact"],
    }
    page = (NOTES / "README.md").read_text(encoding="utf-8")
    for name, value in figures.items():
        assert f"\n| {name} | {100 * value:.1f} |" in page


def test_function_is_public():
    assert spacy_clinrel.agreement is agreement
