"""Merging of mentions into nodes, and of relations into edges."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Tuple

from ..tokens.assertion import FLAGS
from .schema import Row, Rows

# Columns of which a node has the distinct values, by the columns of mentions.
COLLECTED = {"text": "texts", "section": "sections", "value": "values", "dosage": "dosages"}
# Of these, JSON text that can have places in the document.
PARTED, PARTS = ("value", "dosage"), "parts"
# Columns that all mentions of a node share.
SHARED = ("type", *FLAGS.values(), "other_attributes", "kb_id")

Key = Tuple[Any, ...]


@dataclass
class _Node:
    id: str
    first: Row
    count: int = 0
    docs: int = 0
    last_doc: int = 0
    values: Dict[str, Counter] = field(
        default_factory=lambda: {name: Counter() for name in COLLECTED}
    )


@dataclass
class _Edge:
    id: str
    flags: Row
    count: int = 0
    scores: List[float] = field(default_factory=list)
    same_sentence: int = 0
    docs: Dict[int, str] = field(default_factory=dict)


def node_key(row: Row) -> Key:
    """Return the key by which mentions are merged into a node.

    Mentions with different attributes have different keys, as have mentions of documents that are
    annotated with attributes and of documents that are not: a denied finding is never merged with
    an affirmed one. The code of a concept, if there is one, takes the place of the normal form.

    row (Row): The row of a mention.
    RETURNS (Key): The key.
    """
    name = ("norm", row["norm"]) if row["kb_id"] is None else ("kb_id", row["kb_id"])
    others = tuple(sorted(row["other_attributes"] or ()))
    return (*name, row["type"], *(row[flag] for flag in FLAGS.values()), others)


def merge_rows(stream: Iterator[Rows], prefix: str = "") -> Iterator[Rows]:
    """Merge mentions with the same `node_key`, and relations with equal head, tail and label.

    All nodes and edges are in memory, but not the documents.

    stream (Iterator[Rows]): Rows of mentions and relations, document by document.
    prefix (str): Prefix of all ids.
    YIELDS (Rows): A single item with all nodes and edges, in the order of their first occurrence.
    """
    nodes: Dict[Key, _Node] = {}
    edges: Dict[Tuple[str, str, str], _Edge] = {}
    for mentions, relations in stream:
        node_ids: Dict[str, str] = {}
        for row in mentions:
            node = nodes.setdefault(node_key(row), _Node(f"{prefix}n{len(nodes) + 1}", row))
            node_ids[row["id"]] = node.id
            node.count += 1
            node.docs += row["doc"] != node.last_doc
            node.last_doc = row["doc"]
            for name, counts in node.values.items():
                if row[name] is not None:
                    counts[_without_places(row[name]) if name in PARTED else row[name]] += 1
        for row in relations:
            key = (node_ids[row["head"]], node_ids[row["tail"]], row["label"])
            # The attributes of relations depend on their nodes only.
            flags = {flag: row[flag] for flag in FLAGS.values()}
            edge = edges.setdefault(key, _Edge(f"{prefix}e{len(edges) + 1}", flags))
            edge.count += 1
            edge.same_sentence += row["same_sentence"]
            edge.docs[row["doc"]] = row["doc_id"]
            if row["score"] is not None:
                edge.scores.append(row["score"])
    yield (
        list(map(_node_row, nodes.values())),
        [_edge_row(*key, edge) for key, edge in edges.items()],
    )


def _without_places(text: str) -> str:
    """Return a value or a dosage without the places of its parts in the document."""
    fields = json.loads(text)
    return text if fields.pop(PARTS, None) is None else json.dumps(fields, ensure_ascii=False)


def _node_row(node: _Node) -> Row:
    return {
        "id": node.id,
        "norm": node.first["norm"],
        "count": node.count,
        "documents": node.docs,
        **{name: node.first[name] for name in SHARED},
        **{
            COLLECTED[name]: [value for value, _ in counts.most_common()] or None
            for name, counts in node.values.items()
        },
    }


def _edge_row(head: str, tail: str, label: str, edge: _Edge) -> Row:
    scores = edge.scores
    return {
        "id": edge.id,
        "head": head,
        "tail": tail,
        "label": label,
        "count": edge.count,
        # Divided before the sum, so that the largest numbers have a finite mean.
        "mean_score": sum(score / len(scores) for score in scores) if scores else None,
        "max_score": max(scores, default=None),
        "same_sentence_count": edge.same_sentence,
        "docs": list(edge.docs),
        "doc_ids": list(edge.docs.values()),
        **edge.flags,
    }
