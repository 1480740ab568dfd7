"""Tasks in the containers that Label Studio writes, and the annotation of a task that is read."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, List, Optional, Tuple

from .. import Report, get_field

ANNOTATIONS, PREDICTIONS = "annotations", "predictions"
# Field of the data that says that the document is annotated with assertion attributes, so that a
# mention without any is affirmed.
HAS_ASSERTION = "has_assertion"
SPAN_TYPES = ("labels", "hypertextlabels", "paragraphlabels")
# Fields of JSON_MIN that are not data of the task.
_ABOUT = (
    "id",
    "annotator",
    "annotation_id",
    "created_at",
    "updated_at",
    "lead_time",
)


@dataclass
class Task:
    """A task, from any container.

    data (Dict[str, Any]): The data of the task.
    id (Any): The id; None if it has none.
    annotations (List[Any]): The annotations.
    predictions (List[Any]): The predictions.
    n_drafts (int): Number of drafts.
    is_minimal (bool): Whether it is in JSON_MIN, which has no relations.
    """

    data: Dict[str, Any]
    id: Any = None
    annotations: List[Any] = field(default_factory=list)
    predictions: List[Any] = field(default_factory=list)
    n_drafts: int = 0
    is_minimal: bool = False

    def entries(self, source: str) -> List[Any]:
        """Return the annotations or the predictions.

        source (str): "annotations" or "predictions".
        RETURNS (List[Any]): The entries.
        """
        return self.annotations if source == ANNOTATIONS else self.predictions


def read_task(entry: Dict[str, Any]) -> Task:
    """Return the task of a JSON object: a task with annotations, or "completions" as before 1.0; an
    annotation with its task, as in target storage; or an element of JSON_MIN.

    entry (Dict[str, Any]): The object.
    RETURNS (Task): The task.
    RAISES (ValueError): If the object is none of these.
    """
    if "data" not in entry and "result" in entry and "task" in entry:
        if not isinstance(entry["task"], dict):
            raise ValueError("is an annotation without the data of its task. Export the tasks")
        task = read_task({"data": None, **entry["task"]})
        task.annotations = [entry]
        return task
    if "data" not in entry and _regions(entry):
        return _minimal_task(entry)
    if "data" not in entry and {"annotator", "annotation_id", "lead_time"} & entry.keys():
        return _minimal_task(entry)
    annotations = get_field(entry, "annotations", list, [])
    return Task(
        get_field(entry, "data", dict),
        entry.get("id"),
        annotations or get_field(entry, "completions", list, []),
        get_field(entry, "predictions", list, []),
        len(get_field(entry, "drafts", list, [])),
    )


def _regions(entry: Dict[str, Any]) -> Dict[str, List[Tuple[str, Any]]]:
    """Return the type and value of each region of an element of JSON_MIN, by control."""
    found: Dict[str, List[Tuple[str, Any]]] = {}
    for control, values in entry.items():
        if isinstance(values, list) and any(map(_region_type, values)):
            found[control] = [(_region_type(value), value) for value in values]
    return found


def _region_type(value: Any) -> str:
    """Return the key of a region that has its labels or choices; empty if the value is no
    region."""
    if not isinstance(value, dict) or not any(name in value for name in ("start", *SPAN_TYPES)):
        return ""
    if isinstance(value.get("label"), str) or "start_offset" in value:
        return ""  # a mention of another format
    return next((key for key in value if isinstance(value[key], list)), "region")


def _minimal_task(entry: Dict[str, Any]) -> Task:
    regions = _regions(entry)
    results = [
        {"id": f"{control}-{number}", "type": kind, "from_name": control, "value": value}
        for control, values in regions.items()
        for number, (kind, value) in enumerate(values)
    ]
    data = {name: entry[name] for name in entry if name not in (*regions, *_ABOUT)}
    annotation = {"id": entry.get("annotation_id"), "result": results}
    return Task(data, entry.get("id"), [annotation], is_minimal=True)


def choose_annotation(
    entries: List[Any], source: str, report: Report
) -> Tuple[Optional[Dict[str, Any]], List[Any]]:
    """Choose the annotation of a task that is read: the one marked as ground truth, else the latest
    one, else the last one. All others are counted.

    entries (List[Any]): The annotations or predictions of a task.
    source (str): "annotations" or "predictions".
    report (Report): Receives the counts.
    RETURNS (Tuple[Optional[Dict[str, Any]], List[Any]]): The annotation, None if the task has none,
        and the ids of all annotations if they differ and none is marked as ground truth.
    """
    complete = [entry for entry in entries if not isinstance(entry, int)]
    valid = [entry for entry in complete if not _is_cancelled(entry)]
    report.left_out += Counter(
        {
            f"{source} given only by their id": len(entries) - len(complete),
            "cancelled annotations": len(complete) - len(valid),
            f"further {source} of a task": len(valid) - 1,
            f"tasks without {source}": not valid,
        }
    )
    chosen = max(reversed(valid), key=_rank, default=None)
    if chosen is None or chosen.get("ground_truth") or len(set(map(_content, valid))) == 1:
        return chosen, []
    return chosen, [entry.get("id") for entry in valid]


def _is_cancelled(entry: Any) -> bool:
    # Before 1.0, the field was called "skipped".
    return any(get_field(entry, name, bool, False) for name in ("was_cancelled", "skipped"))


def _rank(entry: Dict[str, Any]) -> Tuple[bool, str]:
    time = entry.get("updated_at") or entry.get("created_at") or ""
    return bool(entry.get("ground_truth")), str(time)


def _content(entry: Dict[str, Any]) -> FrozenSet[str]:
    """Return the regions and relations of an annotation, without their ids."""
    results = entry.get("result")
    results = [r for r in results if isinstance(r, dict)] if isinstance(results, list) else []
    regions: Dict[str, str] = {}
    for result in results:
        value = result.get("value")
        if isinstance(value, dict) and result.get("type") in SPAN_TYPES:
            place = [value.get(name) for name in ("start", "end", "startOffset", "endOffset")]
            regions.setdefault(str(result.get("id")), json.dumps(place))
    content = set()
    for result in results:
        ends = [str(result.get(name)) for name in ("id", "from_id", "to_id")]
        about = [regions.get(end) for end in ends]
        value = result.get("value")
        labels = value.get(str(result.get("type"))) if isinstance(value, dict) else None
        labels = [result.get("labels"), labels, result.get("direction")]
        content.add(json.dumps([result.get("type"), about, labels], sort_keys=True))
    return frozenset(content)
