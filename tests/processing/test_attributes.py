"""Custom attributes of mentions that other components set."""

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.tokens.underscore import Underscore

from spacy_clinrel.files import stream_docbin
from spacy_clinrel.processing import AnnotationOptions, Attribute, annotate, output_schema
from spacy_clinrel.processing.attributes import find_attributes, read_attributes
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job

from ..conftest import EXPLODE
from ..util import invoke

# A component like those of medspaCy and negspaCy. It is registered only by importing this code.
CODE = """
from spacy.language import Language
from spacy.tokens import Doc, Span

Span.set_extension("stub_negated", default=False, force=True)
Span.set_extension("stub_weight", default=0, force=True)
Span.set_extension("stub_note", default=None, force=True)
Span.set_extension("stub_length", getter=len, force=True)
Span.set_extension("stub_method", method=len, force=True)
Doc.set_extension("stub_doc", default=1, force=True)


@Language.component("clinrel_test_stub")
def stub(doc):
    for ent in doc.ents:
        ent._.stub_negated = doc[0].text == "无"
        ent._.stub_weight = ent.start / 2
        ent._.stub_note = [1, "头"] if ent.start else None
        if "错" in doc.text:
            ent._.stub_negated = "yes"
    return doc
"""


@pytest.fixture
def stub(rules, tmp_path):
    """Return a pipeline with a stub component, and the file with its code."""
    code = tmp_path / "stub.py"
    code.write_text(CODE, encoding="utf-8")
    nlp = spacy.load(rules, exclude=EXPLODE)
    nlp.add_pipe("sentencizer", name="stub")
    nlp.to_disk(tmp_path / "model")
    config = nlp.config
    config["components"]["stub"] = {"factory": "clinrel_test_stub"}
    config.to_disk(tmp_path / "model" / "config.cfg")
    before = dict(Underscore.span_extensions)
    yield str(tmp_path / "model"), str(code)
    Underscore.span_extensions = before


@pytest.fixture
def job(stub, tmp_path):
    model, code = stub
    (tmp_path / "in").mkdir()
    for i, text in enumerate(["无头痛，查CT", "有头痛"]):
        (tmp_path / "in" / f"{i}.txt").write_text(text, encoding="utf-8")
    options = AnnotationOptions(model, code=code)
    return Job(str(tmp_path / "in"), tmp_path / "out", options, "jsonl")


