"""The parts of a dosage that stand beside each other."""

import re
from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Pattern, Sequence, Tuple

from ..rules import Rules
from .dosage_parts import AS_NEEDED, DOSE, FREQUENCY, ROUTE, FoundPart
from .spellings import FLAGS, alternation, as_list, check_pattern

SPACE = re.compile(r"[^\S\n]*")
COMMA = re.compile("[,，]")
# A strength, e.g. 5% or 25/100, is not an amount.
STRENGTH = re.compile(r"\d+(?:\.\d+)?\s?[%％]|\d+(?:\.\d+)?/\d+(?:\.\d+)?(?=\s)")
# A number without a unit: 0.5 bid.
BARE_NUMBER = re.compile(r"\d+(?:\.\d+)?(?![\d.%％/:：~～-])")
BRACKETS = re.compile(r"[（(][^（()）\n]{1,12}[)）]")
OPENING = re.compile(r"[（(]")
# Between a treatment and a part before it.
BEFORE_TREATMENT = re.compile(r"(?:[^\S\n]|[\"“‘《]|注射用|\bof\b|\bthe\b)*\Z", FLAGS)
# Maximum number of words between two parts, and of parts before a treatment.
MAX_FILLERS = 5
MAX_LEFT = 3
Parts = Dict[int, FoundPart]


@dataclass
class Gap:
    """What stands between a position and the next part.

    has_comma (bool): Whether there is a comma.
    needs_dose (bool): Whether there is a word that only an amount follows.
    is_change (bool): Whether the next amount replaces the one before: 20mg减至10mg.
    is_from (bool): Whether the next amount is written like a range, but is a change: from 10 to 20.
    has_each (bool): Whether the next parts belong to each treatment of a list: 各20mg.
    """

    has_comma: bool = False
    needs_dose: bool = False
    is_change: bool = False
    is_from: bool = False
    has_each: bool = False


class Scan(NamedTuple):
    """The parts behind a treatment.

    parts (List[FoundPart]): The parts.
    unclear (List[FoundPart]): Parts that could belong to this treatment or to the next.
    has_each (bool): Whether the parts belong to each treatment of a list.
    """

    parts: List[FoundPart]
    unclear: List[FoundPart]
    has_each: bool


