"""Rendering of the viewer's Jinja2 templates."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from spacy.util import minify_html

from ..tokens.markup import escape_html
from ..tokens.normalize import single_spaces


@lru_cache
def read_asset(name: str) -> str:
    """Read a file in the folder of this module.

    name (str): The path of the file within the folder.
    RETURNS (str): The content of the file.
    """
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def render_template(name: str, **context: Any) -> Markup:
    """Render a template.

    name (str): Name of a file in the folder `templates`.
    context (Any): The variables of the template. Values are escaped, except Markup.
    RETURNS (Markup): The HTML or CSS. Line breaks and indentation of the template are removed.
    """
    return Markup(_make_environment().get_template(name).render(context))


@lru_cache
def _make_environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: minify_html(read_asset(f"templates/{name}"))),
        autoescape=True,
        finalize=_to_markup,
        undefined=StrictUndefined,
    )
    environment.filters["single_spaces"] = single_spaces
    return environment


def _to_markup(value: Any) -> Markup:
    """Escape the value of an expression as Markup, which Jinja2 does not escape again.

    Unlike the escaping of Jinja2, this also replaces characters that HTML does not allow.
    """
    if isinstance(value, Markup):
        return value
    return Markup(escape_html(f"{value:g}" if isinstance(value, float) else str(value)))
