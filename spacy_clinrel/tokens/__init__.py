"""Annotation on Docs: the relation store, mentions, sentences and alignment."""

from .alignment import AlignedRelations, align_relations
from .bare import bare_doc
from .concat import concat_docs
from .doc_id import get_doc_id, set_doc_id
from .mentions import all_mentions, read_mentions
from .relabel import relabel_relations
from .relation import GROUP, Relation, get_relations, relation_edges, set_relations, store_relations
from .sentences import SENTENCE_ENDS, Sentences

__all__ = [
    "GROUP",
    "SENTENCE_ENDS",
    "AlignedRelations",
    "Relation",
    "Sentences",
    "align_relations",
    "all_mentions",
    "bare_doc",
    "concat_docs",
    "get_doc_id",
    "get_relations",
    "read_mentions",
    "relabel_relations",
    "relation_edges",
    "set_doc_id",
    "set_relations",
    "store_relations",
]
