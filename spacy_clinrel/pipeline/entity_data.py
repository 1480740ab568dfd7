"""What components that find flat entities read from gold documents and write to predicted ones."""

from typing import Iterable, List, Sequence

import numpy as np
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors
from ..tokens.alignment import align_spans
from ..tokens.bieos import spans_to_tags, tags_to_spans


def own_tags(doc: Doc, labels: Sequence[str]) -> np.ndarray:
    """BIEOS tags of the entities that a document has.

    doc (Doc): The document.
    labels (Sequence[str]): The entity types; entities of others are left out.
    RETURNS (ndarray): Shape: (tokens,)
    """
    index = {label: i for i, label in enumerate(labels)}
    rows = [(e.start, e.end, index[e.label_]) for e in doc.ents if e.label_ in index]
    return spans_to_tags(np.asarray(rows, dtype="int64").reshape(-1, 3), len(doc))


def gold_tags(example: Example, labels: Sequence[str], name: str) -> np.ndarray:
    """BIEOS tags of an example's gold entities, on the predicted Doc's tokens.

    example (Example): The example.
    labels (Sequence[str]): The entity types.
    name (str): The component's name, for errors.
    RETURNS (ndarray): Entities that do not align are left out. Shape: (tokens,)
    RAISES (ValueError): If an entity has another type.
    """
    ents = list(example.reference.ents)
    index = {label: i for i, label in enumerate(labels)}
    for ent in ents:
        if ent.label_ not in index:
            known = ", ".join(index)
            raise ValueError(Errors.C008.format(label=ent.label_, name=name, known=known))
    kinds = np.asarray([index[ent.label_] for ent in ents], dtype="int64")
    spans = np.concatenate([align_spans(example, ents), kinds[:, None]], axis=1)
    return spans_to_tags(spans[(spans >= 0).all(axis=1)], len(example.predicted))


def set_tagged_entities(
    docs: Iterable[Doc], tags: Iterable[np.ndarray], labels: Sequence[str]
) -> None:
    """Write entities to docs.

    docs (Iterable[Doc]): The documents.
    tags (Iterable[ndarray]): BIEOS tags of each. Shape of each: (tokens,)
    labels (Sequence[str]): The entity types.
    """
    for doc, own in zip(docs, tags):
        spans = tags_to_spans(own).tolist()
        ents: List[Span] = [Span(doc, start, end, label=labels[k]) for start, end, k in spans]
        doc.set_ents(ents, default="outside")
