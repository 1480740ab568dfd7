"""The composer of hospital-format notes: markup, relations by rule, and whole notes."""

from random import Random

import pytest
import srsly

from assets.zh_notes.compose.check import check_note, check_phrases, statistics
from assets.zh_notes.compose.inventory import FOLDER, read_inventory
from assets.zh_notes.compose.markup import MarkupError, expand, parse
from assets.zh_notes.compose.patient import Patient
from assets.zh_notes.compose.write import compose_note, read_kinds, write_brat


@pytest.fixture(scope="module")
def inventory():
    return read_inventory()


@pytest.fixture(scope="module")
def kinds():
    return read_kinds(srsly.read_yaml(FOLDER / "kinds.yaml")["kinds"])


def relations(phrase):
    passage = parse(phrase)
    return [(label, head.text, tail.text) for label, head, tail in passage.relations]


def test_position_governs_signs_to_the_end_of_the_clause_in_examinations():
    found = relations(
        "¦E[左踝|B][肿胀|S]，无[红斑|S-]，[触痛|T](+|)。无[发热|S-]".replace("(+|)", "阳性")
    )
    assert found == [
        ("SAP", "肿胀", "左踝"),
        ("SNAP", "红斑", "左踝"),
        ("TeAP", "触痛", "左踝"),
    ]


def test_position_governs_only_its_own_list_in_narrative_text():
    found = relations("[右肩|B][酸痛|S]、[麻木|S]，伴[头晕|S]")
    assert found == [("SAP", "酸痛", "右肩"), ("SAP", "麻木", "右肩")]


def test_report_is_linked_to_its_test():
    found = relations("¦E[胸片|T>]示[左肺|B]见[结节|S]，考虑[肺炎|D?]")
    assert found == [
        ("TeCP", "胸片", "左肺"),
        ("SAP", "结节", "左肺"),
        ("TeRS", "胸片", "结节"),
        ("TeRD", "胸片", "肺炎"),
    ]


def test_stated_relation_replaces_the_one_by_rule():
    assert relations("予[氨溴索|R]后[痰鸣|S1]减轻{TrIS R S1}") == [("TrIS", "氨溴索", "痰鸣")]


def test_optional_mentions_are_left_out():
    passage = parse("无[尿频|S-*]、[发热|S-]", optional=False)
    assert [mention.text for _, mention in passage.pieces if mention] == ["发热"]
    assert passage.text == "无尿频、发热"


@pytest.mark.parametrize(
    "phrase",
    ["[咳嗽|S!]", "[咳嗽|S]{TrIS R S}", "[咳嗽|S][左肺|B]{SAP B S}", "[咳嗽|X]", "{TrXX R S}"],
)
def test_invalid_markup_is_refused(phrase):
    with pytest.raises(MarkupError):
        parse(phrase)


def test_alternatives_nest_and_keep_the_bars_of_mentions():
    texts = {expand("(甲(乙|丙)|[丁|S])", Random(seed), str) for seed in range(40)}
    assert texts == {"甲乙", "甲丙", "[丁|S]"}


def test_every_phrase_is_valid(inventory):
    check_phrases(inventory, draws=1)
    assert len(inventory.profiles) >= 60


def test_signs_of_the_patient_are_not_denied(inventory):
    for seed in range(30):
        profile = inventory.profiles[seed % len(inventory.profiles)]
        patient = Patient(inventory, profile, Random(seed), 0)
        denied = parse(patient.fill("deny 8"))
        assert not {m.text for _, m in denied.pieces if m} & patient.present()


def test_notes_are_valid_and_the_same_for_the_same_seed(inventory, kinds, tmp_path):
    notes = [compose_note(inventory, kinds, f"3:{i}", i) for i in range(25)]
    for note in notes:
        check_note(note)
    again = compose_note(inventory, kinds, "3:7", 7)
    assert (again.text, again.relations) == (notes[7].text, notes[7].relations)
    counts = statistics(notes)
    assert counts["relations"]["SNAP"] > 20 and counts["attributes"]["Symptom -"] > 50
    write_brat(again, tmp_path)
    rows = (tmp_path / f"{again.name}.ann").read_text(encoding="utf8").splitlines()
    text = (tmp_path / f"{again.name}.txt").read_text(encoding="utf8")
    for row in rows:
        if row.startswith("T"):
            _, place, mention = row.split("\t")
            _, start, end = place.split()
            assert text[int(start) : int(end)] == mention
