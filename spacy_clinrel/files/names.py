"""Printable forms of file names, ids and messages."""

import os
import unicodedata
from pathlib import Path

# Encodings of file names from other systems. Archives that were packed on Chinese Windows contain
# names in GBK.
NAME_ENCODINGS = ("utf-8", "gb18030")
# Unicode categories that do not occur in file names that were decoded correctly.
UNLIKELY = ("Cc", "Cf", "Cn", "Co", "Cs")


def has_surrogates(text: str) -> bool:
    """Return whether a text contains surrogates, so that it cannot be encoded in UTF-8.

    text (str): The text.
    RETURNS (bool): Whether it contains surrogates.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def printable(text: str) -> str:
    """Escape characters that can't be encoded in UTF-8. File names and messages of exceptions can
    contain lone surrogates, which represent undecodable bytes.

    text (str): The text.
    RETURNS (str): The text with backslash escapes in place of surrogates.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable_name(name: str) -> str:
    """Return a printable form of a file name or of a path with slashes, e.g. for document ids. Each
    part that is not in the encoding of the file system is decoded as GB18030, if that gives a
    plausible name. Otherwise, its undecodable bytes are escaped.

    name (str): The name, as returned by `os.listdir`.
    RETURNS (str): The name without surrogates.
    """
    return "/".join(map(_printable_part, name.split("/"))) if has_surrogates(name) else name


def show_path(path: Path) -> str:
    """Return a printable form of a path, for messages.

    path (Path): The path.
    RETURNS (str): The path as in `printable_name`.
    """
    return printable_name(str(path))


def _printable_part(part: str) -> str:
    if not has_surrogates(part):
        return part
    for encoding in NAME_ENCODINGS:
        try:
            decoded = os.fsencode(part).decode(encoding)
        except UnicodeError:
            continue
        if not any(unicodedata.category(char) in UNLIKELY for char in decoded):
            return decoded
    return printable(part)
