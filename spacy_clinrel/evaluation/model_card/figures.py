"""Figures of a model card, read from the output of `evaluate`."""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import srsly

from ...errors import Errors
from ..assertion_scores import ASSERTION_E2E_SCORES, ASSERTION_SCORES, EXACT, PER_ATTRIBUTE
from ..scorers import END_TO_END, ENTITY_SCORES, GOLD_ENTITIES, RELATION_SCORES
from .markdown import MISSING, code, escape, percent, table
from .settings import Evaluation

Scores = Dict[str, Any]
# The rows of a table of figures: name, setting, and the keys of P, R and F.
ROWS: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    ("Entities", END_TO_END, tuple(ENTITY_SCORES)),
    ("Relations, end to end", END_TO_END, tuple(RELATION_SCORES)),
    ("Relations between gold entities", GOLD_ENTITIES, tuple(RELATION_SCORES)),
    ("Assertion attributes, end to end", END_TO_END, tuple(ASSERTION_E2E_SCORES)),
    ("Assertion attributes of gold entities", GOLD_ENTITIES, tuple(ASSERTION_SCORES)),
)
NOT_MEASURED = "not measured"
N_WEAKEST = 6  # number of relation labels that are named as limits


class Metrics(NamedTuple):
    """The output of `evaluate` in a file.

    scores (Optional[Dict[str, Any]]): The scores; None if there is no file for this pipeline.
    facts (Dict[str, Any]): The other values of the file: "data", "documents" and so on.
    problem (str): Why there are no scores, in Markdown.
    """

    scores: Optional[Scores]
    facts: Dict[str, Any]
    problem: str = ""


def read_metrics(path: Optional[str], setting: str, modified: float) -> Metrics:
    """Read the output of `evaluate`.

    path (Optional[str]): The JSON file; None if the settings of the card name none.
    setting (str): "end_to_end" or "gold_entities".
    modified (float): When the pipeline was written. Older files are from another pipeline.
    RETURNS (Metrics): The scores, or why there are none.
    RAISES (ValueError): If the file is not the output of `evaluate` in this setting.
    """
    if path is None:
        return Metrics(None, {})
    file = Path(path)
    if not file.exists():
        return Metrics(None, {}, f"{code(path)} does not exist")
    try:
        data = srsly.read_json(file)
    except (OSError, ValueError) as error:
        raise ValueError(Errors.F172.format(path=path, setting=setting)) from error
    if not isinstance(data, dict) or not isinstance(data.get(setting), dict):
        raise ValueError(Errors.F172.format(path=path, setting=setting))
    if file.stat().st_mtime < modified:
        return Metrics(None, {}, f"{code(path)} is older than the pipeline")
    return Metrics(data[setting], data)


def evaluation_text(evaluation: Evaluation, modified: float) -> List[str]:
    """Format an evaluation.

    evaluation (Evaluation): The settings of the evaluation.
    modified (float): When the pipeline was written.
    RETURNS (List[str]): Paragraphs and tables in Markdown, without the heading.
    RAISES (ValueError): If a file is not the output of `evaluate`.
    """
    metrics = {
        setting: read_metrics(getattr(evaluation, setting), setting, modified)
        for setting in (END_TO_END, GOLD_ENTITIES)
    }
    problems = [item.problem for item in metrics.values() if item.problem]
    measured = [item for item in metrics.values() if item.scores is not None]
    parts = [" ".join(evaluation.text.split())] if evaluation.text else []
    if not measured:
        reason = f": {'; '.join(problems)}" if problems else ""
        return [*parts, f"Not measured{reason}."]
    parts.append(_describe_data(measured[0].facts))
    scores = {setting: item.scores for setting, item in metrics.items()}
    parts.append(table(_overall_rows(scores), ("", "P", "R", "F")))
    exact = (scores[GOLD_ENTITIES] or {}).get(EXACT)
    if exact is not None:
        share = f"{percent(exact)} % of the gold entities of types with attributes"
        parts.append(f"All attributes are correct for {share}.")
    if problems:
        parts.append(f"Not measured: {'; '.join(problems)}.")
    if evaluation.per_label:
        parts += _label_tables(scores[END_TO_END] or {}, scores[GOLD_ENTITIES] or {})
    return parts


def weakest_labels(evaluation: Evaluation, modified: float) -> str:
    """Name the relation labels with the lowest F, end to end.

    evaluation (Evaluation): The evaluation.
    modified (float): When the pipeline was written.
    RETURNS (str): A sentence in Markdown; empty if there are no scores per label.
    """
    scores = read_metrics(evaluation.end_to_end, END_TO_END, modified).scores or {}
    gold = {
        label: score for label, score in scores.get("rel_per_type", {}).items() if score.get("gold")
    }
    weakest = sorted(gold, key=lambda label: (gold[label]["f"], label))[:N_WEAKEST]
    if not weakest:
        return ""
    named = ", ".join(
        f"{code(label)} {percent(gold[label]['f'])} ({gold[label]['gold']} in the data)"
        for label in weakest
    )
    return f"The relations with the lowest F, end to end ({escape(evaluation.title)}): {named}."


def _describe_data(facts: Dict[str, Any]) -> str:
    """Describe what was evaluated."""
    seed = "" if facts.get("seed") is None else f" Training seed {facts['seed']}."
    data = Path(str(facts.get("data", ""))).name
    version = escape(str(facts.get("spacy_clinrel", "unknown")))
    return (
        f"{facts.get('documents', 'An unknown number of')} documents ({code(data)}), measured with "
        f"spacy-clinrel {version}.{seed} P, R and F are micro-averaged and strict, in per cent."
    )


def _overall_rows(scores: Dict[str, Optional[Scores]]) -> List[List[str]]:
    """Return the rows of the main table. Scores that the data do not allow are left out."""
    rows = []
    for name, setting, keys in ROWS:
        found = scores[setting]
        if found is None:
            rows.append([name, NOT_MEASURED, "", ""])
        elif any(found.get(key) is not None for key in keys):
            rows.append([name, *(percent(found.get(key)) for key in keys)])
    return rows


def _label_tables(end_to_end: Scores, gold: Scores) -> List[str]:
    """Format the scores per entity type, relation label and attribute."""
    parts = []
    types = end_to_end.get("ents_per_type") or {}
    if types:
        rows = [[code(label), *(percent(types[label][key]) for key in "prf")] for label in types]
        parts.append(table(sorted(rows), ("Type", "P", "R", "F")))
    for title, key in (("Relation", "rel_per_type"), ("Attribute of gold entities", PER_ATTRIBUTE)):
        first, second = end_to_end.get(key) or {}, gold.get(key) or {}
        is_relation = key == "rel_per_type"
        columns = [first, second] if is_relation else [second]
        labels = {label: None for column in columns for label in column}
        if not labels:
            continue
        rows = [
            [
                code(label),
                *(percent(column.get(label, {}).get(name)) for column in columns for name in "prf"),
                str(second.get(label, first.get(label, {})).get("gold", MISSING)),
            ]
            for label in sorted(labels)
        ]
        header = [title, *"PRF", *("P, gold entities", "R, gold entities", "F, gold entities")]
        header = header if is_relation else header[:4]
        parts.append(table(rows, [*header, "Gold"]))
    return parts
