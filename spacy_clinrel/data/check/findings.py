"""Findings: problems for training that the statistics of a corpus show."""

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence

from ...tokens import get_doc_id, is_split_into_letters
from .ceiling import TARGET_RECALL
from .relations import TwoWayLabel
from .table import Part

ERROR, WARNING, INFO, GOOD = "error", "warning", "info", "good"
# Maximum number of examples in a finding.
MAX_EXAMPLES = 5

Figures = Dict[str, Dict[str, Any]]
# Statistics that are reported if they are above 0.
ANOMALIES = {
    "empty_documents": "documents without text",
    "not_annotated": "documents not annotated with relations, whose pairs are ignored in training",
    "inside_another": "mentions inside another; only the longest are entities (doc.ents)",
    "across_another": "mentions that start inside another and end outside it",
    "across_sentences": "mentions across the end of a sentence; check their boundaries, or the "
    "rule for sentences",
}
LEAKAGE = (
    "in several parts, so that evaluation sees training texts (`clinrel split` keeps them together)"
)

SPLIT_INTO_LETTERS = (
    "most tokens are single Latin letters, because the corpus was converted with the tokenizer for "
    "Chinese. For English, convert it again with --lang en"
)


class Finding(NamedTuple):
    """A result of a check, shown to the user.

    level (str): "error" (training fails or learns nothing), "warning", "info" or "good".
    section (str): The section of the output.
    text (str): The message: what was found, where, and what to do.
    code (str): The name of the check of consistency, see docs/how-to/consistency.md; empty for
        others.
    places (int): The number of places that the check found.
    """

    level: str
    section: str
    text: str
    code: str = ""
    places: int = 0


def mention_findings(parts: Sequence[Part], figures: Figures) -> Iterator[Finding]:
    """Report anomalies of documents and mentions.

    parts (Sequence[Part]): The parts, the training part first.
    figures (Figures): Statistics by part.
    YIELDS (Finding): The findings.
    """
    section, train = "mentions", parts[0].name
    for name in ("mentions", "relations"):
        if not figures[train][name]:
            # Without relations, the corpus can still train assertion_classifier.
            is_useful = name == "relations" and figures[train].get("assertion_documents")
            text = f"{train} has no {name}: there is nothing to learn"
            yield Finding(WARNING if is_useful else ERROR, section, text)
    for part in parts:
        if is_split_into_letters(part.docs):
            yield Finding(WARNING, section, f"{part.name}: {SPLIT_INTO_LETTERS}")
        if part.broken:
            text = f"{part.name}: relations of missing mentions in {join_examples(part.broken)}"
            yield Finding(ERROR, section, text)
        for key, text in ANOMALIES.items():
            if figures[part.name][key]:
                level = INFO if key == "inside_another" else WARNING
                yield Finding(level, section, f"{part.name}, {text}: {figures[part.name][key]}")
        without_id = sum(get_doc_id(doc) is None for doc in part.docs)
        if without_id:
            text = f"{part.name}, documents without an id, listed by number: {without_id}"
            yield Finding(INFO, section, text)


def label_findings(figures: Figures, min_count: int) -> Iterator[Finding]:
    """Report labels, types and type pairs that are too rare to be learned or missing in the
    training part.

    figures (Figures): Statistics by part, the training part first.
    min_count (int): Minimum number of relations per label in the training part.
    YIELDS (Finding): The findings.
    """
    section = "relations"
    train, *others = figures
    counts = figures[train]["per_label"]
    rare = [f"{label} ({n})" for label, n in counts.items() if n < min_count]
    if rare:
        text = f"labels with fewer than {min_count} relations in {train}: {', '.join(rare)}"
        yield Finding(WARNING, section, text)
    elif counts:
        yield Finding(GOOD, section, f"every label has at least {min_count} relations in {train}")
    for name in others:
        yield from _unseen_findings(figures, train, name)


def _unseen_findings(figures: Figures, train: str, name: str) -> Iterator[Finding]:
    """Report labels, types and type pairs that occur in a part but not in the training part."""
    section = "relations"
    for noun, key in (("labels", "per_label"), ("types", "per_type")):
        counts = figures[name][key]
        known = figures[train][key]
        unseen = [f"{value} ({n})" for value, n in counts.items() if value not in known]
        if unseen:
            text = f"{noun} of {name} that do not occur in {train}: {', '.join(unseen)}"
            yield Finding(WARNING, section, text)
    pairs = {(head, tail) for head, _, tail, _ in figures[train]["per_signature"]}
    signatures = figures[name]["per_signature"]
    count = sum(n for head, _, tail, n in signatures if (head, tail) not in pairs)
    if count:
        text = f"relations of {name} between types that are not related in {train}, which a "
        text += f"component with typed = true cannot predict: {count}"
        yield Finding(WARNING, section, text)


