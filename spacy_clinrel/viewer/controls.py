"""What a reader of a page can set: which types, labels and confidences are shown, light or dark."""

from typing import Dict, Mapping, Optional

from ..tokens.markup import escape_html
from .colors import Tint


def render_legend(types: Mapping[str, int], tints: Dict[str, Tint]) -> str:
    """The types with their colours, for paper and wherever no script runs.

    types (Mapping[str, int]): How many mentions each type has.
    tints (Dict[str, Tint]): Their colours.
    RETURNS (str): A list, or nothing if there are no types.
    """
    items = "".join(
        f'<li><span class="chip {tints[label].name}">{escape_html(label)}</span> {count}</li>'
        for label, count in types.items()
    )
    return f'<ul class="legend">{items}</ul>' if items else ""


def render_controls(
    types: Mapping[str, int],
    labels: Mapping[str, int],
    tints: Dict[str, Tint],
    words: Dict[str, str],
    least: Optional[int],
) -> str:
    """The filters and the switch, hidden until the script runs.

    types (Mapping[str, int]): How many mentions each type has.
    labels (Mapping[str, int]): How many relations each label has.
    tints (Dict[str, Tint]): Colours of the types.
    words (Dict[str, str]): The page's own words.
    least (Optional[int]): Where the slider of confidence stands, in percent; None for no slider.
    RETURNS (str): HTML.
    """
    filters = ""
    if types:
        names = {label: f" chip {tint.name}" for label, tint in tints.items()}
        slider = "" if least is None else _slider(least, words)
        total = sum(labels.values())
        shown = (
            f'<span role="status"><b class="shown">{total}</b> '
            f"{escape_html(words['shown'].format(total=total))}</span>"
        )
        filters = (
            f"<summary>{escape_html(words['filters'])}{shown}</summary>"
            f'<div class="panel">{_boxes("type", types, words["types"], names, words)}'
            f"{_boxes('label', labels, words['labels'], {}, words)}"
            f'<div class="last">{slider}<button type="button" data-set="reset">'
            f"{escape_html(words['reset'])}</button></div></div>"
        )
        filters = f'<details class="filters">{filters}</details>'
    dark = f'<button type="button" class="theme">{escape_html(words["dark"])}</button>'
    return f'<div class="bar" hidden>{filters}{dark}</div>'


def _boxes(
    kind: str,
    counts: Mapping[str, int],
    title: str,
    classes: Dict[str, str],
    words: Dict[str, str],
) -> str:
    if not counts:
        return ""
    boxes = "".join(
        f'<label class="chosen{classes.get(label, "")}"><input type="checkbox" name="{kind}" '
        f"checked>{escape_html(label)}<small>{count}</small></label>"
        for label, count in counts.items()
    )
    buttons = "".join(
        f'<button type="button" data-set="{name}">{escape_html(words[name])}</button>'
        for name in ("all", "none")
    )
    # A box alone needs no buttons for all and none.
    several = buttons if len(counts) > 1 else ""
    return f"<fieldset><legend>{escape_html(title)}</legend>{boxes}{several}</fieldset>"


def _slider(least: int, words: Dict[str, str]) -> str:
    return (
        f'<label class="slider"><span>{escape_html(words["score"])}</span>'
        f'<input type="range" min="0" max="100" value="{least}"><b></b></label>'
    )
