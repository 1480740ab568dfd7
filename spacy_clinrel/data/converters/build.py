"""Conversion of records, with character offsets, to Docs, with tokens, and back."""

from collections import defaultdict
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Mapping, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from ...tokens import (
    MentionAttribute,
    all_mentions,
    get_attributes,
    get_relations,
    get_sections,
    has_assertion,
    mention_rows,
    set_attributes,
    set_doc_id,
    store_relations,
)
from ...tokens.group import DOSAGES, VALUES, span_key
from ...tokens.silver import silver_pairs
from ...types import ASSERTIONS
from .attributes import file_attribute, mark_annotated, stored_attribute
from .names import describe_link, describe_mention
from .offsets import matches_text
from .options import Align, ReadOptions
from .record import Link, Mention, Record
from .report import (
    ATTRIBUTE_LOST_WITH_MENTION,
    BROKEN_LINE,
    DETAILS_LOST,
    DISCONTINUOUS,
    LOST_WITH_MENTION,
    Report,
)

Key = Tuple[int, int, int]


def build_doc(
    nlp: Language,
    record: Record,
    path: Path,
    report: Report,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
) -> Doc:
    """Build the Doc of a record.

    White space around mentions is trimmed; equal mentions and equal relations are merged. Of
    overlapping mentions, only the longest becomes an entity (`doc.ents`). The span group contains
    every mention that has a relation or an attribute, or overlaps another mention. Tokens outside
    entities are annotated as "O".

    nlp (Language): Pipeline whose tokenizer is used.
    record (Record): The record.
    path (Path): The annotation file, for messages.
    report (Report): Receives counts, losses and repairs.
    options (ReadOptions): How mentions are aligned with tokens, and the names of attributes.
    RETURNS (Doc): The document.
    RAISES (ValueError): If spaCy cannot create a Doc from the text.
    """
    doc = nlp.make_doc(record.text)
    spans, keys = _align_mentions(doc, record, path, report, options.align)
    attributes = _join_attributes(record, keys, path, report, options.attributes)
    edges = _join_relations(record, keys, record.relation_source or path, report)
    ents = filter_spans(spans.values())
    doc.set_ents(ents, default="outside")
    linked = {key for head, tail, _ in edges for key in (head, tail)}
    linked.update(attributes, _overlapping(doc, spans))
    group = sorted(linked, key=lambda k: (*k[:2], spans[k].label_))
    index = {key: i for i, key in enumerate(group)}
    store_relations(
        doc,
        [spans[key] for key in group],
        [(index[h], index[t], r, score) for (h, t, r), score in edges.items()],
    )
    if attributes:
        report.attributes.update(name for names in attributes.values() for name in names)
        rows = [(spans[key], *row) for key in group for row in attributes.get(key, {}).items()]
        set_attributes(doc, [MentionAttribute(*row) for row in rows])
    if record.assertions or _has_false_attribute(record, options):
        mark_annotated(doc)
    set_doc_id(doc, record.doc_id)
    report.count_doc(len(spans), len(spans) - len(ents), len(edges))
    return doc


def _has_false_attribute(record: Record, options: ReadOptions) -> bool:
    """Return whether a value says that a mention does not have an attribute."""
    names = (name for mention in record.mentions for name in mention.attributes)
    return any(stored_attribute(name, options.attributes) is None for name in names)


def doc_to_record(
    doc: Doc, doc_id: str, report: Report, names: Mapping[str, str] = MappingProxyType({})
) -> Record:
    """Build the record of a Doc, with its entities, the mentions in the span group, their
    attributes and the relations.

    doc (Doc): The document.
    doc_id (str): The document id of the record.
    report (Report): Receives counts and losses.
    names (Mapping[str, str]): Assertion attributes by their name in the files.
    RETURNS (Record): The record, with character offsets.
    """
    record = Record(doc_id, doc.text)
    if has_assertion(doc):
        record.assertions = tuple(file_attribute(name, names) for name in ASSERTIONS)
    ids: Dict[Key, str] = {}
    attributes: Dict[Key, Dict[str, float]] = defaultdict(dict)
    for span, name, score in get_attributes(doc):
        if not isfinite(score):
            report.lose("score of an attribute is not a finite number (written as 0)")
            score = 0.0
        attributes[span_key(span)][file_attribute(name, names)] = score
        report.attributes[name] += 1
    for span in all_mentions(doc):
        key = span_key(span)
        if not span.text.strip() or not span.label_:
            report.lose("mention is only white space or has no type")
            report.lose(ATTRIBUTE_LOST_WITH_MENTION, count=len(attributes[key]))
            continue
        ids[key] = str(len(ids))
        mention = Mention(ids[key], span.start_char, span.end_char, span.label_, span.text)
        scores = tuple(attributes[key].values())
        mention = mention._replace(attributes=tuple(attributes[key]))
        if any(score < 1 for score in scores):
            mention = mention._replace(attribute_scores=scores)
        record.mentions.append(mention)
    for head, tail, label, score in get_relations(doc):
        ends = ids.get(span_key(head)), ids.get(span_key(tail))
        if ends[0] is None or ends[1] is None:
            report.lose(LOST_WITH_MENTION)
        else:
            if not isfinite(score):
                report.lose("score of a relation is not a finite number (written as 0)")
                score = 0.0
            record.relations.append(Link(ends[0], ends[1], label, score=score))
    _count_details(doc, report)
    if silver_pairs(doc) is not None:
        report.lose("silver annotation data (rounds, pairs without a relation) not kept")
    nested = ids.keys() - {span_key(ent) for ent in doc.ents}
    report.count_doc(len(record.mentions), len(nested), len(record.relations))
    return record


