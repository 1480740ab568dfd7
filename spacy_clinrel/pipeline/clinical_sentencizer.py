"""The component `clinical_sentencizer`: rule-based sentence boundaries for English clinical notes,
with abbreviations, headings, list items and lines that were wrapped at a margin."""

import re
from bisect import bisect_right
from itertools import pairwise
from typing import Iterable, List, NamedTuple, Optional, Tuple, cast

import numpy as np
from spacy.attrs import ORTH, SENT_START
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from thinc.types import Ints2d

from ..tokens.boundaries import LINE_BREAKS

ENDS = ".!?…。！？"
BULLETS = frozenset("-–*+•·◦‣⁃●○■□▪▫►")
CLOSING = frozenset("\"'”’)]}»")
# A full stop after one of these belongs to the word and does not end the sentence.
# fmt: off
ABBREVIATIONS = frozenset({
    "approx", "ca", "cf", "dept", "dr", "drs", "e.g", "eg", "etc", "ex", "fig", "figs", "fx", "hx",
    "i.e", "ie", "incl", "inj", "mr", "mrs", "ms", "no", "nos", "p.o", "pos", "prof", "pt", "pts",
    "q", "ref", "resp", "sp", "st", "tab", "tabs", "tel", "vs",
})
# fmt: on
# Maximum length of a line that was wrapped at a margin, in characters.
LINE_WIDTH = 130
# Shorter lines are not wrapped text, but e.g. the items of a list.
MIN_MARGIN = 30
BREAK = re.compile(rf"\r\n|[{LINE_BREAKS}]")
# Number or letter of a list item: "2.", "3)", "(b)". Not the decimal "2.5".
ITEM = re.compile(r"\(?(?:\d{1,2}|[A-Za-z])[.)](?=\s|[A-Za-z])")


@Language.factory(
    "clinical_sentencizer",
    assigns=["token.is_sent_start", "doc.sents"],
    default_config={"ends": ENDS, "abbreviations": None, "line_width": LINE_WIDTH},
)
def make_clinical_sentencizer(
    nlp: Language, name: str, ends: str, abbreviations: Optional[List[str]], line_width: int
) -> "ClinicalSentencizer":
    """Create a ClinicalSentencizer component.

    ends (str): Characters that end a sentence.
    abbreviations (Optional[List[str]]): Words whose full stop does not end a sentence, in lower
        case and without this full stop. None for a default list.
    line_width (int): Maximum length of a line that may have been wrapped at a margin, in
        characters. 0 if lines are not wrapped: each line break then ends a sentence.
    RETURNS (ClinicalSentencizer): The component.
    """
    return ClinicalSentencizer(name, ends=ends, abbreviations=abbreviations, line_width=line_width)


