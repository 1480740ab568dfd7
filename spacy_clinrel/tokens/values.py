"""The plain values of the store, which `Doc.to_json` leaves out by default.

`Doc.to_json` writes the mentions of span groups, but not the groups' `attrs`. To keep relations and
attributes, name the extension `clinrel`, whose value are these `attrs`. `Doc.from_json` sets it:

    data = doc.to_json(underscore=["clinrel"])
    doc = Doc(nlp.vocab).from_json(data)
"""

from copy import deepcopy
from typing import Any, Dict, Optional

from spacy.tokens import Doc

from ..errors import Errors
from .group import GROUP, MentionGroup, group_mentions


def get_values(doc: Doc) -> Optional[Dict[str, Any]]:
    """Return relations, attributes and document id as plain values. This is the getter of
    `doc._.clinrel`.

    Mentions are given by their index in `doc.spans["clinrel"]`.

    doc (Doc): The document.
    RETURNS (Optional[Dict[str, Any]]): A copy of the span group's `attrs`; None if there is no
        group.
    """
    return deepcopy(doc.spans[GROUP].attrs) if GROUP in doc.spans else None


def set_values(doc: Doc, values: Optional[Dict[str, Any]]) -> None:
    """Replace relations, attributes and document id by the values of `get_values`. This is the
    setter of `doc._.clinrel`.

    doc (Doc): The document, with the mentions that the values refer to.
    values (Optional[Dict[str, Any]]): The values. With None, nothing is changed.
    RAISES (ValueError): If `values` is not a dict.
    """
    if values is None:
        return
    if not isinstance(values, dict):
        raise ValueError(Errors.R013.format(type=type(values).__name__))
    doc.spans[GROUP] = MentionGroup(
        doc, name=GROUP, spans=group_mentions(doc), attrs=deepcopy(values)
    )
