"""The page of a report: a single HTML file, which loads no other files. Its only script is that of
the viewer.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, Mapping, Optional

from jinja2 import Environment, PackageLoader, StrictUndefined

from ...tokens.markup import replace_forbidden
from ...viewer.page import script_source
from ..scorers import GOLD_ENTITIES
from .analysis import Analysis
from .sections import make_sections
from .texts import LANGUAGES, get_texts


def render_page(analysis: Analysis, lang: Optional[str] = None) -> str:
    """Render a report as an HTML page.

    analysis (Analysis): The content of the report.
    lang (Optional[str]): Language of the page, "zh" or "en"; None for the language of the pipeline.
        Other languages get the English page.
    RETURNS (str): The page.
    """
    evaluated = analysis.figures["evaluated"]
    lang = lang or evaluated["lang"]
    lang = lang if lang in LANGUAGES else LANGUAGES[0]
    title = get_texts(lang)["page"]["title"]
    return (
        _templates(lang)
        .get_template("report.html")
        .render(
            lang=lang,
            title=title.format(model=show_model(evaluated), data=Path(evaluated["data"]).name),
            is_gold_entities=evaluated["setting"] == GOLD_ENTITIES,
            sections=make_sections(analysis, lang),
            script_source=script_source(),
        )
    )


def show_model(result: Mapping[str, Any]) -> str:
    """Return the name of an evaluated pipeline, with its path if that is another name. A pipeline
    that was never named is called e.g. zh_pipeline.

    result (Mapping[str, Any]): The return value of `evaluate`.
    RETURNS (str): The name, e.g. "zh_pipeline (training/model-best)".
    """
    name, path = result["model"], result.get("model_path")
    return name if path in (None, name) else f"{name} ({path})"


def _format_percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _replace_forbidden(value: Any) -> Any:
    # Markup is safe, and a copy of it would be escaped again.
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return replace_forbidden(value)
    return value


@lru_cache
def _templates(lang: str) -> Environment:
    """Load the templates with the texts of a language. They escape all values that are not
    markup."""
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        finalize=_replace_forbidden,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _format_percent
    environment.globals["texts"] = get_texts(lang)
    return environment
