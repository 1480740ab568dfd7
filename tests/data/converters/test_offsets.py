"""Offsets that count byte order marks and line breaks in different ways."""

import pytest

from spacy_clinrel.data.converters import Mention, Record, Report
from spacy_clinrel.data.converters.offsets import fit_offsets


@pytest.mark.parametrize(
    "text, start, repaired",
    [
        ("一\r\n头痛", 3, False),
        ("一\r\n头痛", 2, True),
        ("\ufeff一头痛", 1, False),
        ("\ufeff一头痛", 2, True),
        ("\ufeff一\r\n头痛", 3, False),
        ("\ufeff一\r\n\r\n头痛", 4, True),
    ],
)
def test_recorded_text_decides_how_characters_are_counted(text, start, repaired):
    report = Report()
    record = Record("x", text, [Mention("1", start, start + 2, "X", "头痛")])
    record = fit_offsets(record, report)
    (mention,) = record.mentions
    assert record.text == text.removeprefix("\ufeff")
    assert record.text[mention.start : mention.end] == "头痛"
    assert bool(report.repaired) == repaired


def test_offsets_without_recorded_text_stay():
    record = Record("x", "\ufeff一\r\n头痛", [Mention("1", 3, 5, "X")])
    (mention,) = fit_offsets(record, Report()).mentions
    assert (mention.start, mention.end) == (3, 5)


def test_majority_of_mentions_decides():
    mentions = [
        Mention("1", 2, 4, "X", "头痛"),
        Mention("2", 4, 6, "X", "呕吐"),
        Mention("3", 0, 1, "X", "二"),
        Mention("4", 90, 99, "X", "二"),
    ]
    report = Report()
    record = fit_offsets(Record("x", "一\r\n头痛呕吐", mentions), report)
    assert [(m.start, m.end) for m in record.mentions] == [(3, 5), (5, 7), (0, 1), (-1, -1)]
    assert report.repaired == {"offsets had counted \\r\\n as one character": 1}


def test_mention_that_ends_at_a_line_break():
    mentions = [Mention("1", 2, 4, "X", "头痛")]
    record = fit_offsets(Record("x", "一\r\n头痛\r\n", mentions), Report())
    assert (record.mentions[0].start, record.mentions[0].end) == (3, 5)


def test_tie_keeps_the_offsets():
    mentions = [Mention("1", 3, 5, "X", "头痛"), Mention("2", 4, 6, "X", "呕吐")]
    report = Report()
    record = fit_offsets(Record("x", "一\r\n头痛呕吐", mentions), report)
    assert record.mentions == mentions and not report.repaired
