"""Tables and figures as HTML; everything that is not markup already is escaped."""

from typing import Any, Optional, Sequence

from ...tokens.markup import escape_html


class Markup(str):
    """Text that is HTML already."""


def escape(value: Any) -> Markup:
    """Make a value safe to stand in markup, in attributes too.

    value (Any): Text, a number, or Markup, which stays as it is.
    RETURNS (Markup): HTML.
    """
    if isinstance(value, Markup):
        return value
    return Markup(escape_html(str(value)))


def percent(value: Optional[float]) -> str:
    """A figure as `evaluate` prints it.

    value (Optional[float]): From 0 to 1, or None.
    RETURNS (str): In percent with two decimals.
    """
    return "–" if value is None else f"{100 * value:.2f}"


def with_interval(value: float, bounds: Optional[Sequence[float]]) -> Markup:
    """A figure with its interval below it.

    value (float): From 0 to 1.
    bounds (Optional[Sequence[float]]): Lower and upper bound, if there are any.
    RETURNS (Markup): Both in percent.
    """
    text = percent(value)
    if bounds is not None:
        text += f" <small>{100 * bounds[0]:.1f}–{100 * bounds[1]:.1f}</small>"
    return Markup(text)


def element(tag: str, content: Any, **attributes: Any) -> Markup:
    """An element.

    tag (str): Its name.
    content (Any): Its content, see `escape`.
    attributes (Any): Its attributes; an underscore at the end of a name is left out.
    RETURNS (Markup): HTML.
    """
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    listed = "".join(f' {name}="{escape(value)}"' for name, value in names.items())
    return Markup(f"<{tag}{listed}>{escape(content)}</{tag}>")


def join(parts: Sequence[Any]) -> Markup:
    """Several values one after the other.

    parts (Sequence[Any]): The values, see `escape`.
    RETURNS (Markup): HTML.
    """
    return Markup("".join(escape(part) for part in parts))


def table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], caption: str, *, left: int = 1
) -> Markup:
    """A table that can be scrolled where it is too wide. The first cell of a row names it.

    header (Sequence[str]): Names of the columns.
    rows (Sequence[Sequence[Any]]): The cells, see `escape`; a cell that is a `td` is taken as it
        is.
    caption (str): What the table shows.
    left (int): How many columns are text; the others are numbers.
    RETURNS (Markup): HTML.
    """

    def kind(column: int) -> str:
        return "text" if column < left else "number"

    names = [element("th", name, scope="col", class_=kind(i)) for i, name in enumerate(header)]
    lines = []
    for first, *rest in rows:
        cells = [element("th", first, scope="row", class_="text")]
        for i, cell in enumerate(rest, start=1):
            ready = isinstance(cell, Markup) and cell.startswith("<td")
            cells.append(cell if ready else element("td", cell, class_=kind(i)))
        lines.append(element("tr", join(cells)))
    head = element("thead", element("tr", join(names)))
    body = element("tbody", join(lines))
    whole = element("table", join([element("caption", caption), head, body]))
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)
