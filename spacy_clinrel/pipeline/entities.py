"""Conversion between the flat entities of documents and BIEOS tags."""

from typing import Iterable, List, Optional, Sequence

import numpy as np
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from ..errors import Errors
from ..tokens.alignment import align_spans, has_same_tokens
from ..tokens.assertion import discard_assertion, has_assertion
from ..tokens.bieos import spans_to_tags, tags_to_spans
from ..tokens.group import group_mentions, span_key
from ..tokens.silver_tags import silver_tags
from ..types import Mentions, TagProbabilities
from .constraints import blocked_tokens


def entity_tags(doc: Doc, types: Sequence[str]) -> np.ndarray:
    """Return the BIEOS tags of a document's entities.

    doc (Doc): The document.
    types (Sequence[str]): The entity types. Entities of other types are ignored.
    RETURNS (ndarray): The tag of each token. Shape: (tokens,)
    """
    index = {name: i for i, name in enumerate(types)}
    rows = [(e.start, e.end, index[e.label_]) for e in doc.ents if e.label_ in index]
    return spans_to_tags(np.asarray(rows, dtype="int64").reshape(-1, 3), len(doc))


def gold_tags(example: Example, types: Sequence[str], component: str) -> np.ndarray:
    """Return the BIEOS tags of an example's gold entities on the tokens of the predicted Doc.

    example (Example): The example.
    types (Sequence[str]): The entity types.
    component (str): The component's name, for errors.
    RETURNS (ndarray): The tag of each token. Entities that do not align are ignored. Shape:
        (tokens,)
    RAISES (ValueError): If an entity has another type.
    """
    ents = list(example.reference.ents)
    index = {name: i for i, name in enumerate(types)}
    for ent in ents:
        if ent.label_ not in index:
            known = ", ".join(index)
            raise ValueError(Errors.C008.format(label=ent.label_, name=component, known=known))
    columns = np.asarray([index[ent.label_] for ent in ents], dtype="int64")
    spans = np.concatenate([align_spans(example, ents), columns[:, None]], axis=1)  # (ents, 3)
    return spans_to_tags(spans[(spans >= 0).all(axis=1)], len(example.predicted))


def silver_probabilities(
    examples: Iterable[Example], types: Sequence[str]
) -> Optional[List[Optional[TagProbabilities]]]:
    """Return the probabilities of the tags of silver documents.

    examples (Iterable[Example]): The examples.
    types (Sequence[str]): The entity types.
    RETURNS (Optional[List[Optional[TagProbabilities]]]): One for each example; None if it has no
        probabilities, or the predicted Doc has other tokens. None if no example has any.
    """
    found: List[Optional[TagProbabilities]] = []
    for example in examples:
        silver = silver_tags(example.reference)
        is_usable = silver is not None and has_same_tokens(example)
        found.append(silver.with_types(types) if silver is not None and is_usable else None)
    return found if any(silver is not None for silver in found) else None


def has_gold_entities(examples: Iterable[Example]) -> np.ndarray:
    """Return which examples are annotated with entities. Only these count in the loss.

    examples (Iterable[Example]): The examples.
    RETURNS (ndarray): 1 or 0. Shape: (docs,)
    """
    return np.asarray([eg.reference.has_annotation("ENT_IOB") for eg in examples], dtype="int64")


def tagged_mentions(tags: np.ndarray, types: Sequence[str], vocab: Vocab) -> Mentions:
    """Return the mentions that BIEOS tags represent.

    tags (ndarray): BIEOS tags. Shape: (tokens,)
    types (Sequence[str]): The entity types.
    vocab (Vocab): The vocabulary, which has the types in its StringStore.
    RETURNS (Mentions): The mentions, in the order of the text.
    """
    starts, ends, columns = tags_to_spans(tags).T
    hashes = np.asarray([vocab.strings[name] for name in types], dtype="uint64")
    return Mentions(starts, ends, hashes[columns])


def add_kept_entities(doc: Doc, predicted: Mentions) -> Mentions:
    """Return the entities of a document and the predicted mentions that do not overlap them.

    doc (Doc): The document.
    predicted (Mentions): The predicted mentions, in the order of the text.
    RETURNS (Mentions): The mentions, in the order of the text.
    """
    ents = doc.ents
    if not ents:
        return predicted
    starts = np.asarray([ent.start for ent in ents], dtype="int64")
    ends = np.asarray([ent.end for ent in ents], dtype="int64")
    labels = np.asarray([ent.label for ent in ents], dtype="uint64")
    is_kept = np.zeros(len(doc) + 1, dtype="int64")
    np.add.at(is_kept, starts, 1)
    np.add.at(is_kept, ends, -1)
    # Number of kept tokens before each token.
    before = np.concatenate([[0], is_kept.cumsum().cumsum()])
    is_free = before[predicted.ends] == before[predicted.starts]
    columns = [
        np.concatenate([kept, column[is_free]])
        for kept, column in zip((starts, ends, labels), predicted)
    ]
    order = np.argsort(columns[0], kind="stable")
    return Mentions(*(column[order] for column in columns))


def set_tagged_entities(
    docs: Iterable[Doc], tags: Iterable[np.ndarray], types: Sequence[str], overwrite: bool
) -> None:
    """Set `doc.ents` from BIEOS tags. A document that is annotated with assertion attributes is not
    any more if it gets new mentions, since nobody has judged them.

    docs (Iterable[Doc]): The documents.
    tags (Iterable[ndarray]): BIEOS tags of each document. Shape of each: (tokens,)
    types (Sequence[str]): The entity types.
    overwrite (bool): Whether to replace existing entities. If not, they are kept, and predictions
        that overlap them are left out.
    """
    for doc, doc_tags in zip(docs, tags):
        set_entities(doc, tagged_mentions(doc_tags, types, doc.vocab), overwrite)


def set_entities(doc: Doc, predicted: Mentions, overwrite: bool) -> None:
    """Set `doc.ents`, see `set_tagged_entities`.

    doc (Doc): The document.
    predicted (Mentions): Mentions that do not overlap each other, in the order of the text.
    overwrite (bool): Whether to replace existing entities.
    """
    kept: List[Span] = [] if overwrite else list(doc.ents)
    blocked = [] if overwrite else [doc[i : i + 1] for i in blocked_tokens(doc).tolist()]
    # Existing spans have further values, such as a knowledge base ID.
    spans = {(ent.start, ent.end): ent for ent in kept}
    mentions = add_kept_entities(doc, predicted) if kept else predicted
    for start, end, label in zip(*(column.tolist() for column in mentions)):
        spans.setdefault((start, end), Span(doc, start, end, label=label))
    judged = (*doc.ents, *group_mentions(doc)) if has_assertion(doc) else None
    doc.set_ents(list(spans.values()), blocked=blocked, default="outside")
    if judged is not None and not set(map(span_key, judged)).issuperset(
        map(span_key, spans.values())
    ):
        discard_assertion(doc)


def token_mentions(doc: Doc) -> Mentions:
    """Return each token as a mention without a type. Multi-head selection learns from pairs of
    tokens.

    doc (Doc): The document.
    RETURNS (Mentions): One mention per token.
    """
    starts = np.arange(len(doc))
    return Mentions(starts, starts + 1, np.zeros(len(doc), dtype="uint64"))
