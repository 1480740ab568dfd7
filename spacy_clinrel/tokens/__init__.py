"""Annotation on Docs: the store of mentions, relations and attributes; sentences and alignment."""

from .alignment import AlignedRelations, align_relations
from .attributes import (
    MentionAttribute,
    attribute_rows,
    get_attributes,
    set_attributes,
    span_attributes,
)
from .bare import bare_doc
from .concat import concat_docs
from .doc_id import get_doc_id, set_doc_id
from .group import GROUP, group_mentions, span_key
from .mentions import all_mentions, read_mentions
from .relabel import relabel_relations
from .relation import Relation, get_relations, relation_edges, set_relations, store_relations
from .sentences import SENTENCE_ENDS, Sentences

__all__ = [
    "GROUP",
    "SENTENCE_ENDS",
    "AlignedRelations",
    "MentionAttribute",
    "Relation",
    "Sentences",
    "align_relations",
    "all_mentions",
    "attribute_rows",
    "bare_doc",
    "concat_docs",
    "get_attributes",
    "get_doc_id",
    "get_relations",
    "group_mentions",
    "read_mentions",
    "relabel_relations",
    "relation_edges",
    "set_attributes",
    "set_doc_id",
    "set_relations",
    "span_attributes",
    "span_key",
    "store_relations",
]
