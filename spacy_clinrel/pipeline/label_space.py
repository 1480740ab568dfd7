"""Labels, entity types and signatures of a component."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Dict, Iterable, List, Optional, Set, Tuple

import numpy as np
from spacy.tokens import Doc

from ..tokens import all_mentions, get_relations
from ..types import Signature

LabelData = Dict[str, List]


@dataclass(frozen=True)
class LabelSpace:
    """The labels that a component predicts and the entity types seen in training.

    A label space is immutable. Type index 0 is any type not seen in training; the others are
    numbered from 1.

    labels (Tuple[str, ...]): Relation labels.
    types (Tuple[str, ...]): Entity types.
    signatures (Tuple[Signature, ...]): (head type, label, tail type) of each relation in training.
    is_typed (bool): Whether to predict only these signatures.
    """

    labels: Tuple[str, ...] = ()
    types: Tuple[str, ...] = ()
    signatures: Tuple[Signature, ...] = ()
    is_typed: bool = True

    @classmethod
    def from_data(cls, data: LabelData, is_typed: bool = True) -> "LabelSpace":
        """Create a label space from lists, as `spacy init labels` writes them.

        data (Dict[str, List]): "labels", "types" and "signatures"; each is optional.
        is_typed (bool): Whether to predict only these signatures.
        RETURNS (LabelSpace): The label space.
        """
        return cls(
            tuple(data.get("labels", ())),
            tuple(data.get("types", ())),
            tuple((head, label, tail) for head, label, tail in data.get("signatures", ())),
            is_typed,
        )

    def to_data(self) -> LabelData:
        """Return the label space as lists, for JSON.

        RETURNS (Dict[str, List]): "labels", "types" and "signatures".
        """
        return {
            "labels": list(self.labels),
            "types": list(self.types),
            "signatures": [list(signature) for signature in self.signatures],
        }

    def with_label(self, label: str) -> "LabelSpace":
        """Return a copy with an additional relation label. No signature contains it.

        label (str): The label.
        RETURNS (LabelSpace): The copy.
        """
        return replace(self, labels=(*self.labels, label))

    def with_type(self, entity_type: str) -> "LabelSpace":
        """Return a copy with an additional entity type.

        entity_type (str): The type.
        RETURNS (LabelSpace): The copy.
        """
        return replace(self, types=(*self.types, entity_type))

    def extended(self, data: LabelData) -> "LabelSpace":
        """Return a copy with the labels, types and signatures of other data. The existing ones keep
        their positions, and new ones follow.

        data (Dict[str, List]): "labels", "types" and "signatures"; each is optional.
        RETURNS (LabelSpace): The copy, or this object if there is nothing new.
        """
        other = LabelSpace.from_data(data)
        labels, types, signatures = (
            tuple(dict.fromkeys((*before, *after)))
            for before, after in (
                (self.labels, other.labels),
                (self.types, other.types),
                (self.signatures, other.signatures),
            )
        )
        extended = replace(self, labels=labels, types=types, signatures=signatures)
        return self if extended == self else extended

    @cached_property
    def allowed(self) -> Optional[np.ndarray]:
        """Return the labels that the types of head and tail allow, bool; None allows all. Shape:
        (types + 1, types + 1, labels)
        """
        if not self.is_typed:
            return None
        types = {name: i for i, name in enumerate(self.types, start=1)}
        allowed = np.zeros((len(types) + 1, len(types) + 1, len(self.labels)), dtype=bool)
        for head, label, tail in self.signatures:
            allowed[types[head], types[tail], self.label_index[label]] = True
        return allowed

    @cached_property
    def allowed_pairs(self) -> Optional[np.ndarray]:
        """Return the pairs of head and tail type that allow at least one label, bool; None allows
        all. Shape: (types + 1, types + 1)
        """
        return None if self.allowed is None else np.any(self.allowed, axis=2)

    @cached_property
    def label_index(self) -> Dict[str, int]:
        """Return the column of each relation label."""
        return {label: i for i, label in enumerate(self.labels)}


def collect_labels(docs: Iterable[Doc]) -> LabelData:
    """Collect the labels, entity types and signatures of gold documents.

    docs (Iterable[Doc]): The documents.
    RETURNS (Dict[str, List]): "labels", "types" and "signatures", each sorted.
    """
    types: Set[str] = set()
    signatures: Set[Signature] = set()
    for doc in docs:
        types.update(mention.label_ for mention in all_mentions(doc))
        for head, tail, label, _ in get_relations(doc):
            signatures.add((head.label_, label, tail.label_))
    return {
        "labels": sorted({label for _, label, _ in signatures}),
        "types": sorted(types),
        "signatures": [list(signature) for signature in sorted(signatures)],
    }


def collect_types(docs: Iterable[Doc]) -> List[str]:
    """Collect the types of the flat entities of gold documents.

    docs (Iterable[Doc]): The documents.
    RETURNS (List[str]): The types, sorted.
    """
    return sorted({ent.label_ for doc in docs for ent in doc.ents})
