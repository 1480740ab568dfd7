"""Characters that count as equal in numbers and units."""

from functools import lru_cache

# Full-width forms of ASCII, without the comma, which separates values: "80，124/80".
_TABLE = {0xFEE0 + code: code for code in range(0x21, 0x7F) if chr(code) != ","}
_EQUAL = {
    "~": "〜∼˜",
    "-": "–—−‐‑﹣",
    "×": "✕✖╳",
    ":": "∶",
    "μ": "µ",
    "±": "∓",
    "°": "º˚",
    "≥": "≧⩾",
    "≤": "≦⩽",
    "→": "➔➜⇒",
    "↑": "⬆⇑↗▲",
    "↓": "⬇⇓↘▼",
    "/": "⁄∕",
    "·": "•∙⋅",
    "+": "⁺",
}
_TABLE.update({ord(char): ord(to) for to, chars in _EQUAL.items() for char in chars})
_TABLE.update({ord(char): ord(str(digit)) for digit, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_TABLE.update({ord("⁻"): ord("-"), 0x3000: ord(" "), 0xA0: ord(" ")})


@lru_cache(maxsize=2)  # parser and binder of a component use the same text
def normalize(text: str) -> str:
    """Replace full-width digits and letters, superscripts and variants of signs by one form.

    text (str): The text.
    RETURNS (str): A text of the same length, so that offsets stay valid.
    """
    return text.translate(_TABLE)
