"""Units, rules of the user's own, and values that belong to no test."""

import pytest

from spacy_clinrel.measurements.normalize import normalize
from spacy_clinrel.measurements.rule_sets import read_rule_sets
from spacy_clinrel.measurements.units import Units

from .util import bind, parsers, short

UNITS = Units(read_rule_sets("zh")["units"])


def certain(text, lang="zh"):
    parser, _ = parsers(lang)
    return [short(candidate.value) for candidate in parser.find(text) if candidate.is_certain]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mmHg", "mm[Hg]"),
        (" MMHG", "mm[Hg]"),
        ("次/分", "/min"),
        ("次／分钟", "/min"),
        ("℃", "Cel"),
        ("×10^9/L", "10*9/L"),
        ("×１０⁹／Ｌ", "10*9/L"),
        ("*109/L", "10*9/L"),
        (" 10E12/L", "10*12/L"),
        ("μmol/L", "umol/L"),
        ("µmol/l", "umol/L"),
        ("umol / L", "umol/L"),
        ("mIU/mL", "m[IU]/mL"),
        ("mL/min/1.73m²", "mL/min/{1.73_m2}"),
        ("mg/kg/d", "mg/kg/d"),
        ("g/24h", "g/(24.h)"),
        ("个/HP", "/[HPF]"),
        ("/μl", "/uL"),
        ("mm/h", "mm/h"),
        ("cm²", "cm2"),
        ("毫米汞柱", "mm[Hg]"),
        ("分，", "{score}"),
    ],
)
def test_units(text, code):
    text = normalize(text)
    unit = UNITS.match(text, 0)
    assert unit.ucum == code
    assert text[unit.start : unit.end] == text.strip(" ，")


@pytest.mark.parametrize("text", ["天", "岁", "h", "d", "th", "分钟后", "升高", "克隆", " xyz"])
def test_text_that_is_no_unit(text):
    assert UNITS.match(text, 0) is None


@pytest.mark.parametrize(("number", "code"), [(37.5, "Cel"), (90, "deg")])
def test_degrees_are_of_temperature_or_angle(number, code):
    assert UNITS.match("度", 0, number).ucum == code


def test_unknown_unit_has_no_code():
    unit = UNITS.match("xyz/ml", 0)
    assert unit.ucum is None and (unit.start, unit.end) == (0, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("入院时118/76mmHg，后升至150/90mmHg", ["118/76 mm[Hg]", "150/90 mm[Hg]"]),
        ("2023-11-08入院，14:30查房，12床，男，56岁，电话13900001234", []),
        ("阿莫西林0.5g tid，连用7天，每次2片", []),
        ("住院号0012345，住1-2周，门牌3-4-5号", []),
        ("1.高血压 2.糖尿病 3、冠心病", []),
        ("Ⅱ度房室传导阻滞，第3肋间，L4/5椎间盘", []),
        ("肿块3.2×2.5cm", ["3.2x2.5 cm"]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_values_without_a_test(text, expected):
    assert certain(text) == expected


@pytest.mark.parametrize(
    "text",
    ["1" * 5000, "1." * 3000, "1/" * 3000, "1-" * 3000, "(" * 5000, "1→" * 2000, "+-" * 3000],
)
def test_repeated_signs_are_no_problem(text):
    parser, _ = parsers("zh")
    parser.find(text)


def write(folder, text):
    path = folder / "rules.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rules_that_extend_the_built_in_ones(tmp_path):
    path = write(
        tmp_path,
        "units: {个月大小: mo}\nqualitative: {无异常: normal}\nfillers: [经查]\n"
        "comparisons: {before: {将近: '~'}}\n",
    )
    line = "[尿酸]经查520μmol/L，[眼底]无异常，[骨龄]8个月大小，[血沉]将近60mm/h"
    expected = "尿酸: 520 umol/L; 眼底: normal; 骨龄: 8 mo; 血沉: ~ 60 mm/h"
    assert bind(line, "zh", path) == expected
    assert bind(line) == ""


def test_rules_that_replace_sections(tmp_path):
    path = write(tmp_path, "qualitative: {异常: abnormal}\n")
    line = "[眼底]异常，[听力]正常，[血糖]6.1mmol/L"
    assert bind(line, "zh", path, extend=False) == "眼底: abnormal; 血糖: 6.1 mmol/L"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unit: {a: b}\n", r"C080.*rules.yml: unknown section 'unit'.*units"),
        ("comparisons: {after: {强: '>'}, inside: {a: b}}\n", "C080.*'comparisons.inside'"),
        ("units: [a, b]\n", r"C081.*'units' must be a mapping of words"),
        ("units: {a: 1}\n", r"C081.*'units' must be a mapping of words"),
        ("fillers: {a: b}\n", r"C081.*'fillers' must be a list of words"),
        ("fillers: [1]\n", r"C081.*'fillers' must be a list of words"),
        ("comparisons: [a]\n", r"C081.*'comparisons' must be a mapping"),
        ("comparisons: {before: {略高于: '>>'}}\n", r"C082.*comparisons.before.*'>>' for '略高于'"),
        ("units: {a: b\n", r"C042.*rules.yml: cannot read"),
        ("- a\n", r"C042.*rules.yml: cannot read"),
    ],
)
def test_invalid_rules(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        parsers("zh", write(tmp_path, text))


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"C042.*none.yml"):
        parsers("zh", tmp_path / "none.yml")


def test_language_without_rules():
    with pytest.raises(ValueError, match=r"C041.*'de'.*en, zh"):
        read_rule_sets("de")
