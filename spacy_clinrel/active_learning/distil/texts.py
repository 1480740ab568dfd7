"""The choice of unlabelled texts: without copies, gold documents and texts for evaluation."""

from collections import Counter
from pathlib import Path
from typing import Iterable, Iterator, Set

from spacy.tokens import Doc

from ...reading.shared_text import STRETCH, SharedText
from ...tokens.normalize import single_spaces

EMPTY = "no text"
REPEATED = "repeated text"
IN_GOLD = "text of a gold document"
SHARED = f"shares {STRETCH} characters with a text to leave out"
BEYOND = "beyond the maximum number of characters"


class TextFilter:
    """Chooses documents, and counts the others by the reason.

    left_out (Counter): Number of documents that were left out, by reason.
    """

    def __init__(self, gold: Iterable[Doc], without: Iterable[Path], max_characters: int = 0):
        """Read the texts to leave out.

        gold (Iterable[Doc]): Gold documents, whose texts are left out.
        without (Iterable[Path]): Files or folders of documents. Texts that share 20 characters in a
            row with one of them are left out.
        max_characters (int): Maximum number of characters of the chosen documents; 0 for all.
        RAISES (ValueError): If a file can't be read.
        """
        self.left_out: Counter = Counter()
        self._gold = {single_spaces(doc.text) for doc in gold}
        self._seen: Set[str] = set()
        self._max_characters = max_characters
        self._shared = SharedText(without)

    def choose(self, docs: Iterable[Doc]) -> Iterator[Doc]:
        """Choose documents.

        docs (Iterable[Doc]): The documents.
        YIELDS (Doc): Those that can be used, in order.
        """
        characters = 0
        for doc in docs:
            reason = self._reason(doc)
            if not reason and self._max_characters:
                characters += len(doc.text)
                reason = BEYOND if characters > self._max_characters else ""
            if reason:
                self.left_out[reason] += 1
            else:
                yield doc

    def _reason(self, doc: Doc) -> str:
        """Return why a document is left out; empty if it is not."""
        text = single_spaces(doc.text)
        if not text:
            return EMPTY
        if text in self._gold:
            return IN_GOLD
        if text in self._seen:
            return REPEATED
        self._seen.add(text)
        return SHARED if self._shared.share(text) else ""
