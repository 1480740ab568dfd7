"""Sentence boundaries of English clinical notes, by rules: full stops that end nothing, headings,
list items, lines that were broken at a margin."""

import re
from itertools import pairwise
from typing import Iterable, List, Optional, cast

import numpy as np
from spacy.attrs import ORTH, SENT_START
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from thinc.types import Ints2d

ENDS = ".!?…。！？"
BULLETS = frozenset("-*•·+")
CLOSING = frozenset("\"'”’)]}»")
# After these a full stop is part of the word, whatever follows.
ABBREVIATIONS = frozenset(
    {"approx", "ca", "cf", "dept", "dr", "drs", "e.g", "eg", "etc", "ex", "fig", "figs", "fx", "hx"}
    | {
        "i.e",
        "ie",
        "incl",
        "inj",
        "mr",
        "mrs",
        "ms",
        "no",
        "nos",
        "p.o",
        "pos",
        "prof",
        "pt",
        "pts",
    }
    | {"q", "ref", "resp", "sp", "st", "tab", "tabs", "tel", "vs"}
)
# A line of a note that was broken at a margin is no longer than this.
LINE_WIDTH = 130


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
    abbreviations (Optional[List[str]]): Words, in lower case and without their last full stop,
        after which one ends nothing. None for common ones.
    line_width (int): The longest line, in characters, that may have been broken at a margin; 0
        where no line was, so that each is a sentence at least.
    """
    return ClinicalSentencizer(name, ends=ends, abbreviations=abbreviations, line_width=line_width)


class ClinicalSentencizer(Pipe):
    """Set sentence boundaries.

    A full stop ends a sentence unless an abbreviation or the number of a list item stands before
    it, or a small letter or a comma comes next; quotes and brackets that close behind it belong to
    it. Decimals and the like are one token and have none. A line break ends a sentence, unless the
    line was broken at a margin: its sentence has not ended, and the next word begins small, or
    would not have fitted into the longest line of a text most of whose lines are so.
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
        """Set the boundaries of a document, in place of those it has.

        doc (Doc): The document.
        RETURNS (Doc): The same.
        """
        starts = np.full(len(doc), -1, dtype="int64")
        starts[:1] = 1
        margin = self._margin(doc.text)
        for i in self._ends(doc):
            numbered = i > 0 and starts[i - 1] == 1
            after = self._sentence_after(doc, i, numbered, margin)
            if after < len(doc):
                starts[after] = 1
        doc.from_array([SENT_START], cast(Ints2d, starts[:, None].astype("uint64")))
        return doc

    def _ends(self, doc: Doc) -> List[int]:
        """Tokens behind which a sentence may end."""
        orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
        texts = [doc.vocab.strings[orth] for orth in orths]
        may = [text[-1:] in self.ends or "\n" in text or "\r" in text for text in texts]
        return np.flatnonzero(np.asarray(may, dtype=bool)[index]).tolist()

    def _margin(self, text: str) -> int:
        """Characters of the longest line, where lines were broken for their length; 0 where no line
        was broken at all, -1 where some may have been."""
        lines = [line.rstrip() for line in text.splitlines()]
        width = max(map(len, lines), default=0)
        if width > self.line_width:
            return 0
        open_ = [(a, b) for a, b in pairwise(lines) if a and b and not self._is_ended(a)]
        full = sum(len(a) + 1 + len(b.split(maxsplit=1)[0]) > width for a, b in open_)
        return width if 2 * full > len(open_) else -1

    def _is_ended(self, line: str) -> bool:
        return line[-1] in self.ends or line[-1] == ":"

    def _sentence_after(self, doc: Doc, i: int, numbered: bool, margin: int) -> int:
        """Where the next sentence begins if one ends at token i; the text's length if none does.

        numbered (bool): Whether the sentence has one token before this.
        margin (int): What `_margin` found.
        """
        none, text = len(doc), doc[i].text
        after = i + 1
        while after < none and doc[after].text in CLOSING and not doc[after - 1].whitespace_:
            after += 1
        if after == none:
            return none
        if doc[i].is_space:
            return none if margin and self._is_wrapped(doc, i, margin) else after
        if doc[after].is_space or doc[after].text in self.ends:
            return none  # whose own turn comes
        following = doc[after].text
        goes_on = following.islower() or following[0] in ",;:"
        goes_on = goes_on or self._is_part_of_a_word(doc, i, numbered)
        return none if text[-1] == "." and goes_on else after

    def _is_part_of_a_word(self, doc: Doc, i: int, numbered: bool) -> bool:
        """Whether a full stop belongs to an abbreviation or to the number of a list item."""
        token = doc[i]
        if token.text != ".":  # spaCy's tokenizer leaves it with some words, "mL." as well as "Dr."
            word = token.text[:-1]
            is_unit = i > 0 and doc[i - 1].text == "/"
            is_initial = (len(word) == 1 and not is_unit) or "." in word
            return is_initial or word.lower() in self.abbreviations
        if not i or doc[i - 1].whitespace_:
            return False
        before = doc[i - 1]
        is_number = before.like_num or (len(before) == 1 and before.is_alpha)
        # "MR." at the end of a sentence is no mister.
        is_word = before.lower_ in self.abbreviations and not before.is_upper
        return is_word or (numbered and is_number)

    def _is_wrapped(self, doc: Doc, i: int, margin: int) -> bool:
        """Whether a line break stands inside a sentence."""
        if len(doc[i].text.splitlines()) > 1 or i + 1 == len(doc):
            return False
        text, end = doc.text, doc[i].idx
        begin = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
        line, following = text[begin:end].rstrip(), text[doc[i + 1].idx :]
        if not line or self._is_ended(line) or following[0] in BULLETS:
            return False
        word = re.split(r"[ \t\r\n]", following, maxsplit=1)[0]
        return word[:1].islower() or 0 < margin < len(line) + 1 + len(word)
