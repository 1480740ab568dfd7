"""Which texts are the same."""


def text_key(text: str) -> str:
    """What texts have in common that differ in white space alone, such as a line break at the end:
    copies of a record are rarely copies of its bytes.

    text (str): The text.
    RETURNS (str): The text with single spaces.
    """
    return " ".join(text.split())
