"""Plans of splits, their assignment of documents to parts, and statistics of the parts."""

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
# Name of the pooled strata in statistics.
POOLED = "(pooled)"


class Plan(NamedTuple):
    """Settings of a split.

    ratios (Tuple[float, float, float]): Relative sizes of train, dev and test.
    stratify_by (Optional[str]): Key (see `keys_of`) by whose values documents are stratified.
    min_count (int): Minimum number of documents per value of that key. Rarer values are pooled.
    stratify_labels (bool): Whether to stratify by relation labels too.
    group_by (Optional[str]): Key (see `keys_of`). Documents with the same value go to the same
        part.
    metadata (Optional[Path]): A file with metadata, whose columns can be used as keys.
    encoding (Optional[str]): Encoding of that file; None to detect UTF-8 and UTF-16.
    similarity (float): Minimum similarity of near-duplicates (Jaccard index of character 5-grams),
        above 0 and at most 1.
    keep_together (bool): Whether near-duplicates go to the same part.
    seed (int): Random seed.
    """

    ratios: Tuple[float, float, float] = (70, 15, 15)
    stratify_by: Optional[str] = None
    min_count: int = 10
    stratify_labels: bool = False
    group_by: Optional[str] = None
    metadata: Optional[Path] = None
    encoding: Optional[str] = None
    similarity: float = 0.8
    keep_together: bool = True
    seed: int = 0


@dataclass
class Split:
    """An assignment of documents to parts.

    parts (List[int]): The part of each document, as an index into `PARTS`.
    strata (List[Optional[str]]): The stratum of each document; None if its stratum is pooled. Empty
        without stratification.
    groups (List[str]): The group of each document. Empty without groups.
    pooled (Dict[str, int]): Number of documents of each pooled stratum.
    duplicates (List[NearDuplicates]): Pairs from `near_duplicates`.
    """

    parts: List[int]
    strata: List[Optional[str]]
    groups: List[str]
    pooled: Dict[str, int]
    duplicates: List[NearDuplicates]


def split_docs(docs: Sequence[Doc], plan: Plan) -> Split:
    """Assign documents to train, dev and test.

    docs (Sequence[Doc]): Documents with ids.
    plan (Plan): The settings.
    RETURNS (Split): The assignment.
    RAISES (ValueError): If the ratios are invalid, a document has no value for a key, or a part
        whose size is above 0 gets no documents.
    """
    if min(plan.ratios) < 0 or not plan.ratios[0]:
        raise ValueError(Errors.F027.format(ratios=" ".join(f"{r:g}" for r in plan.ratios)))
    ids = [get_doc_id(doc) or "" for doc in docs]
    metadata = None if plan.metadata is None else read_metadata(plan.metadata, plan.encoding)
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
    """Compute statistics of a split.

    docs (Sequence[Doc]): The documents.
    split (Split): The assignment of the documents.
    RETURNS (Dict[str, Any]): For each part: counts, shares and document ids. For near-duplicates:
        the number of clusters and of documents, the pairs, and the clusters across parts.
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
    across = [
        [[get_doc_id(docs[i]), PARTS[split.parts[i]]] for i in sorted(cluster)]
        for cluster in near
        if len({split.parts[i] for i in cluster}) > 1
    ]
    return {
        "parts": parts,
        "pooled": split.pooled,
        "near_duplicates": {
            "clusters": len(near),
            "documents": sum(map(len, near)),
            "pairs": [
                [get_doc_id(docs[i]), get_doc_id(docs[j]), round(similarity, 4)]
                for i, j, similarity in split.duplicates
            ],
            "across_parts": across,
        },
    }


def _units(n: int, groups: Sequence[str], duplicates: Sequence[NearDuplicates]) -> List[int]:
    """Return the unit of each document. Documents of a group, and near-duplicates, share a unit."""
    components = Components(n)
    first_of: Dict[str, int] = {}
    for i, group in enumerate(groups):
        components.join(first_of.setdefault(group, i), i)
    for pair in duplicates:
        components.join(pair.first, pair.second)
    return [components.find(i) for i in range(n)]


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
