"""The normal form of names and mentions, by which exact matches are found."""

import re

from ..tokens.normalize import fold_text

# Changes whenever `term_form` does, so that a terminology is never searched with other forms than
# those it was built with.
FORM_VERSION = 1

# NFKC has already made most brackets, commas and so on half-width.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("[{【〔〖「『《〈<", "("),
        **dict.fromkeys("]}】〕〗」』》〉>", ")"),
        **dict.fromkeys("、;", ","),
        **dict.fromkeys("‐‑‒–—―−~", "-"),
        **dict.fromkeys("“”„‘’‚`´′\"'", ""),
        **dict.fromkeys("•‧∙⋅・", "·"),
        "×": "x",
    }
)
# A space separates words only between Latin or similar letters: "type 2", but CT 平扫 is CT平扫.
_LATIN = "a-z0-9\u00c0-\u058f"
_SPACE = re.compile(f"(?<![{_LATIN}]) | (?![{_LATIN}])")
# A Roman numeral that numbers a type, degree or stage: II型 is 2型.
_NUMERAL = re.compile(r"(?<![a-z])(i{1,3}|iv|v)(?=[型度级期])")
_NUMBERS = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5"}
# Signs at the ends of a name say nothing about it.
_ENDS = " ,.。:·"


def term_form(text: str) -> str:
    """Return the form of a name by which exact matches are found.

    Names that differ only in case, character width, spaces, the shape of brackets, quotation marks
    and dashes, or Arabic and Roman numerals before 型, 度, 级 or 期 have the same form.

    text (str): A name or a mention.
    RETURNS (str): The form; empty if the text has no letters and digits.
    """
    form = fold_text(text).translate(_SIGNS)
    form = _SPACE.sub("", form)
    form = _NUMERAL.sub(lambda match: _NUMBERS[match[1]], form)
    return form.strip(_ENDS) if any(map(str.isalnum, form)) else ""
