"""JSON lines of DyGIE++ and PURE: documents as sentences of tokens, with entities and relations.

A line is `{"doc_key": "7", "sentences": [["Aspirin", "for", "headache"], …], "ner": [[[0, 0,
"Drug"], …], …], "relations": [[[0, 0, 2, 2, "TrAP"], …], …]}`. Positions are token indices in the
document, the last token included. `ner` and `relations` have one list per sentence; a test part has
neither. A relation connects the entities with its token indices; if several have the same indices,
the first.

Reading: the format does not store white space. Tokens are joined by spaces, except next to a
Chinese or Japanese character or its punctuation, and sentences like tokens. Coreference clusters,
events and predictions (`predicted_ner`) are dropped and counted.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Tuple

from . import Converter, Link, Mention, Record, Report, first_id, get_field, read_json
from .tokenizer import join_tokens

NOT_KEPT = {
    "clusters": "coreference cluster not kept",
    "events": "event not kept",
    "predicted_ner": "prediction not kept",
    "predicted_relations": "prediction not kept",
}


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    sentences = get_field(entry, "sentences", list)
    tokens = [token for sentence in sentences for token in sentence]
    if not all(isinstance(token, str) for token in tokens):
        raise ValueError("'sentences' must be lists of strings")
    record.doc_id = first_id(entry.get("doc_key"))
    record.text, starts = join_tokens(tokens)
    bounds = [(start, start + len(token)) for start, token in zip(starts, tokens)]
    ids: Dict[Tuple[int, int], str] = {}
    for item in _items(entry, "ner"):
        with report.guard(path, record.line):
            first, last, label = item[:3]
            start, end = _offsets(first, last, bounds)
            id = str(len(record.mentions))
            ids.setdefault((first, last), id)
            record.mentions.append(Mention(id, start, end, _name(label), line=record.line))
    for item in _items(entry, "relations"):
        with report.guard(path, record.line):
            ends = [(item[0], item[1]), (item[2], item[3])]
            head, tail = (ids.get(end, f"tokens {end[0]} to {end[1]}") for end in ends)
            record.relations.append(Link(head, tail, _name(item[4]), record.line))
    for name, reason in NOT_KEPT.items():
        report.lose(reason, count=len(_items(entry, name)) or bool(entry.get(name)))


def _items(entry: Dict[str, Any], name: str) -> List[Any]:
    """Return the annotations of all sentences."""
    sentences = get_field(entry, name, list, [])
    return [item for sentence in sentences if isinstance(sentence, list) for item in sentence]


def _offsets(first: Any, last: Any, bounds: List[Tuple[int, int]]) -> Tuple[int, int]:
    if type(first) is not int or type(last) is not int or not 0 <= first <= last < len(bounds):
        raise ValueError(f"tokens {first!r} to {last!r} are outside the text")
    return bounds[first][0], bounds[last][1]


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a type or label must be a string, got {type(value).__name__}")
    return value


DYGIE = Converter(
    description="DyGIE++, PURE: JSON lines of sentences, ner and relations",
    patterns=("*.json", "*.jsonl"),
    read=partial(read_json, parse=_parse),
    offsets=None,
)
