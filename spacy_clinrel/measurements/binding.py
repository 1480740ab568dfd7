"""Binding of values to the mentions of the tests that they belong to."""

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import Dict, List, Optional, Sequence, Set, Tuple

from ..rules import Rules
from .candidates import Candidate
from .normalize import normalize
from .patterns import alternatives
from .results import Value

# Start and end of a mention in the text.
Offsets = Tuple[int, int]
# Longest text between a test and its value, in characters.
MAX_GAP = 24
# A short name or abbreviation of the test in brackets: "白细胞(WBC) 12.3".
ALIAS = r"[(\[][A-Za-zα-ω0-9\-#%+ ]{0,15}[A-Za-zα-ω%#][A-Za-zα-ω0-9\-#%+]{0,6}[)\]]"
CLAUSE_START = re.compile(r"[,，。;；\n\r!！?？]")
# Ions are written with their charge: "K+ 3.5".
IONS = {"K", "Na", "Ca", "Mg", "Cl", "Fe", "Zn", "Cu", "Li", "HCO3", "P"}
CHARGE = re.compile(r"\d?[+-]{1,2}(?=[\s:：(]*\d)")
# Links of tests that share a result: "压痛、反跳痛(-)".
LINK = re.compile(r"\s*(?:、|及|和|与|以及|,\s?and|and|/)\s*$")
# Links of their values.
VALUE_LINK = re.compile(r"\s*(?:[、,，/]|及|和|and)\s*$")


class Binder:
    """Finds the test that each value belongs to."""

    def __init__(self, words: Rules):
        """Compile the rules.

        words (Dict[str, Any]): The set "values", see `rules/LANGUAGE/values.yml`.
        """
        verbs = [*words["change"]["verbs"], *words["change"]["between"]]
        fillers = alternatives([*words["fillers"], *verbs])
        self._gap = _compile(rf"\s?(?:{ALIAS})?(?:\s*(?:{fillers}|[:：=|]))*\s*[(\[]?\s*$")
        self._condition = _compile(alternatives(words["conditions"]))
        self._after = _compile(rf"\s?{alternatives(words['condition_after'])}(?!间)")
        self._finding = _compile(rf"\s?{alternatives(words['finding_after'])}")
        self._reports = _compile(alternatives(words["reports"]))
        self._imaging = _compile(rf"{alternatives(words['imaging'])}s?$")

    def bind(
        self,
        text: str,
        tests: Sequence[Offsets],
        others: Sequence[Offsets],
        candidates: Sequence[Candidate],
    ) -> List[Tuple[int, int]]:
        """Find the test of each value. A value whose test is not certain is left out.

        text (str): The text.
        tests (Sequence[Offsets]): Start and end of the mentions of tests.
        others (Sequence[Offsets]): Start and end of the other mentions.
        candidates (Sequence[Candidate]): The values, in their order in the text.
        RETURNS (List[Tuple[int, int]]): Index of the test, index of its value. Ordered.
        """
        if not tests or not candidates:
            return []
        layout = Layout(normalize(text), tests, others)
        bound: Dict[int, int] = {}
        used: Set[int] = set()
        for i, candidate in enumerate(candidates):
            if i in used or layout.is_covered(candidate.value):
                continue
            test = self._test_before(layout, candidate)
            if test is None or test in bound:
                continue
            run = layout.run(test, bound)
            if len(run) == 1:
                pairs = [(test, i)]
            elif candidate.value.form == "qualitative":
                pairs = [(member, i) for member in run]
            else:
                pairs = self._listed(layout, run, candidates, i)
            bound.update(pairs)
            used.update(value for _, value in pairs)
        for i, candidate in enumerate(candidates):
            following = layout.test_after(candidate)
            if i not in used and following is not None and following not in bound:
                bound[following] = i
        return sorted(bound.items())

    def _test_before(self, layout: "Layout", candidate: Candidate) -> Optional[int]:
        """Return the test that a value follows."""
        value, text = candidate.value, layout.text
        test = layout.last_test(value.start)
        if test is None:
            return None
        start, end = layout.tests[test]
        gap = text[end : value.start]
        if len(gap) > MAX_GAP or "\n" in gap:
            return None
        if text[start:end] in IONS:
            charge = CHARGE.match(text, end)
            gap = gap[charge.end() - end :] if charge else gap
        if candidate.is_sign:
            is_filler = not gap.strip(" :：\t|")
        else:
            is_filler = bool(self._gap.match(gap)) and self._is_closed(text, gap, value.end)
        if not is_filler or layout.has_mention(end, value.start):
            return None
        if self._is_condition(layout, start, value.end):
            return None
        return None if self._is_finding(layout, test, gap, candidate) else test

    def _is_closed(self, text: str, gap: str, end: int) -> bool:
        """Return whether a bracket before the value is closed after it."""
        return gap.rstrip()[-1:] not in ("(", "[") or text[end : end + 1] in (")", "]", ",", "，")

    def _is_condition(self, layout: "Layout", start: int, end: int) -> bool:
        """Return whether a value is a condition, a goal or a difference."""
        text = layout.text
        clause = CLAUSE_START.split(text[max(0, start - MAX_GAP) : start])[-1]
        return bool(self._condition.search(clause) or self._after.match(text, end))

    def _is_finding(self, layout: "Layout", test: int, gap: str, candidate: Candidate) -> bool:
        """Return whether a value belongs to a finding of the test, e.g. the size of a nodule."""
        value = candidate.value
        if value.form in ("qualitative", "flag", "fraction", "ratio") or value.flag:
            return False
        is_finding = candidate.is_finding or value.ucum in (None, "%", "{grade}")
        if not is_finding:
            return False
        if candidate.is_finding and self._reports.search(gap):
            return True
        after = layout.text[value.end :][:MAX_GAP]
        if layout.starts_at(value.end) or self._finding.match(after):
            return True
        start, end = layout.tests[test]
        return bool(self._imaging.search(layout.text[start:end]))

    def _listed(
        self, layout: "Layout", run: Sequence[int], candidates: Sequence[Candidate], first: int
    ) -> List[Tuple[int, int]]:
        """Return the tests of a list and their values, if the values are listed as well:
        "血压、心率 120/80mmHg、80次/分"."""
        last = first
        while last + 1 < len(candidates):
            gap = layout.text[candidates[last].value.end : candidates[last + 1].value.start]
            if not VALUE_LINK.match(gap):
                break
            last += 1
        values = list(range(first, last + 1))
        is_list = len(values) == len(run) and all(
            candidates[i].value.form in ("number", "range", "fraction") for i in values
        )
        return list(zip(run, values)) if is_list else []


