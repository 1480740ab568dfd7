"""Colours of mention types and their contrast."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.displacy.render import EntityRenderer
from spacy.util import registry

from spacy_clinrel import viewer as displacy
from spacy_clinrel.tokens.palette import PALETTE
from spacy_clinrel.viewer.colors import DARK_INK, INK, contrast, make_tint, pick_tints
from spacy_clinrel.viewer.rendering import read_asset


def test_pick_tints_uses_given_registered_and_palette_colors():
    assert registry.displacy_colors.get("clinrel") is displacy.COLORS
    assert EntityRenderer({}).colors["疾病"] == displacy.COLORS["疾病"]
    tints = pick_tints(["disease", "Zzz", "Yyy", "部位"], {"部位": "#12b4e6", "Yyy": "red;}"})
    assert tints["disease"].fill == displacy.COLORS["DISEASE"]
    assert tints["部位"].fill == "#12b4e6"
    assert (tints["Yyy"].fill, tints["Zzz"].fill) == PALETTE[:2]
    tint = make_tint("#ffb5bc")
    assert tint.ink < tint.fill and all(re.fullmatch("#[0-9a-f]{6}", c) for c in tint[1:])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 0xFFFFFF))
def test_text_is_legible_on_any_color(color):
    tint = make_tint(f"#{color:06x}")
    pairs = [(INK, tint.fill), (tint.ink, tint.fill), (tint.ink, "#ffffff")]
    pairs += [(DARK_INK, tint.dark_fill), (tint.dark_ink, tint.dark_fill)]
    pairs += [(tint.dark_ink, "#15181c")]
    assert min(contrast(*pair) for pair in pairs) >= 4.5
    assert INK in (css := read_asset("viewer.css")) and DARK_INK in css and "#15181c" in css
    if contrast(INK, f"#{color:06x}") >= 4.5:
        assert tint.fill == f"#{color:06x}"


def test_interface_text_is_legible_in_both_schemes():
    pairs = re.findall(r"--(\w+):light-dark\((#\w+),(#\w+)\)", read_asset("viewer.css"))
    assert {"ground", "ink", "soft", "face", "lit", "accent", "edge"} <= {
        name for name, *_ in pairs
    }
    for day in (1, 2):
        # "#fff" is short for "#ffffff".
        colors = {pair[0]: f"{pair[day]}{pair[day][1:] * (len(pair[day]) < 7)}" for pair in pairs}
        grounds = [colors[name] for name in ("ground", "face", "lit")]
        for name in ("ink", "soft", "accent"):
            assert min(contrast(colors[name], ground) for ground in grounds) >= 4.5, (name, day)
        # Borders of controls and the focus ring.
        assert min(contrast(colors["edge"], ground) for ground in grounds[:2]) >= 3