class ClinicalSentencizer(Pipe):
    """Component that sets sentence boundaries.

    A full stop ends a sentence unless it follows an abbreviation, an initial or the number of a
    list item, or is followed by a lower-case word or a comma. A letter is an initial ("by J.
    Smith") unless it follows a lower-case content word or a number, or precedes a function word
    ("hepatitis B. The"). Closing quotes and brackets after it belong to the sentence. The tokenizer
    keeps decimals and similar forms as one token, so they have no full stop.

    A line break ends a sentence unless the line was wrapped. A line counts as wrapped if its last
    sentence has not ended, and the next line is not blank or a list item and

    - starts with a lower-case letter, or
    - continues a list item, from which it is indented, or
    - starts with a word that did not fit into the line. This rule is used only if most line breaks
      of the document satisfy it. The width is the length of the longest line. A line in capitals is
      a heading, unless the line before it is in capitals too.
    """

    def __init__(
        self,
        name: str = "clinical_sentencizer",
        *,
        ends: str = ENDS,
        abbreviations: Optional[Iterable[str]] = None,
        line_width: int = LINE_WIDTH,
    ):
        """Initialize the component. The arguments are those of `make_clinical_sentencizer`."""
        self.name = name
        self.ends = frozenset(ends)
        self.abbreviations = frozenset(ABBREVIATIONS if abbreviations is None else abbreviations)
        self.line_width = line_width

    def __call__(self, doc: Doc) -> Doc:
        """Set the sentence boundaries of a document and overwrite existing ones.

        doc (Doc): The document.
        RETURNS (Doc): The same document.
        """
        starts = np.full(len(doc), -1, dtype="int64")
        starts[:1] = 1
        layout = self._layout(doc.text)
        first = 0
        for i in self._possible_ends(doc):
            following = self._next_start(doc, i, first, layout)
            if following < len(doc):
                starts[following] = 1
                first = following
        doc.from_array([SENT_START], cast(Ints2d, starts[:, None].astype("uint64")))
        return doc

    def _possible_ends(self, doc: Doc) -> List[int]:
        """Return the tokens after which a sentence may end."""
        orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
        texts = [doc.vocab.strings[orth] for orth in orths]
        may_end = [text[-1:] in self.ends or bool(BREAK.search(text)) for text in texts]
        return np.flatnonzero(np.asarray(may_end, dtype=bool)[index]).tolist()

    def _layout(self, text: str) -> "Layout":
        """Return the line breaks of a text and the margin at which its lines were wrapped."""
        breaks = [match.span() for match in BREAK.finditer(text)]
        bounds = [0, *(offset for span in breaks for offset in span), len(text)]
        lines = [text[bounds[i] : bounds[i + 1]].rstrip() for i in range(0, len(bounds), 2)]
        width = max(map(len, lines))
        if width > self.line_width:
            return Layout(text, breaks, 0)
        unended = [(a, b) for a, b in pairwise(lines) if a and b and not self._is_ended(a)]
        n_full = sum(len(a) + 1 + len(b.split(maxsplit=1)[0]) > width for a, b in unended)
        has_margin = width >= MIN_MARGIN and 2 * n_full > len(unended)
        return Layout(text, breaks, width if has_margin else -1)

    def _is_ended(self, line: str) -> bool:
        """Return whether a line, which is not empty, ends with the end of a sentence or heading."""
        return line[-1] in self.ends or line[-1] == ":"

    def _next_start(self, doc: Doc, i: int, first: int, layout: "Layout") -> int:
        """Return the start of the next sentence if a sentence ends at token i.

        doc (Doc): The document.
        i (int): A token after which a sentence may end.
        first (int): The first token of the sentence.
        layout (Layout): The lines of the document.
        RETURNS (int): Token index; the length of the document if no sentence ends at token i.
        """
        no_end, text = len(doc), doc[i].text
        start = i + 1
        while start < no_end and doc[start].text in CLOSING and not doc[start - 1].whitespace_:
            start += 1
        if start == no_end:
            return no_end
        if doc[i].is_space:
            is_wrapped = layout.margin and self._is_wrapped(doc, i, first, layout)
            return no_end if is_wrapped else start
        if doc[start].is_space or doc[start].text in self.ends:
            return no_end  # the sentence may end at that token instead
        following = doc[start].text
        if not doc[start - 1].whitespace_ and (following[0] in "([" or following[0].isdigit()):
            return no_end  # the number of a reference or figure: "criteria.12", "method.[10]"
        is_continued = following.islower() or following[0] in ",;:"
        is_continued = is_continued or self._is_part_of_word(doc, i, i == first + 1)
        return no_end if text[-1] == "." and is_continued else start

    def _is_part_of_word(self, doc: Doc, i: int, is_second: bool) -> bool:
        """Return whether a full stop belongs to an abbreviation or the number of a list item."""
        token = doc[i]
        if token.text != ".":  # spaCy's tokenizer does not split it from some words: "mL.", "Dr."
            word = token.text[:-1]
            is_known = "." in word or word.lower() in self.abbreviations
            return is_known or (len(word) == 1 and self._is_initial(doc, i, i))
        if not i or doc[i - 1].whitespace_:
            return False
        before = doc[i - 1]
        is_letter = len(before) == 1 and before.is_alpha
        # In capitals, "MR." at the end of a sentence is not the abbreviation of "Mister".
        is_word = before.lower_ in self.abbreviations and not before.is_upper
        is_initial = is_letter and self._is_initial(doc, i - 1, i)
        return is_word or is_initial or (is_second and (is_letter or before.like_num))

    def _is_initial(self, doc: Doc, letter: int, stop: int) -> bool:
        """Return whether a letter with a full stop is an initial: "J." in "by J. Smith", but not
        "B." in "hepatitis B. The" or "L." in "10 g / L. He".

        doc (Doc): The document.
        letter (int): The token with the letter.
        stop (int): The token with the full stop, which may be the same one. It is not the last.
        RETURNS (bool): Whether the letter is an initial, or part of a longer word.
        """
        if not letter or not doc[stop].whitespace_:
            return True
        before = doc[letter - 1]
        is_name = before.is_alpha and before.is_lower and not before.is_stop
        is_unit = before.text == "/" or before.like_num
        return not (is_name or is_unit or doc[stop + 1].is_stop)

    def _is_wrapped(self, doc: Doc, i: int, first: int, layout: "Layout") -> bool:
        """Return whether a line break is inside a sentence, because the line was wrapped."""
        if i + 1 == len(doc) or len(BREAK.findall(doc[i].text)) > 1:
            return False
        line = layout.line(doc[i].idx).text.rstrip()
        following = layout.line(doc[i + 1].idx)
        start = following.text.lstrip()
        if not line or not start or self._is_ended(line) or start[0] in BULLETS:
            return False
        # Text is wrapped at these characters, not e.g. at thin spaces.
        word = re.split(r"[ \t]", start, maxsplit=1)[0]
        is_full = 0 < layout.margin < len(line) + 1 + len(word)
        item = layout.line(doc[first].idx)
        is_in_item = item.is_item
        if following.is_item:
            return is_full and not is_in_item
        if start[0].islower() or (is_in_item and following.indent > item.indent):
            return True
        is_last_word = start.rstrip() == word and self._is_ended(word)
        is_heading = is_in_capitals(start) and not is_in_capitals(line) and not is_last_word
        return is_full and not is_heading


