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
from itertools import accumulate
from pathlib import Path
from typing import Any, Dict, List, Tuple

from . import Converter, Link, Mention, Record, Report, first_id, get_field, read_json
from .fields import whole_number
from .report import show_value
from .tokenizer import join_tokens

# Then the file counts the tokens of each sentence from 0, or the lists are in another order.
OTHER_SENTENCE = (
    "the entity at tokens {} to {} is not in sentence {}, although it is in the list of that "
    "sentence. Tokens are counted from the start of the document"
)
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
    places = _sentence_bounds(sentences, bounds)
    for number, items in enumerate(get_field(entry, "ner", list, [])):
        for item in items if isinstance(items, list) else ():
            with report.guard(path, record.line):
                if not isinstance(item, list) or len(item) < 3:
                    raise ValueError("expected a first token, a last token and a type")
                start, end = _offsets(item[0], item[1], bounds)
                first, last = places[number] if number < len(places) else (0, 0)
                if not first <= start <= end <= last:
                    raise ValueError(OTHER_SENTENCE.format(item[0], item[1], number + 1))
                id = str(len(record.mentions))
                ids.setdefault((start, end), id)
                record.mentions.append(Mention(id, start, end, _name(item[2]), line=record.line))
    for item in _items(entry, "relations"):
        with report.guard(path, record.line):
            head, tail = (
                ids.get(_offsets(first, last, bounds), f"tokens {first} to {last}")
                for first, last in (item[:2], item[2:4])
            )
            label = item[4] if len(item) > 4 else None
            record.relations.append(Link(head, tail, _name(label or ""), record.line))
    for name, reason in NOT_KEPT.items():
        report.lose(reason, count=len(_items(entry, name)) or bool(entry.get(name)))


def _items(entry: Dict[str, Any], name: str) -> List[Any]:
    """Return the annotations of all sentences."""
    sentences = get_field(entry, name, list, [])
    return [item for sentence in sentences if isinstance(sentence, list) for item in sentence]


def _offsets(first: Any, last: Any, bounds: List[Tuple[int, int]]) -> Tuple[int, int]:
    start, end = whole_number(first), whole_number(last)
    if start is None or end is None or not 0 <= start <= end < len(bounds):
        raise ValueError(f"tokens {show_value(first)} to {show_value(last)} are outside the text")
    return bounds[start][0], bounds[end][1]


def _sentence_bounds(sentences: List[Any], bounds: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
    """Return the offsets of each sentence."""
    ends = list(accumulate(map(len, sentences)))
    return [
        (bounds[first][0], bounds[end - 1][1]) if first < end else (0, 0)
        for first, end in zip([0, *ends], ends)
    ]


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
