"""The page of a report: one file that loads nothing, and runs the viewer's script alone."""

from pathlib import Path
from typing import Any, Dict, Optional

from ...viewer.page import script_source
from ..evaluate import GOLD_ENTITIES
from .figures import Analysis
from .markup import Markup, element, escape, join
from .sections import (
    budget_section,
    calibration_section,
    confusion_section,
    documents_section,
    groups_section,
    scores_section,
)
from .style import CSS

SETTINGS = {
    True: "Relations between gold entities: the pipeline was given the entities of the data, so "
    "that only its relations are measured.",
    False: "End to end: the pipeline found entities and relations itself, and a relation is right "
    "only if both its mentions are.",
}
HOW = (
    "Figures are strict and in percent, as evaluate prints them. The small numbers are 95 % "
    "intervals: documents are drawn with replacement, and the figure computed anew, many times. "
    "Draws in which a figure is not defined are left out, and so are, from a mean over labels, the "
    "labels that a draw lacks. A figure that rests on few documents has an interval that is too "
    "narrow, and one that rests on a single document has none."
)
FACTS = {
    "data": "Data",
    "scheme": "Label scheme",
    "documents": "Documents",
    "documents_with_relations": "of these, annotated with relations",
    "model": "Pipeline",
    "model_version": "Its version",
    "seed": "Seed of its training",
    "spacy_clinrel": "spacy-clinrel",
    "spacy": "spaCy",
    "python": "Python",
}


def render_page(analysis: Analysis) -> str:
    """Draw a report.

    analysis (Analysis): Its figures and documents.
    RETURNS (str): A whole HTML page.
    """
    figures = analysis.figures
    about = figures["evaluated"]
    title = f"Error report: {about['model']} on {Path(about['data']).name}"
    sections: Dict[str, Optional[Markup]] = {
        "What was evaluated": join([_facts(about), element("p", HOW)]),
        "Relations": scores_section(figures["relations"], "relations", "relation label"),
        "Entities": scores_section(figures["entities"], "entities", "entity type"),
    }
    if figures["relations"] is not None:
        sections["Error budget"] = budget_section(figures)
        sections["Confusion of labels"] = confusion_section(figures["confusion"])
        sections["Where the relations stand"] = groups_section(figures)
        sections["Calibration"] = calibration_section(figures["calibration"])
        sections["Documents with the most errors"] = documents_section(analysis)
    filled = {name: content for name, content in sections.items() if content is not None}
    links = [
        element("li", element("a", name, href=f"#section-{i}")) for i, name in enumerate(filled)
    ]
    nav = element("nav", element("ul", join(links)), aria_label="Sections")
    parts = [element("h1", title), _setting(about), nav]
    for i, (name, content) in enumerate(filled.items()):
        parts.append(element("section", join([element("h2", name), content]), id=f"section-{i}"))
    return _wrap(element("main", join(parts), class_="report"), title)


def _wrap(content: Markup, title: str) -> str:
    # Nothing can be loaded, whatever the page shows. Plots have style attributes.
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {script_source()}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head>"
        f"<body>{content}</body></html>\n"
    )


def _setting(about: Dict[str, Any]) -> Markup:
    return element("p", SETTINGS[about["setting"] == GOLD_ENTITIES], class_="setting")


def _facts(about: Dict[str, Any]) -> Markup:
    pairs = [
        join([element("dt", name), element("dd", about[key])])
        for key, name in FACTS.items()
        if about.get(key) is not None
    ]
    return element("dl", join(pairs))
