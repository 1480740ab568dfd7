"""The consistency gate: runs the checks of annotation and applies the accepted exceptions."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ..findings import GOOD, INFO, MAX_EXAMPLES, WARNING, Finding
from ..table import Part
from .notes import Case, Note, read_notes
from .relations import (
    Cues,
    attribute_types,
    cues,
    incomplete_lists,
    label_attributes,
    rare_types,
    same_texts,
    skipped_mentions,
)
from .rules import Accepted, CorpusRules
from .strings import (
    edge_words,
    never_mentions,
    separators,
    split_mentions,
    two_types,
    unmarked_inventory,
    unmarked_strings,
)

SECTION = "consistency"
# Number of characters on each side of a finding in which the pattern of an exception is searched.
CONTEXT = 60
CHECKS: Dict[str, Callable[..., Iterator[Case]]] = {
    "same_text": same_texts,
    "split_mention": split_mentions,
    "two_types": two_types,
    "unmarked_string": unmarked_strings,
    "unmarked_inventory": unmarked_inventory,
    "incomplete_list": incomplete_lists,
    "separator": separators,
    "skipped_mention": skipped_mentions,
    "rare_types": rare_types,
    "cue": cues,
    "label_attribute": label_attributes,
    "attribute_type": attribute_types,
    "never_mention": never_mentions,
    "edge_word": edge_words,
}
# What each check finds, and what to do.
MESSAGES = {
    "same_text": (
        "notes with the same text and another annotation",
        "Keep one of them, or make them equal",
    ),
    "split_mention": ("strings that are one mention here and two there", "Join or split them"),
    "two_types": ("mentions with another type than the same string usually has", "Correct them"),
    "unmarked_string": (
        "unmarked strings that are mentions elsewhere",
        "Mark them, or list the longer word in longer_words",
    ),
    "unmarked_inventory": (
        "strings of the inventory that are unmarked or have another type",
        "Mark them with the type of the inventory",
    ),
    "incomplete_list": (
        "members of a list without the relation of their neighbours",
        "Add the relation to every member",
    ),
    "separator": ("mentions that contain a separator", "Split them"),
    "skipped_mention": (
        "relations that skip a nearer mention of the same text",
        "Move them to the nearest mention",
    ),
    "rare_types": (
        "relations between types that their label rarely has",
        "Correct the types, the label or the direction",
    ),
    "cue": ("attributes that differ from those of cue words", "Review the attributes"),
    "label_attribute": (
        "relations whose label contradicts an attribute",
        "Correct the label or the attribute",
    ),
    "attribute_type": (
        "attributes of mentions whose type has none",
        "Remove them, or add the type to attribute_types",
    ),
    "never_mention": ("mentions that are never a mention", "Remove them"),
    "edge_word": (
        "mentions that begin or end with a word that belongs outside",
        "Shorten them",
    ),
}
ACCEPT = ", or accept them in the rules file with a reason"


@dataclass
class Result:
    """The result of one check.

    cases (List[Case]): The places that it reports.
    accepted (int): Number of places that the rules accept.
    share (Optional[float]): For `cue`, the share of mentions that are reported.
    is_tolerated (bool): Whether the share is at most that of the rules.
    """

    cases: List[Case] = field(default_factory=list)
    accepted: int = 0
    share: Optional[float] = None
    is_tolerated: bool = False


def consistency(
    parts: Sequence[Part], rules: CorpusRules, cues_of: Optional[Callable[[], Cues]] = None
) -> Tuple[Dict[str, Any], List[Finding]]:
    """Check that the parts of a corpus are annotated consistently.

    parts (Sequence[Part]): The parts. Strings are compared across all of them.
    rules (CorpusRules): The rules of the corpus.
    cues_of (Optional[Callable[[], Cues]]): Returns the attributes of each document's mentions by
        cue words. None leaves the check `cue` out.
    RETURNS (Tuple[Dict[str, Any], List[Finding]]): For JSON, the places by check and the exceptions
        that no place needed; and the findings.
    """
    notes = [note for part in parts for note in read_notes(part)]
    exceptions = _Exceptions(rules.accept)
    results: Dict[str, Result] = {}
    for name, settings in rules.checks.items():
        if name == "cue" and cues_of is None:
            continue
        found = CHECKS[name](notes, settings, cues_of if name == "cue" else rules)
        results[name] = exceptions.apply(name, found, notes)
    if "cue" in results:
        _add_share(results["cue"], notes, rules.checks["cue"])
    findings = list(_findings(results, notes, exceptions))
    values = {
        "checks": {name: _plain(result, notes) for name, result in results.items()},
        "unused_exceptions": exceptions.unused(),
    }
    return values, findings


class _Exceptions:
    """The accepted exceptions, and how many places each of them accepted."""

    def __init__(self, accepted: Sequence[Accepted]) -> None:
        self.accepted = accepted
        self.used: Counter = Counter()
        # Exceptions by the most specific of: note, string, neither.
        self.index: Dict[Tuple[Optional[str], Optional[str]], List[int]] = defaultdict(list)
        for i, item in enumerate(accepted):
            if item.note is not None:
                self.index[item.note, None].append(i)
            for string in item.strings if item.note is None else ():
                self.index[None, string].append(i)
            if item.note is None and not item.strings:
                self.index[None, None].append(i)

    def apply(self, name: str, found: Iterator[Case], notes: Sequence[Note]) -> Result:
        """Return the places that no exception accepts."""
        result = Result()
        for case in found:
            keys = ((notes[case.note].id, None), (None, case.text), (None, None))
            indices = [i for key in keys for i in self.index.get(key, ())]
            match = next((i for i in indices if self.is_match(i, name, case, notes)), None)
            if match is None:
                result.cases.append(case)
            else:
                self.used[match] += 1
                result.accepted += 1
        return result

    def is_match(self, index: int, name: str, case: Case, notes: Sequence[Note]) -> bool:
        item = self.accepted[index]
        if item.checks and name not in item.checks:
            return False
        if item.strings and case.text not in item.strings:
            return False
        if item.start is not None and case.start != item.start:
            return False
        if item.end is not None and case.end != item.end:
            return False
        if item.pattern is None:
            return True
        low = max(case.start - CONTEXT, 0)
        context = notes[case.note].text[low : case.end + CONTEXT]
        start, end = case.start - low, case.end - low
        return any(m.start() < end and m.end() > start for m in item.pattern.finditer(context))

    def unused(self) -> List[str]:
        """Return the number, from 1, and the reason of each exception that accepted no place."""
        return [
            f"no. {i + 1} ({item.reason})"
            for i, item in enumerate(self.accepted)
            if not self.used[i]
        ]


def _add_share(result: Result, notes: Sequence[Note], settings: Dict[str, Any]) -> None:
    types = settings["types"]
    judged = sum(
        types is None or mention.type in types
        for note in notes
        if note.has_assertion
        for mention in note.mentions
    )
    result.share = len(result.cases) / judged if judged else 0.0
    result.is_tolerated = result.share <= settings["max_share"]


def _findings(
    results: Dict[str, Result], notes: Sequence[Note], exceptions: _Exceptions
) -> Iterator[Finding]:
    for name, result in results.items():
        if not result.cases:
            continue
        found, advice = MESSAGES[name]
        strings = Counter(case.text for case in result.cases)
        text = f"{name}: {found}: {len(result.cases)}, different strings: {len(strings)}"
        text += f" ({100 * result.share:.1f} % of mentions)" if result.share is not None else ""
        first: Dict[str, Case] = {}
        for case in result.cases:
            first.setdefault(case.text, case)
        examples = [
            f"{text} ({detail}) at {notes[n].title}:{start}-{end}"
            for n, start, end, text, detail in (
                first[text] for text, _ in strings.most_common(MAX_EXAMPLES)
            )
        ]
        text += f". {advice}{ACCEPT}. E.g. {'; '.join(examples)}"
        level = INFO if result.is_tolerated else WARNING
        yield Finding(level, SECTION, text, name, len(result.cases))
    if not any(result.cases for result in results.values()):
        accepted = sum(result.accepted for result in results.values())
        text = f"no inconsistent annotation in {len(results)} checks; accepted: {accepted}"
        yield Finding(GOOD, SECTION, text)
    unused = exceptions.unused()
    if unused:
        rest = f" and {len(unused) - MAX_EXAMPLES} more" if len(unused) > MAX_EXAMPLES else ""
        text = f"accepted exceptions that match nothing: {', '.join(unused[:MAX_EXAMPLES])}{rest}"
        yield Finding(INFO, SECTION, text)


def _plain(result: Result, notes: Sequence[Note]) -> Dict[str, Any]:
    return {
        "count": len(result.cases),
        "accepted": result.accepted,
        **({} if result.share is None else {"share": result.share}),
        "places": [
            {
                "note": notes[case.note].title,
                "start": case.start,
                "end": case.end,
                "text": case.text,
                "detail": case.detail,
            }
            for case in result.cases
        ],
    }
