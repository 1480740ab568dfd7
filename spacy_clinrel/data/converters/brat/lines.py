"""Lines of brat's annotation files.

The fields of a line are separated by tabs, and the parts of a field by spaces. Some tools and
editors replace one by the other; such lines are read and counted as repaired. All regular
expressions take linear time.
"""

import re
from itertools import pairwise
from typing import NamedTuple, Optional, Tuple

from .. import Link, Mention
from ..report import show_value

LINE = re.compile(r"(\S+)(?:\t(.*))?")
LINE_WITH_BLANKS = re.compile(r"([TREAMN]\d+|\*|#\d+) +(.*)")
MENTION = re.compile(r"(\S+)[ \t]+(\d+[ \t]+\d+(?:;\d+[ \t]+\d+)*)(?:[ \t](.*))?")
MENTION_AS_SPECIFIED = re.compile(r"\S+ \d+ \d+(?:;\d+ \d+)* *(?:\t.*)?")


class Event(NamedTuple):
    """An event: a trigger with arguments.

    type (str): The type of the event.
    trigger (str): The id of the trigger, a mention.
    arguments (Tuple[Tuple[str, str], ...]): Role and id, of a mention or an event, of each
        argument.
    line (Optional[int]): Line number in the file, for messages.
    """

    type: str
    trigger: str
    arguments: Tuple[Tuple[str, str], ...]
    line: Optional[int]


class Attribute(NamedTuple):
    """An attribute of a mention, event or relation.

    target (str): The id of the mention, event or relation.
    name (str): The name, or name and value separated by "=".
    line (Optional[int]): Line number in the file, for messages.
    """

    target: str
    name: str
    line: Optional[int]


def split_id(line: str) -> Optional[Tuple[str, str]]:
    """Split a line into the id and the rest.

    line (str): The line.
    RETURNS (Optional[Tuple[str, str]]): The id and the rest; None if the line has no id.
    """
    match = LINE.fullmatch(line) or LINE_WITH_BLANKS.fullmatch(line)
    return None if match is None else (match[1], match[2] or "")


def has_specified_separators(id: str, line: str) -> bool:
    """Check that tabs and spaces are where the format has them, in a line with a mention, relation,
    event or attribute.

    id (str): The id at the beginning of the line.
    line (str): The line.
    RETURNS (bool): Whether the separators are as specified.
    """
    data = line.rstrip().removeprefix(id)
    if not data.startswith("\t"):
        return False
    if id.startswith("T"):
        return MENTION_AS_SPECIFIED.fullmatch(data[1:]) is not None
    return "\t" not in data[1:]


def parse_mention(id: str, data: str, line: Optional[int]) -> Mention:
    """Parse the rest of a line with a mention.

    id (str): The id.
    data (str): The rest of the line.
    line (Optional[int]): Line number, for messages.
    RETURNS (Mention): The mention.
    RAISES (ValueError): If the line is broken.
    """
    match = MENTION.fullmatch(data)
    if match is None:
        raise ValueError("expected T1<tab>Type start end<tab>text")
    pairs = [pair.split() for pair in match[2].split(";")]
    fragments = sorted((int(start), int(end)) for start, end in pairs)
    gaps = tuple((a[1], b[0]) for a, b in pairwise(fragments))
    has_text = "\t" in data[match.end(2) :] or bool(match[3] and match[3].strip())
    recorded = match[3] if has_text else None
    return Mention(id, fragments[0][0], fragments[-1][1], match[1], recorded, gaps, line)


def parse_relation(data: str, line: Optional[int]) -> Link:
    """Parse the rest of a line with a relation.

    data (str): The rest of the line.
    line (Optional[int]): Line number, for messages.
    RETURNS (Link): The relation between ids of mentions or events.
    RAISES (ValueError): If the line is broken.
    """
    parts = data.split()
    if len(parts) != 3:
        raise ValueError("expected R1<tab>Type Arg1:T1 Arg2:T2")
    (first, head), (second, tail) = (_pair(part) for part in parts[1:])
    if (first, second) == ("Arg2", "Arg1"):
        head, tail = tail, head
    return Link(head, tail, parts[0], line)


def parse_event(data: str, line: Optional[int]) -> Event:
    """Parse the rest of a line with an event.

    data (str): The rest of the line.
    line (Optional[int]): Line number, for messages.
    RETURNS (Event): The event. Numbers that only tell equal roles apart are dropped.
    RAISES (ValueError): If the line is broken.
    """
    parts = data.split()
    if not parts:
        raise ValueError("expected E1<tab>Type:T1 Role:T2 …")
    (event_type, trigger), *arguments = (_pair(part) for part in parts)
    roles = {role for role, _ in arguments}
    named = []
    for role, id in arguments:
        base = role.rstrip("0123456789")
        named.append((base if base in roles else role, id))
    return Event(event_type, trigger, tuple(named), line)


def parse_attribute(data: str, line: Optional[int]) -> Attribute:
    """Parse the rest of a line with an attribute.

    data (str): The rest of the line.
    line (Optional[int]): Line number, for messages.
    RETURNS (Attribute): The attribute.
    RAISES (ValueError): If the line is broken.
    """
    parts = data.split()
    if len(parts) not in (2, 3):
        raise ValueError("expected A1<tab>Name T1 or A1<tab>Name T1 Value")
    name, target, *value = parts
    return Attribute(target, "=".join([name, *value]), line)


def _pair(part: str) -> Tuple[str, str]:
    name, _, id = part.partition(":")
    if not (name and id):
        raise ValueError(f"expected Name:id, got {show_value(part)}")
    return name, id
