"""Comparison of proposed and corrected annotation."""

from spacy.tokens import Span

from spacy_clinrel.active_learning.review.changes import find_changes, summarise_changes


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
