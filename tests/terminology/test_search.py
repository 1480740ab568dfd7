"""Normal forms, and the search for exact and similar names."""

import random
import sys

import numpy as np
import pytest

from spacy_clinrel.terminology import Concept, Terminology, load_terminology, ngrams, term_form
from spacy_clinrel.terminology.contrast import is_contrast, is_more_specific


@pytest.fixture(scope="module")
def terminology(terminology_path):
    return load_terminology(terminology_path)


def codes(terminology, text, types=None, n_candidates=5):
    (found,) = terminology.search([term_form(text)], types, n_candidates)
    return [candidate.code for candidate in found]


@pytest.mark.parametrize(
    "first, second",
    [
        ("CT 平扫", "ＣＴ平扫"),
        ("2型糖尿病", "Ⅱ 型糖尿病"),
        ("心功能II级", "心功能2级"),
        ("Type 2  Diabetes", "type 2 diabetes"),
        ("肺癌（左）", "肺癌[左]"),
        ("“白大衣”高血压", "白大衣高血压"),
        ("COVID—19", "COVID-19"),
        ("头痛。", "头痛"),
        ("高血压、糖尿病", "高血压，糖尿病"),
    ],
)
def test_names_with_the_same_normal_form(first, second):
    assert term_form(first) == term_form(second) != ""


@pytest.mark.parametrize(
    "first, second", [("type 2", "type2"), ("CA125", "CA199"), ("I型", "III型"), ("A+", "A-")]
)
def test_names_with_different_normal_forms(first, second):
    assert term_form(first) != term_form(second)


def test_texts_without_letters_have_no_normal_form(terminology):
    assert [term_form(text) for text in ("", " ", "——", "（+）")] == ["", "", "", ""]
    assert terminology.search(["", ""]) == [[], []]


def test_exact_matches(terminology):
    assert codes(terminology, "Ⅱ型糖尿病") == ["D01"]
    assert codes(terminology, "维生素B12") == ["T05"]
    assert terminology.search([term_form("慢阻肺")]) == [[("D07", "慢性阻塞性肺疾病", 1.0)]]


def test_ambiguous_names_give_all_concepts_with_preferred_names_first():
    concepts = [
        Concept("1", "甲", "a", ("丙",)),
        Concept("2", "乙", "b", ("丙",)),
        Concept("3", "丙"),
    ]
    terminology = Terminology.build(concepts)
    assert codes(terminology, "丙") == ["3", "1", "2"]
    assert codes(terminology, "丙", ["a", "b"]) == ["1", "2"]
    assert codes(terminology, "丙", ["b"], n_candidates=1) == ["2"]
    assert terminology.n_ambiguous == 1 and terminology.types == {"a", "b"}


def test_types_select_among_exact_and_similar_names(terminology):
    assert codes(terminology, "红细胞") == ["T06", "X01"]
    assert codes(terminology, "红细胞", ["检查"]) == ["X01"]
    assert codes(terminology, "红细胞", ["疾病"]) == []
    assert codes(terminology, "红细胞计数值")[0] == "X01"
    assert codes(terminology, "红细胞计数值", ["药品"]) == ["T06"]


def test_similar_names_have_scores_below_exact_ones(terminology):
    ((best, *_),) = terminology.search([term_form("右下肢深静脉血栓形成")])
    assert best[:2] == ("D20", "下肢深静脉血栓形成") and 0.85 < best.score < 1
    assert terminology.search([term_form("窦性心律")]) == [[]]


def test_n_candidates_limits_the_similar_names(terminology):
    found = codes(terminology, "溃疡性胃炎", n_candidates=1)
    assert len(found) <= 1
    assert codes(terminology, "胃部溃疡病变", n_candidates=0) == []


