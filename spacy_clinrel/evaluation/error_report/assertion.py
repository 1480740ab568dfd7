"""Error analysis of assertion attributes."""

from collections import Counter
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.training import Example

from ...tokens import get_doc_id, has_assertion
from ...types import ASSERTIONS
from ..assertion_scores import Attributes, mention_attributes, types_with_attributes
from ..scorers import MentionKey
from .intervals import Counts, summarize_scores

# Maximum number of wrong mentions that a report lists.
MAX_ERRORS = 100
# Number of characters shown on each side of a mention.
CONTEXT = 20


class JudgedAttributes(NamedTuple):
    """The attributes of the mentions of a document, of the types that are judged.

    name (str): The document's ID, or its number in the corpus.
    number (int): Its number in the corpus, from 1.
    text (str): The text.
    gold (Dict[MentionKey, FrozenSet[str]]): The attributes of each gold mention.
    predicted (Dict[MentionKey, FrozenSet[str]]): The attributes of each predicted mention.
    """

    name: str
    number: int
    text: str
    gold: Attributes
    predicted: Attributes

    @property
    def common_keys(self) -> List[MentionKey]:
        """Return the mentions that are both gold and predicted, in the order of the text."""
        return sorted(self.gold.keys() & self.predicted.keys())

    def among_common(self) -> "JudgedAttributes":
        """Return the same document without the mentions that are only gold or only predicted."""
        sides = (
            {key: side[key] for key in self.common_keys} for side in (self.gold, self.predicted)
        )
        return JudgedAttributes(self.name, self.number, self.text, *sides)


def judged_types(nlp: Language) -> Optional[Tuple[str, ...]]:
    """Return the entity types whose mentions get attributes.

    nlp (Language): The pipeline.
    RETURNS (Optional[Tuple[str, ...]]): The types of the last component that writes attributes;
        None if it does not restrict them, or there is none.
    """
    types = None
    for name in nlp.pipe_names:
        if "span._.assertion" in nlp.get_pipe_meta(name).assigns:
            pipe = nlp.get_pipe(name)
            types = getattr(pipe, "types", None) or getattr(pipe, "space", pipe)
            types = getattr(types, "types", types)
    return tuple(types) if isinstance(types, (tuple, list)) and types else None


def analyze_assertion(
    nlp: Language,
    examples: Sequence[Example],
    *,
    is_gold_entities: bool,
    samples: int = 1000,
    seed: int = 0,
) -> Optional[Dict[str, Any]]:
    """Compute the statistics of assertion attributes.

    nlp (Language): The pipeline, which defines the types that are judged.
    examples (Sequence[Example]): Documents whose predicted side is annotated.
    is_gold_entities (bool): Whether the predicted mentions are the gold mentions. If not,
        attributes of missed mentions count as missed, and those of wrong mentions as wrong.
    samples (int): Number of bootstrap samples for the confidence intervals.
    seed (int): Seed of the samples.
    RETURNS (Optional[Dict[str, Any]]): "exact" (correct and gold mentions), "scores" by attribute,
        "confusion" (gold attributes, predicted attributes, count) and "errors"; None if no document
        is annotated with attributes.
    """
    docs = _judge(nlp, examples)
    if not docs:
        return None
    scored = [doc.among_common() for doc in docs] if is_gold_entities else docs
    table = np.stack([_count(doc.gold, doc.predicted) for doc in scored])
    confusion = Counter(
        (doc.gold[key], doc.predicted[key]) for doc in docs for key in doc.common_keys
    )
    errors = [
        _describe(doc, key)
        for doc in docs
        for key in doc.common_keys
        if doc.gold[key] != doc.predicted[key]
    ]
    ranked = sorted(confusion.items(), key=lambda item: (-item[1], *map(sorted, item[0])))
    return {
        "documents": len(docs),
        "types": sorted({key[2] for doc in docs for key in doc.gold}),
        "exact": {
            "gold": sum(len(doc.gold) for doc in docs),
            "right": sum(n for (gold, predicted), n in ranked if gold == predicted),
        },
        "scores": summarize_scores(Counts(ASSERTIONS, table), samples, seed),
        "confusion": [
            {"gold": sort_names(gold), "predicted": sort_names(predicted), "count": n}
            for (gold, predicted), n in ranked
        ],
        "n_errors": len(errors),
        "errors": errors[:MAX_ERRORS],
    }


def sort_names(names: FrozenSet[str]) -> List[str]:
    """Return names of attributes in the order of `ASSERTIONS`.

    names (FrozenSet[str]): The names.
    RETURNS (List[str]): The sorted names.
    """
    return [name for name in ASSERTIONS if name in names]


def _judge(nlp: Language, examples: Sequence[Example]) -> List[JudgedAttributes]:
    """Read the attributes of the documents that are annotated with attributes."""
    docs = [
        JudgedAttributes(
            get_doc_id(example.reference) or f"document {number}",
            number,
            example.reference.text,
            mention_attributes(example.reference),
            mention_attributes(example.predicted),
        )
        for number, example in enumerate(examples, start=1)
        if has_assertion(example.reference)
    ]
    types = set(judged_types(nlp) or types_with_attributes(doc.gold for doc in docs))
    return [
        doc._replace(
            gold={key: names for key, names in doc.gold.items() if key[2] in types},
            predicted={key: names for key, names in doc.predicted.items() if key[2] in types},
        )
        for doc in docs
    ]


def _count(gold: Attributes, predicted: Attributes) -> np.ndarray:
    """Return the number of gold, predicted and correct mentions of each attribute."""
    none: FrozenSet[str] = frozenset()
    rows = np.zeros((len(ASSERTIONS), 3), dtype="int64")
    for key in gold.keys() | predicted.keys():
        sides = gold.get(key, none), predicted.get(key, none)
        for row, name in zip(rows, ASSERTIONS):
            has = [name in side for side in sides]
            row += [*has, all(has)]
    return rows


def _describe(doc: JudgedAttributes, key: MentionKey) -> Dict[str, Any]:
    start, end, label = key
    return {
        "document": doc.name,
        "number": doc.number,
        "before": doc.text[max(start - CONTEXT, 0) : start],
        "text": doc.text[start:end],
        "after": doc.text[end : end + CONTEXT],
        "start": start,
        "type": label,
        "gold": sort_names(doc.gold[key]),
        "predicted": sort_names(doc.predicted[key]),
    }
