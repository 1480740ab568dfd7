"""Renaming relations."""

from typing import Dict, Mapping, Tuple

from spacy.tokens import Doc

from .group import GROUP, RELATIONS
from .relation import relation_edges


def relabel_relations(doc: Doc, labels: Mapping[str, str]) -> None:
    """Rename the relations of a Doc, in place.

    Relations whose label is not in `labels` are removed. All mentions and their attributes are
    kept. Relations that become equal are merged, and the highest score is kept.

    doc (Doc): The document.
    labels (Mapping[str, str]): Old label → new label, e.g. a label scheme.
    """
    if GROUP not in doc.spans:
        return
    kept: Dict[Tuple[int, int, str], float] = {}
    for head, tail, label, score in relation_edges(doc):
        if label in labels:
            key = (head, tail, labels[label])
            kept[key] = max(score, kept.get(key, score))
    doc.spans[GROUP].attrs[RELATIONS] = [[*key, score] for key, score in kept.items()]
