"""Unlabelled documents in the order in which annotators should see them, and why."""

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Doc

from ...tokens import get_doc_id, read_mentions
from ...types import Mentions
from ..pairs import ScoredPairs
from .diversity import choose, make_bags
from .uncertainty import STRATEGIES, margin, of_documents, one_class

RANDOM = "random"
NONE = "none"
# From here on a pair counts as an uncertain one.
UNCERTAIN = 0.5


class Options(NamedTuple):
    """Which documents to choose.

    n_docs (int): How many, at most.
    strategy (str): What makes a pair uncertain, see `uncertainty`; "random" chooses by chance
        alone among the documents with candidate pairs.
    diversity (float): How much it counts against a document that one like it was chosen, 0 to 1,
        see `diversity`.
    top_pairs (int): How many of a document's pairs count, the most uncertain ones.
    seed (int): Of the strategy "random".
    """

    n_docs: int = 20
    strategy: str = "margin"
    diversity: float = 0.5
    top_pairs: int = 5
    seed: int = 0


class Component(NamedTuple):
    """What of a `relation_classifier` matters here.

    labels (Sequence[str]): Its relation labels.
    mentions (str): Where it takes mentions from, see `read_mentions`.
    exclusive (bool): Whether its labels exclude each other.
    """

    labels: Sequence[str]
    mentions: str
    exclusive: bool


def rank(
    docs: Sequence[Doc], scored: ScoredPairs, component: Component, options: Options
) -> List[Dict[str, Any]]:
    """Choose documents.

    docs (Sequence[Doc]): The documents, with mentions.
    scored (ScoredPairs): Their candidate pairs.
    component (Component): What scored them.
    options (Options): Which to choose.
    RETURNS (List[Dict[str, Any]]): One for each chosen document, in the order of choice: its
        "index" among the documents, "doc_id", "uncertainty", numbers of "pairs" and of "uncertain"
        ones, and the "most_uncertain" pair. Documents without candidate pairs are never chosen.
    """
    scored = one_class(scored, component.exclusive)
    uncertainty = STRATEGIES.get(options.strategy, margin)(scored.p)
    found = of_documents(uncertainty, scored.docs, len(docs), options.top_pairs)
    mentions = [read_mentions(doc, component.mentions) for doc in docs]
    able = np.flatnonzero(found.pairs)
    if options.strategy == RANDOM:
        chosen = np.random.default_rng(options.seed).permutation(able)[: options.n_docs]
    else:
        contents = _contents(docs, mentions, scored, component.labels)
        bags = make_bags(contents[i] for i in able.tolist())
        order = choose(found.scores[able], bags, options.n_docs, options.diversity)
        chosen = able[order]
    uncertain = np.bincount(scored.docs[uncertainty >= UNCERTAIN], minlength=len(docs))
    rows: List[Dict[str, Any]] = []
    for i in chosen.tolist():
        pair = int(found.first[i])
        row = {
            "rank": len(rows) + 1,
            "index": i,
            "doc_id": get_doc_id(docs[i]),
            "uncertainty": round(float(found.scores[i]), 4),
            "pairs": int(found.pairs[i]),
            "uncertain": int(uncertain[i]),
            "most_uncertain": _described(docs[i], mentions[i], scored, pair, component.labels),
        }
        rows.append(row)
    return rows


def _contents(
    docs: Sequence[Doc], mentions: Sequence[Mentions], scored: ScoredPairs, labels: Sequence[str]
) -> List[List[tuple]]:
    """What documents are compared by: mentions, and the relations found."""
    contents: List[List[tuple]] = [
        [(kind, doc[start:end].text) for start, end, kind in _rows(some)]
        for doc, some in zip(docs, mentions)
    ]
    classes = scored.classes
    related = np.flatnonzero(classes > 0)
    for doc, (head, tail), label in zip(
        scored.docs[related].tolist(), scored.pairs[related].tolist(), classes[related].tolist()
    ):
        kinds = mentions[doc].labels
        contents[doc].append((int(kinds[head]), labels[label - 1], int(kinds[tail])))
    return contents


def _rows(mentions: Mentions) -> Iterator[tuple]:
    return zip(mentions.starts.tolist(), mentions.ends.tolist(), mentions.labels.tolist())


def _described(
    doc: Doc, mentions: Mentions, scored: ScoredPairs, row: int, labels: Sequence[str]
) -> Dict[str, Any]:
    """A pair, its two best classes and their probabilities."""
    ends = [
        doc[mentions.starts[i] : mentions.ends[i]].text.strip() for i in scored.pairs[row].tolist()
    ]
    names = (NONE, *labels)
    best = np.argsort(-scored.p[row], kind="stable")[:2]
    probabilities = {names[i]: round(float(scored.p[row, i]), 4) for i in best.tolist()}
    return {"head": ends[0], "tail": ends[1], "labels": probabilities}
