"""Escaping of text for HTML and SVG."""

import re
from html import escape

# Control characters, lone surrogates and non-characters, which HTML does not allow even escaped.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def replace_forbidden(text: str) -> str:
    """Replace the characters that HTML does not allow.

    text (str): Any text.
    RETURNS (str): The text with U+FFFD in place of these characters.
    """
    return FORBIDDEN.sub("\ufffd", text)


def escape_html(text: str) -> str:
    """Escape text for HTML and SVG, attributes included.

    text (str): Any text.
    RETURNS (str): The escaped text, with U+FFFD in place of characters that HTML does not allow.
    """
    return escape(replace_forbidden(text), quote=True)
