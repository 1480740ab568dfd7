"""Dosages, and the treatments that they belong to."""

import re
from bisect import bisect_left
from itertools import pairwise
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..rules import Rules
from .dosage_parts import AS_NEEDED, DOSE, DURATION, FREQUENCY, ROUTE, FoundPart, PartFinder
from .dosage_scan import Parts, Scanner, compile_rule
from .normalize import normalize
from .results import Dosage, Part
from .spellings import FLAGS

# Start and end of a mention in the text.
Offsets = Tuple[int, int]
# The parts that the drugs of a mixture share.
SHARED = (ROUTE, FREQUENCY, AS_NEEDED, DURATION)

# How far a word before a treatment reaches that says that it is not given.
PAUSE_CONTEXT = 16


class Binding:
    """A treatment, and the parts of the text that belong to it.

    index (int): Index of the treatment.
    start (int): Offset of its first character.
    end (int): Offset after its last character.
    """

    def __init__(self, index: int, start: int, end: int):
        self.index, self.start, self.end = index, start, end
        self.before: List[FoundPart] = []
        self.after: List[FoundPart] = []
        self.shared: List[FoundPart] = []
        self.has_each = False

    @property
    def parts(self) -> List[FoundPart]:
        """Return all parts, in their order in the text."""
        unique = {part.start: part for part in [*self.before, *self.after, *self.shared]}
        return [unique[start] for start in sorted(unique)]

    @property
    def last(self) -> int:
        """Return the offset after the treatment and the parts after it."""
        return max([self.end, *(part.end for part in self.after)])

    def has(self, *kinds: str) -> bool:
        """Return whether there is a part of one of these kinds."""
        return any(part.kind in kinds for part in self.parts)


class DosageParser:
    """Parser of dosages. It finds the parts of a dosage, and binds them to treatments."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dosage".
        RAISES (ValueError): If a rule is invalid.
        """
        self._finder = PartFinder(rules)
        self._scanner = Scanner(rules)
        self._each = compile_rule(rules, "for_each_drug")
        self._not_drug = compile_rule(rules, "not_drugs")
        self._own_route = compile_rule(rules, "own_route")
        paused = compile_rule(rules, "paused_before").pattern
        self._paused = re.compile(rf"{paused}\s?\Z", FLAGS)
        between = compile_rule(rules, "drug_list").pattern
        self._list = re.compile(rf"\s*{between}\s*", FLAGS)
        mixture = compile_rule(rules, "drug_mixture").pattern
        self._mixture = re.compile(rf"\s*{mixture}\s*(?:\d+(?:\.\d+)?\s?[%％])?\s*", FLAGS)
        self._bare_unit = compile_rule(rules, "bare_duration")

    def parts(self, text: str) -> List[FoundPart]:
        """Find the parts of dosages in a text, for `find` and `bind`.

        text (str): The text.
        RETURNS (List[FoundPart]): The parts, in their order in the text.
        """
        return self._finder.find(normalize(text))

    def find(self, text: str, parts: Optional[List[FoundPart]] = None) -> List[Dosage]:
        """Find dosages in a text without knowing the treatments: amounts with a route or frequency
        after them.

        text (str): The text.
        parts (Optional[List[FoundPart]]): The output of `parts`, if it is known.
        RETURNS (List[Dosage]): The dosages, in their order in the text.
        """
        parts = self.parts(text) if parts is None else parts
        original, text = text, normalize(text)
        starts = {part.start: part for part in parts}
        dosages: List[Dosage] = []
        end = 0
        for part in parts:
            if part.kind == DOSE and part.start >= end:
                found, _, _ = self._scanner.after(text, part.end, len(text), starts, found=(part,))
                end = max(other.end for other in found)
                if any(other.kind in (ROUTE, FREQUENCY) for other in found):
                    dosages.append(_dosage(found, original))
        return dosages

    def bind(
        self,
        text: str,
        treatments: Sequence[Offsets],
        others: Sequence[Offsets] = (),
        parts: Optional[List[FoundPart]] = None,
    ) -> List[Tuple[int, Dosage]]:
        """Find the dosages of treatments. A part whose treatment is not certain is left out.

        text (str): The text.
        treatments (Sequence[Tuple[int, int]]): Start and end of the mentions of treatments.
        others (Sequence[Tuple[int, int]]): Start and end of the other mentions. Parts behind one do
            not belong to a treatment before it.
        parts (Optional[List[FoundPart]]): The output of `parts`, if it is known.
        RETURNS (List[Tuple[int, Dosage]]): Index of the treatment, and its dosage, in the order of
            the text.
        """
        if parts is None:
            parts = self.parts(text) if treatments else []
        if not parts:
            return []
        original, text = text, normalize(text)
        bindings = self._scan(text, parts, treatments, others)
        self._share(text, bindings)
        return [
            (binding.index, _dosage(binding.parts, original, binding.after or binding.before))
            for binding in bindings
            if self._is_certain(binding)
        ]

    def _scan(
        self,
        text: str,
        parts: List[FoundPart],
        treatments: Sequence[Offsets],
        others: Sequence[Offsets],
    ) -> List[Binding]:
        """Find the parts beside each drug."""
        starts = {part.start: part for part in parts}
        free: Parts = {part.end: part for part in parts}
        # A mention of a treatment that is a part, such as 鼻饲, belongs to the drug beside it.
        whole = {(part.start, part.end) for part in parts}
        mentions = sorted(
            (*offsets, i) for i, offsets in enumerate(treatments) if offsets not in whole
        )
        drugs = [
            Binding(index, start, end)
            for start, end, index in mentions
            if not self._not_drug.search(text[start:end])
        ]
        drug_starts = {binding.start for binding in drugs}
        begins = sorted({start for start, _, _ in mentions} | {start for start, _ in others})
        floor = 0
        for binding in drugs:
            offsets = range(binding.start, binding.end)
            found = [starts[offset] for offset in offsets if offset in starts]
            inside = [part for part in found if _is_part_of(binding, part, text)]
            if re.fullmatch(r"\d\d", text[binding.end - 1 : binding.end + 1]):
                part = self._finder.find_at(text, binding.end)
                if part is not None:
                    starts[part.start] = part
            position = bisect_left(begins, binding.end)
            limit = begins[position] if position < len(begins) else len(text)
            binding.after, unclear, binding.has_each = self._scanner.after(
                text,
                binding.end,
                limit,
                starts,
                next_drug=limit if limit in drug_starts else None,
                found=_first_of_each(inside),
            )
            if self._paused.search(text, max(0, binding.start - PAUSE_CONTEXT), binding.start):
                binding.after = [part for part in binding.after if part.kind != DURATION]
            before = self._scanner.before(text, binding.start, floor, free)
            binding.before = [part for part in before if not _has(binding.after, part.kind)]
            for part in [*binding.after, *before, *unclear]:
                free.pop(part.end, None)
            floor = max(floor, binding.last)
        return drugs

    def _share(self, text: str, bindings: List[Binding]) -> None:
        """Add the parts that several drugs share."""
        for position, binding in enumerate(bindings):
            if binding.has_each:
                self._share_each(text, bindings, position)
        chain: List[Binding] = []
        for binding in bindings:
            is_linked = (
                bool(chain)
                and not binding.before
                and self._mixture.fullmatch(text, chain[-1].last, binding.start)
            )
            if not is_linked:
                _share_in_mixture(chain)
                chain = []
            chain.append(binding)
        _share_in_mixture(chain)
        for previous, binding in pairwise(bindings):
            routes = [part for part in [*previous.before, *previous.shared] if part.kind == ROUTE]
            if (
                routes
                and not binding.has(ROUTE)
                and self._list.fullmatch(text, previous.last, binding.start)
                and not self._own_route.search(text[binding.start : binding.end])
            ):
                binding.shared.append(routes[0])

    def _share_each(self, text: str, bindings: List[Binding], position: int) -> None:
        """Add the parts after the last drug of a list to those before it: A、B各20mg."""
        last = bindings[position]
        for previous in reversed(bindings[:position]):
            following = bindings[position]
            linked = any(
                pattern.fullmatch(text, previous.end, following.start)
                for pattern in (self._list, self._mixture)
            )
            if previous.after or not linked:
                break
            previous.shared = [*previous.shared, *last.after]
            position -= 1

    def _is_certain(self, binding: Binding) -> bool:
        """Return whether the parts are the dosage of the treatment."""
        parts = binding.parts
        if len(parts) != 1 or parts[0].kind != DURATION:
            return bool(parts)
        # A duration alone: a word says that it is that of the treatment, or it follows directly.
        unit = parts[0].fields["bare_unit"]
        if unit is None:
            return True
        return parts[0].start == binding.end and self._bare_unit.fullmatch(unit) is not None


