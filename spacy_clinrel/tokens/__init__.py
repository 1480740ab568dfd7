"""Annotation on Docs: the store of mentions, relations and attributes; sentences and alignment."""

from .alignment import (
    AlignedAssertion,
    AlignedAttributes,
    AlignedRelations,
    align_assertion,
    align_attributes,
    align_relations,
)
from .assertion import (
    assertion_matrix,
    has_assertion,
    set_span_assertion,
    span_assertion,
    write_assertion,
)
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
from .extensions import register_extensions
from .group import GROUP, group_mentions, mention_rows, span_key, span_rows
from .language import guess_language, is_split_into_letters
from .measurements import Measurement, get_measurements, write_measurements
from .mentions import all_mentions, read_mentions
from .relabel import relabel_relations
from .relation import Relation, get_relations, relation_edges, set_relations, store_relations
from .rows import set_span_dosage, set_span_value, span_dosage, span_value, write_mention_rows
from .sections import (
    Section,
    get_sections,
    has_sections,
    section_ids,
    section_of,
    set_sections,
)
from .sentences import SENTENCE_ENDS, Sentences
from .values import get_values, set_values

__all__ = [
    "GROUP",
    "SENTENCE_ENDS",
    "AlignedAssertion",
    "AlignedAttributes",
    "AlignedRelations",
    "Measurement",
    "MentionAttribute",
    "Relation",
    "Section",
    "Sentences",
    "align_assertion",
    "align_attributes",
    "align_relations",
    "all_mentions",
    "assertion_matrix",
    "attribute_rows",
    "bare_doc",
    "concat_docs",
    "get_attributes",
    "get_doc_id",
    "get_measurements",
    "get_relations",
    "get_sections",
    "get_values",
    "group_mentions",
    "guess_language",
    "has_assertion",
    "has_sections",
    "is_split_into_letters",
    "mention_rows",
    "read_mentions",
    "register_extensions",
    "relabel_relations",
    "relation_edges",
    "section_ids",
    "section_of",
    "set_attributes",
    "set_doc_id",
    "set_relations",
    "set_sections",
    "set_span_assertion",
    "set_span_dosage",
    "set_span_value",
    "set_values",
    "span_assertion",
    "span_attributes",
    "span_dosage",
    "span_key",
    "span_rows",
    "span_value",
    "store_relations",
    "write_assertion",
    "write_measurements",
    "write_mention_rows",
]
