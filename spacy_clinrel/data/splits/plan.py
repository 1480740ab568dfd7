"""A split as a whole: what is asked for, what comes of it, and what it holds."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Hashable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ...errors import Errors
from ...tokens import all_mentions, get_doc_id
from ...tokens.relation import relation_edges
from .assignment import assign
from .duplicates import Components, NearDuplicates, clusters, near_duplicates
from .keys import keys_of, pool_rare, read_metadata

PARTS = ("train", "dev", "test")
# How pooled strata are called together.
POOLED = "(pooled)"


class Plan(NamedTuple):
    """How to divide documents.

    ratios (Tuple[float, float, float]): Sizes of train, dev and test, in any unit.
    stratify_by (Optional[str]): Key (`keys_of`) whose values each part gets its share of.
    min_count (int): Values of that key that fewer documents have are pooled.
    stratify_labels (bool): Whether each part gets its share of each relation label.
    group_by (Optional[str]): Key whose values are groups, which no two parts share.
    metadata (Optional[Path]): The table that keys may be columns of.
    similarity (float): From where on two texts are near-duplicates, above 0 and at most 1.
    keep_together (bool): Whether near-duplicates go to one part.
    seed (int): Seed of what is left to chance.
    """

    ratios: Tuple[float, float, float] = (70, 15, 15)
    stratify_by: Optional[str] = None
    min_count: int = 10
    stratify_labels: bool = False
    group_by: Optional[str] = None
    metadata: Optional[Path] = None
    similarity: float = 0.8
    keep_together: bool = True
    seed: int = 0


@dataclass
class Split:
    """Documents divided into parts.

    parts (List[int]): The part of each document, as an index of `PARTS`.
    strata (List[Optional[str]]): Each document's value of the key that was stratified by, None
        where that was pooled; empty if there is no such key.
    groups (List[str]): Each document's group; empty if there are none.
    pooled (Dict[str, int]): The values that were pooled, with the number of documents of each.
    duplicates (List[NearDuplicates]): Near-duplicates, as `near_duplicates` finds them.
    """

    parts: List[int]
    strata: List[Optional[str]]
    groups: List[str]
    pooled: Dict[str, int]
    duplicates: List[NearDuplicates]


def split_docs(docs: Sequence[Doc], plan: Plan) -> Split:
    """Divide documents into train, dev and test.

    docs (Sequence[Doc]): Converted documents.
    plan (Plan): How.
    RETURNS (Split): The part of each.
    RAISES (ValueError): If the ratios are none, a document has no value for a key, or a part that
        was asked for gets nothing.
    """
    if min(plan.ratios) < 0 or not plan.ratios[0]:
        raise ValueError(Errors.F027.format(ratios=" ".join(f"{r:g}" for r in plan.ratios)))
    ids = [get_doc_id(doc) or "" for doc in docs]
    metadata = None if plan.metadata is None else read_metadata(plan.metadata)
    strata: List[Optional[str]] = []
    pooled: Dict[str, int] = {}
    if plan.stratify_by is not None:
        values = keys_of(ids, plan.stratify_by, metadata)
        strata, pooled = pool_rare(values, plan.min_count)
    groups = [] if plan.group_by is None else keys_of(ids, plan.group_by, metadata)
    if "" in groups:
        doc_id = ids[groups.index("")]
        raise ValueError(Errors.F032.format(key=plan.group_by, doc_id=doc_id))
    duplicates = near_duplicates([doc.text for doc in docs], plan.similarity)
    units = _units(len(docs), groups, duplicates if plan.keep_together else [])
    features = _features(docs, strata, plan.stratify_labels)
    parts = assign(units, features, plan.ratios, plan.seed)
    for part, ratio in enumerate(plan.ratios):
        if ratio and part not in parts:
            n, most = len(set(units)), Counter(units).most_common(1)[0][1]
            raise ValueError(Errors.F031.format(part=PARTS[part], units=n, n=len(docs), most=most))
    return Split(parts, strata, groups, pooled, duplicates)


def describe(docs: Sequence[Doc], split: Split) -> Dict[str, Any]:
    """What the parts hold.

    docs (Sequence[Doc]): The documents.
    split (Split): Their parts.
    RETURNS (Dict[str, Any]): Counts, shares and ids by part, and near-duplicates: how many
        clusters of them there are, of how many documents, and which of these lie in several parts.
    """
    parts: Dict[str, Any] = {}
    for number, name in enumerate(PARTS):
        inside = [i for i, part in enumerate(split.parts) if part == number]
        mentions = Counter(span.label_ for i in inside for span in all_mentions(docs[i]))
        strata = Counter(
            POOLED if split.strata[i] is None else split.strata[i] for i in inside if split.strata
        )
        relations = Counter(edge[2] for i in inside for edge in relation_edges(docs[i]))
        parts[name] = {
            "documents": len(inside),
            "share": round(len(inside) / max(len(docs), 1), 4),
            "groups": len({split.groups[i] for i in inside}) if split.groups else None,
            "mentions": sum(mentions.values()),
            "relations": sum(relations.values()),
            "mentions_per_type": dict(mentions.most_common()),
            "relations_per_label": dict(relations.most_common()),
            "strata": dict(strata.most_common()),
            "ids": [get_doc_id(docs[i]) for i in inside],
        }
    near = clusters(len(docs), split.duplicates)
    across = [found for found in near if len({split.parts[i] for i in found}) > 1]
    shown = [[[get_doc_id(docs[i]), PARTS[split.parts[i]]] for i in sorted(c)] for c in across]
    return {
        "parts": parts,
        "pooled": split.pooled,
        "near_duplicates": {
            "clusters": len(near),
            "documents": sum(map(len, near)),
            "pairs": [
                [get_doc_id(docs[i]), get_doc_id(docs[j]), round(alike, 4)]
                for i, j, alike in split.duplicates
            ],
            "across_parts": shown,
        },
    }


def _units(n: int, groups: Sequence[str], duplicates: Sequence[NearDuplicates]) -> List[int]:
    """For each document the unit that it can't be taken out of."""
    together = Components(n)
    first: Dict[str, int] = {}
    for i, group in enumerate(groups):
        together.join(first.setdefault(group, i), i)
    for pair in duplicates:
        together.join(pair.first, pair.second)
    return [together.find(i) for i in range(n)]


def _features(
    docs: Sequence[Doc], strata: Sequence[Optional[str]], labels: bool
) -> List[Dict[Hashable, int]]:
    features: List[Dict[Hashable, int]] = [{} for _ in docs]
    for row, stratum in zip(features, strata):
        row[("stratum", stratum)] = 1
    if labels:
        for row, doc in zip(features, docs):
            row.update(Counter(("label", edge[2]) for edge in relation_edges(doc)))
    return features
