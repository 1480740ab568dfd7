"""Decision how the offsets of a record were counted, for all formats.

Tools count offsets in characters, UTF-16 code units, bytes or grapheme clusters, and differ in
whether a byte order mark counts and whether `\\r\\n` counts as one. A format declares its usual unit
in `Converter.offsets`. For each record:

1. If `--offsets` names the unit, it is used.
2. If the record has texts of mentions, the unit that matches the most of them is used; the usual
   unit if several match equally many. A change is counted as repaired.
3. If nothing is recorded, the usual unit is used. If some offsets do not fit it, because they are
   outside the text or within a character, and another unit fits all of them, that unit is used.
4. If another unit that tools use for such texts gives other mentions without contradicting the
   recorded texts, the record is reported as doubtful. Bytes are not considered here.
"""

from dataclasses import replace
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from .offset_units import BASES, BOM, Counter, Unit, parse_unit, unit_offsets, utf16_length
from .record import Mention, Record
from .report import Report

DOUBTFUL = "offsets may be counted in another unit"
MAX_RIVALS = 3


def fit_offsets(
    record: Record,
    usual: Unit,
    report: Report,
    path: Path,
    *,
    chosen: Optional[str] = None,
    has_text_file: bool = False,
) -> Record:
    """Convert the offsets of a record to characters of its text.

    record (Record): The record, with text and offsets as in the file. The ends of its mentions are
        exclusive if the file has the usual unit.
    usual (Unit): The usual unit of the format.
    report (Report): Counts a record that was not counted in the usual unit as repaired, and a
        record whose unit is not certain as doubtful.
    path (Path): The file with the annotations, for messages.
    chosen (Optional[str]): Name of the unit. None decides by the record.
    has_text_file (bool): Whether the text is a file of its own. Then a byte order mark is removed.
        Within a JSON string or a line, U+FEFF is part of the text.
    RETURNS (Record): The record with offsets into its text.
    """
    text = record.text.removeprefix(BOM) if has_text_file else record.text
    counter = Counter(text, has_bom=len(text) < len(record.text))
    record = replace(record, text=text)
    if not record.mentions:
        return record
    if chosen is not None:
        unit, rivals = parse_unit(chosen, usual), []
    else:
        unit, rivals = _decide(record, counter, usual)
        if unit != usual:
            report.repair(f"offsets counted as {unit.name(usual)}")
    if rivals:
        others = " or ".join(rival.name(usual) for rival in rivals[:MAX_RIVALS])
        detail = (
            f"{record.doc_id!r} is read as {unit.name(usual)}, but {others} would give other "
            "mentions. Choose with --offsets"
        )
        report.warn(DOUBTFUL, path, record.line, detail)
    return replace(record, mentions=_convert(record.mentions, counter, unit, usual))


def to_utf16(text: str) -> Sequence[int]:
    """Map offsets in characters to offsets in UTF-16 code units.

    text (str): The text.
    RETURNS (Sequence[int]): The offset in code units of each character and of the end.
    """
    if utf16_length(text) == len(text):
        return range(len(text) + 1)
    offsets: List[int] = unit_offsets(text, "utf-16").tolist()
    return offsets


def matches_text(text: str, mention: Mention) -> bool:
    """Check that the text at a mention's offsets is its recorded text, ignoring white space.

    text (str): The document's text.
    mention (Mention): The mention.
    RETURNS (bool): Whether the texts are equal; True if no text is recorded.
    """
    if not isinstance(mention.text, str):  # other types are reported later
        return mention.text is None
    bounds = [mention.start, *(b for gap in mention.gaps for b in gap), mention.end]
    found = "".join(text[s:e] for s, e in zip(bounds[::2], bounds[1::2], strict=True) if 0 <= s < e)
    # Some tools replace a line break within a mention by a space, or drop it.
    return found == mention.text or "".join(found.split()) == "".join(mention.text.split())


def _decide(record: Record, counter: Counter, usual: Unit) -> Tuple[Unit, List[Unit]]:
    """Return the unit that fits a record best, and others that fit equally well but give other
    mentions."""
    unit, is_recorded = usual, any(mention.text is not None for mention in record.mentions)
    faults = _faults(record, counter, usual, usual)
    if faults and is_recorded:
        for other in counter.units(usual):
            other_faults = _faults(record, counter, other, usual)
            if other_faults < faults:
                unit, faults = other, other_faults
    if counter.is_plain or all(mention.text is not None for mention in record.mentions):
        return unit, []
    rivals = counter.rivals(unit, usual)
    if faults and not is_recorded:
        fitting = (rival for rival in rivals if not _faults(record, counter, rival, usual))
        better = next(fitting, None)
        if better is not None:
            # The usual unit does not fit, but nothing proves the other one.
            return better, [usual]
    bare = [mention for mention in record.mentions if mention.text is None]
    found = _convert(bare, counter, unit, usual)
    return unit, [
        rival
        for rival in rivals
        if _faults(record, counter, rival, usual) <= faults
        and _places(_convert(bare, counter, rival, usual)) != _places(found)
    ]


def _places(mentions: Sequence[Mention]) -> List[Tuple[int, int, object]]:
    return [(mention.start, mention.end, mention.gaps) for mention in mentions]


def _faults(record: Record, counter: Counter, unit: Unit, usual: Unit) -> int:
    """Return the number of mentions that do not fit the text if they are counted in a unit."""
    length = len(record.text)
    return sum(
        not (0 <= mention.start < mention.end <= length and matches_text(record.text, mention))
        for mention in _convert(record.mentions, counter, unit, usual)
    )


def _convert(
    mentions: Sequence[Mention], counter: Counter, unit: Unit, usual: Unit
) -> List[Mention]:
    """Convert the offsets of mentions from a unit to characters. Offsets that are not at the
    boundary of a character become -1."""
    positions = counter.positions(unit)
    mark = 0
    if unit.bom and counter.has_bom:
        mark = len(BOM.encode("utf-8")) if unit.base == "utf-8" else 1
    first = int(unit.one_based)
    wider = unit.inclusive - usual.inclusive
    if positions is None and not (mark or first or wider):
        return list(mentions)

    def position(offset: int) -> int:
        offset -= first
        # The start of the text may be before or after the mark.
        offset = max(offset - mark, 0) if offset >= 0 else -1
        if positions is None:
            return offset if offset <= len(counter.text) else -1
        return int(positions[offset]) if 0 <= offset < len(positions) else -1

    return [
        mention._replace(
            start=position(mention.start),
            end=position(mention.end + wider),
            gaps=tuple((position(start + wider), position(end)) for start, end in mention.gaps),
            recorded=(mention.start, mention.end),
        )
        for mention in mentions
    ]


__all__ = ["BASES", "DOUBTFUL", "fit_offsets", "matches_text", "to_utf16"]