class Scanner:
    """Scanner for parts that follow each other, or stand before a treatment."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dosage".
        RAISES (ValueError): If a rule is invalid.
        """
        self._after = compile_rule(rules, "after_treatment")
        self._before_dose = compile_rule(rules, "before_dose")
        self._between = compile_rule(rules, "between_dosage_parts")
        self._change = compile_rule(rules, "dose_change")
        self._from = compile_rule(rules, "dose_change_from")
        self._each = compile_rule(rules, "for_each_drug")
        left = compile_rule(rules, "before_leading_dose").pattern
        self._before_left = re.compile(rf"(?:{left}|[^一-鿿])[^\S\n]*\Z", FLAGS)

    def after(
        self,
        text: str,
        position: int,
        limit: int,
        starts: Parts,
        *,
        next_drug: Optional[int] = None,
        found: Tuple[FoundPart, ...] = (),
    ) -> Scan:
        """Find the parts behind a treatment.

        text (str): The text.
        position (int): Where the treatment ends.
        limit (int): Where the next mention begins.
        starts (Dict[int, FoundPart]): All parts by their start.
        next_drug (Optional[int]): Where the next treatment begins, if it is the next mention.
        found (Tuple[FoundPart, ...]): Parts that the dosage already has.
        RETURNS (Scan): The parts, including `found`.
        """
        parts = list(found)
        has_each = False
        while True:
            step = self._next(text, position, limit, starts, parts)
            if step is None:
                return Scan(parts, [], has_each)
            part, gap = step
            following = starts.get(_skip_spaces(text, part.end, limit))
            if _belongs_to_next(part, gap, parts, following):
                return Scan(parts, [], has_each)
            if next_drug is not None and not text[part.end : next_drug].strip(" \t"):
                if gap.has_comma:
                    return Scan(parts, [], has_each)
                # In "2g iv B", iv belongs to 2g. In "2g口服B", the route can belong to either.
                is_code = text[part.start].isascii() and part.end < next_drug
                if part.kind == ROUTE and not (is_code and _has_dose(parts)):
                    return Scan(parts, [part], has_each)
            position = part.end
            if gap.is_change:
                parts = [other for other in parts if other.kind != DOSE]
            elif any(other.kind == part.kind for other in parts):
                if part.kind == FREQUENCY:
                    continue
                return Scan(parts, [], has_each)
            parts.append(part)
            has_each = has_each or gap.has_each

    def _next(
        self, text: str, position: int, limit: int, starts: Parts, found: List[FoundPart]
    ) -> Optional[Tuple[FoundPart, Gap]]:
        """Find the next part behind a position, after spaces, a comma and fillers."""
        gap = Gap()
        for _ in range(MAX_FILLERS):
            position = _skip_spaces(text, position, limit)
            part = starts.get(position)
            if part is None and not _has_dose(found):
                part = _bare_dose(text, position, limit, starts)
            if part is not None:
                if part.end > limit or (gap.needs_dose and part.kind != DOSE):
                    return None
                return _changed_dose(part) if gap.is_from else part, gap
            end = self._skip_filler(text, position, limit, starts, found, gap)
            if end is None:
                return None
            position = end
        return None

    def _skip_filler(
        self,
        text: str,
        position: int,
        limit: int,
        starts: Parts,
        found: List[FoundPart],
        gap: Gap,
    ) -> Optional[int]:
        """Return the end of a filler, and note in `gap` what it says; None if there is none."""
        if not gap.has_comma and COMMA.match(text, position, limit):
            gap.has_comma = True
            return position + 1
        fillers = self._between if found else self._after
        match = fillers.match(text, position, limit) or STRENGTH.match(text, position, limit)
        if match is None:
            is_change = _has_dose(found)
            match = (self._change if is_change else self._before_dose).match(text, position, limit)
            if match:
                gap.needs_dose, gap.is_change = True, gap.is_change or is_change
        if match is None:
            match = OPENING.match(text, position, limit)
            if match and _skip_spaces(text, match.end(), limit) not in starts:
                match = None if found else BRACKETS.match(text, position, limit)
        if match is None:
            return None
        gap.has_each = gap.has_each or self._each.fullmatch(match[0]) is not None
        gap.is_from = gap.is_from or self._from.fullmatch(match[0]) is not None
        return match.end()

    def before(self, text: str, start: int, floor: int, ends: Parts) -> List[FoundPart]:
        """Find the parts directly before a treatment.

        text (str): The text.
        start (int): Where the treatment begins.
        floor (int): Where the treatment before it ends, with its parts.
        ends (Dict[int, FoundPart]): The parts that are free, by their end.
        RETURNS (List[FoundPart]): The parts, in their order in the text.
        """
        parts: List[FoundPart] = []
        while len(parts) < MAX_LEFT:
            gap = BEFORE_TREATMENT.search(text, max(floor, start - 12), start)
            part = ends.get(gap.start() if gap else start)
            if part is None or part.start < floor:
                break
            if part.kind not in (DOSE, ROUTE, FREQUENCY, AS_NEEDED):
                break
            if any(other.kind == part.kind for other in parts):
                break
            begin = max(0, part.start - 2)
            is_free = part.start == 0 or self._before_left.search(text, begin, part.start)
            if part.kind == DOSE and not is_free:
                break
            parts.insert(0, part)
            start = part.start
        return parts


def _has_dose(parts: Sequence[FoundPart]) -> bool:
    return any(part.kind == DOSE for part in parts)


def _belongs_to_next(
    part: FoundPart, gap: Gap, parts: Sequence[FoundPart], following: Optional[FoundPart]
) -> bool:
    """Return whether a part after a comma belongs to what follows."""
    if not gap.has_comma:
        return False
    if _has_dose(parts):
        # 500ml，静点20mg
        return following is not None and following.kind == DOSE
    # A duration without a word before it: 口服液，一天数次. Without an amount: 翻身，必要时吸痰.
    return part.fields.get("bare_unit") is not None or part.kind == AS_NEEDED


def _skip_spaces(text: str, position: int, limit: int) -> int:
    match = SPACE.match(text, position, limit)
    return match.end() if match else position


def _changed_dose(part: FoundPart) -> FoundPart:
    """Return the amount after a change that is written like a range: from 10 mg to 20 mg."""
    if part.kind != DOSE or "high" not in part.fields:
        return part
    fields = {"dose": part.fields["high"]}
    fields.update((name, part.fields[name]) for name in ("unit", "ucum"))
    return part._replace(fields=fields)


def _bare_dose(text: str, position: int, limit: int, starts: Parts) -> Optional[FoundPart]:
    """Return an amount without a unit, if a route or frequency follows it."""
    match = BARE_NUMBER.match(text, position, limit)
    if match is None:
        return None
    following = starts.get(_skip_spaces(text, match.end(), limit))
    if following is None or following.kind not in (ROUTE, FREQUENCY, AS_NEEDED):
        return None
    return FoundPart(DOSE, *match.span(), {"dose": float(match[0])})


def compile_rule(rules: Rules, rule: str) -> Pattern[str]:
    """Compile the spellings of a rule to a single regular expression.

    rules (Dict[str, Any]): The set of rules.
    rule (str): Name of the rule.
    RETURNS (Pattern[str]): The regular expression; one that never matches if there are none.
    RAISES (ValueError): If a spelling is invalid.
    """
    spellings = [check_pattern(spelling, rule) for spelling in as_list(rules.get(rule), rule)]
    return re.compile(alternation(spellings), FLAGS)
