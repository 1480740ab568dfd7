"""The markup of the inventory's phrases, and the relations that follow from it by rule.

A phrase is plain text with these marks:

* ``(a|b|)``: one of several alternatives; the earlier ones are drawn more often. They nest.
* ``<name>`` or ``<name 60 100>``: a slot, filled by the composer.
* ``[双肺|B]``: a mention. The letter is its type: R Treatment, D Disease, S Symptom,
  T Test, B Body.
  A number after it is an identifier. Further marks: ``-`` negated, ``?`` uncertain,
  ``~`` hypothetical, ``H`` historical, ``F`` family; ``>`` a test whose report follows, ``^`` a
  test whose next sign is its result, ``=`` a mention without relations by rule, ``*`` a mention
  that the real relation layer leaves unannotated.
* ``{TrIS R1 S}``: a relation from the first selector to each of the others. A letter alone stands
  for every mention of that type in the segment. ``{none}`` turns the relations by rule off.
* ``¦E`` and ``¦N`` begin a segment: a position governs the signs up to the end of the clause (E,
  for examinations), or only the signs in its own list (N, for narrative text).
"""

import re
from dataclasses import dataclass, field
from random import Random
from typing import Callable

TYPES = {"R": "Treatment", "D": "Disease", "S": "Symptom", "T": "Test", "B": "Body"}
ATTRIBUTES = {
    "-": "Negated",
    "?": "Uncertain",
    "~": "Hypothetical",
    "H": "Historical",
    "F": "Family",
}
SIGNATURES = {
    **{label: ("R", "D") for label in ("TrID", "TrWD", "TrCD", "TrAD", "TrNAD", "TrRD")},
    **{label: ("R", "S") for label in ("TrIS", "TrWS", "TrCS", "TrAS", "TrNAS")},
    **{
        "TeRD": ("T", "D"),
        "TeCD": ("T", "D"),
        "TeRS": ("T", "S"),
        "TeBS": ("T", "S"),
        "DCS": ("D", "S"),
    },
    **{"DAP": ("D", "B"), "SAP": ("S", "B"), "SNAP": ("S", "B"), "TeAP": ("T", "B")},
    **{"TeCP": ("T", "B"), "TrAP": ("R", "B")},
}
CLAUSE_END = re.compile(r"[。；;\n]")
NARRATIVE_END = re.compile(r"[，,。；;\n：:]|伴|并|后|时|但")
LIST_GAP = re.compile(r"[、及和与 /]{0,2}")
ABDOMINAL = re.compile(r"移动性浊音|肠鸣音|叩?鼓音|振水音")
GENERAL = re.compile(
    r".*(试验|征|反射|评分|阵挛|共济运动)$|查体|体格检查|体检|颈抵抗|颈项强直|胎心率?|脉|P2"
)
_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"<([^<>]+)>")
_MARK = re.compile(r"\[([^\[\]|]+)\|([RDSTB])([^\[\]|]*)\]|\{([^{}]*)\}")


class MarkupError(ValueError):
    """A phrase that does not follow the markup."""


@dataclass(eq=False)
class Mention:
    """A mention of a phrase: its text, type letter, identifier, attribute marks and other marks."""

    text: str
    type: str
    id: str = ""
    attributes: str = ""
    marks: str = ""


