"""The ways in which a Doc is stored and copied, which its annotation must survive."""

import pickle
from typing import Callable, Dict

import spacy
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from spacy_clinrel.tokens import concat_docs


def other_vocab() -> Vocab:
    """Return a new vocabulary, as in another process."""
    return spacy.blank("zh").vocab


STORAGE: Dict[str, Callable[[Doc], Doc]] = {
    "bytes": lambda doc: Doc(other_vocab()).from_bytes(doc.to_bytes()),
    "docbin": lambda doc: next(
        DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(other_vocab())
    ),
    "copy": lambda doc: doc.copy(),
    "pickle": lambda doc: pickle.loads(pickle.dumps(doc)),
    "json": lambda doc: Doc(other_vocab()).from_json(doc.to_json(underscore=["clinrel"])),
    "concatenation": lambda doc: concat_docs([doc]),
}
