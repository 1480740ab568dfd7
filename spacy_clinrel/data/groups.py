"""Groups of documents, such as all notes of one patient, found in the document ids."""

import re
from typing import Iterable, Set

from spacy.tokens import Doc

from ..errors import Errors
from ..tokens import get_doc_id


def group_of(doc_id: str, pattern: str) -> str:
    """Return the group of a document.

    doc_id (str): The document id.
    pattern (str): A regular expression that is searched in the id. The group is the match of its
        first capturing group or, if it has none, the whole match.
    RETURNS (str): The group, e.g. a patient number.
    RAISES (ValueError): If the pattern is not a valid regular expression or does not match.
    """
    try:
        match = re.search(pattern, doc_id)
    except re.error as error:
        raise ValueError(Errors.F011.format(pattern=pattern, error=error)) from error
    if match is None:
        raise ValueError(Errors.F012.format(pattern=pattern, doc_id=doc_id))
    return match[1] if match.re.groups else match[0]


def groups_of(docs: Iterable[Doc], pattern: str) -> Set[str]:
    """Return the groups of several documents.

    docs (Iterable[Doc]): Documents with ids.
    pattern (str): A regular expression, as in `group_of`.
    RETURNS (Set[str]): The groups.
    RAISES (ValueError): If the pattern is not a valid regular expression or does not match an id.
    """
    return {group_of(get_doc_id(doc) or "", pattern) for doc in docs}
