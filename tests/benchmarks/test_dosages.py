"""The benchmark of dosages, dates and durations."""

import spacy

from benchmarks.dosages import Row, found, read_rows, show
from spacy_clinrel.pipeline.measurement_matcher import MeasurementMatcher

from ..util import make_doc


def test_rows_of_a_document():
    nlp = spacy.blank("zh")
    doc = MeasurementMatcher("zh")(make_doc(nlp, "[阿莫西林|Treatment]0.5g tid，咳嗽10余年"))
    rows = [row for _, row in found(doc)]
    assert rows == [
        Row("", "", "DOSAGE", "阿莫西林@0: 0.5g tid", "dose 0.5, ucum g, frequency tid"),
        Row("", "", "DURATION", "@15: 10余年", "duration P10Y, is_approximate True"),
    ]


def test_empty_fields_are_not_shown():
    assert show({"text": "2g", "dose": 2.0, "route": None, "is_approximate": False}) == "dose 2.0"


def test_all_judged_rows_have_a_verdict():
    rows = read_rows()
    assert rows and all(row.verdict in ("right", "wrong") for row in rows if row.kind)
