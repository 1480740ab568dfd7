"""Units in which corpora and annotation tools count offsets."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ...errors import Errors

BOM = "\ufeff"
BASES = ("characters", "utf-16", "utf-8", "graphemes")
# Option that changes how a text is counted → attribute of Unit and its value.
CHANGES = {
    "crlf": ("crlf", True),
    "bom": ("bom", True),
    "one-based": ("one_based", True),
    "inclusive": ("inclusive", True),
    "exclusive": ("inclusive", False),
}
# How unusual a change is. Of several units that fit, the most usual one is used.
DISTANCES = {"crlf": 1, "bom": 1, "inclusive": 2, "one_based": 4}
# Characters that can be counted in several ways: surrogates, \r, and a superset of the characters
# that form a grapheme cluster with others.
AMBIGUOUS = re.compile(
    "[\r\u0300-\u036f\u0483-\u1fff\u200b-\u200f\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff"
    "\u302a-\u302f\u3099\u309a\ua66f-\uabff\ud7b0-\udfff\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\uff9e\uff9f\U00010000-\U0010ffff]"
)


@dataclass(frozen=True)
class Unit:
    """How offsets are counted.

    base (str): What counts as one: "characters" (Unicode code points), "utf-16" (code units, as in
        JavaScript and Java), "utf-8" (bytes) or "graphemes" (extended grapheme clusters: what a
        reader sees as one character).
    crlf (bool): Whether a line break `\\r\\n` counts as one character.
    bom (bool): Whether a byte order mark at the start of a text file counts.
    one_based (bool): Whether the first character has the offset 1.
    inclusive (bool): Whether the end is the offset of the last character, not the one after it.
    """

    base: str = BASES[0]
    crlf: bool = False
    bom: bool = False
    one_based: bool = False
    inclusive: bool = False

    def name(self, usual: "Unit") -> str:
        """Return the name of the unit, which `parse_unit` reads.

        usual (Unit): The usual unit of the format.
        RETURNS (str): The name, such as "utf-16+crlf".
        """
        changes = [
            name
            for name, (attribute, value) in CHANGES.items()
            if getattr(self, attribute) == value
            and (attribute != "inclusive" or usual.inclusive != value)
        ]
        return "+".join([self.base, *changes])


def parse_unit(value: str, usual: Unit = Unit()) -> Unit:
    """Return the unit with a name.

    value (str): Names of the base and of changes, joined by "+", such as "utf-16+crlf".
    usual (Unit): The usual unit of the format: its base and its ends apply if they are not named.
    RETURNS (Unit): The unit.
    RAISES (ValueError): If a name is unknown.
    """
    unit = Unit(usual.base, inclusive=usual.inclusive)
    for part in value.lower().split("+"):
        if part in BASES:
            unit = replace(unit, base=part)
        elif part in CHANGES:
            attribute, is_set = CHANGES[part]
            unit = replace(unit, **{attribute: is_set})  # type: ignore[arg-type]
        else:
            known = ", ".join(BASES)
            raise ValueError(Errors.F110.format(value=value, known=known))
    return unit


class Counter:
    """The units of a text, computed when they are first needed.

    text (str): The text, without byte order mark.
    has_bom (bool): Whether a byte order mark precedes the text.
    """

    def __init__(self, text: str, has_bom: bool = False) -> None:
        self.text = text
        self.has_bom = has_bom
        self._positions: Dict[Tuple[str, bool], Any] = {}

    @property
    def is_plain(self) -> bool:
        """Whether all units but bytes give the same offsets."""
        return not self.has_bom and AMBIGUOUS.search(self.text) is None

    def units(self, usual: Unit) -> List[Unit]:
        """Return the units that give different offsets for the text, those closest to the usual
        unit first.

        usual (Unit): The usual unit of the format.
        RETURNS (List[Unit]): The units, without the usual one.
        """
        bases = [usual.base, *(base for base in BASES if self._differs(base, usual.base))]
        line_breaks = (False, True) if "\r\n" in self.text else (usual.crlf,)
        starts = ((False, False), (True, False) if self.has_bom else (False, True))
        found = [
            Unit(base, crlf, bom, one_based, inclusive)
            for base, crlf, (bom, one_based), inclusive in product(
                bases, line_breaks, starts, (usual.inclusive, not usual.inclusive)
            )
            if not (crlf and base == "graphemes")
        ]

        def distance(unit: Unit) -> int:
            changed = (name for name in DISTANCES if getattr(unit, name) != getattr(usual, name))
            return BASES.index(unit.base) + sum(DISTANCES[name] for name in changed)

        return sorted((unit for unit in found if unit != usual), key=distance)

    def rivals(self, unit: Unit, usual: Unit) -> List[Unit]:
        """Return the units that tools use for such texts, where nothing else settles the unit.

        unit (Unit): The unit that was chosen.
        usual (Unit): The usual unit of the format.
        RETURNS (List[Unit]): The other units. Bytes are not among them, because they would make
            each text that is not English ambiguous.
        """
        return [
            other
            for other in self.units(usual)
            if other != unit
            and other.base in (usual.base, "utf-16", "graphemes")
            and other.inclusive == unit.inclusive
            and not other.one_based
        ]

    def _differs(self, base: str, other: str) -> bool:
        if base == other:
            return False
        if "utf-8" in (base, other):
            return not self.text.isascii()
        if "graphemes" in (base, other):
            return not self.is_plain
        return utf16_length(self.text) > len(self.text)

    def positions(self, unit: Unit) -> Optional[Any]:
        """Map the offsets of a unit to characters.

        unit (Unit): The unit.
        RETURNS (Optional[Any]): Array with the offset in characters of each offset in the unit,
            including the end of the text; -1 within a character. None if offsets are equal.
        """
        if unit.base == BASES[0] and not unit.crlf:
            return None
        key = (unit.base, unit.crlf)
        if key not in self._positions:
            starts = unit_offsets(self.text, *key)
            positions = np.full(int(starts[-1]) + 1, -1, dtype="int64")
            # Of several characters at one offset, the last one counts: the start of a cluster.
            positions[starts] = np.arange(len(starts))
            self._positions[key] = positions
        return self._positions[key]


def unit_offsets(text: str, base: str, crlf: bool = False) -> Any:
    """Map characters to offsets in a unit.

    text (str): The text.
    base (str): The unit, of BASES.
    crlf (bool): Whether a line break `\\r\\n` counts as one.
    RETURNS (Any): Array with the offset in the unit of each character and of the end. Within a
        cluster, it is the offset of the next cluster.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    widths = np.ones(len(text), dtype="int64")
    if base == "utf-16":
        widths += codes > 0xFFFF
    elif base == "utf-8":
        for limit in (0x7F, 0x7FF, 0xFFFF):
            widths += codes > limit
    elif base == "graphemes":
        widths[:] = 0
        widths[[match.start() for match in _clusters().finditer(text)]] = 1
    if crlf and len(text) > 1:
        widths[1:][(codes[:-1] == ord("\r")) & (codes[1:] == ord("\n"))] = 0
    return np.concatenate([[0], np.cumsum(widths)])


def utf16_length(text: str) -> int:
    """Return the length of a text in UTF-16 code units.

    text (str): The text.
    RETURNS (int): The length.
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=1)
def _clusters() -> Any:
    import regex  # a dependency of transformers; the standard library has no grapheme clusters

    return regex.compile(r"\X")
