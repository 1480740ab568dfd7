"""A part of a corpus as arrays: its mentions and relations."""

from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ...tokens import GROUP, get_doc_id, read_mentions, relation_edges
from ...tokens.relation import span_key
from ...tokens.sentences import sentence_ids
from ...types import Mentions


class Sentences(NamedTuple):
    """How sentences are told, as `candidates.sentence_ids` has it.

    ends (str): Characters that end one.
    line_breaks (bool): Whether a line break does.
    use_sents (bool): Take the Doc's own where it has any.
    """

    ends: str
    line_breaks: bool
    use_sents: bool


class Edges(NamedTuple):
    """The relations of a part.

    doc (ndarray): Index of the document. Shape: (relations,)
    ends (ndarray): Indices of head and tail into the document's mentions. Shape: (relations, 2)
    signature (ndarray): Hashes of head type, label and tail type, uint64. Shape: (relations, 3)
    tokens (ndarray): Tokens from one mention's start to the other's. Shape: (relations,)
    sentences (ndarray): Sentences from one mention's start to the other's. Shape: (relations,)
    """

    doc: np.ndarray
    ends: np.ndarray
    signature: np.ndarray
    tokens: np.ndarray
    sentences: np.ndarray


@dataclass
class Part:
    """One of the files of a corpus.

    name (str): What it is called.
    docs (List[Doc]): Its documents.
    mentions (List[Mentions]): The mentions of each.
    sentences (List[ndarray]): The sentence of each token of each.
    edges (Edges): The relations of all.
    broken (List[str]): Documents with relations that point at no mention, and are left out.
    """

    name: str
    docs: List[Doc]
    mentions: List[Mentions]
    sentences: List[np.ndarray]
    edges: Edges
    broken: List[str]

    def title(self, index: int) -> str:
        """What to call a document.

        index (int): Its index.
        RETURNS (str): Its id, or else its number from 1, and the part.
        """
        return f"{get_doc_id(self.docs[index]) or f'no. {index + 1}'} ({self.name})"

    def strings(self, hashes: np.ndarray) -> List[str]:
        """The names of types or labels.

        hashes (ndarray): Their hashes. Shape: (names,)
        RETURNS (List[str]): The names.
        """
        store = self.docs[0].vocab.strings
        return [store[int(value)] for value in hashes]


def read_part(name: str, docs: Sequence[Doc], rule: Sentences) -> Part:
    """Read the mentions and relations of documents.

    name (str): What to call them.
    docs (Sequence[Doc]): At least one.
    rule (Sentences): How sentences are told.
    RETURNS (Part): The arrays.
    """
    mentions = [read_mentions(doc) for doc in docs]
    sentences = [sentence_ids(doc, *rule) for doc in docs]
    rows: List[Tuple[int, int, int, int]] = []
    broken: List[str] = []
    for i, (doc, some) in enumerate(zip(docs, mentions)):
        index = {key: m for m, key in enumerate(zip(*(column.tolist() for column in some)))}
        edges = relation_edges(doc)
        keys = [span_key(span) for span in doc.spans[GROUP]] if edges else []
        # Where a prediction filled the group, a mention may be no entity any more.
        place = {m: index[key] for m, key in enumerate(keys) if key in index}
        sound = [edge for edge in edges if edge[0] in place and edge[1] in place]
        if len(sound) < len(edges):
            broken.append(get_doc_id(doc) or f"no. {i + 1}")
        rows += [(i, place[h], place[t], doc.vocab.strings.add(label)) for h, t, label, _ in sound]
    return Part(name, list(docs), mentions, sentences, _edges(rows, mentions, sentences), broken)


def _edges(
    rows: Sequence[Tuple[int, int, int, int]],
    mentions: Sequence[Mentions],
    sentences: Sequence[np.ndarray],
) -> Edges:
    doc = np.asarray([row[0] for row in rows], dtype="int64")
    ends = np.asarray([row[1:3] for row in rows], dtype="int64").reshape(-1, 2)
    label = np.asarray([row[3] for row in rows], dtype="uint64")
    # Mentions and tokens of all documents one after the other.
    first = np.cumsum([0, *(len(some.starts) for some in mentions)])
    place = first[doc][:, None] + ends  # (relations, 2)
    starts = np.concatenate([some.starts for some in mentions])
    types = np.concatenate([some.labels for some in mentions])
    sentence = np.concatenate(
        [ids[some.starts] for some, ids in zip(mentions, sentences)]
    )  # (mentions,)
    return Edges(
        doc=doc,
        ends=ends,
        signature=np.stack([types[place[:, 0]], label, types[place[:, 1]]], axis=1),
        tokens=np.abs(np.diff(starts[place], axis=1))[:, 0],
        sentences=np.abs(np.diff(sentence[place], axis=1))[:, 0],
    )


def count(part: Part, values: np.ndarray) -> Dict[str, int]:
    """Count names, the most frequent first.

    part (Part): Knows the names.
    values (ndarray): Hashes. Shape: (values,)
    RETURNS (Dict[str, int]): Counts by name.
    """
    hashes, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return dict(zip(part.strings(hashes[order]), counts[order].tolist()))
