"""Label Studio's JSON: a list of tasks (https://labelstud.io/guide/task_format).

A task is `{"data": {"text": "…"}, "annotations": [{"result": […]}], "predictions": [{"score": 0.9,
"model_version": "…", "result": […]}]}`. A result is a region, `{"id": "a", "type": "labels",
"from_name": "label", "to_name": "text", "value": {"start": 0, "end": 7, "text": "Aspirin",
"labels": ["Drug"]}}`, or a relation, `{"type": "relation", "from_id": "a", "to_id": "b",
"direction": "right", "labels": ["TrAP"]}`. Offsets count characters, `\\r\\n` as two. Until the end
of 2021 they counted UTF-16 code units. The recorded texts of regions show which unit applies.

The format `label-studio` reads and writes `annotations`. The format `label-studio-predictions`
reads and writes `predictions` with scores, for annotators to correct.

Reading: the text is `data.text`, or the only string in `data`. Of several annotations of a task,
the one marked as ground truth is used, else the latest by `updated_at`, else the last in the file.
All other annotations, cancelled ones and tasks without annotations are left out and counted. A
relation with direction "left" has the head `to_id` and the tail `from_id`; a relation with
direction "bi" becomes two. If a region has several labels, its relations refer to the first. Other
results (choices, ratings) and other fields of `data` are dropped and counted. The document id is
`data.doc_id`, else the id of the task.

Writing: all tasks are in one file. An .xml file has the labelling interface that a project needs to
show them (Settings, Labeling Interface, Code). Label Studio keeps one relation per ordered pair of
regions, with one or several labels, so all relations of a pair are written as one relation with
several labels.
"""

from collections import Counter, defaultdict
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple
from xml.sax.saxutils import quoteattr

import srsly

from . import (
    Converter,
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    first_id,
    fit_utf16,
    get_field,
    join_json,
    read_json,
)

ANNOTATIONS, PREDICTIONS = "annotations", "predictions"
CONTROL, OBJECT = "label", "text"
MODEL = "spacy-clinrel"
DIRECTIONS = {"right": (1,), "left": (-1,), "bi": (1, -1)}
INTERFACE = """<View>
  <Relations choice="multiple">
{relations}  </Relations>
  <Labels name="label" toName="text" choice="multiple">
{labels}  </Labels>
  <Style>.htx-text {{ white-space: pre-wrap; }}</Style>
  <Text name="text" value="$text"/>
</View>
"""


