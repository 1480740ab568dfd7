"""The parts of a dosage that stand beside each other."""

import re
from typing import Dict, List, NamedTuple, Optional, Pattern, Tuple

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
BEFORE_TREATMENT = re.compile(r"(?:[^\S\n]|注射用|\bof\b|\bthe\b)*\Z", FLAGS)
# Maximum number of words between two parts, and of parts before a treatment.
MAX_FILLERS = 5
MAX_LEFT = 3
Parts = Dict[int, FoundPart]


class Next(NamedTuple):
    """The next part behind a position.

    part (FoundPart): The part.
    has_comma (bool): Whether there is a comma before it.
    is_change (bool): Whether it is an amount that replaces the one before.
    has_each (bool): Whether a word before it says that it belongs to each treatment of a list.
    """

    part: FoundPart
    has_comma: bool = False
    is_change: bool = False
    has_each: bool = False


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
    ) -> Tuple[List[FoundPart], List[FoundPart], bool]:
        """Find the parts behind a treatment.

        text (str): The text.
        position (int): Where the treatment ends.
        limit (int): Where the next mention begins.
        starts (Dict[int, FoundPart]): All parts by their start.
        next_drug (Optional[int]): Where the next treatment begins, if it is the next mention.
        found (Tuple[FoundPart, ...]): Parts that the dosage already has.
        RETURNS (Tuple[List[FoundPart], List[FoundPart], bool]): The parts, including `found`; parts
            that could belong to this treatment or the next; whether the parts belong to each
            treatment of a list.
        """
        parts = list(found)
        has_each = False
        while True:
            step = self._next(text, position, limit, starts, parts)
            if step is None:
                return parts, [], has_each
            part = step.part
            following = starts.get(_skip_spaces(text, part.end, limit))
            has_dose = any(other.kind == DOSE for other in parts)
            if has_dose and step.has_comma and following is not None and following.kind == DOSE:
                # The part belongs to the next amount: 500ml，静点20mg.
                return parts, [], has_each
            is_bare = part.fields.get("bare_unit") is not None
            if step.has_comma and is_bare and not has_dose:
                return parts, [], has_each
            if next_drug is not None and not text[part.end : next_drug].strip(" \t"):
                if step.has_comma:
                    return parts, [], has_each
                is_code = text[part.start].isascii() and has_dose
                if part.kind == ROUTE and not (is_code and text[part.end : next_drug]):
                    return parts, [part], has_each
            if step.is_change:
                parts = [other for other in parts if other.kind != DOSE]
            elif any(other.kind == part.kind for other in parts):
                if part.kind != FREQUENCY:
                    return parts, [], has_each
                position = part.end
                continue
            parts.append(part)
            has_each = has_each or step.has_each
            position = part.end

    def _next(
        self, text: str, position: int, limit: int, starts: Parts, found: List[FoundPart]
    ) -> Optional[Next]:
        """Find the next part behind a position, after spaces, a comma and fillers."""
        has_dose = any(part.kind == DOSE for part in found)
        fillers = self._between if found else self._after
        has_comma = needs_dose = is_change = has_each = is_from = False
        for _ in range(MAX_FILLERS):
            position = _skip_spaces(text, position, limit)
            part = starts.get(position)
            if part is None and not has_dose:
                part = _bare_dose(text, position, limit, starts)
            if part is not None:
                if part.end > limit or (needs_dose and part.kind != DOSE):
                    return None
                part = _changed_dose(part) if is_from else part
                return Next(part, has_comma, is_change, has_each)
            match = None if has_comma else COMMA.match(text, position, limit)
            if match:
                has_comma = True
            else:
                match = fillers.match(text, position, limit)
                match = match or STRENGTH.match(text, position, limit)
            if match is None and has_dose:
                match = self._change.match(text, position, limit)
                is_change = needs_dose = match is not None
            elif match is None:
                match = self._before_dose.match(text, position, limit)
                needs_dose = needs_dose or match is not None
            match = match or OPENING.match(text, position, limit)
            if match is None:
                return None
            has_each = has_each or self._each.fullmatch(match[0]) is not None
            is_from = is_from or self._from.fullmatch(match[0]) is not None
            if match.re is OPENING and _skip_spaces(text, match.end(), limit) not in starts:
                match = None if found else BRACKETS.match(text, position, limit)
                if match is None:
                    return None
            position = match.end()
        return None

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
