"""SpERT's JSON (Eberts and Ulges 2020): a list of texts as tokens, entities and relations.

An element is `{"tokens": ["Aspirin", "for", "headache"], "entities": [{"type": "Drug", "start": 0,
"end": 1}, …], "relations": [{"type": "TrAP", "head": 0, "tail": 1}], "orig_id": "7"}`. `start` and
`end` (exclusive) are token indices, `head` and `tail` entity indices. Entities may be nested.
Messages give the number of an element, counted from 1. Files of types (`*types*.json`) are not
read.

Reading: the format does not store white space. Tokens are joined by spaces, except next to a
Chinese or Japanese character or its punctuation.

Writing: all documents are in one file. The text is split into tokens at white space, around each
Chinese or Japanese character and at the boundaries of mentions. Texts with other white space (line
breaks, no space before a mention) change when they are read back, and are counted. Words of several
Chinese characters become several tokens.
"""

from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Any, Dict, Iterator

from ...files import json_text
from . import (
    Converter,
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    check_fields,
    first_id,
    get_field,
    get_label,
    join_json,
    read_json,
)
from .tokenizer import join_tokens, token_spans

# Fields of SpERT's files; those after "orig_id" are ignored.
KNOWN = ("tokens", "entities", "relations", "orig_id", "ltokens", "rtokens", "pos", "dep")


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    RETURNS (Iterator[Record]): The records, one per element. The id is `orig_id` or, if missing,
        file name and number.
    """
    return read_json(path, report, options, _parse)


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to an element.

    record (Record): The record.
    report (Report): Counts texts whose white space cannot be restored.
    RETURNS (Dict[str, str]): The element, as JSON on one line.
    """
    text = record.text
    spans = token_spans(record)
    tokens = [text[start:end] for start, end in spans]
    if join_tokens(tokens)[0] != text:
        report.lose("text whose white space is not kept")
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    entities = [
        {
            "type": mention.type,
            "start": bisect_left(starts, mention.start),
            "end": bisect_right(ends, mention.end),
        }
        for mention in record.mentions
    ]
    index = {mention.id: i for i, mention in enumerate(record.mentions)}
    relations = [
        {"type": link.label, "head": index[link.head], "tail": index[link.tail]}
        for link in record.relations
    ]
    entry = {
        "tokens": tokens,
        "entities": entities,
        "relations": relations,
        "orig_id": record.doc_id,
    }
    return {".json": json_text(entry)}


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    tokens = get_field(entry, "tokens", list)
    check_fields(entry, KNOWN, ("entities", "relations"), report, path, record.line)
    record.doc_id = first_id(entry.get("orig_id"))
    if not all(isinstance(token, str) for token in tokens):
        raise ValueError("'tokens' must be strings")
    record.text, starts = join_tokens(tokens)
    for number, entity in enumerate(get_field(entry, "entities", list, [])):
        with report.guard(path, record.line):
            start, end = get_field(entity, "start", int), get_field(entity, "end", int)
            if not 0 <= start < end <= len(tokens):
                raise ValueError(
                    f"entity {number}: tokens {start} to {end} (exclusive) are outside the text"
                )
            first, last = starts[start], starts[end - 1] + len(tokens[end - 1])
            label = get_field(entity, "type", str)
            record.mentions.append(Mention(str(number), first, last, label, line=record.line))
    for relation in get_field(entry, "relations", list, []):
        with report.guard(path, record.line):
            head, tail = (str(get_field(relation, name, int)) for name in ("head", "tail"))
            record.relations.append(Link(head, tail, get_label(relation, "type"), record.line))


SPERT = Converter(
    description="SpERT: JSON lists of tokens, entities and relations",
    patterns=("*.json",),
    read=read,
    write=write,
    offsets=None,
    exclude=("*types*", "*schema*"),
    join=join_json,
)
