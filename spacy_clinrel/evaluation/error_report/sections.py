"""Sections of the report's page: their titles, templates and data."""

from typing import Any, Dict, List, NamedTuple

from markupsafe import Markup
from spacy.tokens import Doc

from ...viewer import to_html
from ..scorers import GOLD_ENTITIES
from .analysis import Analysis
from .budget import (
    MISSED_MENTION,
    MISSED_RELATION,
    PRUNED_CANDIDATE,
    SPURIOUS_MENTION,
    SPURIOUS_RELATION,
    WRONG_BOUNDARY,
    WRONG_DIRECTION,
    WRONG_LABEL,
    WRONG_TYPE,
)
from .plots import plot_budget, plot_reliability, plot_scores

# Characters per line of a document: on a wide screen, which shows two documents side by side, and
# on a narrow screen.
COLUMNS = (66, 42)
NO_RELATION = "no relation"
CAUSE_NAMES = {
    MISSED_MENTION: "Missed mention",
    SPURIOUS_MENTION: "Spurious mention",
    WRONG_BOUNDARY: "Wrong boundary",
    WRONG_TYPE: "Wrong type",
    PRUNED_CANDIDATE: "Pruned candidate",
    WRONG_LABEL: "Wrong label",
    WRONG_DIRECTION: "Wrong direction",
    MISSED_RELATION: "Missed relation",
    SPURIOUS_RELATION: "Spurious relation",
}
FACT_NAMES = {
    "data": "Data",
    "scheme": "Label scheme",
    "documents": "Documents",
    "documents_with_relations": "Annotated with relations",
    "model": "Pipeline",
    "model_version": "Pipeline version",
    "seed": "Training seed",
    "spacy_clinrel": "spacy-clinrel",
    "spacy": "spaCy",
    "python": "Python",
}
GROUP_TITLES = {
    "by_distance": "Distance in tokens",
    "by_sentence": "Sentence",
    "by_mentions": "Mentions in the document",
}


class Section(NamedTuple):
    """A section of the page.

    title (str): Its heading.
    template (str): File name of its template.
    data (Dict[str, Any]): The template's `data`.
    """

    title: str
    template: str
    data: Dict[str, Any]


def make_sections(analysis: Analysis) -> List[Section]:
    """Prepare the sections of a report.

    analysis (Analysis): The content of the report.
    RETURNS (List[Section]): The sections. Sections without data are left out.
    """
    figures = analysis.figures
    evaluated = figures["evaluated"]
    facts = [(name, evaluated.get(key)) for key, name in FACT_NAMES.items()]
    facts = [(name, value) for name, value in facts if value is not None]
    sections = [Section("What was evaluated", "evaluated.html", {"facts": facts})]
    for title, key, group in (
        ("Relations", "relations", "relation label"),
        ("Entities", "entities", "entity type"),
    ):
        if figures[key] is not None:
            sections.append(Section(title, "scores.html", _scores_data(figures[key], group)))
    if figures["assertion"] is not None:
        data = _assertion_data(figures["assertion"], evaluated["setting"] == GOLD_ENTITIES)
        sections.append(Section("Assertion", "assertion.html", data))
    if figures["relations"] is None:
        return sections
    return [
        *sections,
        Section("Error budget", "budget.html", _budget_data(figures)),
        Section("Confusion of labels", "confusion.html", _confusion_data(figures["confusion"])),
        Section("Distance and document size", "groups.html", _groups_data(figures)),
        Section("Calibration", "calibration.html", _calibration_data(figures)),
        Section("Documents with the most errors", "documents.html", _documents_data(analysis)),
    ]


def _scores_data(scores: Dict[str, Any], group: str) -> Dict[str, Any]:
    plot = plot_scores(scores["groups"], group) if scores["groups"] else None
    return {"scores": scores, "group": group, "plot": plot}


def _assertion_data(figures: Dict[str, Any], is_gold_entities: bool) -> Dict[str, Any]:
    groups = figures["scores"]["groups"]
    plot = plot_scores(groups, "attribute") if groups else None
    return {**figures, "is_gold_entities": is_gold_entities, "plot": plot}


def _budget_data(figures: Dict[str, Any]) -> Dict[str, Any]:
    budget = figures["budget"]
    total = max(budget["gold"] + budget["predicted"], 1)
    bars = [
        (CAUSE_NAMES[row["cause"]], 100 * row["missed"] / total, 100 * row["spurious"] / total)
        for row in budget["causes"]
    ]
    return {
        "budget": budget,
        "f": figures["relations"]["micro"]["f"],
        "candidates_known": figures["candidates_known"],
        "names": CAUSE_NAMES,
        "plot": plot_budget(bars),
    }


def _confusion_data(confusion: Dict[str, Any]) -> Dict[str, Any]:
    # No relation comes first, so that it is visible for any number of labels.
    names = [NO_RELATION, *confusion["labels"]]
    matrix = [[row[-1], *row[:-1]] for row in confusion["matrix"]]
    rows = list(zip(names, [matrix[-1], *matrix[:-1]]))
    outside = {key: confusion[key] for key in ("gold_outside", "predicted_outside")}
    return {"names": names, "rows": rows, **outside}


def _groups_data(figures: Dict[str, Any]) -> Dict[str, Any]:
    groups = []
    for key, title in GROUP_TITLES.items():
        rows = figures[key]
        plot = plot_scores(rows, title.lower()) if rows else None
        groups.append({"title": title, "rows": rows, "plot": plot})
    return {"groups": groups}


def _calibration_data(figures: Dict[str, Any]) -> Dict[str, Any]:
    calibration = figures["calibration"]
    plot = plot_reliability(calibration["bins"]) if calibration else None
    return {"calibration": calibration, "plot": plot}


def _documents_data(analysis: Analysis) -> Dict[str, Any]:
    docs = []
    for judged in analysis.worst:
        docs.append(_copy_with_title(judged.example.reference, f"{judged.name}: gold"))
        docs.append(_copy_with_title(judged.example.predicted, f"{judged.name}: predicted"))
    # The viewer escapes its own markup.
    # Labels are shown as they are in the tables of the report.
    drawn = Markup(to_html(docs, lang="en", columns=COLUMNS, names="codes")) if docs else ""
    return {"docs": analysis.figures["worst"], "names": CAUSE_NAMES, "drawn": drawn}


def _copy_with_title(doc: Doc, title: str) -> Doc:
    copy = doc.copy()
    copy.user_data = {**doc.user_data, "title": title}
    return copy