def _count_details(doc: Doc, report: Report) -> None:
    """Count what no format holds: values, dosages, codes and sections."""
    codes = {span_key(span) for span in all_mentions(doc) if span.kb_id}
    counts = (len(mention_rows(doc, VALUES)), len(mention_rows(doc, DOSAGES)), len(codes))
    for reason, count in zip(DETAILS_LOST, (*counts, len(get_sections(doc)))):
        report.lose(reason, count=count)


def _align_mentions(
    doc: Doc, record: Record, path: Path, report: Report, align: Align
) -> Tuple[Dict[Key, Span], Dict[str, Optional[Key]]]:
    """Return the spans by key, and the key of each mention by its id (None if the mention was
    lost)."""
    spans: Dict[Key, Span] = {}
    keys: Dict[str, Optional[Key]] = {}
    for mention in record.mentions:
        if mention.id in keys:
            report.lose(BROKEN_LINE, path, mention.line, f"the id {mention.id} is used twice")
            continue
        span = _align(doc, record.text, mention, path, report, align)
        keys[mention.id] = None if span is None else span_key(span)
        if span is not None:
            if span_key(span) in spans:
                report.repair("equal mentions merged")
            spans.setdefault(span_key(span), span)
    return spans, keys


def _align(
    doc: Doc, text: str, mention: Mention, path: Path, report: Report, align: Align
) -> Optional[Span]:
    fault = _fault(text, mention)
    span = None
    if not fault:
        surface = text[mention.start : mention.end]
        start = mention.start + len(surface) - len(surface.lstrip())
        end = mention.start + len(surface.rstrip())
        span = doc.char_span(start, end, label=mention.type, alignment_mode=align)
        if span is None:
            fault = "mention does not align with the tokens"
        elif any(text[gap_start:gap_end].strip() for gap_start, gap_end in mention.gaps):
            fault = DISCONTINUOUS
        if span is not None and (span.start_char, span.end_char) != (start, end):
            report.repair(f"mention {align}ed to whole tokens")
        if span is not None and end - start < len(surface):
            report.repair("white space around a mention trimmed")
    if fault:
        report.lose(fault, path, mention.line, describe_mention(mention))
    return span


def _fault(text: str, mention: Mention) -> str:
    """Return why a mention is invalid for any tokenization, or an empty string if it is valid."""
    if mention.source_span and -1 in (mention.start, mention.end):
        return "mention is outside the text, or its offset is within a character"
    if not 0 <= mention.start < mention.end <= len(text):
        return "mention is empty, reversed or outside the text"
    if not mention.type or not isinstance(mention.type, str):
        return "mention has no type"
    if not matches_text(text, mention):
        return "mention's recorded text differs from the text at its offsets"
    if not text[mention.start : mention.end].strip():
        return "mention is only white space"
    return ""


def _join_attributes(
    record: Record,
    keys: Dict[str, Optional[Key]],
    path: Path,
    report: Report,
    names: Mapping[str, str],
) -> Dict[Key, Dict[str, float]]:
    """Return the distinct attributes of each kept mention: scores by name in the store."""
    attributes: Dict[Key, Dict[str, float]] = defaultdict(dict)
    seen = set()
    for mention in record.mentions:
        key = None if mention.id in seen else keys[mention.id]
        seen.add(mention.id)
        scores = mention.attribute_scores or (1.0,) * len(mention.attributes)
        for file_name, score in zip(mention.attributes, scores):
            name = stored_attribute(file_name, names)
            if name is None:
                report.repair("attribute with the value false left out")
            elif key is None:
                report.lose(ATTRIBUTE_LOST_WITH_MENTION, path, mention.line, file_name)
            elif not name:
                report.lose("attribute has no name", path, mention.line)
            else:
                attributes[key][name] = max(score, attributes[key].get(name, score))
    return attributes


def _join_relations(
    record: Record, keys: Dict[str, Optional[Key]], path: Path, report: Report
) -> Dict[Tuple[Key, Key, str], float]:
    """Return the scores of the distinct relations between kept mentions, by head, tail and
    label."""
    edges: Dict[Tuple[Key, Key, str], float] = {}
    for link in record.relations:
        head, tail, label, line, score = link
        unknown = [id for id in (head, tail) if id not in keys]
        ends = keys.get(head), keys.get(tail)
        if unknown:
            report.lose("relation to an unknown mention", path, line, f"{label}: {unknown[0]}")
        elif not label:
            detail = f"{record.doc_id!r}: {describe_link(link, record)}"
            detail += ". --default-label sets a label"
            report.lose("relation has no label", path, line, detail)
        elif ends[0] is None or ends[1] is None:
            report.lose(LOST_WITH_MENTION, path, line, label)
        elif (ends[0], ends[1], label) in edges:
            report.repair("equal relations merged")
        else:
            edges[(ends[0], ends[1], label)] = score
    return edges


def _overlapping(doc: Doc, spans: Dict[Key, Span]) -> set:
    covered = np.zeros(len(doc), dtype="int32")
    for start, end, _ in spans:
        covered[start:end] += 1
    return {key for key in spans if covered[key[0] : key[1]].max() > 1}