NAMES = ("stub_negated", "stub_weight", "stub_note", "stub_length")
VALUES = [
    {"stub_negated": True, "stub_weight": 0.5, "stub_note": "[1, '头']", "stub_length": 2.0},
    {"stub_negated": True, "stub_weight": 2.5, "stub_note": "[1, '头']", "stub_length": 2.0},
    {"stub_negated": False, "stub_weight": 0.5, "stub_note": "[1, '头']", "stub_length": 2.0},
]


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_attributes_are_written(job, format):
    run_job(job._replace(format=format), attributes=NAMES)
    if format == "parquet":
        rows = pq.read_table(job.output).to_pylist()
    else:
        lines = (job.output / "part-000000.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
    mentions = [mention for row in rows for mention in row["mentions"]]
    assert [mention["attributes"] for mention in mentions] == VALUES
    assert list(mentions[0])[-2:] == ["candidates", "attributes"]


def test_attributes_in_spacy_files(job):
    run_job(job._replace(format="spacy"), attributes=NAMES)
    docs = list(stream_docbin(job.output / "part-000000.spacy", spacy.blank("zh").vocab))
    ents = [ent for doc in docs for ent in doc.ents]
    assert [ent._.stub_negated for ent in ents] == [True, True, False]
    assert [ent._.stub_weight for ent in ents] == [0.5, 2.5, 0.5]
    assert ents[0]._.stub_note == "[1, '头']"
    keys = {key[1] for doc in docs for key in doc.user_data}
    assert keys == set(NAMES)


def test_output_without_attributes(job):
    run_job(job)
    row = json.loads((job.output / "part-000000.jsonl").read_text("utf-8").splitlines()[0])
    assert "attributes" not in row["mentions"][0]


@pytest.mark.study
def test_attributes_with_two_processes(job):
    run_job(job, n_process=2, attributes=NAMES)
    lines = (job.output / "part-000000.jsonl").read_text("utf-8").splitlines()
    found = [mention["attributes"] for line in lines for mention in json.loads(line)["mentions"]]
    assert found == VALUES
    # This process has not loaded the pipeline.
    assert not Span.has_extension("stub_negated")


@pytest.mark.parametrize(
    "name, message",
    [
        ("stub_negatd", r"P038.*span\._\.stub_negatd.*stub_length.*stub_negated"),
        ("stub_doc", r"P038.*stub_doc"),
        ("stub_method", r"P039.*stub_method"),
        ("\udcff", r"P038"),
    ],
)
def test_unknown_attributes_are_reported_first(job, name, message):
    with pytest.raises(ValueError, match=message) as error:
        run_job(job, attributes=[*NAMES, name])
    assert str(error.value).isprintable() and not job.output.exists()


def test_value_of_another_type_is_an_error_of_the_document(job, tmp_path):
    (tmp_path / "in" / "2.txt").write_text("错头痛", encoding="utf-8")
    counts = run_job(job, attributes=["stub_negated"])
    assert counts["documents"] == 2 and counts["quarantined"] == 1
    text = (job.output / "_quarantine.jsonl").read_text("utf-8")
    assert "P041" in text and "stub_negated" in text and "type str" in text and "错" not in text


def test_resume_needs_the_same_attributes(job):
    run_job(job, attributes=["stub_negated"])
    for names in ((), ["stub_weight"]):
        with pytest.raises(ValueError, match=r"P012.*: attributes\."):
            run_job(job, resume=True, attributes=names)
        with pytest.raises(ValueError, match=r"P035.*: attributes\."):
            run_job(job, retry_quarantined=True, attributes=names)
    run_job(job, resume=True, attributes=["stub_negated"])


def test_attributes_from_the_command_line(job):
    options = ("--code", job.options.code, "-f", "jsonl", "-q")
    arguments = ("clinrel", "apply", job.options.model, job.source, job.output, *options)
    result = invoke(*arguments, "--attr", "stub_negated", "-a", "stub_weight")
    assert result.exit_code == 0, result.output
    row = json.loads((job.output / "part-000000.jsonl").read_text("utf-8").splitlines()[0])
    assert row["mentions"][0]["attributes"] == {"stub_negated": True, "stub_weight": 0.5}
    result = invoke(*arguments[:4], job.output / "2", *options, "--attr", "negated")
    assert result.exit_code == 1 and "P038" in result.output


class Item:
    shape = ()

    def __init__(self, value):
        self.value = value

    def item(self):
        return self.value


@pytest.mark.parametrize(
    "value, kind, expected",
    [
        (True, "bool", True),
        (None, "bool", None),
        (Item(False), "bool", False),
        (3, "number", 3.0),
        (Item(1.5), "number", 1.5),
        (math.nan, "number", None),
        (math.inf, "number", None),
        (None, "string", None),
        ("a\udcffb", "string", "a\\udcffb"),
        (True, "string", "true"),
        (0.5, "string", "0.5"),
        ({"a": 1}, "string", "{'a': 1}"),
    ],
)
def test_conversion_of_values(value, kind, expected):
    before = dict(Underscore.span_extensions)
    try:
        Span.set_extension("clinrel_test_value", default=None, force=True)
        span = Doc(spacy.blank("zh").vocab, words=["x"])[0:1]
        span._.clinrel_test_value = value
        found = read_attributes(span, [Attribute("clinrel_test_value", kind)])
        assert found == {"clinrel_test_value": expected}
        assert type(found["clinrel_test_value"]) is type(expected)
    finally:
        Underscore.span_extensions = before


def test_types_of_attributes():
    nlp = spacy.blank("zh")
    before = dict(Underscore.span_extensions)
    defaults = {"a": False, "b": 0, "c": 0.5, "d": "", "e": None, "f": []}
    try:
        for name, default in defaults.items():
            Span.set_extension(f"t_{name}", default=default, force=True)
        Span.set_extension("t_g", getter=lambda span: span.doc[7], force=True)
        Span.set_extension("t_h", getter=lambda span: span.start > 3, force=True)
        names = [f"t_{name}" for name in "abcdefgh"]
        found = find_attributes(nlp, [*names, "t_a"])
    finally:
        Underscore.span_extensions = before
    kinds = ["bool", "number", "number", "string", "string", "string", "string", "bool"]
    assert found == tuple(map(Attribute, names, kinds))


def test_annotate_with_attributes(stub):
    model, code = stub
    attributes = (Attribute("stub_negated", "bool"),)
    options = AnnotationOptions(model, code=code, attributes=attributes)
    batch = annotate(pa.record_batch({"id": ["a", "b"], "text": ["无头痛", None]}), options)
    assert batch.schema == output_schema(options)
    first, second = batch.to_pylist()
    assert first["mentions"][0]["attributes"] == {"stub_negated": True}
    assert second["mentions"] is None
