"""The unit in which the offsets of a record were counted."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.data.converters import Mention, ReadOptions, Record, Report, get_converter
from spacy_clinrel.data.converters.offset_units import BASES, Unit, parse_unit, unit_offsets
from spacy_clinrel.data.converters.offsets import (
    DOUBTFUL,
    fit_offsets,
    from_utf16,
    to_utf16,
)
from spacy_clinrel.tokens import get_relations

from . import annotation as tools

CHARACTERS, UTF16 = Unit(), Unit("utf-16")
PATH = Path("x")


def fit(record, usual=CHARACTERS, **options):
    """Return the record with offsets in characters, and the report."""
    report = Report()
    (fitted,) = fit_offsets([record], usual, report, PATH, **options)
    return fitted, report


def spans(record):
    return [(m.start, m.end) for m in record.mentions]


@pytest.mark.parametrize(
    "text, start, unit",
    [
        ("一\r\n头痛", 3, None),
        ("一\r\n头痛", 2, "characters+crlf"),
        ("\ufeff一头痛", 1, None),
        ("\ufeff一头痛", 2, "characters+bom"),
        ("\ufeff一\r\n头痛", 3, None),
        ("\ufeff一\r\n\r\n头痛", 4, "characters+crlf+bom"),
        ("😀一头痛", 2, None),
        ("😀一头痛", 3, "utf-16"),
        ("😀一\r\n头痛", 4, None),
        ("😀\r\n头痛\r\n", 3, None),
        ("👩\u200d⚕️\r\n头痛", 2, "graphemes"),
        ("e\u0301一头痛", 2, "graphemes"),
        ("一，头痛", 3, "characters+one-based"),
        ("😀👩一\r\n头痛", 6, "utf-16+crlf"),
    ],
)
def test_recorded_text_decides_the_unit(text, start, unit):
    record, report = fit(
        Record("x", text, [Mention("1", start, start + 2, "X", "头痛")]), has_text_file=True
    )
    (mention,) = record.mentions
    assert record.text == text.removeprefix("\ufeff")
    assert record.text[mention.start : mention.end] == "头痛"
    assert report.repaired == ({f"offsets counted as {unit}": 1} if unit else {})
    assert not report.messages


@pytest.mark.parametrize("start, end, unit", [(6, 12, "utf-8"), (2, 3, "characters+inclusive")])
def test_other_units(start, end, unit):
    record, report = fit(Record("x", "一二头痛", [Mention("1", start, end, "X", "头痛")]))
    assert spans(record) == [(2, 4)] and list(report.repaired) == [f"offsets counted as {unit}"]


def test_gaps_are_converted():
    mention = Mention("1", 2, 8, "X", "头痛", gaps=((3, 7),))
    record, report = fit(Record("x", "😀头，，😀痛", [mention]))
    assert record.mentions[0].gaps == ((2, 5),) and spans(record) == [(1, 6)]
    assert report.repaired == {"offsets counted as utf-16": 1}


def test_offsets_without_recorded_text_stay():
    record, report = fit(Record("x", "一头痛", [Mention("1", 1, 3, "X")]))
    assert spans(record) == [(1, 3)] and not report.messages and not report.repaired


@pytest.mark.parametrize(
    "text, usual, others",
    [
        ("😀，头痛，呕吐", CHARACTERS, "utf-16"),
        ("😀，头痛，呕吐", UTF16, "graphemes"),
        ("一\r\n，头痛，呕吐", CHARACTERS, "characters+crlf or graphemes"),
        ("e\u0301一头痛，呕吐", CHARACTERS, "graphemes"),
    ],
)
def test_ambiguous_text_without_recorded_texts_is_doubtful(text, usual, others):
    _, report = fit(Record("x", text, [Mention("1", 3, 5, "X")]), usual)
    assert report.doubtful == {DOUBTFUL: 1} and not report.repaired
    assert report.messages == [
        f"x: {DOUBTFUL}: 'x' is read as {usual.base}, but {others} would give other mentions. "
        "Choose with --offsets"
    ]


@pytest.mark.parametrize(
    "text", ["头痛，呕吐", "abc defg", "Ünïcode 头痛", "头痛，呕吐\n😀", "头痛，呕吐\r\n"]
)
def test_text_whose_units_agree_is_not_doubtful(text):
    _, report = fit(Record("x", text, [Mention("1", 0, 2, "X"), Mention("2", 3, 5, "X")]))
    assert not report.messages


@pytest.mark.parametrize(
    "chosen, usual, expected",
    [
        ("characters", UTF16, (3, 5)),
        ("utf-16", CHARACTERS, (2, 4)),
        ("UTF-16+crlf", CHARACTERS, (2, 4)),
        ("one-based", CHARACTERS, (2, 4)),
        ("inclusive", CHARACTERS, (3, 6)),
        ("utf-16", Unit(inclusive=True), (2, 4)),
        ("utf-16+exclusive", Unit(inclusive=True), (2, 3)),
    ],
)
def test_option_settles_the_unit(chosen, usual, expected):
    record = Record("x", "😀，头痛，呕吐", [Mention("1", 3, 5, "X")])
    record, report = fit(record, usual, chosen=chosen)
    assert spans(record) == [expected] and not report.messages and not report.repaired


@pytest.mark.parametrize("value", ["utf16", "", "utf-16+", "utf-16,crlf"])
def test_unknown_unit_is_refused_early(value):
    with pytest.raises(ValueError, match=r"Unknown unit of offsets.*utf-16"):
        ReadOptions(offsets=value)


def test_format_without_offsets_refuses_the_option(read, put):
    with pytest.raises(ValueError, match="does not apply"):
        read("spert", put("a.json", "[]"), offsets="utf-16")


@given(st.sampled_from(BASES), *[st.booleans()] * 4, st.booleans())
def test_names_of_units_are_read_back(base, crlf, bom, one_based, inclusive, usual):
    unit = Unit(base, crlf, bom, one_based, inclusive)
    usual = Unit(inclusive=usual)
    assert parse_unit(unit.name(usual), usual) == unit


def test_majority_of_mentions_decides():
    mentions = [
        Mention("1", 2, 4, "X", "头痛"),
        Mention("2", 4, 6, "X", "呕吐"),
        Mention("3", 0, 1, "X", "二"),
        Mention("4", 90, 99, "X", "二"),
    ]
    record, report = fit(Record("x", "一\r\n头痛呕吐", mentions))
    assert spans(record) == [(3, 5), (5, 7), (0, 1), (-1, -1)]
    assert [m.source_span for m in record.mentions][-1] == (90, 99)
    assert report.repaired == {"offsets counted as characters+crlf": 1}


def test_tie_keeps_the_usual_unit():
    mentions = [Mention("1", 3, 5, "X", "头痛"), Mention("2", 4, 6, "X", "呕吐")]
    record, report = fit(Record("x", "一\r\n头痛呕吐", mentions))
    assert record.mentions == mentions and not report.repaired


def test_mention_that_ends_at_a_line_break():
    record, _ = fit(Record("x", "一\r\n头痛\r\n", [Mention("1", 2, 4, "X", "头痛")]))
    assert spans(record) == [(3, 5)]


def test_unit_that_fits_is_used_but_doubtful():
    record, report = fit(Record("x", "😀头痛", [Mention("1", 2, 4, "X")]))
    assert spans(record) == [(1, 3)] and report.doubtful == {DOUBTFUL: 1}


def test_offset_within_a_character_is_lost(read, put):
    entry = {"text": "😀头痛", "entities": [[1, 2, "X"], [2, 4, "X"]]}
    (doc,), report = read("doccano", put("a.jsonl", json.dumps(entry)), offsets="utf-16")
    assert [ent.text for ent in doc.ents] == ["头痛"] and report.losses == 1
    assert report.messages[0].endswith("within a character: X 1–2 (id entities 0)")


def test_other_records_of_the_file_settle_the_unit():
    bare = Record("1", "😀，头痛，呕吐", [Mention("1", 3, 5, "X")])
    plain = Record("2", "头痛", [Mention("1", 0, 2, "X", "头痛")])
    proof = Record("3", "😀头痛", [Mention("1", 2, 4, "X", "头痛")])
    report = Report()
    found = list(fit_offsets([bare, plain, proof], CHARACTERS, report, PATH))
    assert [spans(record) for record in found] == [[(2, 4)], [(0, 2)], [(1, 3)]]
    assert not report.messages and report.repaired == {"offsets counted as utf-16": 2}


def test_records_that_disagree_settle_nothing():
    bare = Record("1", "😀，头痛，呕吐", [Mention("1", 3, 5, "X")])
    records = [Record("x", "😀头痛", [Mention("1", n, n + 2, "X", "头痛")]) for n in (1, 2)]
    report = Report()
    first, *_ = fit_offsets([bare, *records], CHARACTERS, report, PATH)
    assert spans(first) == [(3, 5)] and report.doubtful == {DOUBTFUL: 1}


@pytest.mark.parametrize("unit", ["utf-16", "characters+crlf", "utf-8"])
@pytest.mark.parametrize("name", ["brat", "ccks2018", "label-studio", "prodigy"])
def test_every_format_with_recorded_texts(read, put, name, unit):
    text = "体温😷\r\n患者头晕，予阿司匹林口服。"
    first, second = (_counted(text, word, parse_unit(unit)) for word in ("头晕", "阿司匹林"))
    (doc,), report = read(name, _write(put, name, text, (first, second)))
    assert doc.text == text and [ent.text for ent in doc.ents] == ["头晕", "阿司匹林"]
    assert report.repaired == {f"offsets counted as {unit}": 1} and not report.messages
    if name != "ccks2018":
        assert [r.label for r in get_relations(doc)] == ["R"]


def _counted(text, word, unit):
    starts = unit_offsets(text, unit.base, unit.crlf)
    start = text.index(word)
    return int(starts[start]), int(starts[start + len(word)]), word


def _write(put, name, text, found):
    if name == "brat":
        put("a.txt", text)
        lines = [f"T{i}\tX {s} {e}\t{word}\n" for i, (s, e, word) in enumerate(found)]
        return put("a.ann", "".join([*lines, "R1\tR Arg1:T0 Arg2:T1\t\n"])).parent
    if name == "ccks2018":
        put("a.txtoriginal.txt", text)
        return put("a.txt", "".join(f"{word}\t{s}\t{e}\tX\n" for s, e, word in found))
    if name == "prodigy":
        spans = [{"start": s, "end": e, "text": word, "label": "X"} for s, e, word in found]
        ends = {"head_span": spans[0], "child_span": spans[1]}
        entry = {"text": text, "spans": spans, "relations": [{"label": "R", **ends}]}
        return put("a.jsonl", json.dumps(entry))
    result = [
        {
            "id": word,
            "type": "labels",
            "value": {"start": s, "end": e, "text": word, "labels": ["X"]},
        }
        for s, e, word in found
    ]
    ends = {"from_id": found[0][2], "to_id": found[1][2]}
    result.append({"type": "relation", "labels": ["R"], **ends})
    return put(
        "a.json", json.dumps([{"data": {"text": text}, "annotations": [{"result": result}]}])
    )


@settings(max_examples=60, deadline=None)
@given(tools.TEXTS, st.sampled_from(BASES), st.booleans(), st.data())
def test_any_unit_is_found_by_recorded_texts(text, base, crlf, data):
    """With all substrings between boundaries of the unit recorded, no mention is lost."""
    starts = unit_offsets(text, base, crlf).tolist()
    bounds = [i for i in range(len(text) + 1) if i == len(text) or starts[i + 1] != starts[i]]
    if base == "graphemes" or crlf:
        bounds = [i for i in bounds if i == 0 or starts[i] != starts[i - 1]]
    pairs = [(i, j) for i in bounds for j in bounds if i < j and text[i:j].strip()]
    mentions = [
        Mention(str(n), starts[i], starts[j], "X", text[i:j]) for n, (i, j) in enumerate(pairs)
    ]
    record, _ = fit(Record("x", text, mentions))
    shown = [record.text[m.start : m.end].split() for m in record.mentions]
    assert shown == [m.text.split() for m in mentions]


@given(tools.TEXTS)
def test_utf16_offsets(text):
    units = text.encode("utf-16-le")
    for i, offset in enumerate(to_utf16(text)):
        assert units[: 2 * offset].decode("utf-16-le") == text[:i]
        assert from_utf16(text)[offset] == i


def test_units_of_lone_surrogates():
    assert list(to_utf16("\ud83d😀x")) == [0, 1, 3, 4]
    record, _ = fit(Record("x", "\ud83d头痛", [Mention("1", 1, 3, "X", "痛")]))
    assert record.text == "\ud83d头痛"


def test_converter_declares_a_known_unit():
    with pytest.raises(ValueError, match="Unknown unit"):
        replace(get_converter("brat"), offsets="letters")
