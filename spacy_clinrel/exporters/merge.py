"""Merging of mentions into nodes, by normal form and type, and of relations into edges."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Tuple

from .schema import Row, Rows


@dataclass
class _Node:
    id: str
    count: int = 0
    docs: int = 0
    last_doc: int = 0
    texts: Counter = field(default_factory=Counter)


@dataclass
class _Edge:
    id: str
    count: int = 0
    scores: List[float] = field(default_factory=list)
    same_sentence: int = 0
    docs: Dict[int, str] = field(default_factory=dict)


def merge_rows(stream: Iterator[Rows], prefix: str = "") -> Iterator[Rows]:
    """Merge mentions with equal `norm` and `type`, and relations with equal head, tail and label.

    All nodes and edges are in memory, but not the documents.

    stream (Iterator[Rows]): Rows of mentions and relations, document by document.
    prefix (str): Prefix of all ids.
    YIELDS (Rows): A single item with all nodes and edges, in the order of their first occurrence.
    """
    nodes: Dict[Tuple[str, str], _Node] = {}
    edges: Dict[Tuple[str, str, str], _Edge] = {}
    for mentions, relations in stream:
        node_ids: Dict[str, str] = {}
        for row in mentions:
            node = nodes.setdefault((row["norm"], row["type"]), _Node(f"{prefix}n{len(nodes) + 1}"))
            node_ids[row["id"]] = node.id
            node.count += 1
            node.docs += row["doc"] != node.last_doc
            node.last_doc = row["doc"]
            node.texts[row["text"]] += 1
        for row in relations:
            key = (node_ids[row["head"]], node_ids[row["tail"]], row["label"])
            edge = edges.setdefault(key, _Edge(f"{prefix}e{len(edges) + 1}"))
            edge.count += 1
            edge.same_sentence += row["same_sentence"]
            edge.docs[row["doc"]] = row["doc_id"]
            if row["score"] is not None:
                edge.scores.append(row["score"])
    yield (
        [_node_row(norm, label, node) for (norm, label), node in nodes.items()],
        [_edge_row(*key, edge) for key, edge in edges.items()],
    )


def _node_row(norm: str, label: str, node: _Node) -> Row:
    return {
        "id": node.id,
        "norm": norm,
        "type": label,
        "count": node.count,
        "documents": node.docs,
        "texts": [text for text, _ in node.texts.most_common()],
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
    }
