"""Values of tests: numbers with units, ranges, comparisons, arrows and qualitative results."""

import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..errors import Errors
from ..rules import Rules
from .candidates import Candidate, join_result, without_overlaps
from .normalize import normalize
from .numbers import ANY, NUMBER, START, Core, Numbers
from .patterns import alternatives
from .results import Value
from .signs import (
    ARROW,
    ARROW_BEFORE,
    BARE_SIGN,
    FLAG,
    GRADE,
    LETTER_FLAG,
    SIGNS,
    read_flag,
    read_grade,
    read_sign,
)
from .units import Unit, Units

# A time such as 0830, or a code; a phone number.
CODE = re.compile(r"0\d")
LONG = re.compile(r"\d{8}")
# Longest gap between the columns of an arrow and of a number.
MAX_COLUMN = 8
BLANK = re.compile(r"[ \t|]*")
# What may follow a number without a unit.
ENDS = ",，。;；、)）]】}\n\r.:!?！？\"”'’"
# The number of an item in a list, and the longest item before it.
ITEM = re.compile(r"(?<![\d.])(?P<number>\d{1,2})(?P<mark>[.、)])(?!\d)")
MAX_ITEM = 300


class ValueParser:
    """Parser of the values in a text."""

    def __init__(self, units: Rules, words: Rules):
        """Compile the rules.

        units (Dict[str, Any]): The set "units", see `rules/mul/units.yml`.
        words (Dict[str, Any]): The set "values", see `rules/LANGUAGE/values.yml`.
        RAISES (ValueError): If a comparison or result of a user's rules is unknown.
        """
        self.units = Units(units)
        self.numbers = Numbers(words, self.units)
        signs = {">": ">", "<": "<", "≥": ">=", "≤": "<=", ">=": ">=", "<=": "<=", "~": "~"}
        before = {**signs, **words["comparisons"]["before"]}
        self._before = {normalize(word).casefold(): sign for word, sign in before.items()}
        self._after = words["comparisons"]["after"]
        for section, own in words["comparisons"].items():
            for word, sign in own.items():
                if sign not in signs:
                    known = ", ".join(sorted(set(signs.values())))
                    name = f"comparisons.{section}"
                    message = Errors.C082.format(section=name, code=sign, word=word, known=known)
                    raise ValueError(message)
        self._before_tail = _compile(rf"{alternatives(self._before)}\s?$")
        self._after_pattern = _compile(rf"\s?(?P<word>{alternatives(self._after)})")
        self._longest = max(map(len, self._before)) + 1
        self._results = {normalize(w).casefold(): code for w, code in words["qualitative"].items()}
        result_words = alternatives(self._results)
        not_before = alternatives(words["no_result_before"])
        self._result = _compile(
            rf"[(\[]\s?(?:(?P<sign>{SIGNS})|(?P<inner>{result_words}))\s?[)\]]"
            rf"|(?P<word>{result_words})(?!\s?{not_before})"
        )
        labels, prior = alternatives(words["range_labels"]), alternatives(words["previous_labels"])
        back = alternatives(words["change"]["back"])
        label = rf"(?:(?P<label>{labels})(?:值|范围)?\s?[:：为是]?\s?)?"
        sides = rf"(?P<low>-?{NUMBER})\s?(?:-|~|至|到|to)\s?(?P<high>{NUMBER})"
        bound = rf"(?P<bound>[<>≤≥]=?)\s?(?P<limit>{NUMBER})"
        self._range = _compile(
            rf"[(\[]\s?{label}(?:{sides}|{bound})(?P<tail>[^()\[\]\n]{{0,15}})[)\]]"
        )
        self._table_range = _compile(rf"[ \t|]+{sides}(?=[\s|,，。;；↑↓]|$)")
        self._labelled = _compile(
            rf"[,，]?\s?(?P<label>{labels})\s?[:：为是]?\s?(?:{sides}|{bound})"
        )
        self._previous = _compile(
            rf"\s?(?:[(\[,，]\s?{prior}\s?[:：]?\s?(?P<number>{NUMBER})[)\]]?"
            rf"|(?:{back}|<-+)\s?(?P<arrow>{NUMBER}))"
        )
        self._follower = _compile(rf"\s?{alternatives(words['followers'])}")

    def find(self, text: str, tests: Sequence[Tuple[int, int]] = ()) -> List[Candidate]:
        """Find the values in a text.

        text (str): The text.
        tests (Sequence[Tuple[int, int]]): Start and end of the mentions of tests, whose digits are
            no values: the value of SpO2 in "SpO298%" is 98.
        RETURNS (List[Candidate]): Candidates that do not overlap, in their order in the text.
        """
        text = normalize(text)
        found = without_overlaps(self._find_numbers(text, sorted(tests)), self._find_results(text))
        return self._merged(text, found)

    def _find_numbers(self, text: str, tests: Sequence[Tuple[int, int]]) -> List[Candidate]:
        """Return the values that begin with a number."""
        found: List[Candidate] = []
        position = end = 0
        match = START.search(text)
        while match:
            start = match.start()
            while position < len(tests) and tests[position][1] <= start:
                position += 1
            if position < len(tests) and tests[position][0] <= start:
                end = tests[position][1]
            else:
                core, end = self.numbers.parse(text, start)
                candidate = self._number(text, start, core) if core else None
                if candidate is not None:
                    found.append(candidate)
                    end = candidate.value.end
            # Digits may follow those of a mention directly.
            match = ANY.match(text, end) or START.search(text, end)
        return found

    def _number(self, text: str, start: int, core: Core) -> Optional[Candidate]:
        """Return the value of a number with what stands around it; None if it is no value."""
        begin, comparison, sign = self._prefix(text, start, core)
        if begin is None or CODE.match(text, start):
            return None
        end = core.end
        after = self._after_pattern.match(text, end)
        if after:
            comparison = comparison or self._after[after["word"]]
            end = after.end()
        attached, unit, end = self._attachments(text, end, core)
        arrow = ARROW_BEFORE.search(text, max(0, begin - MAX_COLUMN), begin)
        if arrow and "flag" not in attached:
            attached["flag"], begin = read_flag(arrow[1]), arrow.start()
        is_bare = unit is None and comparison is None and "flag" not in attached
        if is_bare and (
            LONG.match(text, start) or not self._is_end(text, end, has_range="range" in attached)
        ):
            return None
        fields = self._fields(core, sign)
        value = Value(
            begin,
            end,
            comparison=comparison,
            unit=text[unit.start : unit.end] if unit else None,
            ucum=unit.ucum if unit else None,
            **fields,
            **attached,
        )
        is_length = core.form == "size" or (unit is not None and unit.ucum in ("cm", "mm", "m"))
        is_certain = unit is not None and unit.ucum is not None and not unit.is_weak
        return Candidate(value, is_certain, is_bare, is_finding=is_length)

    def _prefix(
        self, text: str, start: int, core: Core
    ) -> Tuple[Optional[int], Optional[str], float]:
        """Return the start of a value with its comparison and sign. The start is None if what
        stands before the number makes it something else."""
        sign, begin = 1.0, start
        if core.previous is not None:
            begin = self.numbers.from_word(text, start)
        before = text[begin - 1 : begin]
        if before and before in "-+" and begin == start:
            outer = text[start - 2 : start - 1]
            is_percent = before == "+" and core.unit is not None and core.unit.ucum == "%"
            if not (outer in ("", " ", ":", "：", "(", "为", "约", "\t") or is_percent):
                return None, None, sign
            sign, begin = (-1.0 if before == "-" else 1.0), start - 1
        elif before and (
            before in "×*/#№^±" or (before == ":" and text[begin - 2 : begin - 1].isdigit())
        ):
            return None, None, sign
        tail = text[max(0, begin - self._longest) : begin]
        match = self._before_tail.search(tail)
        if match is None:
            return begin, None, sign
        word = match[0].strip().casefold()
        return begin - len(match[0]), self._before[word], sign

    def _attachments(
        self, text: str, end: int, core: Core
    ) -> Tuple[Dict[str, Any], Optional[Unit], int]:
        """Return what follows a number in any order: arrow, reference range, earlier number; the
        unit, which is in a column of its own in a table; and the offset after them."""
        found: Dict[str, Any] = {}
        unit = core.unit
        while True:
            begin = BLANK.match(text, end).end()  # type: ignore[union-attr]
            flag = FLAG.match(text, begin) or LETTER_FLAG.match(text, end)
            if flag and "flag" not in found:
                found["flag"] = read_flag(flag[0])
                end = flag.end()
                continue
            column = self.units.match(text, begin) if unit is None and begin > end else None
            if column and column.ucum is not None:
                unit, end = column, column.end
                continue
            if core.form == "number" and "range" not in found:
                match, values = self._reference(text, begin, end)
                if match:
                    found["range"], end = values, match.end()
                    continue
            previous = self._previous.match(text, end)
            if previous and core.previous is None and "previous" not in found:
                found["previous"] = _float(previous["number"] or previous["arrow"])
                end = previous.end()
                continue
            return found, unit, end

    def _reference(
        self, text: str, begin: int, end: int
    ) -> Tuple[Optional["re.Match[str]"], Dict[str, float]]:
        """Return the reference range after a number."""
        match = self._range.match(text, begin) or self._labelled.match(text, end)
        if match is None:
            match = self._table_range.match(text, end)
            if match is None or self._follows_digits(text, match.end()):
                return None, {}
        groups = match.groupdict()
        if groups.get("bound"):
            if not groups["label"]:
                return None, {}  # "(<5)" may be another value
            side = "high" if groups["bound"][0] in "<≤" else "low"
            return match, {side: _float(groups["limit"])}
        low, high = _float(groups["low"]), _float(groups["high"])
        tail = (groups.get("tail") or "").strip()
        unit = self.units.match(tail, 0) if tail else None
        if low >= high or (tail and (unit is None or unit.end < len(tail))):
            return None, {}
        return match, {"low": low, "high": high}

    def _follows_digits(self, text: str, end: int) -> bool:
        return text[end : end + 1].isdigit()

    def _is_end(self, text: str, end: int, has_range: bool) -> bool:
        """Return whether what follows a number without a unit shows that it counts nothing."""
        following = text[end : end + 1]
        if not following or following in ENDS:
            is_decimal = following == "." and text[end + 1 : end + 2].isdigit()
            return not (is_decimal or self._is_item(text, end))
        if following in "(（[":
            return True
        if self._follower.match(text, end):
            return True
        if following not in " \t|":
            return False
        rest = text[BLANK.match(text, end).end() :][:6]  # type: ignore[union-attr]
        if not rest or rest[0] in ENDS or rest[0] in "([（<→":
            return True
        if rest[0].isdigit():
            return has_range or bool(ITEM.match(rest))
        if rest[0].isascii():
            return rest[0].isupper()
        return not rest[0].isalpha() or "\t" in text[end : end + 2] or following == " "

    def _is_item(self, text: str, end: int) -> bool:
        """Return whether a number is that of the next item of a list: "结合PRL 2.鼻窦炎"."""
        match = ITEM.search(text, max(0, end - 3), end + 2)
        if match is None or match.end("number") != end:
            return False
        number = int(match["number"])
        before = re.compile(rf"(?<![\d.]){number - 1}{re.escape(match['mark'])}(?!\d)")
        return number > 1 and bool(before.search(text, max(0, end - MAX_ITEM), end))

    def _fields(self, core: Core, sign: float) -> Dict[str, Any]:
        """Return the numbers of a value by field."""
        numbers = [sign * core.numbers[0], *core.numbers[1:]]
        if core.form == "number":
            form = "grade" if core.unit and core.unit.ucum == "{grade}" else "number"
            fields: Dict[str, Any] = {"form": form, "number": numbers[0]}
            if core.previous is not None:
                fields["previous"] = core.previous
            return fields
        if core.form == "range":
            return {"form": "range", "low": numbers[0], "high": numbers[1]}
        if core.form == "tolerance":
            number, error = numbers
            low, high = round(number - error, 6), round(number + error, 6)
            return {"form": "number", "number": number, "low": low, "high": high}
        return {"form": core.form, "numbers": numbers}

    def _find_results(self, text: str) -> List[Candidate]:
        """Return the qualitative results."""
        found = []
        for match in self._result.finditer(text):
            if match["sign"]:
                code, degree = read_sign(match["sign"])
            else:
                code, degree = self._results[(match["inner"] or match["word"]).casefold()], None
            value = Value(
                match.start(), match.end(), "qualitative", qualitative=code, degree=degree
            )
            found.append(Candidate(value))
        for match in BARE_SIGN.finditer(text):
            code, degree = read_sign(match["sign"] or match["spaced"])
            value = Value(
                match.start(), match.end(), "qualitative", qualitative=code, degree=degree
            )
            found.append(Candidate(value, is_sign=True))
        for match in GRADE.finditer(text):
            found.append(Candidate(read_grade(match)))
        for match in ARROW.finditer(text):
            value = Value(match.start(), match.end(), "flag", flag=read_flag(match[0]))
            found.append(Candidate(value, is_sign=True))
        return sorted(found, key=lambda candidate: candidate.value.start)

    def _merged(self, text: str, found: Sequence[Candidate]) -> List[Candidate]:
        """Join a qualitative result with the share or ratio beside it: "(+)90%", "阳性(1:320)"."""
        merged: List[Candidate] = []
        for candidate in found:
            last = merged[-1] if merged else None
            joined = join_result(text, last.value, candidate.value) if last else None
            if last and joined:
                merged[-1] = Candidate(joined)
            else:
                merged.append(candidate)
        return merged


def _float(number: str) -> float:
    return float(number.replace(",", ""))


def _compile(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.IGNORECASE)
