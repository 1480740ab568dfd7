"""Settings of a model card, read from a YAML file: what the pipeline and the metrics don't say."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import srsly

from ...errors import Errors


@dataclass(frozen=True)
class Evaluation:
    """An evaluation that the card reports.

    title (str): Its heading.
    text (str): A paragraph about the data, in Markdown.
    end_to_end (Optional[str]): Path of the output of `evaluate`.
    gold_entities (Optional[str]): Path of the output of `evaluate` with gold entities.
    per_label (bool): Whether to show tables of scores per label. The labels with the lowest scores
        in the first such evaluation are listed as limits.
    """

    title: str
    text: str = ""
    end_to_end: Optional[str] = None
    gold_entities: Optional[str] = None
    per_label: bool = False


@dataclass(frozen=True)
class CardSettings:
    """The settings of a card. Texts are in Markdown, and paths are relative to the current folder.

    name (str): Name of the pipeline without the language, e.g. "clinrel".
    description (str): One sentence.
    author (str): The author.
    license (str): The licence of the pipeline, e.g. "MIT".
    email (str): The author's address.
    url (str): The project's address.
    license_file (Optional[str]): A file that is packaged as LICENSE.
    sources (List[Dict[str, str]]): The training data: "name" and optionally "author", "url" and
        "license".
    use (str): A paragraph on the intended use.
    data (str): A paragraph on the training data.
    parts (Dict[str, str]): The .spacy file of each part of the corpus, by the part's name.
    evaluations (Tuple[Evaluation, ...]): The evaluations.
    limits (List[str]): Known limits, one sentence or more each.
    reproduce (List[str]): Commands that make the pipeline and its figures.
    """

    name: str
    description: str
    author: str
    license: str
    email: str = ""
    url: str = ""
    license_file: Optional[str] = None
    sources: List[Dict[str, str]] = field(default_factory=list)
    use: str = ""
    data: str = ""
    parts: Dict[str, str] = field(default_factory=dict)
    evaluations: Tuple[Evaluation, ...] = ()
    limits: List[str] = field(default_factory=list)
    reproduce: List[str] = field(default_factory=list)


REQUIRED = ("name", "description", "author", "license")
TEXT, TEXTS, MAPPING, FLAG = "text", "a list of texts", "a mapping of texts", "true or false"
MAPPINGS = "a list of mappings"
EXPECTED = {
    **{key.name: TEXT for key in fields(CardSettings)},
    "sources": MAPPINGS,
    "evaluations": MAPPINGS,
    "parts": MAPPING,
    "limits": TEXTS,
    "reproduce": TEXTS,
}
EVALUATION_EXPECTED = {**{key.name: TEXT for key in fields(Evaluation)}, "per_label": FLAG}


def read_settings(path: Path) -> CardSettings:
    """Read the settings of a model card.

    path (Path): The YAML file.
    RETURNS (CardSettings): The settings.
    RAISES (ValueError): If the file can't be read, or a setting is missing, unknown or of another
        type.
    """
    try:
        data = srsly.read_yaml(path)
    except (OSError, ValueError, srsly.ruamel_yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise ValueError(Errors.F170.format(path=path, error=reason)) from error
    if not isinstance(data, dict):
        raise ValueError(Errors.F170.format(path=path, error="expected a mapping of settings"))
    _check(path, data, EXPECTED, REQUIRED)
    evaluations = data.pop("evaluations", [])
    for evaluation in evaluations:
        _check(path, evaluation, EVALUATION_EXPECTED, ("title",), "evaluations.")
    return CardSettings(**data, evaluations=tuple(Evaluation(**item) for item in evaluations))


def _check(
    path: Path,
    data: Dict[str, Any],
    expected: Dict[str, str],
    required: Tuple[str, ...],
    place: str = "",
) -> None:
    """Raise an error for the first setting that is missing, unknown or of another type."""
    for key in required:
        if not data.get(key):
            raise ValueError(Errors.F171.format(path=path, key=f"{place}{key}", what="is missing"))
    for key, value in data.items():
        if key not in expected:
            what = f"is unknown. Known: {', '.join(expected)}"
        elif not _is(value, expected[key]):
            what = f"must be {expected[key]}"
        else:
            continue
        raise ValueError(Errors.F171.format(path=path, key=f"{place}{key}", what=what))


def _is(value: Any, expected: str) -> bool:
    """Return whether a value is of the expected type."""
    if expected == FLAG:
        return isinstance(value, bool)
    if expected == TEXT:
        return isinstance(value, str)
    if expected == TEXTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if expected == MAPPING:
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
