"""The relation store.

Mentions are the SpanGroup `doc.spans["clinrel"]`. Relations are plain values in that group's
`attrs["relations"]`: `[head index, tail index, label, score]`. Relations are therefore preserved
wherever span groups are: in bytes, DocBin, copies, pickles and worker processes. `Doc.from_docs`
drops them; use `concat_docs`.
"""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..errors import Errors
from ..types import ASSERTIONS
from .group import (
    ATTRIBUTES,
    FROM_ENTS,
    GROUP,
    MENTION_ROWS,
    RELATIONS,
    SILVER,
    MentionGroup,
    MentionIndex,
    group_mentions,
    moved_indices,
    span_rows,
)

Edge = Tuple[int, int, str, float]


class Relation(NamedTuple):
    """A directed, labelled relation between two mentions of one Doc.

    head (Span): The mention where the relation starts, e.g. the test in "test reveals disease".
    tail (Span): The mention where it ends.
    label (str): The relation label.
    score (float): The model's probability; 1.0 for gold relations.
    """

    head: Span
    tail: Span
    label: str
    score: float = 1.0

    @property
    def assertion(self) -> Dict[str, float]:
        """Return the assertion attributes of head and tail with their scores. If both have an
        attribute, the higher score is returned.
        """
        scores = span_rows(self.head, ATTRIBUTES) + span_rows(self.tail, ATTRIBUTES)
        ranked = sorted(scores, key=lambda row: row[1])
        return {name: score for name, score in ranked if name in ASSERTIONS}

    @property
    def is_negated(self) -> bool:
        """Return whether the head or the tail is negated."""
        return "negated" in self.assertion

    @property
    def is_uncertain(self) -> bool:
        """Return whether the head or the tail is uncertain."""
        return "uncertain" in self.assertion

    @property
    def is_hypothetical(self) -> bool:
        """Return whether the head or the tail is hypothetical."""
        return "hypothetical" in self.assertion

    @property
    def is_historical(self) -> bool:
        """Return whether the head or the tail is historical."""
        return "historical" in self.assertion

    @property
    def is_family(self) -> bool:
        """Return whether the head or the tail is about another person."""
        return "family" in self.assertion


def relation_edges(doc: Doc) -> List[Edge]:
    """Return the relations of a Doc as plain values, without creating Spans.

    doc (Doc): The document.
    RETURNS (List[Edge]): Head index and tail index (in `doc.spans["clinrel"]`), label, score.
    """
    if GROUP not in doc.spans:
        return []
    return [
        (h, t, label, score) for h, t, label, score in doc.spans[GROUP].attrs.get(RELATIONS, [])
    ]


def get_relations(doc: Doc) -> List[Relation]:
    """Return the relations of a Doc. This is the getter of `doc._.relations`.

    doc (Doc): The document.
    RETURNS (List[Relation]): The relations, in the order in which they were set.
    RAISES (ValueError): If a relation refers to a mention that the span group does not have, or if
        tokens were merged so that a mention has no tokens of its own.
    """
    edges = relation_edges(doc)
    if not edges:
        return []
    spans = group_mentions(doc)
    relations = []
    for head, tail, label, score in edges:
        for index in (head, tail):
            if not 0 <= index < len(spans):
                raise ValueError(Errors.R002.format(group=GROUP, mentions=len(spans), index=index))
        relations.append(Relation(spans[head], spans[tail], label, score))
    return relations


def set_relations(doc: Doc, relations: Iterable[Relation]) -> None:
    """Replace the relations of a Doc. This is the setter of `doc._.relations`.

    Mentions in `doc.spans["clinrel"]` are kept, and missing mentions are added. If two relations
    have the same head, tail and label, the later one is kept.

    doc (Doc): The document.
    relations (Iterable[Relation]): Relations, or tuples (head, tail, label[, score]).
    RAISES (ValueError): If a head or tail is not a Span of this Doc, or a label is empty.
    """
    mentions = MentionIndex(doc)
    edges: Dict[Tuple[int, int, str], float] = {}
    for relation in relations:
        head, tail, label, score = Relation(*relation)
        if not isinstance(label, str) or not label:
            raise ValueError(Errors.R003.format(label=label))
        ends = mentions.add(head, "head of a relation"), mentions.add(tail, "tail of a relation")
        edges[(*ends, label)] = float(score)
    rows = [(h, t, label, s) for (h, t, label), s in edges.items()]
    # After a prediction the group has only copies of entities. A new mention that is not an entity
    # changes that.
    store_relations(doc, mentions.mentions, rows, from_ents=mentions.from_ents)


def store_relations(
    doc: Doc, mentions: Sequence[Span], edges: Iterable[Edge], *, from_ents: Optional[bool] = None
) -> None:
    """Write mentions and relations to a Doc without checking them.

    Rows of mentions that are kept (attributes, values and so on) and silver pairs follow their
    mentions. Those of other mentions are removed.

    doc (Doc): The document.
    mentions (Sequence[Span]): The group's mentions.
    edges (Iterable[Edge]): Head index, tail index, label, score.
    from_ents (Optional[bool]): Whether the mentions are only copies of entities in `doc.ents`.
        None keeps the group's current value.
    """
    attrs = dict(doc.spans[GROUP].attrs) if GROUP in doc.spans else {}
    if any(attrs.get(key) for key in (*MENTION_ROWS, SILVER)):
        _move(attrs, moved_indices(doc, list(mentions)))
    attrs[RELATIONS] = [[int(h), int(t), str(label), float(s)] for h, t, label, s in edges]
    if from_ents is not None:
        attrs[FROM_ENTS] = from_ents
    doc.spans[GROUP] = MentionGroup(doc, name=GROUP, spans=list(mentions), attrs=attrs)


def _move(attrs: Dict[str, Any], moved: Sequence[Optional[int]]) -> None:
    """Change the mention indices of rows and silver pairs, given the new index of each mention."""
    new = {old: index for old, index in enumerate(moved) if index is not None}
    for key in MENTION_ROWS:
        if attrs.get(key):
            attrs[key] = [[new[i], *row] for i, *row in attrs[key] if i in new]
    if attrs.get(SILVER):
        pairs = [(h, t, row) for h, t, *row in attrs[SILVER] if h in new and t in new]
        attrs[SILVER] = [[new[h], new[t], *row] for h, t, row in pairs]
