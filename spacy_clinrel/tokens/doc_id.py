"""Document ids, stored in the attributes of the mention group."""

from typing import Optional

from spacy.tokens import Doc

from .group import GROUP
from .relation import store_relations

DOC_ID = "doc_id"


def get_doc_id(doc: Doc) -> Optional[str]:
    """Return the id that a document has in its corpus.

    doc (Doc): The document.
    RETURNS (Optional[str]): The id; None if it has none.
    """
    return doc.spans[GROUP].attrs.get(DOC_ID) if GROUP in doc.spans else None


def set_doc_id(doc: Doc, doc_id: str) -> None:
    """Set the id of a document. It is saved with the mention group.

    doc (Doc): The document.
    doc_id (str): The id.
    """
    if GROUP not in doc.spans:
        store_relations(doc, [], [])
    doc.spans[GROUP].attrs[DOC_ID] = doc_id
