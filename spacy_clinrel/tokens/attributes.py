"""Attributes of mentions, such as negation.

Attributes are plain values in the span group's `attrs["attributes"]`: `[mention index, name,
score]`. They are preserved wherever relations are. The name of an attribute with a value contains
both: `"Polarity=Negative"`.
"""

from typing import Dict, Iterable, List, NamedTuple, Tuple

from spacy.tokens import Doc, Span

from ..errors import Errors
from .group import ATTRIBUTES, GROUP, MentionIndex, group_mentions, mention_rows, span_rows
from .relation import relation_edges, store_relations

AttributeRow = Tuple[int, str, float]


class MentionAttribute(NamedTuple):
    """An attribute of a mention.

    mention (Span): The mention.
    name (str): The name, e.g. "Negated", or name and value, e.g. "Polarity=Negative".
    score (float): The model's probability; 1.0 for gold attributes.
    """

    mention: Span
    name: str
    score: float = 1.0


def attribute_rows(doc: Doc) -> List[AttributeRow]:
    """Return the attributes of a Doc as plain values, without creating Spans.

    doc (Doc): The document.
    RETURNS (List[AttributeRow]): Mention index (in `doc.spans["clinrel"]`), name, score.
    """
    return [(i, name, score) for i, name, score in mention_rows(doc, ATTRIBUTES)]


def get_attributes(doc: Doc) -> List[MentionAttribute]:
    """Return the attributes of all mentions of a Doc.

    doc (Doc): The document.
    RETURNS (List[MentionAttribute]): The attributes, in the order in which they were set.
    RAISES (ValueError): If an attribute refers to a mention that the span group does not have.
    """
    rows = attribute_rows(doc)
    spans = group_mentions(doc) if rows else []
    return [MentionAttribute(spans[index], name, score) for index, name, score in rows]


def span_attributes(span: Span) -> Dict[str, float]:
    """Return the attributes of one mention.

    span (Span): The mention: an entity, a mention of the span group, or any Span with the same
        boundaries and type.
    RETURNS (Dict[str, float]): Scores by name; empty if the mention has no attributes.
    """
    return dict(span_rows(span, ATTRIBUTES))


def set_attributes(doc: Doc, attributes: Iterable[MentionAttribute]) -> None:
    """Replace the attributes of all mentions of a Doc.

    Mentions in `doc.spans["clinrel"]` and relations are kept, and missing mentions are added. If
    two attributes have the same mention and name, the later one is kept.

    doc (Doc): The document.
    attributes (Iterable[MentionAttribute]): Attributes, or tuples (mention, name[, score]).
    RAISES (ValueError): If a mention is not a Span of this Doc, or a name is empty.
    """
    mentions = MentionIndex(doc)
    rows: Dict[Tuple[int, str], float] = {}
    for attribute in attributes:
        mention, name, score = MentionAttribute(*attribute)
        if not isinstance(name, str) or not name:
            raise ValueError(Errors.R012.format(name=name))
        rows[mentions.add(mention, "mention of an attribute"), name] = float(score)
    store_relations(doc, mentions.mentions, relation_edges(doc), from_ents=mentions.from_ents)
    doc.spans[GROUP].attrs[ATTRIBUTES] = [[i, name, score] for (i, name), score in rows.items()]
