"""Mentions and relations of a part of a corpus, as arrays."""

from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ...tokens import get_doc_id, group_mentions, read_mentions, relation_edges, span_key
from ...tokens.sentences import Sentences
from ...types import Mentions


class Edges(NamedTuple):
    """The relations of a part.

    doc (ndarray): Index of the document. Shape: (relations,)
    ends (ndarray): Indices of head and tail into the document's mentions. Shape: (relations, 2)
    signature (ndarray): Hashes of head type, label and tail type, uint64. Shape: (relations, 3)
    tokens (ndarray): Distance between the starts of the mentions in tokens. Shape: (relations,)
    sentences (ndarray): Distance between the starts of the mentions in sentences. Shape:
        (relations,)
    """

    doc: np.ndarray
    ends: np.ndarray
    signature: np.ndarray
    tokens: np.ndarray
    sentences: np.ndarray


@dataclass
class Part:
    """A part of a corpus, such as its training documents.

    name (str): The name of the part.
    docs (List[Doc]): The documents.
    mentions (List[Mentions]): The mentions of each document.
    sentences (List[ndarray]): Index of the sentence of each token, by document.
    edges (Edges): The relations of all documents.
    broken (List[str]): Documents with relations that refer to missing mentions. These relations are
        left out of `edges`.
    """

    name: str
    docs: List[Doc]
    mentions: List[Mentions]
    sentences: List[np.ndarray]
    edges: Edges
    broken: List[str]

    def title(self, index: int) -> str:
        """Return a name of a document, for messages.

        index (int): Index of the document in `docs`.
        RETURNS (str): The document id or, without an id, the number of the document from 1; and the
            name of the part.
        """
        return f"{get_doc_id(self.docs[index]) or f'no. {index + 1}'} ({self.name})"

    def strings(self, hashes: np.ndarray) -> List[str]:
        """Look up the names of types or labels.

        hashes (ndarray): Hashes of the names. Shape: (names,)
        RETURNS (List[str]): The names.
        """
        store = self.docs[0].vocab.strings
        return [store[int(value)] for value in hashes]


def read_part(name: str, docs: Sequence[Doc], rule: Sentences) -> Part:
    """Read the mentions and relations of documents.

    name (str): The name of the part.
    docs (Sequence[Doc]): At least one document.
    rule (Sentences): The rule that assigns tokens to sentences.
    RETURNS (Part): The documents with arrays of their mentions and relations.
    """
    mentions = [read_mentions(doc) for doc in docs]
    sentences = [rule.ids(doc) for doc in docs]
    rows: List[Tuple[int, int, int, int]] = []
    broken: List[str] = []
    for i, (doc, columns) in enumerate(zip(docs, mentions)):
        index = {key: m for m, key in enumerate(zip(*(column.tolist() for column in columns)))}
        edges = relation_edges(doc)
        keys = [span_key(span) for span in group_mentions(doc)] if edges else []
        # A mention that a model added to the span group may be missing from `doc.ents`.
        position = {m: index[key] for m, key in enumerate(keys) if key in index}
        valid = [edge for edge in edges if edge[0] in position and edge[1] in position]
        if len(valid) < len(edges):
            broken.append(get_doc_id(doc) or f"no. {i + 1}")
        rows += [
            (i, position[head], position[tail], doc.vocab.strings.add(label))
            for head, tail, label, _ in valid
        ]
    return Part(name, list(docs), mentions, sentences, _edges(rows, mentions, sentences), broken)


def _edges(
    rows: Sequence[Tuple[int, int, int, int]],
    mentions: Sequence[Mentions],
    sentences: Sequence[np.ndarray],
) -> Edges:
    doc = np.asarray([row[0] for row in rows], dtype="int64")
    ends = np.asarray([row[1:3] for row in rows], dtype="int64").reshape(-1, 2)
    label = np.asarray([row[3] for row in rows], dtype="uint64")
    # Concatenate the mentions of all documents.
    first = np.cumsum([0, *(len(group.starts) for group in mentions)])
    index = first[doc][:, None] + ends  # (relations, 2)
    starts = np.concatenate([group.starts for group in mentions])
    types = np.concatenate([group.labels for group in mentions])
    sentence = np.concatenate(
        [ids[group.starts] for group, ids in zip(mentions, sentences)]
    )  # (mentions,)
    return Edges(
        doc=doc,
        ends=ends,
        signature=np.stack([types[index[:, 0]], label, types[index[:, 1]]], axis=1),
        tokens=np.abs(np.diff(starts[index], axis=1))[:, 0],
        sentences=np.abs(np.diff(sentence[index], axis=1))[:, 0],
    )


def count(part: Part, values: np.ndarray) -> Dict[str, int]:
    """Count how often each type or label occurs.

    part (Part): A part of the corpus, whose vocabulary has the names.
    values (ndarray): Hashes of types or labels. Shape: (values,)
    RETURNS (Dict[str, int]): Counts by name, the most frequent first.
    """
    hashes, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return dict(zip(part.strings(hashes[order]), counts[order].tolist()))
