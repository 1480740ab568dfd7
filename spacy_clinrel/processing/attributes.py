"""Custom attributes that other components set on mentions, e.g. medspaCy's `span._.is_negated`."""

import json
import math
from typing import Any, Dict, Iterable, List, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.tokens.underscore import Underscore

from ..errors import Errors
from ..files import printable
from .schema import BOOL, NUMBER, STRING, Attribute

Scalar = Union[None, bool, float, str]


def find_attributes(nlp: Language, names: Iterable[str]) -> Tuple[Attribute, ...]:
    """Determine the types of attributes from their default values, or from the value of their
    getter for a single word.

    nlp (Language): The loaded pipeline. Its components have registered the attributes.
    names (Iterable[str]): Names of attributes of spans.
    RETURNS (Tuple[Attribute, ...]): The attributes, without duplicates.
    RAISES (ValueError): If an attribute is not registered, or is a method.
    """
    return tuple(Attribute(name, _find_type(nlp, name)) for name in dict.fromkeys(names))


def _find_type(nlp: Language, name: str) -> str:
    if not Span.has_extension(name):
        known = ", ".join(sorted(Underscore.span_extensions)) or "none"
        raise ValueError(Errors.P038.format(name=printable(name), known=known))
    default, method, getter, _ = Span.get_extension(name)
    if method is not None:
        raise ValueError(Errors.P039.format(name=name))
    if getter is not None:
        try:
            default = getter(Span(Doc(nlp.vocab, words=["x"]), 0, 1))
        except Exception:  # the getter needs a processed document
            return STRING
    value = _to_scalar(default)
    if isinstance(value, bool):
        return BOOL
    return NUMBER if isinstance(value, (int, float)) else STRING


def read_attributes(span: Span, attributes: Iterable[Attribute]) -> Dict[str, Scalar]:
    """Return the values of the attributes of a mention, in the types of their columns.

    span (Span): The mention.
    attributes (Iterable[Attribute]): The attributes.
    RETURNS (Dict[str, Scalar]): The values by name. Numbers that are not finite are None.
    RAISES (ValueError): If a value does not have the type of its attribute.
    """
    return {
        attribute.name: _convert(span._.get(attribute.name), attribute) for attribute in attributes
    }


def _convert(value: Any, attribute: Attribute) -> Scalar:
    scalar = _to_scalar(value)
    if scalar is None:
        return None
    if attribute.type == STRING:
        return scalar if isinstance(scalar, str) else json.dumps(scalar)
    is_bool = isinstance(scalar, bool)
    if isinstance(scalar, str) or is_bool != (attribute.type == BOOL):
        found = type(value).__name__
        expected = attribute.type
        raise ValueError(Errors.P041.format(name=attribute.name, found=found, expected=expected))
    if is_bool:
        return scalar
    return float(scalar) if math.isfinite(scalar) else None


def _to_scalar(value: Any) -> Scalar:
    """Return a value that can be written as JSON. Other objects become strings."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()  # a NumPy scalar
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return printable(str(value))


def set_user_data(doc: Doc, spans: List[Span], attributes: Iterable[Attribute]) -> None:
    """Replace the user data of a document by the values of the attributes of its mentions, in the
    form in which spaCy stores them. Other user data may not be serialisable.

    doc (Doc): The document.
    spans (List[Span]): Its mentions.
    attributes (Iterable[Attribute]): The attributes.
    """
    names = [attribute.name for attribute in attributes]
    data: Dict[Any, Scalar] = {
        ("._.", name, span.start_char, span.end_char): _to_scalar(span._.get(name))
        for span in spans
        for name in names
    }
    doc.user_data = data
