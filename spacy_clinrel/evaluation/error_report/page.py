"""The page of a report: a single HTML file. It loads no other files and runs only the viewer's
script.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

from jinja2 import Environment, PackageLoader, StrictUndefined

from ...tokens.markup import replace_forbidden
from ...viewer.page import script_source
from ..scorers import GOLD_ENTITIES
from .analysis import Analysis
from .sections import make_sections


def render_page(analysis: Analysis) -> str:
    """Render a report as an HTML page.

    analysis (Analysis): The content of the report.
    RETURNS (str): The page.
    """
    evaluated = analysis.figures["evaluated"]
    return (
        _templates()
        .get_template("report.html")
        .render(
            title=f"Error report: {evaluated['model']} on {Path(evaluated['data']).name}",
            is_gold_entities=evaluated["setting"] == GOLD_ENTITIES,
            sections=make_sections(analysis),
            script_source=script_source(),
        )
    )


def _format_percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _replace_forbidden(value: Any) -> Any:
    # Markup is safe, and a copy of it would be escaped again.
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return replace_forbidden(value)
    return value


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """Load the templates. They escape all values that are not markup."""
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        finalize=_replace_forbidden,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _format_percent
    return environment