class Layout:
    """The mentions of a text.

    text (str): The text, from `normalize`.
    tests (List[Offsets]): Start and end of the mentions of tests, in the order of the caller.
    """

    def __init__(self, text: str, tests: Sequence[Offsets], others: Sequence[Offsets]):
        """Sort the mentions.

        text (str): The text, from `normalize`.
        tests (Sequence[Offsets]): Mentions of tests.
        others (Sequence[Offsets]): Other mentions.
        """
        self.text = text
        self.tests = list(tests)
        # Of mentions with the same end, the longest comes last.
        self._order = sorted(range(len(tests)), key=lambda i: (tests[i][1], -tests[i][0]))
        self._ends = [tests[i][1] for i in self._order]
        self._first = sorted((start, i) for i, (start, _) in enumerate(tests))
        self._all = sorted({*tests, *others})
        self._starts = [start for start, _ in self._all]
        # End of the mentions up to each one.
        self._reach = list(accumulate((end for _, end in self._all), max))

    def last_test(self, offset: int) -> Optional[int]:
        """Return the test that ends last before an offset."""
        position = bisect_right(self._ends, offset)
        return self._order[position - 1] if position else None

    def test_after(self, candidate: Candidate) -> Optional[int]:
        """Return the test right after an English result: "positive Murphy sign"."""
        value = candidate.value
        if value.form != "qualitative" or not self.text[value.start : value.end].isascii():
            return None
        if not self.text[value.start : value.start + 1].isalpha():
            return None
        start = value.end + 1
        position = bisect_left(self._first, (start, -1))
        if self.text[value.end : start] != " " or position == len(self._first):
            return None
        first, test = self._first[position]
        return test if first == start else None

    def is_covered(self, value: Value) -> bool:
        """Return whether a value is part of a mention or contains one."""
        position = bisect_left(self._starts, value.end)
        return position > 0 and self._reach[position - 1] > value.start

    def has_mention(self, start: int, end: int) -> bool:
        """Return whether a mention begins between two offsets."""
        return bisect_left(self._starts, start) < bisect_left(self._starts, end)

    def starts_at(self, offset: int) -> bool:
        """Return whether a mention begins at an offset."""
        return self.has_mention(offset, offset + 1)

    def run(self, test: int, bound: Dict[int, int]) -> List[int]:
        """Return the tests without a value that are listed before a test, and the test."""
        run = [test]
        while True:
            start = self.tests[run[0]][0]
            before = self.last_test(start)
            if before is None or before in bound:
                return run
            end = self.tests[before][1]
            if self.has_mention(end, start) or not LINK.match(self.text[end:start]):
                return run
            run.insert(0, before)


def _compile(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.IGNORECASE)
