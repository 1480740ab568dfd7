"""Sections of the report's page: their titles, templates and data."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from markupsafe import Markup
from spacy.tokens import Doc

from ...viewer import to_html
from ...viewer.names import Names
from ..scorers import GOLD_ENTITIES
from .analysis import Analysis
from .plots import plot_budget, plot_reliability, plot_scores
from .texts import Texts, get_texts

# Characters per line of a document: on a wide screen, which shows two documents side by side, and
# on a narrow screen.
COLUMNS = (66, 42)
GROUPINGS = ("by_distance", "by_sentence", "by_mentions")


class Section(NamedTuple):
    """A section of the page.

    title (str): Its heading.
    template (str): File name of its template.
    data (Dict[str, Any]): The template's `data`.
    """

    title: str
    template: str
    data: Dict[str, Any]


def make_sections(analysis: Analysis, lang: str = "en") -> List[Section]:
    """Prepare the sections of a report.

    analysis (Analysis): The content of the report.
    lang (str): Language of the page.
    RETURNS (List[Section]): The sections. Sections without data are left out.
    """
    figures, texts = analysis.figures, get_texts(lang)
    data: Dict[str, Optional[Dict[str, Any]]] = {
        "evaluated": _evaluated_data(figures, texts),
        "relations": None,
        "entities": None,
        "mentions": None,
        "transfer": None,
        "assertion": None,
    }
    names = Names(lang, types=_entity_types(figures))
    if figures["relations"] is not None:
        data["relations"] = _scores_data(figures["relations"], "label", names.get_relation, texts)
    if figures["entities"] is not None:
        data["entities"] = _scores_data(figures["entities"], "type", names.get_type, texts)
    if figures["mentions"]:
        labels = [row["type"] for row in figures["mentions"]]
        data["mentions"] = {
            "counts": figures["mentions"],
            "strings": analysis.strings,
            "names": {label: names.describe_type(label) for label in labels},
        }
        data["transfer"] = _transfer_data(analysis, texts)
    if figures["assertion"] is not None:
        is_gold_entities = figures["evaluated"]["setting"] == GOLD_ENTITIES
        data["assertion"] = _assertion_data(figures["assertion"], is_gold_entities, texts)
    if figures["relations"] is not None:
        data["budget"] = _budget_data(figures, texts)
        data["confusion"] = _confusion_data(figures["confusion"], texts)
        data["groups"] = _groups_data(figures, texts)
        data["calibration"] = _calibration_data(figures, texts)
        data["documents"] = _documents_data(analysis, lang)
    templates = {"relations": "scores", "entities": "scores"}
    return [
        Section(texts["sections"][key], f"{templates.get(key, key)}.html", content)
        for key, content in data.items()
        if content is not None
    ]


def _entity_types(figures: Dict[str, Any]) -> List[str]:
    """Return the entity types, which decide between the meanings of relation labels."""
    scored = figures["entities"]["groups"] if figures["entities"] else []
    relations = [
        error[side]
        for doc in figures["worst"]
        for error in doc["errors"]
        for side in ("gold", "predicted")
        if error[side]
    ]
    ends = [relation[end]["type"] for relation in relations for end in ("head", "tail")]
    return [*(row["name"] for row in scored), *ends]


def _evaluated_data(figures: Dict[str, Any], texts: Texts) -> Dict[str, Any]:
    values = dict(figures["evaluated"])
    training = (figures["transfer"] or {}).get("training")
    values["train"] = training and training["name"]
    facts = [(name, values.get(key)) for key, name in texts["facts"].items()]
    return {"facts": [(name, value) for name, value in facts if value is not None]}


def _scores_data(scores: Dict[str, Any], group: str, get_name: Any, texts: Texts) -> Dict[str, Any]:
    title = texts["scores"][group]
    groups = scores["groups"]
    readable = {row["name"]: get_name(row["name"]) for row in groups}
    return {
        "scores": scores,
        "group": title,
        "names": {label: name for label, name in readable.items() if name != label},
        "plot": plot_scores(groups, title, texts) if groups else None,
    }


def _transfer_data(analysis: Analysis, texts: Texts) -> Dict[str, Any]:
    figures = analysis.figures["transfer"]
    separator = texts["scores"]["separator"]
    unknown = {
        key: separator.join(f"{label} ({n})" for label, n in figures[key].items())
        for key in ("unknown_types", "unknown_labels")
    }
    return {**unknown, "training": figures["training"], "gaps": analysis.gaps}


def _assertion_data(
    figures: Dict[str, Any], is_gold_entities: bool, texts: Texts
) -> Dict[str, Any]:
    rows = _rename(figures["scores"]["groups"], texts["attributes"])
    plot = plot_scores(rows, texts["scores"]["attribute"], texts) if rows else None
    errors = [{**error, "document": _doc_name(error, texts)} for error in figures["errors"]]
    return {
        **figures,
        **{"errors": errors, "rows": rows, "is_gold_entities": is_gold_entities, "plot": plot},
    }


def _budget_data(figures: Dict[str, Any], texts: Texts) -> Dict[str, Any]:
    budget, names = figures["budget"], texts["causes"]
    total = max(budget["gold"] + budget["predicted"], 1)
    bars = [
        (names[row["cause"]], 100 * row["missed"] / total, 100 * row["spurious"] / total)
        for row in budget["causes"]
    ]
    return {
        "budget": budget,
        "f": figures["relations"]["micro"]["f"],
        "candidates_known": figures["candidates_known"],
        "plot": plot_budget(bars, texts),
    }


def _confusion_data(confusion: Dict[str, Any], texts: Texts) -> Dict[str, Any]:
    # No relation comes first, so that it is visible for any number of labels.
    names = [texts["confusion"]["no_relation"], *confusion["labels"]]
    matrix = [[row[-1], *row[:-1]] for row in confusion["matrix"]]
    rows = list(zip(names, [matrix[-1], *matrix[:-1]]))
    outside = {key: confusion[key] for key in ("gold_outside", "predicted_outside")}
    return {"names": names, "rows": rows, **outside}


def _groups_data(figures: Dict[str, Any], texts: Texts) -> Dict[str, Any]:
    groups = []
    for key in GROUPINGS:
        title = texts["groups"][key]
        rows = _rename(figures[key], texts["groups"])
        plot = plot_scores(rows, title.lower(), texts) if rows else None
        groups.append({"title": title, "rows": rows, "plot": plot})
    return {"groups": groups}


def _rename(rows: Sequence[Dict[str, Any]], names: Dict[str, str]) -> List[Dict[str, Any]]:
    return [{**row, "name": names.get(row["name"], row["name"])} for row in rows]


def _calibration_data(figures: Dict[str, Any], texts: Texts) -> Dict[str, Any]:
    calibration = figures["calibration"]
    plot = plot_reliability(calibration["bins"], texts) if calibration else None
    return {"calibration": calibration, "plot": plot}


def _documents_data(analysis: Analysis, lang: str) -> Dict[str, Any]:
    texts = get_texts(lang)
    rows = [{**row, "name": _doc_name(row, texts)} for row in analysis.figures["worst"]]
    docs = []
    for row, judged in zip(rows, analysis.worst):
        for key, doc in (
            ("gold_side", judged.example.reference),
            ("predicted_side", judged.example.predicted),
        ):
            docs.append(_copy_with_title(doc, texts["documents"][key].format(name=row["name"])))
    # The viewer escapes its own markup.
    # Labels are shown as they are in the tables of the report.
    drawn = Markup(to_html(docs, lang=lang, columns=COLUMNS, names="codes")) if docs else ""
    return {"docs": rows, "drawn": drawn}


def _doc_name(row: Dict[str, Any], texts: Texts) -> str:
    """Return the name of a document. Documents without an ID have their number."""
    name: str = row.get("name") or row["document"]
    unnamed: str = texts["documents"]["unnamed"].format(n=row["number"])
    return unnamed if name == f"document {row['number']}" else name


def _copy_with_title(doc: Doc, title: str) -> Doc:
    copy = doc.copy()
    copy.user_data = {**doc.user_data, "title": title}
    return copy
