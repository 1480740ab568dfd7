"""The name of a document, stored with it."""

from typing import Optional

from spacy.tokens import Doc

from .relation import GROUP, store_relations

DOC_ID = "doc_id"


def get_doc_id(doc: Doc) -> Optional[str]:
    """The name a document had in its corpus.

    doc (Doc): The document.
    RETURNS (Optional[str]): The name, None if it has none.
    """
    return doc.spans[GROUP].attrs.get(DOC_ID) if GROUP in doc.spans else None


def set_doc_id(doc: Doc, doc_id: str) -> None:
    """Name a document, in the attributes of the mention group, so that the name is stored with it.

    doc (Doc): The document.
    doc_id (str): The name.
    """
    if GROUP not in doc.spans:
        store_relations(doc, [], [])
    doc.spans[GROUP].attrs[DOC_ID] = doc_id
