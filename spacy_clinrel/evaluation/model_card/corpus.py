"""Counts of the training data of a model card."""

from pathlib import Path
from typing import Dict, List

from spacy.vocab import Vocab

from ...files import read_docbin
from ...tokens import all_mentions, relation_edges
from ...tokens.assertion import assertion_matrix
from .markdown import code, table

HEADER = ("Part", "Documents", "Characters", "Entities", "Relations", "Attributes")


def parts_table(parts: Dict[str, str], vocab: Vocab) -> str:
    """Count what the parts of a corpus contain.

    parts (Dict[str, str]): The .spacy file of each part, by the part's name.
    vocab (Vocab): The vocabulary of the documents.
    RETURNS (str): A Markdown table; empty if there are no parts.
    RAISES (ValueError): If a file can't be read.
    """
    if not parts:
        return ""
    rows = [[code(part), *count_part(Path(path), vocab)] for part, path in parts.items()]
    return table(rows, HEADER)


def count_part(path: Path, vocab: Vocab) -> List[str]:
    """Count documents, characters, entities, relations and attributes.

    path (Path): The .spacy file.
    vocab (Vocab): The vocabulary of the documents.
    RETURNS (List[str]): The counts with separators of thousands. If the file does not exist, the
        cells say so.
    RAISES (ValueError): If the file can't be read.
    """
    if not path.exists():
        return ["not counted", *[""] * (len(HEADER) - 2)]
    docs = read_docbin(path, vocab)
    mentions = [all_mentions(doc) for doc in docs]
    counts = (
        len(docs),
        sum(len(doc.text) for doc in docs),
        sum(map(len, mentions)),
        sum(len(relation_edges(doc)) for doc in docs),
        sum(assertion_matrix(doc, spans).sum() for doc, spans in zip(docs, mentions)),
    )
    return [f"{count:,}" for count in counts]
