"""Colours of mention types and relation labels, in the viewer and in annotation tools."""

import colorsys
from typing import Dict, Iterable, List

TREATMENT, DISEASE, SYMPTOM = "#a5deb6", "#ffb5bc", "#ffd788"
TEST, BODY, OTHER = "#a8cff9", "#d8c5f4", "#d6d9de"

# Colours of the types in corpora that `convert` can read, by upper-case label as in displaCy.
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
# Colours that are assigned in order to types without a registered colour.
PALETTE = ("#9fdcd8", "#f5bfe0", "#d4e08b", "#f4c3a1", "#b9bff2", OTHER)

# Saturation of strong colours.
STRENGTH = 0.6
WHITE = "#ffffff"
# Minimum contrast of WCAG level AA.
CONTRAST = 4.5


def type_colors(types: Iterable[str]) -> Dict[str, str]:
    """Choose strong colours for mention types: those of the viewer, in a shade on which white
    letters can be read.

    types (Iterable[str]): The types.
    RETURNS (Dict[str, str]): The colours by type, as `#rrggbb`.
    """
    names = sorted(set(types))
    others = [name for name in names if name.upper() not in COLORS]
    colors = {}
    for name in names:
        pale = COLORS.get(name.upper()) or PALETTE[others.index(name) % len(PALETTE)]
        hue, _, saturation = colorsys.rgb_to_hls(*channels(pale))
        colors[name] = _shade(hue, 0.0 if saturation < 0.15 else STRENGTH)
    return colors


def relation_colors(labels: Iterable[str]) -> Dict[str, str]:
    """Choose strong colours for relation labels, with equal distances between their hues.

    labels (Iterable[str]): The labels.
    RETURNS (Dict[str, str]): The colours by label, as `#rrggbb`.
    """
    names = sorted(set(labels))
    return {name: _shade(i / len(names), STRENGTH) for i, name in enumerate(names)}


def _shade(hue: float, saturation: float) -> str:
    """Return the lightest of the shades of a hue that have enough contrast with white."""
    for percent in range(45, 0, -1):
        parts = colorsys.hls_to_rgb(hue, percent / 100, saturation)
        color = "#" + "".join(f"{round(part * 255):02x}" for part in parts)
        if contrast(color, WHITE) >= CONTRAST:
            break
    return color


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, as defined by WCAG 2.

    first (str): A colour, `#rrggbb`.
    second (str): Another colour, `#rrggbb`.
    RETURNS (float): The ratio, from 1 to 21.
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in channels(color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def channels(color: str) -> List[float]:
    """Return red, green and blue of a colour, from 0 to 1.

    color (str): The colour, `#rrggbb`.
    RETURNS (List[float]): The channels.
    """
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
