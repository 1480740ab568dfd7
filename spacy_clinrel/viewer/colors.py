"""Colours of mention types, for displaCy's styles and the style "relations"."""

import colorsys
import re
from typing import Dict, Iterable, NamedTuple, Optional

from spacy.displacy.render import EntityRenderer

from ..tokens.palette import CONTRAST, PALETTE, channels, contrast

# Text colours in light and dark mode, as in viewer.css.
INK, DARK_INK = "#1b1f24", "#e7eaee"
HEX = re.compile(r"#[0-9a-fA-F]{6}")


class Tint(NamedTuple):
    """The shades of a colour on a page, as `#rrggbb`.

    name (str): CSS class, which depends only on the colour.
    fill (str): Background of a box in light mode.
    ink (str): Lines and small letters in light mode.
    dark_fill (str): Background of a box in dark mode.
    dark_ink (str): Lines and small letters in dark mode.
    """

    name: str
    fill: str
    ink: str
    dark_fill: str
    dark_ink: str


def make_tint(color: str) -> Tint:
    """Return the shades of a colour that are closest to it and have enough contrast with text.

    color (str): The colour, `#rrggbb`.
    RETURNS (Tint): The shades.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*channels(color))
    # Greys stay grey. Pale colours need more saturation to be distinguishable as thin lines.
    strength = 0.0 if saturation < 0.15 else 0.55

    def shade(start: float, step: float, other: str, strength: float = strength) -> str:
        """Return the first shade, in steps from a lightness, that contrasts enough with a
        colour."""
        for k in range(101):
            rgb = colorsys.hls_to_rgb(hue, max(0.0, min(1.0, start + k * step)), strength)
            color = "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
            if contrast(color, other) >= CONTRAST:
                break
        return color

    fill = shade(lightness, 0.01, INK, saturation)
    dark_fill = shade(0.24, -0.01, DARK_INK)
    return Tint(
        f"c{color[1:].lower()}",
        fill,
        shade(0.33, -0.01, fill),
        dark_fill,
        shade(0.74, 0.01, dark_fill),
    )


def pick_tints(labels: Iterable[str], colors: Optional[Dict[str, str]] = None) -> Dict[str, Tint]:
    """Choose colours for mention types: a given or registered colour, else a palette colour.

    labels (Iterable[str]): The types.
    colors (Optional[Dict[str, str]]): Colours by type. Values other than `#rrggbb` are ignored,
        because no shades can be derived from them.
    RETURNS (Dict[str, Tint]): The shades of each type, sorted by type.
    """
    known = EntityRenderer({"colors": colors or {}}).colors
    tints: Dict[str, Tint] = {}
    n_unknown = 0
    for label in sorted(set(labels)):
        color = known.get(label.upper(), "")
        if not HEX.fullmatch(color):
            color = PALETTE[n_unknown % len(PALETTE)]
            n_unknown += 1
        tints[label] = make_tint(color)
    return tints
