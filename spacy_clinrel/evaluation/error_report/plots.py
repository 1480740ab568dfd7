"""Geometry of the report's plots, which templates/plots.html draws as SVG."""

import math
import unicodedata
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from .texts import Texts

# Sizes in SVG units. The page scales a plot to the width of its column.
WIDTH = 460
ROW_HEIGHT = 25
RELIABILITY_HEIGHT = 360
MARGIN = 8
# Height of the tick labels and the label of the x axis
X_AXIS_HEIGHT = 42
# Width of a Latin letter. An East Asian character is two columns wide.
COLUMN_WIDTH = 7.2
MAX_COLUMNS = 26
MAX_ROWS = 40
MAX_TICKS = 6
PERCENT_TICKS = (0, 20, 40, 60, 80, 100)


class Scale(NamedTuple):
    """A linear map from a range of values to SVG coordinates.

    low (float): Lowest value.
    high (float): Highest value.
    start (float): Coordinate of the lowest value.
    end (float): Coordinate of the highest value.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Map a value to a coordinate.

        value (float): A value.
        RETURNS (float): Its coordinate.
        """
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


class RowPlot(NamedTuple):
    """A plot with one row per name.

    label (str): Description of the plot, for screen readers.
    x_label (str): Label of the x axis.
    names (List[str]): Short names of the rows.
    rows (Sequence[Any]): Values of the rows, which the template draws.
    ticks (Sequence[float]): Values marked on the x axis.
    x (Scale): Map from values to x coordinates.
    width (float): Width of the plot, in SVG units.
    """

    label: str
    x_label: str
    names: List[str]
    rows: Sequence[Any]
    ticks: Sequence[float]
    x: Scale
    width: float = WIDTH

    @property
    def bottom(self) -> float:
        """Return the y coordinate of the x axis."""
        return MARGIN + ROW_HEIGHT * len(self.names)

    @property
    def height(self) -> float:
        """Return the height of the plot."""
        return self.bottom + X_AXIS_HEIGHT

    def y(self, row: int) -> float:
        """Return the y coordinate of a row.

        row (int): Index of the row.
        RETURNS (float): y coordinate of its middle.
        """
        return MARGIN + ROW_HEIGHT * (row + 0.5)


class ReliabilityPlot(NamedTuple):
    """A plot of the percentage of correct predictions against their mean score.

    label (str): Description of the plot, for screen readers.
    points (List[Tuple[float, float, float]]): x, y and radius of each bin, in SVG units.
    x (Scale): Map from percentages to x coordinates.
    y (Scale): Map from percentages to y coordinates.
    width (float): Width of the plot, in SVG units.
    height (float): Height of the plot, in SVG units.
    ticks (Sequence[float]): Percentages marked on both axes.
    """

    label: str
    points: List[Tuple[float, float, float]]
    x: Scale
    y: Scale
    width: float = WIDTH
    height: float = RELIABILITY_HEIGHT
    ticks: Sequence[float] = PERCENT_TICKS


def plot_scores(rows: Sequence[Dict[str, Any]], title: str, texts: Texts) -> RowPlot:
    """Plot F of groups as points, with their confidence intervals.

    rows (Sequence[Dict[str, Any]]): Groups as returned by `score_groups`. Only the first 40 are
        drawn.
    title (str): Name of the groups, for the plot's description.
    texts (Dict[str, Any]): Texts of the page, see `get_texts`.
    RETURNS (RowPlot): The plot. Its rows are F and its interval or None, in percent.
    """
    rows = rows[:MAX_ROWS]
    values = []
    for row in rows:
        bounds = row["intervals"]["f"]
        values.append((100 * row["f"], bounds and [100 * bound for bound in bounds]))
    listed = texts["scores"]["separator"].join(
        f"{row['name']} {100 * row['f']:.1f}" for row in rows
    )
    label = texts["scores"]["plot"].format(group=title, values=listed)
    names = [row["name"] for row in rows]
    return _row_plot(label, texts["scores"]["axis"], names, values, (-2, 102), PERCENT_TICKS)


def plot_budget(causes: Sequence[Tuple[str, float, float]], texts: Texts) -> RowPlot:
    """Plot the points of F lost to each cause as stacked bars.

    causes (Sequence[Tuple[str, float, float]]): Name of the cause, and the points of F lost to its
        missed and to its spurious relations.
    texts (Dict[str, Any]): Texts of the page, see `get_texts`.
    RETURNS (RowPlot): The plot. Its rows are the points lost to missed and to spurious relations.
    """
    names = [name for name, _, _ in causes]
    rows = [(missed, spurious) for _, missed, spurious in causes]
    # The labels of the bars need space on the right.
    high = max(1.2 * max(map(sum, rows)), 0.1)
    listed = texts["scores"]["separator"].join(
        f"{name} {sum(row):.2f}" for name, row in zip(names, rows)
    )
    label = texts["budget"]["plot"].format(values=listed)
    return _row_plot(label, texts["budget"]["axis"], names, rows, (0, high), axis_ticks(high))


def plot_reliability(bins: Sequence[Dict[str, Any]], texts: Texts) -> ReliabilityPlot:
    """Plot the share of correct predictions against their scores.

    bins (Sequence[Dict[str, Any]]): Bins with "mean_score", "right" and "count", none empty.
    texts (Dict[str, Any]): Texts of the page, see `get_texts`.
    RETURNS (ReliabilityPlot): The plot. The area of a point grows with its number of predictions.
    """
    x = Scale(-2, 104, 50, WIDTH - MARGIN)
    y = Scale(-2, 106, RELIABILITY_HEIGHT - X_AXIS_HEIGHT, MARGIN)
    largest = max(row["count"] for row in bins)
    points, listed = [], []
    for row in bins:
        score, right = 100 * row["mean_score"], 100 * row["right"]
        radius = math.sqrt(12 + 90 * row["count"] / largest)
        points.append((x(score), y(right), round(radius, 1)))
        listed.append(f"{score:.0f}: {right:.0f} ({row['count']})")
    values = texts["scores"]["separator"].join(listed)
    label = texts["calibration"]["plot"].format(values=values)
    return ReliabilityPlot(label, points, x, y)


def axis_ticks(high: float) -> List[float]:
    """Choose the ticks of an axis that begins at 0.

    high (float): Highest value of the axis, above 0.
    RETURNS (List[float]): At most six multiples of 1, 2 or 5 times a power of ten.
    """
    power = 10.0 ** math.floor(math.log10(high / MAX_TICKS))
    step = next(power * n for n in (1, 2, 5, 10) if power * n * MAX_TICKS > high)
    return [step * i for i in range(int(high / step) + 1)]


def short_name(name: str) -> str:
    """Shorten a name so that it fits beside a plot.

    name (str): The name.
    RETURNS (str): A single line of at most 26 columns.
    """
    name = " ".join(name.split())
    if _columns(name) <= MAX_COLUMNS:
        return name
    while _columns(name) >= MAX_COLUMNS:
        name = name[:-1]
    return f"{name}…"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _row_plot(
    label: str,
    x_label: str,
    names: Sequence[str],
    rows: Sequence[Any],
    limits: Tuple[float, float],
    ticks: Sequence[float],
) -> RowPlot:
    short = [short_name(name) for name in names]
    left = 2 * MARGIN + COLUMN_WIDTH * max(map(_columns, short), default=0)
    x = Scale(*limits, round(left, 1), WIDTH - 2 * MARGIN)
    return RowPlot(label, x_label, short, rows, ticks, x)
