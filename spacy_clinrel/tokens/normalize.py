"""Normal forms of text, for looking up embeddings and for comparing strings."""

import unicodedata


def lookup_form(text: str) -> str:
    """Return the form in which characters are looked up in embedding tables.

    Vectors are trained on this form as well, so that pretraining and models agree.

    text (str): Any text.
    RETURNS (str): The text in Unicode's form NFKC and lower case.
    """
    return unicodedata.normalize("NFKC", text).lower()


def fold_text(text: str) -> str:
    """Remove differences in spelling that carry no meaning.

    text (str): Any text.
    RETURNS (str): The text in Unicode's form NFKC (full-width letters become plain ones), case
        folded, with single spaces and none at the ends.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Case folding can leave NFKC.
    return single_spaces(unicodedata.normalize("NFKC", folded))


def single_spaces(text: str) -> str:
    """Replace each run of white space by one space, and strip the ends.

    Two documents count as the same text if they agree in this form: copies of a record often
    differ in line breaks.

    text (str): Any text.
    RETURNS (str): The text with single spaces.
    """
    return " ".join(text.split())
