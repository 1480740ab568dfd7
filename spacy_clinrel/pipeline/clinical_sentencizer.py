"""The component `clinical_sentencizer`: rule-based sentence boundaries for English clinical notes,
with abbreviations, headings, list items and lines that were wrapped at a margin."""

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

    A full stop ends a sentence unless it follows an abbreviation or the number of a list item, or
    is followed by a lower-case word or a comma. Closing quotes and brackets after it belong to the
    sentence. The tokenizer keeps decimals and similar forms as one token, so they have no full
    stop.

    A line break ends a sentence unless the line was wrapped at a margin. A line counts as wrapped
    if its last sentence has not ended, and the next line either starts with a lower-case letter or
    starts with a word that did not fit into the line. The last rule is used only if most line
    breaks of the document satisfy it. The width is the length of the longest line.
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
        margin = self._margin(doc.text)
        for i in self._possible_ends(doc):
            is_second = i > 0 and starts[i - 1] == 1
            following = self._next_start(doc, i, is_second, margin)
            if following < len(doc):
                starts[following] = 1
        doc.from_array([SENT_START], cast(Ints2d, starts[:, None].astype("uint64")))
        return doc

    def _possible_ends(self, doc: Doc) -> List[int]:
        """Return the tokens after which a sentence may end."""
        orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
        texts = [doc.vocab.strings[orth] for orth in orths]
        may_end = [text[-1:] in self.ends or "\n" in text or "\r" in text for text in texts]
        return np.flatnonzero(np.asarray(may_end, dtype=bool)[index]).tolist()

    def _margin(self, text: str) -> int:
        """Return the margin at which the lines of a text were wrapped.

        text (str): The text.
        RETURNS (int): Length of the longest line, in characters; 0 if lines are not wrapped; -1 if
            lines may be wrapped, but not at a fixed margin.
        """
        lines = [line.rstrip() for line in text.splitlines()]
        width = max(map(len, lines), default=0)
        if width > self.line_width:
            return 0
        unended = [(a, b) for a, b in pairwise(lines) if a and b and not self._is_ended(a)]
        n_full = sum(len(a) + 1 + len(b.split(maxsplit=1)[0]) > width for a, b in unended)
        return width if 2 * n_full > len(unended) else -1

    def _is_ended(self, line: str) -> bool:
        """Return whether a line, which is not empty, ends with the end of a sentence or heading."""
        return line[-1] in self.ends or line[-1] == ":"

    def _next_start(self, doc: Doc, i: int, is_second: bool, margin: int) -> int:
        """Return the start of the next sentence if a sentence ends at token i.

        doc (Doc): The document.
        i (int): A token after which a sentence may end.
        is_second (bool): Whether token i is the second token of its sentence.
        margin (int): The result of `_margin`.
        RETURNS (int): Token index; the length of the document if no sentence ends at token i.
        """
        no_end, text = len(doc), doc[i].text
        start = i + 1
        while start < no_end and doc[start].text in CLOSING and not doc[start - 1].whitespace_:
            start += 1
        if start == no_end:
            return no_end
        if doc[i].is_space:
            return no_end if margin and self._is_wrapped(doc, i, margin) else start
        if doc[start].is_space or doc[start].text in self.ends:
            return no_end  # the sentence may end at that token instead
        following = doc[start].text
        is_continued = following.islower() or following[0] in ",;:"
        is_continued = is_continued or self._is_part_of_word(doc, i, is_second)
        return no_end if text[-1] == "." and is_continued else start

    def _is_part_of_word(self, doc: Doc, i: int, is_second: bool) -> bool:
        """Return whether a full stop belongs to an abbreviation or the number of a list item."""
        token = doc[i]
        if token.text != ".":  # spaCy's tokenizer does not split it from some words: "mL.", "Dr."
            word = token.text[:-1]
            is_unit = i > 0 and doc[i - 1].text == "/"
            is_initial = (len(word) == 1 and not is_unit) or "." in word
            return is_initial or word.lower() in self.abbreviations
        if not i or doc[i - 1].whitespace_:
            return False
        before = doc[i - 1]
        is_number = before.like_num or (len(before) == 1 and before.is_alpha)
        # In capitals, "MR." at the end of a sentence is not the abbreviation of "Mister".
        is_word = before.lower_ in self.abbreviations and not before.is_upper
        return is_word or (is_second and is_number)

    def _is_wrapped(self, doc: Doc, i: int, margin: int) -> bool:
        """Return whether a line break is inside a sentence, because the line was wrapped."""
        if len(doc[i].text.splitlines()) > 1 or i + 1 == len(doc):
            return False
        text, end = doc.text, doc[i].idx
        begin = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
        line, following = text[begin:end].rstrip(), text[doc[i + 1].idx :]
        if not line or self._is_ended(line) or following[0] in BULLETS:
            return False
        word = re.split(r"[ \t\r\n]", following, maxsplit=1)[0]
        return word[:1].islower() or 0 < margin < len(line) + 1 + len(word)
