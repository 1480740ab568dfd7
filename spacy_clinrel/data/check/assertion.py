"""Statistics and findings of assertion attributes."""

from collections import Counter
from typing import Any, Dict, Iterator, Sequence

from ...tokens import attribute_rows, group_mentions, has_assertion
from ...types import ASSERTIONS
from .findings import GOOD, INFO, WARNING, Figures, Finding
from .settings import AssertionTypes
from .table import Part

SECTION = "assertion"


def describe_assertion(part: Part) -> Dict[str, Any]:
    """Count the assertion attributes of a part.

    part (Part): A part of the corpus, e.g. its training documents.
    RETURNS (Dict[str, Any]): The number of documents annotated with attributes, and the numbers of
        mentions by attribute and by type and attribute.
    """
    counts: Counter = Counter()
    for doc in part.docs:
        rows = [(i, name) for i, name, _ in attribute_rows(doc) if name in ASSERTIONS]
        spans = group_mentions(doc) if rows else []
        counts.update((spans[i].label_, name) for i, name in rows)
    per_attribute: Counter = Counter()
    for (_, name), n in counts.items():
        per_attribute[name] += n
    return {
        "assertion_documents": sum(map(has_assertion, part.docs)),
        "per_attribute": dict(per_attribute.most_common()),
        "per_type_and_attribute": {
            f"{label}: {name}": n for (label, name), n in counts.most_common()
        },
    }


def assertion_findings(figures: Figures, min_count: int) -> Iterator[Finding]:
    """Report documents without attributes, and attributes that are too rare to be learned.

    figures (Figures): Statistics by part, the training part first.
    min_count (int): Minimum number of mentions per attribute in the training part.
    YIELDS (Finding): The findings.
    """
    annotated = {name: part["assertion_documents"] for name, part in figures.items()}
    if not any(annotated.values()):
        text = "no document is annotated with assertion attributes; assertion_rules needs none"
        yield Finding(INFO, SECTION, text)
        return
    for name, n in annotated.items():
        if n < figures[name]["documents"]:
            missing = figures[name]["documents"] - n
            text = f"{name}, documents not annotated with attributes, which assertion_classifier "
            text += f"does not learn from: {missing}"
            yield Finding(WARNING, SECTION, text)
    train, *others = figures
    counts = {name: figures[train]["per_attribute"].get(name, 0) for name in ASSERTIONS}
    rare = [f"{name} ({n})" for name, n in counts.items() if n < min_count]
    if rare:
        text = f"attributes of fewer than {min_count} mentions in {train}: {', '.join(rare)}"
        yield Finding(WARNING, SECTION, text)
    else:
        text = f"every attribute has at least {min_count} mentions in {train}"
        yield Finding(GOOD, SECTION, text)
    known = {key.rpartition(": ")[0] for key in figures[train]["per_type_and_attribute"]}
    for name in others:
        unseen = {
            key: n
            for key, n in figures[name]["per_type_and_attribute"].items()
            if key.rpartition(": ")[0] not in known
        }
        if unseen:
            found = ", ".join(f"{key} ({n})" for key, n in unseen.items())
            text = f"{name}, attributes of types that have none in {train}, so that "
            text += f"assertion_classifier does not judge them: {found}"
            yield Finding(WARNING, SECTION, text)


def assertion_type_findings(
    figures: Figures, components: Sequence[AssertionTypes]
) -> Iterator[Finding]:
    """Report entity types of `assertion_rules` that the corpus does not have.

    figures (Figures): Statistics by part.
    components (Sequence[AssertionTypes]): The types of each component.
    YIELDS (Finding): The findings.
    """
    known = sorted({label for part in figures.values() for label in part["per_type"]})
    if not known:
        return
    for name, judged, cues in components:
        missing = [label for label in judged or () if label not in known]
        advice = (
            "rename the types of the corpus with `clinrel convert --rename OLD=NEW`. Its types: "
        )
        advice += ", ".join(known)
        if missing:
            text = f"{name}.types has types that do not occur in the corpus: {', '.join(missing)}. "
            text += "Mentions of types that are not listed get no attributes. Set types in "
            yield Finding(WARNING, SECTION, f"{text}[components.{name}], or {advice}")
        if cues and not {*cues} & {*known}:
            text = f"{name}: cues that are limited to types have no effect, because none of these "
            text += f"types occurs in the corpus: {', '.join(cues)}. Set path to rules with "
            yield Finding(WARNING, SECTION, f"{text}mention_types of your own, or {advice}")