@dataclass
class Passage:
    """Annotated text: pieces (text, mention or None) and relations (label, head, tail)."""

    pieces: list[tuple[str, Mention | None]] = field(default_factory=list)
    relations: list[tuple[str, Mention, Mention]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the text without markup."""
        return "".join(text for text, _ in self.pieces)


def zipf(rng: Random, count: int, exponent: float = 0.7) -> int:
    """Draw an index below count; index i has a weight of 1 / (i + 1) ** exponent."""
    return rng.choices(range(count), [1 / (i + 1) ** exponent for i in range(count)])[0]


def split_alternatives(text: str) -> list[str]:
    """Split at the bars outside square brackets."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "[") - (char == "]")
        if char == "|" and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def expand(text: str, rng: Random, fill: Callable[[str], str]) -> str:
    """Draw the alternatives and fill the slots, from left to right, until none is left.

    text (str): A phrase.
    rng (Random): The random numbers.
    fill (Callable[[str], str]): Returns the text of a slot, with markup.
    RETURNS (str): A phrase with mentions and relations only.
    RAISES (MarkupError): If the phrase never ends.
    """
    for _ in range(5000):
        choice, slot = _CHOICE.search(text), _SLOT.search(text)
        if choice and (slot is None or choice.start() < slot.start() or "<" in choice.group(1)):
            options = split_alternatives(choice.group(1))
            text = text[: choice.start()] + options[zipf(rng, len(options))] + text[choice.end() :]
        elif slot:
            text = text[: slot.start()] + fill(slot.group(1)) + text[slot.end() :]
        elif choice is None:
            return text
    raise MarkupError(f"A phrase has more than 5000 alternatives and slots: {text[:60]}")


def parse(text: str, optional: bool = True, unmarked: frozenset[str] = frozenset()) -> Passage:
    """Return the passage of an expanded phrase, with the relations stated and those by rule.

    text (str): An expanded phrase.
    optional (bool): Keep the mentions marked with *.
    unmarked (frozenset[str]): Texts that are not annotated if optional is false.
    RETURNS (Passage): The passage.
    RAISES (MarkupError): If a mark or a selector is invalid.
    """
    passage = Passage()
    for i, segment in enumerate(text.split("¦")):
        mode, body = (segment[:1], segment[1:]) if i else ("N", segment)
        if mode not in "EN" or not mode:
            raise MarkupError(f"A segment begins with ¦E or ¦N: {segment[:40]}")
        part = _parse_segment(body, mode, optional, unmarked)
        passage.pieces += part.pieces
        passage.relations += part.relations
    return passage


def _parse_segment(text: str, mode: str, optional: bool, unmarked: frozenset[str]) -> Passage:
    passage, directives, end = Passage(), [], 0
    for match in _MARK.finditer(text):
        passage.pieces.append((text[end : match.start()], None))
        end = match.end()
        if match.group(4) is not None:
            directives.append(match.group(4).split())
            continue
        marks = match.group(3)
        mention = Mention(
            match.group(1),
            match.group(2),
            "".join(c for c in marks if c.isdigit()),
            "".join(c for c in marks if c in ATTRIBUTES),
            "".join(c for c in marks if c in ">^=*"),
        )
        if len(mention.id + mention.attributes + mention.marks) != len(marks):
            raise MarkupError(f"Unknown mark in [{match.group(1)}|{match.group(2)}{marks}]")
        if not optional and ("*" in mention.marks or mention.text in unmarked):
            passage.pieces.append((mention.text, None))
        else:
            passage.pieces.append((mention.text, mention))
    passage.pieces.append((text[end:], None))
    passage.pieces = [piece for piece in passage.pieces if piece[0]]
    if re.search(r"[\[\]{}()<>|]", passage.text):
        raise MarkupError(f"Markup left in the text: {passage.text[:80]}")
    stated = _stated_relations(passage, directives, optional)
    ruled = [] if ["none"] in directives else _ruled_relations(passage, mode)
    pairs = {(id(head), id(tail)) for _, head, tail in stated}
    passage.relations = stated + [r for r in ruled if (id(r[1]), id(r[2])) not in pairs]
    return passage


def _stated_relations(
    passage: Passage, directives: list[list[str]], optional: bool
) -> list[tuple[str, Mention, Mention]]:
    mentions = [mention for _, mention in passage.pieces if mention]
    found: dict[tuple[int, int], tuple[str, Mention, Mention]] = {}
    for words in directives:
        if words == ["none"]:
            continue
        if words[0] not in SIGNATURES or len(words) < 3:
            raise MarkupError(f"Unknown relation {{{' '.join(words)}}}")
        for selector in words[1:]:
            if selector[:1] not in TYPES:
                raise MarkupError(f"Unknown selector in {{{' '.join(words)}}}")
        heads = [m for m in mentions if _is_selected(m, words[1])]
        tails = [m for m in mentions if any(_is_selected(m, word) for word in words[2:])]
        if optional and not (heads and tails):
            raise MarkupError(f"{{{' '.join(words)}}} selects nothing: {passage.text[:60]}")
        for head in heads:
            for tail in tails:
                if (head.type, tail.type) != SIGNATURES[words[0]]:
                    raise MarkupError(
                        f"{words[0]} cannot go from {head.type} to {tail.type}: {passage.text[:50]}"
                    )
                found.setdefault((id(head), id(tail)), (words[0], head, tail))
    return list(found.values())


def _is_selected(mention: Mention, selector: str) -> bool:
    return mention.type == selector[0] and selector[1:] in ("", mention.id)


def _is_plausible(test: Mention, position: Mention, adjacent: bool) -> bool:
    """Return whether a position is where a sign was examined.

    Bowel sounds belong to the abdomen; a named sign belongs to a position right before it.
    """
    if ABDOMINAL.fullmatch(test.text):
        return "腹" in position.text or "肺" in position.text
    return adjacent or not GENERAL.fullmatch(test.text) or "光反射" in test.text


def _ruled_relations(passage: Passage, mode: str) -> list[tuple[str, Mention, Mention]]:
    """Link signs to the position that governs them, and a report's content to its test."""
    relations = []
    positions: list[Mention] = []
    report: Mention | None = None
    value: Mention | None = None
    gap = ""
    last: Mention | None = None
    end = CLAUSE_END if mode == "E" else NARRATIVE_END
    for text, mention in passage.pieces:
        if mention is None:
            gap += text
            if end.search(text):
                positions = []
            if CLAUSE_END.search(text):
                value = None
            continue
        if "=" not in mention.marks:
            if mention.type == "B":
                follows = last is not None and last.type == "B" and LIST_GAP.fullmatch(gap)
                positions = [*positions, mention] if follows else [mention]
                if report:
                    relations.append(("TeCP", report, mention))
            elif mention.type == "S":
                label = "SNAP" if "-" in mention.attributes else "SAP"
                if value is None:
                    relations += [(label, mention, position) for position in positions]
                source = value or report
                if source:
                    relations.append(("TeRS", source, mention))
                value = None
            elif mention.type == "D" and report:
                relations.append(("TeRD", report, mention))
            elif mention.type == "T":
                if not set("^>") & set(mention.marks):
                    adjacent = last is not None and last.type == "B" and not gap
                    relations += [
                        ("TeAP", mention, p)
                        for p in positions
                        if _is_plausible(mention, p, adjacent)
                    ]
                report = mention if ">" in mention.marks else report
                value = mention if "^" in mention.marks else None
                if ">" in mention.marks:
                    positions = []
        last, gap = mention, ""
    return relations
