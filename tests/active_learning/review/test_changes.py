"""Comparison of proposed and corrected annotation."""

from pathlib import Path

from spacy.tokens import Span

from spacy_clinrel.active_learning.review.changes import find_changes, summarise_changes
from spacy_clinrel.active_learning.review.doubts import unseen_type_pairs
from spacy_clinrel.data.converters import Link, Mention, Record


def test_changes_of_four_annotations():
    a, b, c = (((i, i + 1), (8, 9)) for i in range(3))
    changes = find_changes({(a, "x"), (a, "y"), (b, "x")}, {(a, "x"), (a, "z"), (c, "x")})
    assert [tuple(change) for change in changes] == [
        ("kept", a, "x", "x"),
        ("relabelled", a, "y", "z"),
        ("removed", b, "x", ""),
        ("added", c, "", "x"),
    ]
    assert find_changes(set(), set()) == []


def test_white_space_around_a_mention_is_not_a_change(zh):
    """Formats write mentions without surrounding white space."""
    doc = zh("查\n胸片\n示肺炎。")
    untrimmed, trimmed = doc.copy(), doc.copy()
    for copy, start, end in ((untrimmed, 1, 5), (trimmed, 2, 4)):
        copy.set_ents([Span(copy, start, end, "检查")])
        copy._.relations = [(copy.ents[0], Span(copy, 6, 8, "疾病"), "证实")]
    assert untrimmed.ents[0].text != trimmed.ents[0].text == "胸片"
    summary = summarise_changes([(untrimmed, trimmed)])
    assert summary["unchanged"] == 1 and summary["relations"]["kept"] == 1


def test_relations_between_types_that_their_label_does_not_have():
    mentions = [Mention("T1", 0, 2, "症状"), Mention("T2", 3, 5, "治疗")]
    ends = [("T2", "T1", "改善"), ("T1", "T2", "改善"), ("T1", "T2", "改善"), ("T1", "T2", "新")]
    links = [Link(*end, line=number) for number, end in enumerate(ends)]
    record = Record("a", "头痛予补液", mentions, links)
    (place,) = unseen_type_pairs(record, Path("a.ann"), [["治疗", "改善", "症状"]])
    characters = ((0, 2), (3, 5))
    assert place == {
        "doc_id": "a",
        "head": "症状",
        "label": "改善",
        "tail": "治疗",
        "characters": characters,
        "file": "a.ann",
        "line": 1,
        "detail": "症状 0–2 (id T1) — 改善 → 治疗 3–5 (id T2)",
    }
    assert unseen_type_pairs(record, Path("a.ann"), []) == []
