"""Where relations live on a Doc: the span group `clinrel` and the view `doc._.relations`."""

from .alignment import AlignedRelations, align_relations
from .concat import concat_docs
from .mentions import all_mentions, read_mentions
from .relabel import relabel_relations
from .relation import GROUP, Relation, get_relations, relation_edges, set_relations, store_relations

__all__ = [
    "GROUP",
    "AlignedRelations",
    "Relation",
    "align_relations",
    "all_mentions",
    "concat_docs",
    "get_relations",
    "read_mentions",
    "relabel_relations",
    "relation_edges",
    "set_relations",
    "store_relations",
]
