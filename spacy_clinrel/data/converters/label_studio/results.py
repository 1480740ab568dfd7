"""Mentions, relations and attributes from the results of an annotation."""

from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set

from .. import Link, Mention, Record, Report, get_field, get_id, get_score
from ..report import show_value
from .fields import ChosenText, object_name
from .interface import join_attribute
from .tasks import SPAN_TYPES
from .texts import Value, recorded_text

DIRECTIONS = {"right": (1,), "left": (-1,), "bi": (1, -1)}


class ResultReader:
    """Reads the results of one annotation into a record.

    record (Record): The record, with its text.
    chosen (ChosenText): The text, with the objects that show it.
    path (Path): The file, for messages.
    report (Report): Receives losses.
    """

    def __init__(self, record: Record, chosen: ChosenText, path: Path, report: Report) -> None:
        self.record = record
        self.chosen = chosen
        self.path = path
        self.report = report
        self.ids: Set[str] = set()
        self.n_copies = 0
        # Indices of the mentions of each region.
        self.regions: Dict[str, List[int]] = defaultdict(list)

    def read(self, results: List[Any]) -> None:
        """Add the mentions, relations and attributes of results to the record.

        results (List[Any]): The results, in any order.
        """
        others = []
        for result in results:
            with self.report.guard(self.path, self.record.line):
                if get_field(result, "type", str) in SPAN_TYPES:
                    self._add_mentions(result)
                else:
                    others.append(result)
        for result in others:
            with self.report.guard(self.path, self.record.line):
                if result["type"] == "relation":
                    self.record.relations += self._links(result)
                elif result["type"] == "choices" and self._has_region(result):
                    self._add_attributes(result)
                else:
                    self.report.lose(f"result of the type {result['type']!r} not kept")

    def _add_mentions(self, result: Value) -> None:
        """Add a mention for each label of a region. The first one has the id of the region."""
        value = get_field(result, "value", dict)
        if object_name(result) not in self.chosen.objects:
            name = object_name(result)
            self.report.lose(f"region of another object ({name!r}) not kept")
            return
        region = get_id(result, "id")
        start, end = self.chosen.text.place(value)
        recorded = recorded_text(value)
        if recorded is not None:
            shown = "".join(recorded.split())
            found = "".join(self.record.text[max(start, 0) : max(end, 0)].split())
            if shown != found and shown in found:
                # Before 2022, only part of a region's text was recorded.
                recorded = None
        if result.get("meta"):
            self.report.lose("note on a region not kept")
        labels = value.get(result["type"])
        labels = get_field(value, "labels", list, []) if labels is None else labels
        if not isinstance(labels, list):
            raise ValueError(f"{result['type']!r} must be a list, got {show_value(labels)}")
        if not labels:
            self.report.lose("region without a label", self.path, self.record.line, region)
        for name in map(_name, labels):
            self.regions[region].append(len(self.record.mentions))
            mention_id, line = self._unused_id(region), self.record.line
            self.record.mentions.append(Mention(mention_id, start, end, name, recorded, line=line))

    def _unused_id(self, region: str) -> str:
        name = region
        while name in self.ids:
            # The count never decreases, so all regions together take linear time.
            self.n_copies += 1
            name = f"{region}\n{self.n_copies}"
        self.ids.add(name)
        return name

    def _has_region(self, result: Value) -> bool:
        """Check whether a result belongs to a region. Choices for a task have an id of their own,
        or none."""
        return result.get("id") is not None and get_id(result, "id") in self.regions

    def _add_attributes(self, result: Value) -> None:
        value = get_field(result, "value", dict)
        choices = get_field(value, "choices", list)
        control = result.get("from_name")
        control = control if isinstance(control, str) else ""
        names = tuple(join_attribute(control, _name(choice)) for choice in choices)
        score = get_score(result, self.report, self.path, self.record.line)
        for index in self.regions[get_id(result, "id")]:
            mention = self.record.mentions[index]
            before = mention.attribute_scores or (1.0,) * len(mention.attributes)
            self.record.mentions[index] = mention._replace(
                attributes=(*mention.attributes, *names),
                attribute_scores=(*before, *(score for _ in names)),
            )

    def _links(self, result: Value) -> Iterator[Link]:
        head, tail = (get_id(result, name) for name in ("from_id", "to_id"))
        direction = get_field(result, "direction", str, "right")
        if direction not in DIRECTIONS:
            raise ValueError(f"'direction' must be right, left or bi, got {show_value(direction)}")
        score = get_score(result, self.report, self.path, self.record.line)
        for label in get_field(result, "labels", list, []) or [""]:
            for step in DIRECTIONS[direction]:
                ends = (head, tail)[::step]
                yield Link(ends[0], ends[1], _name(label), self.record.line, score)


def _name(value: Any) -> str:
    """Return a label or choice as a string; empty if it is null."""
    if isinstance(value, (list, dict)):
        raise ValueError(f"a label must be a string, got {show_value(value)}")
    return "" if value is None else str(value)


def spans(results: List[Any]) -> List[Value]:
    """Return the results that are regions of texts.

    results (List[Any]): The results.
    RETURNS (List[Dict[str, Any]]): The regions.
    """
    return [
        result
        for result in results
        if isinstance(result, dict)
        and result.get("type") in SPAN_TYPES
        and isinstance(result.get("value"), dict)
    ]


def page_objects(regions: List[Value]) -> Set[Optional[str]]:
    """Return the objects that are HTML, as their regions have labels for HTML.

    regions (List[Dict[str, Any]]): The regions.
    RETURNS (Set[Optional[str]]): The names of the objects.
    """
    return {object_name(region) for region in regions if region["type"] == "hypertextlabels"}
