"""Text in Markdown."""

import re
from typing import List, Literal, Optional, Sequence

from wasabi import MarkdownRenderer

from ...tokens.markup import replace_forbidden
from ...tokens.normalize import single_spaces

SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")
MISSING = "–"


def escape(text: str) -> str:
    """Escape text, so that Markdown shows it as it is, on one line.

    text (str): Any text.
    RETURNS (str): Markdown, also for cells of tables.
    """
    return SPECIAL.sub(r"\\\1", single_spaces(replace_forbidden(text)))


def code(text: str) -> str:
    """Format text as code.

    text (str): Any text, e.g. a label.
    RETURNS (str): Markdown, also for cells of tables.
    """
    text = single_spaces(replace_forbidden(text)).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def table(rows: Sequence[Sequence[str]], header: Sequence[str], n_text: int = 1) -> str:
    """Format a table.

    rows (Sequence[Sequence[str]]): The cells, in Markdown.
    header (Sequence[str]): The column names.
    n_text (int): Number of columns that are aligned left. The others contain numbers.
    RETURNS (str): Markdown.
    """
    aligns: List[Literal["l", "c", "r"]] = ["l" if i < n_text else "r" for i in range(len(header))]
    return MarkdownRenderer().table(rows, header, aligns)


def percent(value: Optional[float]) -> str:
    """Format a score.

    value (Optional[float]): A score from 0 to 1, or None.
    RETURNS (str): E.g. "81.5", or a dash.
    """
    return MISSING if value is None else f"{100 * value:.1f}"
