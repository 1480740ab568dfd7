"""Normal forms of text, for the lookup of embeddings and the comparison of strings."""

import unicodedata


def lookup_form(text: str) -> str:
    """Return the form of a text that embedding tables use.

    Vectors are trained on this form too, so that pretraining and models agree.

    text (str): Any text.
    RETURNS (str): The text in Unicode normal form NFKC and lower case.
    """
    return unicodedata.normalize("NFKC", text).lower()


def fold_text(text: str) -> str:
    """Remove differences of case, character width and white space.

    text (str): Any text.
    RETURNS (str): The text in Unicode normal form NFKC (full-width letters become ordinary
        letters), case folded, with single spaces and none at the ends.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # The result of case folding is not always in NFKC.
    return single_spaces(unicodedata.normalize("NFKC", folded))


def single_spaces(text: str) -> str:
    """Replace each run of white space by one space, and strip the ends.

    Two documents count as the same text if they agree in this form: copies of a record often
    differ in line breaks.

    text (str): Any text.
    RETURNS (str): The text with single spaces.
    """
    return " ".join(text.split())
