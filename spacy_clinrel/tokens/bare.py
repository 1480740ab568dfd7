"""Copies of documents without annotation."""

from typing import Optional

from spacy.tokens import Doc
from spacy.vocab import Vocab


def bare_doc(doc: Doc, vocab: Optional[Vocab] = None) -> Doc:
    """Return a new Doc with the same tokens and without annotation.

    doc (Doc): The document.
    vocab (Optional[Vocab]): Vocabulary of the new Doc. None to use the document's.
    RETURNS (Doc): The new document.
    """
    words = [token.text for token in doc]
    spaces = [bool(token.whitespace_) for token in doc]
    return Doc(doc.vocab if vocab is None else vocab, words=words, spaces=spaces)