@pytest.mark.parametrize(
    "first, second",
    [
        ("1型糖尿病", "2型糖尿病"),
        ("急性胰腺炎", "慢性胰腺炎"),
        ("小细胞肺癌", "非小细胞肺癌"),
        ("左肺癌", "右肺癌"),
        ("乙型肝炎", "丙型肝炎"),
        ("头颅cta", "头颅ct"),
        ("alt", "ast"),
        ("left ovarian cyst", "right ovarian cyst"),
        ("甲状旁腺功能亢进", "甲状腺功能亢进"),
    ],
)
def test_contradictions(first, second):
    assert is_contrast(first, second) and is_contrast(second, first)


@pytest.mark.parametrize(
    "first, second",
    [
        ("糖尿病", "2型糖尿病"),
        ("急性胰腺炎", "胰腺炎"),
        ("diabetes melitus", "diabetes mellitus"),
        ("fracture of the hand", "hand fracture"),
        ("头颅ct平扫", "头颅ct"),
    ],
)
def test_names_without_contradiction(first, second):
    assert not is_contrast(first, second)


@pytest.mark.parametrize(
    "name, mention, expected",
    [
        ("急性胰腺炎", "胰腺炎", True),
        ("血友病a", "血友病", True),
        ("type 2 diabetes", "diabetes", True),
        ("甲状腺功能减退症", "甲状腺功能减退", False),
        ("狼疮性肾炎", "狼疮肾炎", False),
        ("pneumonia", "pneumona", False),
        ("胰腺炎", "急性胰腺炎", False),
    ],
)
def test_names_that_say_more_than_a_mention(name, mention, expected):
    assert is_more_specific(name, mention) is expected


def test_codes_of_contradicting_and_more_specific_names_are_no_candidates(terminology):
    assert "D02" not in codes(terminology, "3型糖尿病")
    assert not {"D13", "D14"} & set(codes(terminology, "胰腺炎"))
    assert codes(terminology, "急性重症胰腺炎")[0] == "D13"


def test_search_in_small_batches_gives_the_same_result(terminology, monkeypatch):
    dice = random.Random(0)
    queries = ["".join(dice.sample(form, max(2, len(form) - 1))) for form in terminology.forms * 2]
    expected = terminology.search(queries)
    assert sum(map(bool, expected)) > 10
    monkeypatch.setattr(ngrams, "MAX_SIMILARITIES", 20)
    assert terminology.search(queries) == expected
    assert [terminology.search([query])[0] for query in queries] == expected


def test_frequent_ngrams_are_left_out_of_the_search_but_not_of_the_score(monkeypatch):
    names = [f"{chr(0x4E00 + i)}{chr(0x5E00 + i)}慢性胃肠炎症" for i in range(60)]
    terminology = Terminology.build([Concept(name, name) for name in names])
    queries = [f"{name}样" for name in names[:9]]
    expected = terminology.search(queries, n_candidates=1)
    monkeypatch.setattr(ngrams, "MAX_NAMES", 3)
    found = terminology.search(queries, n_candidates=1)
    for name, (before,), (after,) in zip(names, expected, found):
        assert before.code == after.code == name
        assert after.score == pytest.approx(before.score)


def test_only_the_most_similar_names_are_compared(monkeypatch):
    names = [f"胃{chr(0x4E00 + i)}炎" for i in range(60)]
    terminology = Terminology.build([Concept(name, name) for name in names])
    (hits,) = terminology.ngrams.search([f"{names[7]}症"], terminology.forms)
    assert len(hits) == ngrams.N_COMPARED and terminology.forms[hits[0].form] == names[7]
    allowed = np.zeros(len(names), dtype=bool)
    allowed[3] = True
    (hits,) = terminology.ngrams.search([names[7]], terminology.forms, allowed)
    assert [hit.form for hit in hits] == [3]


def test_exact_matches_need_no_library_for_similar_names(terminology_path, monkeypatch):
    for module in ("sklearn.feature_extraction.text", "rapidfuzz.process"):
        monkeypatch.setitem(sys.modules, module, None)
    terminology = load_terminology(terminology_path)
    assert codes(terminology, "房颤") == ["D05"]
    with pytest.raises(ImportError, match=r"P001.*spacy-clinrel\[terminology\]"):
        codes(terminology, "快速房颤")
