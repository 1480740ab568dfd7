"""Values, doses, dates and durations in a document: the span group `doc.spans["measurements"]`.

The group's `attrs["values"]` has the plain values of each span, in the order of the spans. It is
preserved wherever span groups are; `concat_docs` joins it.
"""

from copy import deepcopy
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..errors import Errors
from .group import VALUES, MentionGroup, group_mentions

MEASUREMENTS = "measurements"
# Start and end in the text, label, plain values.
MeasurementRow = Tuple[int, int, str, Dict[str, Any]]


class Measurement(NamedTuple):
    """A value, dose, date or duration in a document.

    span (Span): The span, whose label is "VALUE", "DOSAGE", "DATE" or "DURATION".
    values (Dict[str, Any]): Its plain values, see `spacy_clinrel.measurements`.
    """

    span: Span
    values: Dict[str, Any]


def write_measurements(doc: Doc, rows: Sequence[MeasurementRow]) -> None:
    """Replace the measurements of a document.

    doc (Doc): The document.
    rows (Sequence[MeasurementRow]): Start and end (exclusive) in characters, label and plain values
        of each measurement. A measurement that begins or ends within a token gets the whole token.
    """
    spans, values = [], []
    for start, end, label, fields in rows:
        span = doc.char_span(start, end, label=label, alignment_mode="expand")
        if span is not None:
            spans.append(span)
            values.append(fields)
    doc.spans[MEASUREMENTS] = MentionGroup(
        doc, name=MEASUREMENTS, spans=spans, attrs={VALUES: values}
    )


def get_measurements(doc: Doc) -> List[Measurement]:
    """Return the measurements of a document.

    doc (Doc): The document.
    RETURNS (List[Measurement]): The measurements, in the order of the span group; empty if the Doc
        has no such group. Their values are empty if the storage dropped the group's `attrs`.
    RAISES (ValueError): If spans were added or removed without their values, or if a measurement
        does not begin and end at token boundaries any more.
    """
    if MEASUREMENTS not in doc.spans:
        return []
    spans = group_mentions(doc, MEASUREMENTS)
    # Doc.to_json and Doc.from_docs drop the attrs.
    values = doc.spans[MEASUREMENTS].attrs.get(VALUES, [{} for _ in spans])
    if len(values) != len(spans):
        message = Errors.R025.format(group=MEASUREMENTS, spans=len(spans), values=len(values))
        raise ValueError(message)
    return [Measurement(span, deepcopy(fields)) for span, fields in zip(spans, values)]