class Line(NamedTuple):
    """A line of a text, without its line break."""

    text: str

    @property
    def indent(self) -> int:
        """Return the number of columns before the first character that is not white space."""
        text = self.text.expandtabs()
        return len(text) - len(text.lstrip())

    @property
    def is_item(self) -> bool:
        """Return whether the line begins with the bullet, number or letter of a list item."""
        text = self.text.lstrip()
        return text[:1] in BULLETS or bool(ITEM.match(text))


class Layout(NamedTuple):
    """The lines of a text.

    text (str): The text.
    breaks (List[Tuple[int, int]]): Start and end of each line break.
    margin (int): Length of the longest line, in characters; 0 if lines are not wrapped; -1 if lines
        may be wrapped, but not at a fixed margin.
    """

    text: str
    breaks: List[Tuple[int, int]]
    margin: int

    def line(self, offset: int) -> Line:
        """Return the line that contains a character."""
        number = bisect_right(self.breaks, (offset, -1))
        start = self.breaks[number - 1][1] if number else 0
        end = self.breaks[number][0] if number < len(self.breaks) else len(self.text)
        return Line(self.text[start:end])


def is_in_capitals(line: str) -> bool:
    """Return whether a line has at least two letters, all of them capitals.

    line (str): The line.
    RETURNS (bool): False for letters without case.
    """
    letters = [char for char in line if char.isalpha()]
    return len(letters) > 1 and all(char.isupper() for char in letters)
