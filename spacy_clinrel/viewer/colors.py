"""Colours of mention types, for displaCy's styles and for ours."""

import colorsys
import re
from typing import Dict, Iterable, List, NamedTuple, Optional

from spacy.displacy.render import EntityRenderer

TREATMENT, DISEASE, SYMPTOM = "#a5deb6", "#ffb5bc", "#ffd788"
TEST, BODY, OTHER = "#a8cff9", "#d8c5f4", "#d6d9de"

# By upper-case label, as displaCy compares them: the types of the corpora that can be converted.
COLORS: Dict[str, str] = {
    **dict.fromkeys(["TREATMENT", "DRU", "PRO", "治疗", "药物", "手术", "手术治疗"], TREATMENT),
    **dict.fromkeys(["MEDICATION", "THERAPEUTIC_PROCEDURE", "其他治疗"], TREATMENT),
    **dict.fromkeys(["DISEASE", "DIS", "疾病", "疾病和诊断", "DISEASE_DISORDER"], DISEASE),
    **dict.fromkeys(["PROBLEM"], DISEASE),
    **dict.fromkeys(["SYMPTOM", "SYM", "症状", "体征", "SIGN_SYMPTOM"], SYMPTOM),
    **dict.fromkeys(["TEST", "ITE", "EQU", "检查", "检验", "影像检查", "实验室检验"], TEST),
    **dict.fromkeys(["DIAGNOSTIC_PROCEDURE", "LAB_VALUE"], TEST),
    **dict.fromkeys(["BODY", "BOD", "部位", "身体部位", "解剖部位"], BODY),
    **dict.fromkeys(["BIOLOGICAL_STRUCTURE"], BODY),
}
# For types without a colour of their own, one after the other.
PALETTE = ("#9fdcd8", "#f5bfe0", "#d4e08b", "#f4c3a1", "#b9bff2", OTHER)
# Text on a box by day and by night, as in viewer.css, and what WCAG asks of text (level AA).
INK, DARK_INK = "#1b1f24", "#e7eaee"
CONTRAST = 4.5
HEX = re.compile(r"#[0-9a-fA-F]{6}")


class Tint(NamedTuple):
    """The shades of one colour that a page needs, each `#rrggbb`.

    name (str): A CSS class, the same for the same colour.
    fill (str): A box on white.
    ink (str): Lines and small letters on white.
    dark_fill (str): A box on black.
    dark_ink (str): Lines and small letters on black.
    """

    name: str
    fill: str
    ink: str
    dark_fill: str
    dark_ink: str


def make_tint(color: str) -> Tint:
    """Derive the shades of a colour: each as near to it as lets text be read.

    color (str): The colour, `#rrggbb`.
    RETURNS (Tint): Its shades.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(color))
    # Greys stay grey; pale colours need more saturation to be told apart in thin lines.
    strength = 0.0 if saturation < 0.15 else 0.55

    def shade(start: float, step: float, on: str, strength: float = strength) -> str:
        """The first shade, from a lightness on, that can be read on another colour or under it."""
        for k in range(101):
            rgb = colorsys.hls_to_rgb(hue, max(0.0, min(1.0, start + k * step)), strength)
            found = "#" + "".join(f"{round(part * 255):02x}" for part in rgb)
            if contrast(found, on) >= CONTRAST:
                break
        return found

    fill = shade(lightness, 0.01, INK, saturation)
    dark_fill = shade(0.24, -0.01, DARK_INK)
    return Tint(
        f"c{color[1:].lower()}",
        fill,
        shade(0.33, -0.01, fill),
        dark_fill,
        shade(0.74, 0.01, dark_fill),
    )


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart, after WCAG 2.

    one (str): A colour, `#rrggbb`.
    other (str): Another.
    RETURNS (float): From 1 to 21.
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _channels(color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(color: str) -> List[float]:
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def pick_tints(labels: Iterable[str], colors: Optional[Dict[str, str]] = None) -> Dict[str, Tint]:
    """Colours for the types of a page: the caller's, else registered ones, else a palette's.

    labels (Iterable[str]): The types.
    colors (Optional[Dict[str, str]]): The caller's colours by type. What is not `#rrggbb` is
        passed over, as our shades can't be derived from it.
    RETURNS (Dict[str, Tint]): The shades of each type, in the types' order.
    """
    known = EntityRenderer({"colors": colors or {}}).colors
    tints: Dict[str, Tint] = {}
    unknown = 0
    for label in sorted(set(labels)):
        color = known.get(label.upper(), "")
        if not HEX.fullmatch(color):
            color = PALETTE[unknown % len(PALETTE)]
            unknown += 1
        tints[label] = make_tint(color)
    return tints
