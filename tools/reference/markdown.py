"""Markdown: escapes, tables, headings and blocks of code."""

import re
from typing import Iterable, List, Sequence

CODE = re.compile(r"(`+[^`]+`+)")
SPECIAL = re.compile(r"([\\*_\[\]|])")
NOTE = "<!-- Written by `python -m tools.reference` from {source}. Change it there. -->"


def escape(text: str) -> str:
    """Escape what Markdown would read as markup, except code spans.

    text (str): The text.
    RETURNS (str): The escaped text. `|` is escaped in code spans too, for use in tables.
    """
    parts = CODE.split(text)
    for i, part in enumerate(parts):
        if i % 2:
            parts[i] = part.replace("|", "\\|")
        else:
            part = part.replace("&", "&amp;").replace("<", "&lt;")
            # Underscores within a word are not markup.
            parts[i] = re.sub(r"(?<=\w)\\_(?=\w)", "_", SPECIAL.sub(r"\\\1", part))
    return "".join(parts)


def code(text: str) -> str:
    """Return a text as a code span for use in a table."""
    return f"`{text}`".replace("|", "\\|") if text else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    header (Sequence[str]): The headings of the columns.
    rows (Iterable[Sequence[str]]): The cells, as Markdown.
    RETURNS (str): The table; empty if there are no rows.
    """
    lines = [f"| {' | '.join(row)} |".replace("  ", " ") for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *lines])


def fence(text: str, language: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text.strip()}\n```"


def page(title: str, source: str, parts: Iterable[str]) -> str:
    """Return a page.

    title (str): The title.
    source (str): What the page is generated from, for the note at its beginning.
    parts (Iterable[str]): The paragraphs, tables and blocks; empty ones are left out.
    RETURNS (str): The text of the page.
    """
    texts: List[str] = [f"# {title}", NOTE.format(source=source), *parts]
    return "\n\n".join(text.strip() for text in texts if text.strip()) + "\n"
