"""Silver annotation: pairs of mentions that a model has labelled, for training.

The pairs are stored beside the relations, in the span group's `attrs["silver"]`: `[head index, tail
index, score, round]`. A silver pair without a relation counts as "no relation"; all other pairs of
the document are unannotated. A document without this attribute is gold.
"""

from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence

from spacy.tokens import Doc, Span

from ..errors import Errors
from .doc_id import get_doc_id
from .group import GROUP, SILVER
from .relation import Edge, store_relations


class SilverPair(NamedTuple):
    """A pair of mentions that a model labelled with high confidence.

    head (int): Index of the head in the span group.
    tail (int): Index of the tail in the span group.
    score (float): The model's confidence.
    round (int): The training round whose model labelled the pair, from 1.
    """

    head: int
    tail: int
    score: float
    round: int


def silver_pairs(doc: Doc) -> Optional[List[SilverPair]]:
    """Return the silver pairs of a document.

    doc (Doc): The document.
    RETURNS (Optional[List[SilverPair]]): The pairs; None for a gold document.
    """
    if GROUP not in doc.spans or SILVER not in doc.spans[GROUP].attrs:
        return None
    return [SilverPair(*row) for row in doc.spans[GROUP].attrs[SILVER]]


def store_silver(
    doc: Doc, mentions: Sequence[Span], edges: Iterable[Edge], pairs: Iterable[SilverPair]
) -> None:
    """Write mentions, relations and silver pairs to a Doc, which becomes a silver document.

    doc (Doc): The document.
    mentions (Sequence[Span]): The group's mentions.
    edges (Iterable[Edge]): Relations of silver pairs: head index, tail index, label, score.
    pairs (Iterable[SilverPair]): The silver pairs, with and without a relation.
    """
    store_relations(doc, mentions, edges, from_ents=False)
    doc.spans[GROUP].attrs[SILVER] = [[h, t, float(s), r] for h, t, s, r in pairs]


def check_gold(docs: Iterable[Doc], path: Path) -> None:
    """Check that no document has silver annotation.

    docs (Iterable[Doc]): The documents.
    path (Path): The file that they were read from, for the error.
    RAISES (ValueError): If a document is silver.
    """
    silver = [get_doc_id(doc) or "?" for doc in docs if silver_pairs(doc) is not None]
    if silver:
        raise ValueError(Errors.B011.format(path=path, n=len(silver), doc_id=silver[0]))
