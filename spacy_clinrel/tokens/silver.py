"""Silver annotation: what a model said of some pairs of mentions, to be learned from like gold.

It stands beside the relations in the span group, `attrs["silver"]`, `[head index, tail index,
score, round]` for each pair that is known. A pair without a relation among these is known to have
none; all others may or may not have one. A document without it is gold.
"""

from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence

from spacy.tokens import Doc, Span

from ..errors import Errors
from .doc_id import get_doc_id
from .relation import GROUP, Edge, store_relations

SILVER = "silver"


class SilverPair(NamedTuple):
    """A pair of mentions of which a model was sure.

    head (int): Index of the mention into the span group.
    tail (int): Likewise.
    score (float): How sure it was.
    round (int): The round of training whose model said so, the first being 1.
    """

    head: int
    tail: int
    score: float
    round: int


def silver_pairs(doc: Doc) -> Optional[List[SilverPair]]:
    """doc (Doc): The document.
    RETURNS (Optional[List[SilverPair]]): The pairs that are known; None if it is no silver
        document.
    """
    if GROUP not in doc.spans or SILVER not in doc.spans[GROUP].attrs:
        return None
    return [SilverPair(*row) for row in doc.spans[GROUP].attrs[SILVER]]


def store_silver(
    doc: Doc, mentions: Sequence[Span], edges: Iterable[Edge], pairs: Iterable[SilverPair]
) -> None:
    """Make a Doc a silver document.

    doc (Doc): The document.
    mentions (Sequence[Span]): The group's mentions.
    edges (Iterable[Edge]): The relations of known pairs: head index, tail index, label, score.
    pairs (Iterable[SilverPair]): The known pairs, with a relation and without.
    """
    store_relations(doc, mentions, edges, from_ents=False)
    doc.spans[GROUP].attrs[SILVER] = [[h, t, float(s), r] for h, t, s, r in pairs]


def check_gold(docs: Iterable[Doc], path: Path) -> None:
    """docs (Iterable[Doc]): Documents that are to be gold.
    path (Path): Where they come from.
    RAISES (ValueError): If one is silver.
    """
    silver = [get_doc_id(doc) or "?" for doc in docs if silver_pairs(doc) is not None]
    if silver:
        raise ValueError(Errors.B011.format(path=path, n=len(silver), doc_id=silver[0]))