def direction_findings(figures: Figures, labels: Sequence[TwoWayLabel]) -> Iterator[Finding]:
    """Report labels that relate the same two types in both directions.

    figures (Figures): Statistics by part.
    labels (Sequence[TwoWayLabel]): Labels that relate two types in both directions.
    YIELDS (Finding): The findings.
    """
    section = "directions"
    for row in labels:
        if row.is_rare:
            text = f"{row.label} goes from {row.types[0]} to {row.types[1]} ({row.counts[0]}), but "
            text += (
                f"also back ({row.counts[1]}), perhaps by mistake: {join_examples(row.examples)}"
            )
            yield Finding(WARNING, section, text)
    frequent = [
        f"{row.label} between {row.types[0]} ({row.counts[0]}) and {row.types[1]} ({row.counts[1]})"
        for row in labels
        if not row.is_rare
    ]
    if frequent:
        text = "labels in both directions between two types, which is right if the guideline "
        text += f"allows it: {join_examples(frequent)}"
        yield Finding(INFO, section, text)
    pairs = [place for part in figures.values() for place in part["both_directions"]]
    if pairs:
        text = f"mentions related by one label in both directions ({len(pairs)}): "
        yield Finding(WARNING, section, text + join_examples(pairs))
    if not labels and not pairs:
        yield Finding(GOOD, section, "no label occurs in both directions between two types")


def duplicate_findings(figures: Figures, near: Dict[str, List[List[str]]]) -> Iterator[Finding]:
    """Report duplicate relations and near-duplicate texts.

    figures (Figures): Statistics by part.
    near (Dict[str, List[List[str]]]): Clusters of near-duplicates "within" one part and "across"
        parts.
    YIELDS (Finding): The findings.
    """
    section = "duplicates"
    duplicates = [place for part in figures.values() for place in part["same_twice"]]
    if duplicates:
        text = f"duplicate relations ({len(duplicates)}): {join_examples(duplicates)}"
        yield Finding(WARNING, section, text)
    for extent, where in (("across", LEAKAGE), ("within", "in one part")):
        if near[extent]:
            groups = [" = ".join(group[:MAX_EXAMPLES]) for group in near[extent]]
            text = f"near-duplicate texts {where}, groups: {len(groups)}; {join_examples(groups)}"
            yield Finding(WARNING, section, text)
    if not near["across"] and len(figures) > 1:
        yield Finding(GOOD, section, "no text occurs in several parts")


def candidate_findings(
    candidates: Figures, wider: Dict[str, List[Dict[str, Any]]]
) -> Iterator[Finding]:
    """Report recall ceilings that are too low.

    candidates (Figures): Recall ceilings by part and component.
    wider (Dict[str, List[Dict[str, Any]]]): Suggested settings with higher recall ceilings, by
        component.
    YIELDS (Finding): The findings.
    """
    section, train = "candidates", next(iter(candidates))
    for part, ceilings in candidates.items():
        for name, row in ceilings.items():
            if row["recall"] is None:
                continue
            text = f"{part}: {name} reaches {row['reached']} of {row['gold']} relations "
            text += f"({_percent(row)}) with {row['pairs']} pairs"
            level = WARNING if row["recall"] < TARGET_RECALL else GOOD
            yield Finding(level if row["reached"] else ERROR, section, text)
    for rows in wider.values():
        for row in rows:
            settings = ", ".join(f"{key} = {value}" for key, value in row["settings"].items())
            text = f"{settings} would reach {_percent(row)} of {train} with {row['pairs']} pairs"
            yield Finding(INFO, section, text)


def _percent(row: Dict[str, Any]) -> str:
    return f"{100 * row['recall']:.1f} %"


def join_examples(items: Sequence[str]) -> str:
    """Join the first distinct items to a text, with the number of the rest.

    items (Sequence[str]): The items.
    RETURNS (str): The text.
    """
    unique = list(dict.fromkeys(items))
    rest = f" and {len(unique) - MAX_EXAMPLES} more" if len(unique) > MAX_EXAMPLES else ""
    return ", ".join(unique[:MAX_EXAMPLES]) + rest
