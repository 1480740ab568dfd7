"""The tokens of a document without anything else."""

from typing import Optional

from spacy.tokens import Doc
from spacy.vocab import Vocab


def bare_doc(doc: Doc, vocab: Optional[Vocab] = None) -> Doc:
    """A fresh Doc of the same tokens.

    doc (Doc): The document.
    vocab (Optional[Vocab]): The vocabulary of the fresh one. None takes the document's own.
    RETURNS (Doc): Without annotation.
    """
    words = [token.text for token in doc]
    spaces = [bool(token.whitespace_) for token in doc]
    return Doc(vocab or doc.vocab, words=words, spaces=spaces)
