"""What the figures of a corpus say to somebody who wants to train on it."""

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from ...tokens import get_doc_id
from .ceiling import SHARE
from .relations import Reverse
from .table import Part

ERROR, WARNING, INFO, GOOD = "error", "warning", "info", "good"
# Examples that a finding names.
EXAMPLES = 5

Figures = Dict[str, Dict[str, Any]]
ODD = {
    "empty_documents": "documents without text",
    "not_annotated": "documents never annotated with relations, whose pairs are not learned from",
    "inside_another": "mentions inside another; entities (doc.ents) are the longest ones alone",
    "across_another": "mentions that begin inside another and end outside of it",
    "across_sentences": "mentions that go over the end of a sentence; check their boundaries, or "
    "the rule for sentences",
}


class Finding(NamedTuple):
    """Something that was found.

    level (str): "error" (training stops or learns nothing), "warning", "info" or "good".
    section (str): What it is about.
    text (str): What was found, where, and what may be done.
    """

    level: str
    section: str
    text: str


def annotation(parts: Sequence[Part], figures: Figures) -> Iterator[Finding]:
    """What is odd about documents and mentions.

    parts (Sequence[Part]): The parts, that which is trained on first.
    figures (Figures): Figures by part.
    YIELDS (Finding): The findings.
    """
    section, train = "mentions", parts[0].name
    for what in ("mentions", "relations"):
        if not figures[train][what]:
            yield Finding(ERROR, section, f"{train} has no {what}: there is nothing to learn")
    for part in parts:
        if part.broken:
            text = f"relations point at mentions that are not there, in {_some(part.broken)}"
            yield Finding(ERROR, section, f"{part.name}: {text}")
        for key, text in ODD.items():
            if figures[part.name][key]:
                level = INFO if key == "inside_another" else WARNING
                yield Finding(level, section, f"{part.name}, {text}: {figures[part.name][key]}")
        nameless = sum(get_doc_id(doc) is None for doc in part.docs)
        if nameless:
            text = f"{part.name}, documents without a name, called by their number: {nameless}"
            yield Finding(INFO, section, text)


def labels(figures: Figures, min_count: int) -> Iterator[Finding]:
    """Labels, types and pairs of types that can't be learned.

    figures (Figures): Figures by part, that which is trained on first.
    min_count (int): Labels with fewer relations are too rare.
    YIELDS (Finding): The findings.
    """
    section = "relations"
    train, *others = figures
    known = figures[train]["per_label"]
    rare = [f"{label} ({n})" for label, n in known.items() if n < min_count]
    if rare:
        text = f"labels with fewer than {min_count} relations in {train}: {', '.join(rare)}"
        yield Finding(WARNING, section, text)
    elif known:
        yield Finding(GOOD, section, f"every label has {min_count} relations or more in {train}")
    pairs = {(head, tail) for head, _, tail, _ in figures[train]["per_signature"]}
    for name in others:
        own = figures[name]
        for kind, key in (("labels", "per_label"), ("types", "per_type")):
            new = [f"{x} ({n})" for x, n in own[key].items() if x not in figures[train][key]]
            if new:
                text = f"{kind} of {name} that {train} does not have: {', '.join(new)}"
                yield Finding(WARNING, section, text)
        unseen = sum(n for head, _, tail, n in own["per_signature"] if (head, tail) not in pairs)
        if unseen:
            text = f"relations of {name} between two types that are not related in {train}, which "
            text += f"a component with typed = true can't find: {unseen}"
            yield Finding(WARNING, section, text)


def direction(figures: Figures, found: Sequence[Reverse]) -> Iterator[Finding]:
    """Labels that go both ways.

    figures (Figures): Figures by part.
    found (Sequence[Reverse]): Labels between two types in both directions.
    YIELDS (Finding): The findings.
    """
    section = "directions"
    for row in found:
        if row.rare:
            text = f"{row.label} goes from {row.types[0]} to {row.types[1]} ({row.counts[0]}), but "
            text += f"also back ({row.counts[1]}), perhaps by mistake: {_some(row.examples)}"
            yield Finding(WARNING, section, text)
    often = [
        f"{row.label} between {row.types[0]} ({row.counts[0]}) and {row.types[1]} ({row.counts[1]})"
        for row in found
        if not row.rare
    ]
    if often:
        text = "labels that often go both ways between two types, which is right if their "
        text += f"guideline says so: {_some(often)}"
        yield Finding(INFO, section, text)
    both = [place for own in figures.values() for place in own["both_directions"]]
    if both:
        text = f"mentions that one label relates in both directions ({len(both)}): {_some(both)}"
        yield Finding(WARNING, section, text)
    if not found and not both:
        yield Finding(GOOD, section, "no label goes both ways between two types")


def duplicates(figures: Figures, near: Dict[str, List[List[str]]]) -> Iterator[Finding]:
    """Relations and texts that are there twice.

    figures (Figures): Figures by part.
    near (Dict[str, List[List[str]]]): Near-duplicates "within" parts and "across" them.
    YIELDS (Finding): The findings.
    """
    section = "duplicates"
    twice = [place for own in figures.values() for place in own["same_twice"]]
    if twice:
        text = f"relations that are there twice ({len(twice)}): {_some(twice)}"
        yield Finding(WARNING, section, text)
    for kind, what in (
        (
            "across",
            "in several parts, so that what is measured was learned (`clinrel split` keeps "
            "it together)",
        ),
        ("within", "in one part"),
    ):
        if near[kind]:
            shown = [" = ".join(group[:EXAMPLES]) for group in near[kind]]
            text = f"nearly the same text {what}, groups: {len(near[kind])}; {_some(shown)}"
            yield Finding(WARNING, section, text)
    if not near["across"] and len(figures) > 1:
        yield Finding(GOOD, section, "no text stands in several parts")


def ceilings(candidates: Figures, wider: Dict[str, List[Dict[str, Any]]]) -> Iterator[Finding]:
    """Relations that the candidates do not reach.

    candidates (Figures): Ceilings by part and component.
    wider (Dict[str, List[Dict[str, Any]]]): Settings that reach more, by component.
    YIELDS (Finding): The findings.
    """
    section, train = "candidates", next(iter(candidates))
    for part, own in candidates.items():
        for name, row in own.items():
            if row["recall"] is None:
                continue
            text = f"{part}: {name} reaches {row['reached']} of {row['gold']} relations "
            text += f"({_percent(row)}) with {row['pairs']} pairs"
            level = WARNING if row["recall"] < SHARE else GOOD
            yield Finding(level if row["reached"] else ERROR, section, text)
    for rows in wider.values():
        for row in rows:
            settings = ", ".join(f"{key} = {value}" for key, value in row["settings"].items())
            text = f"{settings} would reach {_percent(row)} of {train} with {row['pairs']} pairs"
            yield Finding(INFO, section, text)


def _percent(row: Dict[str, Any]) -> str:
    return f"{100 * row['recall']:.1f} %"


def _some(items: Sequence[str]) -> str:
    unique = list(dict.fromkeys(items))
    more = f" and {len(unique) - EXAMPLES} more" if len(unique) > EXAMPLES else ""
    return ", ".join(unique[:EXAMPLES]) + more
