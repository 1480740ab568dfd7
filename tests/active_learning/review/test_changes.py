"""Comparison of proposed and corrected annotation."""

import spacy
from spacy.tokens import Span

from spacy_clinrel.active_learning.review.changes import (
    find_changes,
    summarise_changes,
    unseen_type_pairs,
)
from spacy_clinrel.tokens import set_doc_id

from ...util import make_doc


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
    links = [(1, 0, "改善"), (0, 1, "改善"), (0, 1, "新")]
    doc = make_doc(spacy.blank("zh"), "[头痛|症状]予[补液|治疗]", links)
    set_doc_id(doc, "a")
    (place,) = unseen_type_pairs([doc], [["治疗", "改善", "症状"]])
    characters = ((0, 2), (3, 5))
    assert place == {
        "doc_id": "a",
        "head": "症状",
        "label": "改善",
        "tail": "治疗",
        "characters": characters,
    }
    assert unseen_type_pairs([doc], []) == []