def read(path: Path, report: Report, options: ReadOptions, *, source: str) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    source (str): "annotations" or "predictions".
    YIELDS (Record): One record per task with annotations or predictions.
    """
    for record in read_json(path, report, options, partial(_parse, source=source)):
        yield fit_utf16(record, report)


def write(record: Record, report: Report, *, source: str) -> Dict[str, str]:
    """Convert a record to a task and to its tags of the labelling interface.

    record (Record): The record.
    report (Report): Counts lost scores.
    source (str): "annotations" or "predictions".
    RETURNS (Dict[str, str]): The task as JSON, and the tags of the interface, one per line.
    """
    names = {mention.id: f"m{i}" for i, mention in enumerate(record.mentions)}
    pairs: Dict[Tuple[str, str], List[Link]] = defaultdict(list)
    for link in record.relations:
        pairs[(names[link.head], names[link.tail])].append(link)
    results = [_region(mention, names[mention.id], record.text) for mention in record.mentions]
    results += [_relation(ends, links, source, report) for ends, links in pairs.items()]
    entry: Dict[str, Any] = {"result": results}
    if source == PREDICTIONS:
        entry["model_version"] = MODEL
        scores = [link.score for link in record.relations]
        if scores:
            entry["score"] = sum(scores) / len(scores)
    task = {"data": {"text": record.text, "doc_id": record.doc_id}, source: [entry]}
    tags = [f"<Label value={quoteattr(mention.type)}/>" for mention in record.mentions]
    tags += [f"<Relation value={quoteattr(link.label)}/>" for link in record.relations]
    return {".json": srsly.json_dumps(task), ".xml": "\n".join(tags)}


def join(suffix: str, parts: Sequence[str]) -> str:
    """Join the tasks, or the tags of the labelling interface, of all documents into one file.

    suffix (str): The suffix of the file.
    parts (Sequence[str]): The task or the tags of each document.
    RETURNS (str): The content of the file.
    """
    if suffix == ".json":
        return join_json(suffix, parts)
    tags = sorted({f"    {tag}\n" for part in parts for tag in part.split("\n") if tag})
    labels = "".join(tag for tag in tags if "<Label " in tag)
    relations = "".join(tag for tag in tags if "<Relation " in tag)
    return INTERFACE.format(labels=labels, relations=relations)


def _region(mention: Mention, name: str, text: str) -> Dict[str, Any]:
    value = {
        "start": mention.start,
        "end": mention.end,
        "text": text[mention.start : mention.end],
        "labels": [mention.type],
    }
    return {
        "id": name,
        "type": "labels",
        "from_name": CONTROL,
        "to_name": OBJECT,
        "value": value,
    }


def _relation(
    ends: Tuple[str, str], links: Sequence[Link], source: str, report: Report
) -> Dict[str, Any]:
    relation: Dict[str, Any] = {
        "type": "relation",
        "from_id": ends[0],
        "to_id": ends[1],
        "direction": "right",
        "labels": [link.label for link in links],
    }
    if source == PREDICTIONS:
        scores = sorted(link.score for link in links)
        relation["score"] = scores[0]
        lost = sum(score > scores[0] for score in scores)
        report.lose("score of one of several relations of a pair not kept", count=lost)
    return relation


def _parse(
    task: Dict[str, Any], record: Record, path: Path, report: Report, *, source: str
) -> bool:
    data = get_field(task, "data", dict)
    strings = [name for name, value in data.items() if isinstance(value, str)]
    name = strings[0] if "text" not in data and len(strings) == 1 else "text"
    record.text = get_field(data, name, str)
    record.doc_id = first_id(data.get("doc_id"), task.get("id"))
    chosen = _choose(get_field(task, source, list, []), source, report)
    if chosen is None:
        return False
    report.lose("metadata not kept", count=len(data.keys() - {name, "doc_id"}))
    ids: Dict[str, None] = {}
    for result in get_field(chosen, "result", list):
        with report.guard(path, record.line):
            result_type = get_field(result, "type", str)
            if result_type == "labels":
                record.mentions += _mentions(result, ids, record)
            elif result_type == "relation":
                record.relations += _links(result, record.line)
            else:
                report.lose(f"result of the type {result_type!r} not kept")
    return True


def _choose(entries: List[Any], source: str, report: Report) -> Optional[Dict[str, Any]]:
    """Return the annotation of a task that is read, or None if no annotation is valid."""
    valid = [entry for entry in entries if not get_field(entry, "was_cancelled", bool, False)]
    report.left_out += Counter(
        {
            "cancelled annotations": len(entries) - len(valid),
            f"further {source} of a task": len(valid) - 1,
            f"tasks without {source}": not valid,
        }
    )
    return max(reversed(valid), key=_rank, default=None)


def _rank(entry: Dict[str, Any]) -> Tuple[bool, str]:
    time = entry.get("updated_at") or entry.get("created_at") or ""
    return bool(entry.get("ground_truth")), str(time)


def _mentions(result: Dict[str, Any], ids: Dict[str, None], record: Record) -> Iterator[Mention]:
    """Yield a mention for each label of a region. The first mention has the id of the region."""
    value = get_field(result, "value", dict)
    start, end = get_field(value, "start", int), get_field(value, "end", int)
    recorded = value.get("text")
    if isinstance(recorded, str):
        # Line breaks are recorded as \n. Before 2022, only part of a region's text was recorded.
        recorded = recorded.replace("\\n", "\n")
        if "".join(recorded.split()) in "".join(record.text[max(start, 0) : max(end, 0)].split()):
            recorded = None
    for label in get_field(value, "labels", list):
        id = get_field(result, "id", str)
        while id in ids:
            id += f"\n{label}"
        ids[id] = None
        yield Mention(id, start, end, str(label), recorded, line=record.line)


def _links(result: Dict[str, Any], line: Optional[int]) -> Iterator[Link]:
    ends = [get_field(result, name, str) for name in ("from_id", "to_id")]
    direction = result.get("direction", "right")
    if direction not in DIRECTIONS:
        raise ValueError(f"'direction' must be right, left or bi, got {direction!r}")
    for label in get_field(result, "labels", list, []) or [""]:
        for step in DIRECTIONS[direction]:
            head, tail = ends[::step]
            yield Link(head, tail, str(label), line, float(result.get("score") or 1.0))


def _converter(source: str, description: str) -> Converter:
    return Converter(
        description=description,
        patterns=("*.json",),
        read=partial(read, source=source),
        write=partial(write, source=source),
        join=join,
        keeps_scores=source == PREDICTIONS,
    )


LABEL_STUDIO = _converter(ANNOTATIONS, "Label Studio: JSON of tasks with annotations")
LABEL_STUDIO_PREDICTIONS = _converter(
    PREDICTIONS, "the same with predictions, for annotators to correct"
)
