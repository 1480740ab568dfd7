"""Reading of brat standoff and of BioNLP's `.a1` and `.a2`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

from .. import (
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    read_lines,
    read_pair,
)
from ..siblings import TEXT_FOLDERS, find_partner
from .lines import (
    Attribute,
    Event,
    has_specified_separators,
    parse_attribute,
    parse_event,
    parse_mention,
    parse_relation,
    split_id,
)

FOLDERS = ("ann", "anns", "annotation", "annotations")
NOT_KEPT = {
    "N": "normalisation not kept",
    "#": "note not kept",
    "*": "equivalence not kept",
}
ARGUMENT_NOT_KEPT = "event argument not kept (--events reads arguments as relations)"


@dataclass
class Annotations:
    """The annotations of a document while its files are read.

    record (Record): The document, with its mentions and relations.
    report (Report): Receives errors and counts.
    events (Dict[str, Event]): The events by id.
    attributes (List[Attribute]): The attributes of mentions, events and relations.
    ids (Set[str]): The ids of events and relations.
    is_open (bool): Whether the text of the last mention may continue on the next line.
    squeezed (Optional[str]): The text without white space; None until it is needed.
    """

    record: Record
    report: Report
    events: Dict[str, Event] = field(default_factory=dict)
    attributes: List[Attribute] = field(default_factory=list)
    ids: Set[str] = field(default_factory=set)
    is_open: bool = False
    squeezed: Optional[str] = None


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read a text and its annotations.

    path (Path): The `.txt` file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): A single record. Its id is the file name.
    """
    first, *others = _annotation_files(path, report)
    pair = read_pair(path, first, report, options)
    if pair is None:
        return
    text, lines = pair
    record = Record("", text, source=first)
    annotations = Annotations(record, report)
    for number, line in lines:
        with report.guard(first, number):
            _add_line(annotations, line, number)
    for other in others:
        # The messages about mentions name one file for the record, without lines of this one.
        record.relation_source = other
        annotations.is_open = False
        for number, line in read_lines(other, report, options) or ():
            with report.guard(other, number):
                _add_line(annotations, line, None)
    _join_events(annotations, options)
    _add_attributes(annotations)
    yield record


def text_file(path: Path) -> Path:
    """Return the text file of a document.

    path (Path): Any file of the document: `.txt`, `.ann`, `.a1` or `.a2`.
    RETURNS (Path): The text file in the same folder or, if there is none, in a sibling folder.
    """
    return (
        path if path.suffix.lower() == ".txt" else find_partner(path, ".txt", FOLDERS, TEXT_FOLDERS)
    )


def _annotation_files(path: Path, report: Report) -> List[Path]:
    """Return the annotation files of a text: `.ann`, or `.a1` and `.a2`."""
    ann, *numbered = (
        find_partner(path, suffix, TEXT_FOLDERS, FOLDERS) for suffix in (".ann", ".a1", ".a2")
    )
    found = [other for other in numbered if other.exists()]
    if not ann.exists():
        return found or [ann]
    for other in found:
        report.warn("file not read, because there is an .ann file", other)
    return [ann]


def _add_line(annotations: Annotations, line: str, number: Optional[int]) -> None:
    if annotations.is_open:
        annotations.is_open = False
        if _continue_mention(annotations, line):
            return
    record, report = annotations.record, annotations.report
    id, data = split_id(line) or ("", "")
    if id.startswith(("R", "E")):
        if id in annotations.ids:
            raise ValueError(f"the id {id} is used twice")
        annotations.ids.add(id)
    if id.startswith("T"):
        record.mentions.append(parse_mention(id, data, number))
        annotations.is_open = _may_continue(record.text, record.mentions[-1])
    elif id.startswith("R"):
        record.relations.append(parse_relation(data, number))
    elif id.startswith("E"):
        annotations.events[id] = parse_event(data, number)
    elif id.startswith(("A", "M")):
        annotations.attributes.append(parse_attribute(data, number))
    elif id[:1] in NOT_KEPT:
        report.lose(NOT_KEPT[id[0]])
        return
    else:
        # The line may be text of a note, so it is not shown.
        raise ValueError("the line does not begin with the id of an annotation, e.g. T1 or R1")
    if not has_specified_separators(id, line):
        report.repair("line with spaces for tabs, or tabs for spaces")


def _may_continue(text: str, mention: Mention) -> bool:
    """Check that a mention's recorded text is shorter than the text at its offsets."""
    if mention.text is None or len(mention.text) >= mention.end - mention.start:
        return False
    return len(_squeeze(mention.text)) < len(_squeeze(text[mention.start : mention.end]))


def _continue_mention(annotations: Annotations, line: str) -> bool:
    """Add a line to the recorded text of the last mention if the result occurs in the text and is
    not longer than the mention. Return whether it was added."""
    record = annotations.record
    mention = record.mentions[-1]
    joined = f"{mention.text}\n{line}"
    squeezed = _squeeze(joined)
    if len(squeezed) > mention.end - mention.start:
        return False
    if annotations.squeezed is None:
        annotations.squeezed = _squeeze(record.text)
    if squeezed not in annotations.squeezed:
        return False
    record.mentions[-1] = mention._replace(text=joined)
    annotations.is_open = _may_continue(record.text, record.mentions[-1])
    annotations.report.repair("recorded text of a mention with a line break")
    return True


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _join_events(annotations: Annotations, options: ReadOptions) -> None:
    """Replace events by their triggers, and add or count their arguments."""
    record, report = annotations.record, annotations.report
    triggers = {id: event.trigger for id, event in annotations.events.items()}
    if options.events:
        _count_merged(annotations)
        record.relations += [
            Link(event.trigger, target, role, event.line)
            for event in annotations.events.values()
            for role, target in event.arguments
        ]
    else:
        report.lose("event reduced to its trigger", count=len(annotations.events))
        arguments = sum(len(event.arguments) for event in annotations.events.values())
        report.lose(ARGUMENT_NOT_KEPT, count=arguments)
    record.relations = [
        link._replace(
            head=triggers.get(link.head, link.head), tail=triggers.get(link.tail, link.tail)
        )
        for link in record.relations
    ]
    annotations.attributes = [
        attribute._replace(target=triggers.get(attribute.target, attribute.target))
        for attribute in annotations.attributes
    ]


def _count_merged(annotations: Annotations) -> None:
    """Count what relations between mentions cannot express of events."""
    types: Dict[str, str] = {}
    for mention in annotations.record.mentions:
        types.setdefault(mention.id, mention.type)
    seen: Set[Tuple[str, str]] = set()
    for event in annotations.events.values():
        if types.get(event.trigger, event.type) != event.type:
            annotations.report.lose("event type that differs from the type of the trigger not kept")
        elif (event.trigger, event.type) in seen:
            annotations.report.lose("events with the same trigger merged")
        seen.add((event.trigger, event.type))


def _add_attributes(annotations: Annotations) -> None:
    record, report = annotations.record, annotations.report
    names: Dict[str, List[str]] = {mention.id: [] for mention in record.mentions}
    for target, name, line in annotations.attributes:
        if target in names:
            names[target].append(name)
        elif target.startswith("R"):
            report.lose("attribute of a relation not kept")
        else:
            report.lose("attribute of an unknown mention", record.source, line, f"{name}: {target}")
    record.mentions = [m._replace(attributes=tuple(names[m.id])) for m in record.mentions]