def _share_in_mixture(chain: List[Binding]) -> None:
    """Add the route, frequency and duration at the end of a mixture to all its drugs, and a route
    before it. Nothing is shared if a drug has no amount, or parts of its own."""
    if len(chain) < 2 or not all(binding.has(DOSE) for binding in chain):
        return
    *others, last = chain
    own = [part.kind for binding in others for part in binding.after if part.kind in SHARED]
    if own:
        return
    routes = [part for part in chain[0].before if part.kind == ROUTE]
    behind = [part for part in last.after if part.kind in SHARED]
    if routes and any(part.kind == ROUTE for part in behind):
        return
    for binding in others:
        binding.shared += behind
    for binding in chain[1:]:
        binding.shared += routes


def _is_part_of(binding: Binding, part: FoundPart, text: str) -> bool:
    """Return whether a part within a treatment is part of its dosage. In Chinese, a route in the
    middle of a name is something else: 下腔静脉滤器."""
    if not (binding.start <= part.start and part.end <= binding.end):
        return False
    is_at_end = part.start == binding.start or binding.end - part.end <= 1
    return part.kind == DOSE or text[part.start].isascii() or is_at_end


def _has(parts: Sequence[FoundPart], kind: str) -> bool:
    return any(part.kind == kind for part in parts)


def _first_of_each(parts: Sequence[FoundPart]) -> Tuple[FoundPart, ...]:
    """Return the first part of each kind."""
    first: Dict[str, FoundPart] = {}
    for part in parts:
        first.setdefault(part.kind, part)
    return tuple(first.values())


def _dosage(parts: Sequence[FoundPart], text: str, beside: Sequence[FoundPart] = ()) -> Dosage:
    """Return a dosage.

    beside (Sequence[FoundPart]): The parts that the offsets of the dosage span; all if empty.
    """
    fields: Dict[str, Any] = {}
    for part in parts:
        for name, value in part.fields.items():
            if name in Dosage._fields and fields.get(name) is None:
                fields[name] = value
    return Dosage(
        start=min(part.start for part in beside or parts),
        end=max(part.end for part in beside or parts),
        parts=[Part(p.kind, text[p.start : p.end], p.start, p.end) for p in parts],
        **fields,
    )
