"""Decision how the offsets of a record were counted, for all formats.

Tools count offsets in characters, UTF-16 code units, bytes or grapheme clusters, and differ in
whether a byte order mark counts and whether `\\r\\n` counts as one. A format declares its usual
unit in `Converter.offsets`. For each record:

1. If `--offsets` names the unit, it is used.
2. If the record has texts of mentions, the unit that matches the most of them is used; the usual
   unit if several match equally many.
3. If nothing is recorded, the unit is used that the recorded texts of the other records of the file
   agree on.
4. Otherwise, the usual unit is used. If some offsets do not fit it, because they are outside the
   text or within a character, and another unit fits all of them, that unit is used.

A unit other than the usual one is counted as repaired. If a further unit that tools use for such
texts gives other mentions without contradicting the recorded texts, the record is reported as
doubtful. Bytes are not considered here, because they would make each text that is not English
doubtful.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Sequence, Tuple

from .offset_units import BOM, Counter, Unit, parse_unit, unit_offsets, utf16_length
from .record import Mention, Record
from .report import Report

DOUBTFUL = "offsets may be counted in another unit"
MAX_RIVALS = 3


@dataclass
class _Fit:
    """A record and the decision about it.

    record (Record): The record, with text and offsets as in the file.
    usual (Unit): The usual unit of the format.
    has_bom (bool): Whether a byte order mark preceded the text.
    unit (Unit): The unit that was chosen.
    rivals (List[Unit]): Other units that fit equally well, but give other mentions.
    is_settled (bool): Whether recorded texts prove the unit.
    """

    record: Record
    usual: Unit
    has_bom: bool
    unit: Unit
    rivals: List[Unit] = field(default_factory=list)
    is_settled: bool = False

    def counter(self) -> Counter:
        return Counter(self.record.text, self.has_bom)

    @property
    def is_valid(self) -> bool:
        """Whether the offsets are to be converted: the reader has not done so, and all texts are
        strings. `read_docs` reports other records."""
        if self.record.has_final_offsets:
            return False
        texts = (self.record.text, *(mention.text for mention in self.record.mentions))
        return all(text is None or isinstance(text, str) for text in texts)

    @property
    def is_recorded(self) -> bool:
        return any(mention.text is not None for mention in self.record.mentions)


def fit_offsets(
    records: Iterable[Record],
    usual: Unit,
    report: Report,
    path: Path,
    *,
    chosen: Optional[str] = None,
    has_text_file: bool = False,
) -> Iterator[Record]:
    """Convert the offsets of the records of a file to characters of their texts.

    records (Iterable[Record]): The records, with texts and offsets as in the file. The ends of
        mentions are exclusive if the file has the usual unit.
    usual (Unit): The usual unit of the format.
    report (Report): Counts a record that was not counted in the usual unit as repaired, and a
        record whose unit is not certain as doubtful.
    path (Path): The file, for messages.
    chosen (Optional[str]): Name of the unit. None decides by the records.
    has_text_file (bool): Whether the text is a file of its own. Then a byte order mark is removed.
        Within a JSON string or a line, U+FEFF is part of the text.
    YIELDS (Record): The records with offsets into their texts.
    """
    unit = None if chosen is None else parse_unit(chosen, usual)
    fits = (_fit(record, usual, unit, has_text_file) for record in records)
    # All records of a file are needed, because later ones may settle the unit of earlier ones.
    for fit in fits if unit is not None else _share_units(list(fits)):
        record = fit.record
        if unit is None and fit.unit != usual:
            report.repair(f"offsets counted as {fit.unit.name(usual)}")
        if fit.rivals:
            others = " or ".join(rival.name(usual) for rival in fit.rivals[:MAX_RIVALS])
            detail = (
                f"{record.doc_id!r} is read as {fit.unit.name(usual)}, but {others} would give "
                "other mentions. Choose with --offsets"
            )
            report.warn(DOUBTFUL, record.source or path, record.line, detail)
        if fit.is_valid:
            mentions = _convert(record.mentions, fit.counter(), fit.unit, usual)
            record = replace(record, mentions=mentions)
        yield record


def _fit(record: Record, usual: Unit, chosen: Optional[Unit], has_text_file: bool) -> _Fit:
    has_bom = has_text_file and record.text.startswith(BOM)
    if has_bom:
        record = replace(record, text=record.text.removeprefix(BOM))
    fit = _Fit(record, usual, has_bom, chosen or usual)
    if chosen is None and record.mentions and fit.is_valid:
        _decide(fit)
    return fit


def _decide(fit: _Fit) -> None:
    """Choose the unit that fits a record best."""
    record, usual, counter = fit.record, fit.usual, fit.counter()
    faults = _faults(record, counter, usual, usual)
    if faults and fit.is_recorded:
        rank = (faults, len(record.mentions))
        for other in counter.units(usual):
            other_faults = _faults(record, counter, other, usual)
            if other_faults < faults:
                other_rank = (other_faults, _inexact(record, counter, other, usual))
                if other_rank < rank:
                    fit.unit, rank = other, other_rank
                    fit.is_settled = True
        faults = rank[0]
    if counter.is_plain:
        return
    bare = [mention for mention in record.mentions if mention.text is None]
    rivals = counter.rivals(fit.unit, usual)
    if not bare:
        fit.is_settled |= any(_faults(record, counter, unit, usual) > faults for unit in rivals)
        return
    if faults and not fit.is_recorded:
        fitting = (rival for rival in rivals if not _faults(record, counter, rival, usual))
        fit.unit = next(fitting, usual)
    if fit.unit != usual and not fit.is_recorded:
        # The usual unit does not fit, but nothing proves the other one.
        fit.rivals = [usual]
        return
    found = _places(_convert(bare, counter, fit.unit, usual))
    fit.rivals = [
        rival
        for rival in rivals
        if _faults(record, counter, rival, usual) <= faults
        and _places(_convert(bare, counter, rival, usual)) != found
    ]


def _share_units(fits: List[_Fit]) -> List[_Fit]:
    """Use the unit that recorded texts prove for records of the same file that have none."""
    proven = {fit.unit for fit in fits if fit.is_settled}
    open_fits = [fit for fit in fits if fit.is_valid and not fit.is_recorded]
    if len(proven) != 1 or not open_fits:
        return fits
    (unit,) = proven
    if any(_is_worse(fit, unit) for fit in fits if fit.is_valid and fit.is_recorded):
        return fits
    for fit in open_fits:
        if not _is_worse(fit, unit):
            fit.unit, fit.rivals = unit, []
    return fits


def _is_worse(fit: _Fit, unit: Unit) -> bool:
    counter = fit.counter()
    own, other = (_faults(fit.record, counter, u, fit.usual) for u in (fit.unit, unit))
    return other > own


def to_utf16(text: str) -> Sequence[int]:
    """Map offsets in characters to offsets in UTF-16 code units.

    text (str): The text.
    RETURNS (Sequence[int]): The offset in code units of each character and of the end.
    """
    if utf16_length(text) == len(text):
        return range(len(text) + 1)
    offsets: List[int] = unit_offsets(text, "utf-16").tolist()
    return offsets


def from_utf16(text: str) -> List[int]:
    """Map offsets in UTF-16 code units to offsets in characters.

    text (str): The text.
    RETURNS (List[int]): The offset in characters of each code unit and of the end; -1 for the
        second code unit of a character.
    """
    positions = Counter(text).positions(Unit("utf-16"))
    offsets: List[int] = positions.tolist()  # type: ignore[union-attr]
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


def _places(mentions: Sequence[Mention]) -> List[Tuple[int, int, object]]:
    return [(mention.start, mention.end, mention.gaps) for mention in mentions]


def _faults(record: Record, counter: Counter, unit: Unit, usual: Unit) -> int:
    """Return the number of mentions that do not fit the text if they are counted in a unit."""
    length = len(record.text)
    return sum(
        not (0 <= mention.start < mention.end <= length and matches_text(record.text, mention))
        for mention in _convert(record.mentions, counter, unit, usual)
    )


def _inexact(record: Record, counter: Counter, unit: Unit, usual: Unit) -> int:
    """Return the number of mentions whose text differs from the recorded text, white space
    included."""
    return sum(
        mention.text is not None and record.text[mention.start : mention.end] != mention.text
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
            source_span=(mention.start, mention.end),
        )
        for mention in mentions
    ]
