"""The parts of a text that limit the scope of cues: sentences, clauses and items of lists."""

import re
from typing import NamedTuple

import numpy as np

# A line break (unless the next line continues in lower case), or the number of a list item, as in
# "1.", "2、" and "(3)".
NEW_PARAGRAPH = r"\r?\n(?![ \t]*[a-z])|\r(?!\n)|(?<![\w.,/-])\d{1,2}[.、)．）](?!\d)|[①-⑳]"
PARAGRAPH_BREAK = re.compile(NEW_PARAGRAPH)
# A full stop ends a sentence unless it is part of a number or an abbreviation.
ABBREVIATIONS = "".join(
    rf"(?<!\b{word})" for word in (r"[Dd]r", r"[Mm]r", r"[Mm]rs", r"[Pp]t", r"vs", r"e\.g", r"i\.e")
)
SENTENCE_BREAK = re.compile(
    rf"{NEW_PARAGRAPH}|[。;!?；！？]|{ABBREVIATIONS}[.．](?=\s|$|[^\x00-\x7f])"
)
COMMA = re.compile(r"[,，](?!\d{3})")


class Breaks(NamedTuple):
    """Places at which a text is divided, in ascending order.

    starts (ndarray): Offset of the first character. Shape: (breaks,)
    ends (ndarray): Offset after the last character. Shape: (breaks,)
    """

    starts: np.ndarray
    ends: np.ndarray

    def next_start(self, offsets: np.ndarray, no_break: int) -> np.ndarray:
        """Return where the first break at or after offsets begins.

        offsets (ndarray): The offsets. Shape: (offsets,)
        no_break (int): The value if there is none.
        RETURNS (ndarray): The offsets of the breaks. Shape: (offsets,)
        """
        bounds = np.append(self.starts, no_break)
        return bounds[np.searchsorted(self.starts, offsets, side="left")]

    def last_end(self, offsets: np.ndarray, no_break: int = 0) -> np.ndarray:
        """Return where the last break at or before offsets ends.

        offsets (ndarray): The offsets. Shape: (offsets,)
        no_break (int): The value if there is none.
        RETURNS (ndarray): The offsets of the breaks. Shape: (offsets,)
        """
        bounds = np.append(np.int64(no_break), self.ends)
        return bounds[np.searchsorted(self.ends, offsets, side="right")]

    def select(self, keep: np.ndarray) -> "Breaks":
        """Return some of the breaks.

        keep (ndarray): Which, bool. Shape: (breaks,)
        RETURNS (Breaks): The breaks.
        """
        return Breaks(self.starts[keep], self.ends[keep])


def find_breaks(pattern: "re.Pattern[str]", text: str) -> Breaks:
    """Find the breaks of a text.

    pattern (re.Pattern[str]): The regular expression of a break.
    text (str): The text.
    RETURNS (Breaks): The breaks.
    """
    rows = [match.span() for match in pattern.finditer(text)]
    return Breaks(*np.asarray(rows, dtype="int64").reshape(-1, 2).T)


def merge_breaks(first: Breaks, second: Breaks) -> Breaks:
    """Return the breaks of two kinds, in the order of the text.

    first (Breaks): The breaks of one kind.
    second (Breaks): The breaks of the other kind.
    RETURNS (Breaks): All breaks.
    """
    starts = np.concatenate([first.starts, second.starts])
    ends = np.concatenate([first.ends, second.ends])
    return Breaks(np.sort(starts), np.sort(ends))


def covered_chars(starts: np.ndarray, ends: np.ndarray, length: int) -> np.ndarray:
    """Return how many spans cover each character.

    starts (ndarray): First character of each span. Shape: (spans,)
    ends (ndarray): Character after the last of each span. Shape: (spans,)
    length (int): Number of characters.
    RETURNS (ndarray): The numbers. Shape: (characters,)
    """
    change = np.bincount(starts, minlength=length + 1).astype("int64")
    change -= np.bincount(ends, minlength=length + 1)
    return np.cumsum(change)[:length]
