"""The plots of a report. matplotlib is loaded when the first one is drawn."""

import unicodedata
import warnings
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ...errors import Errors
from ...tokens.markup import replace_forbidden
from .markup import Markup
from .svg import INK, MAIN, RULE, SECOND, SOFT, inline_svg

# In inches. A phone shows the width as it is; letters stay large enough to be read.
WIDTH = 4.6
ROW = 0.25
LETTER = 0.075
MOST_COLUMNS = 26
MOST_ROWS = 40
SIZE = 9.0


def check_plots() -> None:
    """Load matplotlib.

    RAISES (ImportError): If it is missing, with the extra that brings it.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError(Errors.F061.format(error=error)) from error


@contextmanager
def _drawing() -> Iterator[None]:
    """Settings of our figures, and no warnings of letters that the browser's fonts have."""
    import matplotlib

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "clinrel",
        "text.parse_math": False,  # a label may hold $
        "font.size": SIZE,
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.labelcolor"), INK),
        **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), RULE),
        "ytick.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _short(name: str) -> str:
    """A name in one line that fits beside a plot."""
    name = " ".join(replace_forbidden(name).split())
    if _columns(name) <= MOST_COLUMNS:
        return name
    while _columns(name) >= MOST_COLUMNS:
        name = name[:-1]
    return f"{name}…"


def _rows_figure(names: Sequence[str], xlabel: str) -> Tuple[Any, Any]:
    """A figure with a row for each name, from top to bottom."""
    from matplotlib.figure import Figure

    short = [_short(name) for name in names]
    left = 0.2 + LETTER * max(map(_columns, short), default=0)
    height = ROW * len(names) + 0.6
    figure = Figure(figsize=(WIDTH, height))
    area = (left / WIDTH, 0.5 / height, (WIDTH - left - 0.2) / WIDTH, 1 - 0.6 / height)
    axes = figure.add_axes(area)
    axes.set_yticks(range(len(names)), short)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(xlabel)
    axes.grid(axis="x", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def scores_plot(rows: Sequence[Dict[str, Any]], name: str, title: str) -> Markup:
    """F of groups as points, with their intervals as lines.

    rows (Sequence[Dict[str, Any]]): As `intervals.figures` returns them. The first 40 are drawn.
    name (str): A name that no other plot of the page has.
    title (str): What the groups are.
    RETURNS (Markup): An `svg` element.
    """
    rows = rows[:MOST_ROWS]
    values = [100 * row["f"] for row in rows]
    with _drawing():
        figure, axes = _rows_figure([row["name"] for row in rows], "F in percent")
        for y, row in enumerate(rows):
            if row["intervals"]["f"] is not None:
                low, high = (100 * bound for bound in row["intervals"]["f"])
                axes.hlines(y, low, high, color=MAIN, linewidth=5, alpha=0.3)
        axes.plot(values, range(len(rows)), "o", color=MAIN, markersize=5)
        axes.set_xlim(-2, 102)
        parts = ", ".join(f"{row['name']} {value:.1f}" for row, value in zip(rows, values))
        return inline_svg(
            figure, name, f"Plot of F by {title}, in percent: {replace_forbidden(parts)}"
        )


def budget_plot(causes: Sequence[Tuple[str, float, float]], name: str) -> Markup:
    """What each cause takes of F, as bars.

    causes (Sequence[Tuple[str, float, float]]): Cause, and the points of F lost to its missed and
        to its spurious relations.
    name (str): A name that no other plot of the page has.
    RETURNS (Markup): An `svg` element.
    """
    names, missed, spurious = zip(*causes)
    with _drawing():
        figure, axes = _rows_figure(names, "points of F lost")
        rows = range(len(names))
        axes.barh(rows, missed, height=0.6, color=MAIN)
        axes.barh(rows, spurious, height=0.6, left=missed, color=SECOND)
        axes.set_xlim(0, max(max(m + s for m, s in zip(missed, spurious)) * 1.15, 0.1))
        for y, (m, s) in enumerate(zip(missed, spurious)):
            axes.annotate(f"{m + s:.2f}", (m + s, y), (4, -3), textcoords="offset points")
        parts = ", ".join(f"{cause} {m + s:.2f}" for cause, m, s in causes)
        return inline_svg(figure, name, f"Plot of the points of F lost by cause: {parts}")


def reliability_plot(bins: Sequence[Dict[str, Any]], name: str) -> Markup:
    """Shares of right predictions over their scores, beside the diagonal.

    bins (Sequence[Dict[str, Any]]): The bins that are not empty, with "mean_score", "right" and
        "count".
    name (str): A name that no other plot of the page has.
    RETURNS (Markup): An `svg` element.
    """
    from matplotlib.figure import Figure

    scores: List[float] = [100 * row["mean_score"] for row in bins]
    right: List[float] = [100 * row["right"] for row in bins]
    most = max(row["count"] for row in bins)
    with _drawing():
        figure = Figure(figsize=(WIDTH, 3.6))
        axes = figure.add_axes((0.14, 0.14, 0.82, 0.82))
        axes.plot([0, 100], [0, 100], color=SOFT, linewidth=1, linestyle="--")
        axes.plot(scores, right, color=MAIN, linewidth=1.5)
        sizes = [20 + 160 * row["count"] / most for row in bins]
        axes.scatter(scores, right, s=sizes, color=MAIN, alpha=0.6)
        axes.set(xlim=(-2, 104), ylim=(-2, 106), xlabel="mean score", ylabel="right, in percent")
        axes.grid(color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        pairs = zip(bins, scores, right)
        parts = ", ".join(f"{s:.0f}: {r:.0f} ({row['count']})" for row, s, r in pairs)
        label = f"Plot of the percent right by mean score in percent (predictions): {parts}"
        return inline_svg(figure, name, label)
