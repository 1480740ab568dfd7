"""Colours of mention types and relation labels, in the viewer and in annotation tools."""

import colorsys
from typing import Dict, Iterable

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


def type_colors(types: Iterable[str]) -> Dict[str, str]:
    """Choose colours for mention types: the registered colour, else one of the palette.

    types (Iterable[str]): The types.
    RETURNS (Dict[str, str]): The colours by type, as `#rrggbb`.
    """
    names = sorted(set(types))
    others = [name for name in names if name.upper() not in COLORS]
    return {
        name: COLORS.get(name.upper()) or PALETTE[others.index(name) % len(PALETTE)]
        for name in names
    }


def relation_colors(labels: Iterable[str]) -> Dict[str, str]:
    """Choose colours for relation labels, with equal distances between their hues.

    labels (Iterable[str]): The labels.
    RETURNS (Dict[str, str]): The colours by label, as `#rrggbb`.
    """
    names = sorted(set(labels))
    colors = {}
    for i, name in enumerate(names):
        # Dark enough for white letters, in which tools write the label on its arc.
        channels = colorsys.hls_to_rgb(i / len(names), 0.38, 0.6)
        colors[name] = "#" + "".join(f"{round(part * 255):02x}" for part in channels)
    return colors
