"""Writing of Label Studio's tasks, with the labelling interface."""

from collections import defaultdict
from typing import Any, Dict, List, Sequence, Tuple

import srsly

from ....files import json_text
from .. import Link, Mention, Record, Report, join_json
from .interface import CONTROL, OBJECT, render_interface, split_attribute, valid_name
from .tasks import HAS_ASSERTION, PREDICTIONS

MODEL = "spacy-clinrel"
REPLACED = "character of a type, label or attribute that XML does not allow, written as U+FFFD"


def write(record: Record, report: Report, *, source: str) -> Dict[str, str]:
    """Convert a record to a task, and to the names that the labelling interface must have.

    record (Record): The record.
    report (Report): Counts lost scores and replaced characters.
    source (str): "annotations" or "predictions".
    RETURNS (Dict[str, str]): The task and the names, as JSON.
    """
    names = {mention.id: f"m{i}" for i, mention in enumerate(record.mentions)}
    pairs: Dict[Tuple[str, str], List[Link]] = defaultdict(list)
    for link in record.relations:
        pairs[(names[link.head], names[link.tail])].append(link)
    results: List[Dict[str, Any]] = []
    for mention in record.mentions:
        results += _region(mention, names[mention.id], record.text, source, report)
    results += [_relation(ends, links, source, report) for ends, links in pairs.items()]
    entry: Dict[str, Any] = {"result": results}
    if source == PREDICTIONS:
        entry["model_version"] = record.model or MODEL
        scores = [link.score for link in record.relations]
        if scores:
            entry["score"] = sum(scores) / len(scores)
    data: Dict[str, Any] = {"text": record.text, "doc_id": record.doc_id}
    if record.assertions:
        data[HAS_ASSERTION] = True
    task = {"data": data, source: [entry]}
    written = [
        [mention.type for mention in record.mentions],
        [link.label for link in record.relations],
        # Annotators can choose from all assertion attributes, also from those that do not occur.
        [*record.assertions, *(name for m in record.mentions for name in m.attributes)],
    ]
    interface = [[valid_name(name) for name in part] for part in written]
    changed = sum(a != b for pair in zip(written, interface) for a, b in zip(*pair))
    report.lose(REPLACED, count=changed)
    return {".json": json_text(task), ".xml": json_text(interface)}


def join(suffix: str, parts: Sequence[str]) -> str:
    """Join the tasks, or the names for the labelling interface, of all documents into one file.

    suffix (str): The suffix of the file.
    parts (Sequence[str]): The output of `write` for each document.
    RETURNS (str): The content of the file.
    """
    if suffix == ".json":
        return join_json(suffix, parts)
    names = [srsly.json_loads(part) for part in parts]
    types, labels, attributes = ([name for part in names for name in part[i]] for i in range(3))
    return render_interface(types, labels, attributes)


def _region(
    mention: Mention, name: str, text: str, source: str, report: Report
) -> List[Dict[str, Any]]:
    """Return the results of a mention: its region, and its attributes as choices of the region."""
    place = {
        "start": mention.start,
        "end": mention.end,
        "text": text[mention.start : mention.end],
    }
    choices: Dict[str, Dict[str, Any]] = {}
    scores: Dict[str, List[float]] = defaultdict(list)
    all_scores = mention.attribute_scores or (1.0,) * len(mention.attributes)
    for attribute, score in zip(mention.attributes, all_scores):
        control, choice = split_attribute(valid_name(attribute))
        result = choices.setdefault(control, {"value": {**place, "choices": []}})
        result["value"]["choices"].append(choice)
        scores[control].append(score)
    if source == PREDICTIONS and mention.attribute_scores:
        for control, result in choices.items():
            result["score"] = lowest = min(scores[control])
            n_lost = sum(score > lowest for score in scores[control])
            report.lose("score of one of several attributes of a mention not kept", count=n_lost)
    region = {"id": name, "to_name": OBJECT}
    return [
        {
            **region,
            "type": "labels",
            "from_name": CONTROL,
            "value": {**place, "labels": [valid_name(mention.type)]},
        },
        *(
            {**region, "type": "choices", "from_name": control, **result}
            for control, result in choices.items()
        ),
    ]


def _relation(
    ends: Tuple[str, str], links: Sequence[Link], source: str, report: Report
) -> Dict[str, Any]:
    relation: Dict[str, Any] = {
        "type": "relation",
        "from_id": ends[0],
        "to_id": ends[1],
        "direction": "right",
        "labels": [valid_name(link.label) for link in links],
    }
    if source == PREDICTIONS:
        scores = sorted(link.score for link in links)
        relation["score"] = scores[0]
        lost = sum(score > scores[0] for score in scores)
        report.lose("score of one of several relations of a pair not kept", count=lost)
    return relation
