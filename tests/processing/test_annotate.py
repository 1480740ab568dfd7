"""The function `annotate`, from a record batch of texts to a record batch of annotation."""

import math
import random

import pyarrow as pa
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin

from spacy_clinrel.processing import AnnotationOptions, annotate, output_schema
from spacy_clinrel.processing.annotation import load_pipeline
from spacy_clinrel.types import ASSERTIONS

from ..util import FUSE, both, make_notes
from .util import assert_same

DICE = random.Random(0)
NOTES = [doc.text for doc in make_notes(spacy.blank("zh"), 12, seed=5)]
# Texts of many lengths, a duplicate, and an empty one.
TEXTS = ["", *NOTES, "".join(NOTES), NOTES[0] * 3, NOTES[0], "无殊。", "a\0b" + NOTES[1], " \n"]


def to_batch(texts, ids=None, kind=None):
    ids = range(len(texts)) if ids is None else ids
    return pa.record_batch({"id": pa.array(ids), "text": pa.array(texts, kind)})


def run(texts, model, **options):
    return annotate(to_batch(texts), AnnotationOptions(str(model), **options)).to_pylist()


@pytest.fixture(scope="module")
def alone(trained_model):
    """Return the row of each of TEXTS, annotated separately."""
    rows = [run([text], trained_model)[0] for text in TEXTS]
    assert sum(len(row["relations"]) for row in rows) > 20
    return [{**row, "id": None} for row in rows]


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_rows_do_not_depend_on_the_batch(trained_model, alone, data):
    order = data.draw(st.lists(st.integers(0, len(TEXTS) - 1), min_size=1, max_size=40))
    size = data.draw(st.sampled_from([1, 30, 60, 200, 1000, 100_000]))
    cut = data.draw(st.integers(0, len(order)))
    found = []
    for part in (order[:cut], order[cut:]):
        found += run([TEXTS[i] for i in part], trained_model, batch_size=size)
    assert_same([{**row, "id": None} for row in found], [alone[i] for i in order])


def test_rows_match_the_pipeline(trained_model):
    nlp = spacy.load(trained_model)
    rows = run(TEXTS, trained_model, include_text=True, include_doc=True)
    for i, (row, text) in enumerate(zip(rows, TEXTS)):
        doc = nlp(text)
        assert row["id"] == str(i) and row["text"] == text and row["error"] is None
        ents = [(e.start_char, e.end_char, e.text, e.label_) for e in doc.ents]
        assert [tuple(mention.values())[:4] for mention in row["mentions"]] == ents
        edges = [(r.head.start_char, r.label, r.tail.start_char) for r in doc._.relations]
        starts = [mention["start_char"] for mention in row["mentions"]]
        found = [(starts[r["head"]], r["label"], starts[r["tail"]]) for r in row["relations"]]
        assert found == edges
        scores = [relation["score"] for relation in row["relations"]]
        assert scores == pytest.approx([r.score for r in doc._.relations], abs=1e-5)
        (stored,) = DocBin().from_bytes(row["doc"]).get_docs(nlp.vocab)
        assert both(stored) == both(doc) and stored.text == text


FLAGS = [(f"is_{name}", "bool") for name in ASSERTIONS]


def test_output_schema(rules):
    options = AnnotationOptions(str(rules))
    schema = output_schema(options)
    assert schema.names == ["id", "mentions", "relations", "sections", "error"]
    mention, relation = (schema.field(name).type.value_type for name in ("mentions", "relations"))
    assert [(f.name, str(f.type)) for f in (*mention, *relation)] == [
        ("start_char", "int64"),
        ("end_char", "int64"),
        ("text", "string"),
        ("type", "string"),
        *FLAGS,
        ("assertion", f"struct<{', '.join(f'{name}: double' for name in ASSERTIONS)}>"),
        ("other_attributes", "list<item: string>"),
        ("section", "string"),
        ("value", "string"),
        ("value_number", "double"),
        ("value_unit", "string"),
        ("value_comparison", "string"),
        ("value_flag", "string"),
        ("value_qualitative", "string"),
        ("dosage", "string"),
        ("dose", "double"),
        ("dose_unit", "string"),
        ("route", "string"),
        ("frequency", "string"),
        ("kb_id", "string"),
        ("candidates", "list<item: struct<kb_id: string, name: string, score: double>>"),
        ("head", "int64"),
        ("tail", "int64"),
        ("label", "string"),
        ("score", "double"),
        *FLAGS,
    ]
    assert schema.metadata == {b"spacy_clinrel.schema_version": b"3"}
    wide = output_schema(options._replace(include_text=True, include_doc=True))
    names = ["id", "text", "mentions", "relations", "sections", "doc", "error"]
    assert wide.names == names
    for more in ({}, {"include_text": True}, {"include_doc": True}):
        chosen = options._replace(**more)
        for texts in ([], ["头痛"], [None]):
            batch = annotate(to_batch(texts, kind=pa.string()), chosen)
            assert batch.schema.equals(output_schema(chosen), check_metadata=True)
            assert len(batch) == len(texts)


KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()]


@pytest.mark.parametrize("kind", [*KINDS, pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_annotate_reads_columns_of_any_type(rules, kind):
    batch = to_batch(["头痛", None, "CT"], ids=[1.5, None, 3], kind=kind)
    rows = annotate(batch, AnnotationOptions(str(rules))).to_pylist()
    assert [row["id"] for row in rows] == ["1.5", None, "3.0"]
    assert [row["mentions"] and row["mentions"][0]["type"] for row in rows] == [
        "症状",
        None,
        "检查",
    ]
    assert "P003" in rows[1]["error"]


def test_annotate_reads_columns_by_name(rules):
    batch = pa.record_batch({"note": ["头痛"], "nr": [b"a\xff"], "text": [1]})
    options = AnnotationOptions(str(rules), id_column="nr", text_column="note")
    (row,) = annotate(batch, options).to_pylist()
    assert row["id"] == "a\ufffd" and len(row["mentions"]) == 1
    with pytest.raises(ValueError, match=r"P006.*'x'.*note, nr, text"):
        annotate(batch, options._replace(text_column="x"))
    with pytest.raises(ValueError, match=r"P007.*int64"):
        annotate(batch, options._replace(text_column="text"))
    twice = pa.RecordBatch.from_arrays(batch.columns, names=["note", "nr", "nr"])
    with pytest.raises(ValueError, match=r"P019.*'nr'"):
        annotate(twice, options)


def test_texts_that_are_not_utf8(rules):
    """Arrow does not check strings that it reads from a file."""
    bad = pa.array([b"\xe5\xa4\xb4\xe7\x97", b"CT"], pa.binary())
    for column in (bad, pa.Array.from_buffers(pa.string(), 2, bad.buffers())):
        batch = pa.record_batch({"id": ["a", "b"], "text": column})
        broken, good = annotate(batch, AnnotationOptions(str(rules))).to_pylist()
        assert "P002" in broken["error"] and "byte 3" in broken["error"]
        assert broken["mentions"] is None and broken["relations"] is None
        assert good["error"] is None and len(good["mentions"]) == 1


def test_maximum_length(rules):
    rows = run(["头痛" * 10, "头痛" * 11, ""], rules, max_length=20)
    assert [len(row["mentions"] or ()) for row in rows] == [10, 0, 0]
    assert "P004" in rows[1]["error"] and "22 characters" in rows[1]["error"]
    # The option takes precedence over the limit of the pipeline.
    load_pipeline(str(rules), -1, None).max_length = 5
    (row,) = run(["头痛" * 10], rules, max_length=20)
    assert row["error"] is None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=60), st.sampled_from([1, 20, 10_000]))
def test_failing_documents_are_found_by_bisection(rules, fails, size):
    nlp = load_pipeline(str(rules), -1, None)
    passes = []
    with pytest.MonkeyPatch.context() as patch:
        real = nlp.pipe
        patch.setattr(nlp, "pipe", lambda texts, **kw: passes.append(1) or real(texts, **kw))
        rows = run(
            [f"头痛{i}" + FUSE * fail for i, fail in enumerate(fails)], rules, batch_size=size
        )
    for i, (row, fail) in enumerate(zip(rows, fails)):
        assert row["error"] == (f"RuntimeError: {FUSE} in 头痛{i}{FUSE}" if fail else None)
        assert fail or len(row["mentions"]) == 1
    if size == 10_000:
        depth = math.ceil(math.log2(len(fails))) if len(fails) > 1 else 0
        assert 1 <= len(passes) <= 1 + 2 * depth * sum(fails)


class Panic(BaseException):
    """An error like a panic of a Rust tokenizer, which is not an Exception."""


@pytest.mark.parametrize("error", [Panic("\udcb2"), RuntimeError("\udcb2")], ids=repr)
def test_any_exception_of_a_pipeline_becomes_an_error(rules, monkeypatch, error):
    def fail(texts, **options):
        raise error

    monkeypatch.setattr(load_pipeline(str(rules), -1, None), "pipe", fail)
    (row,) = run(["头痛"], rules)
    assert row["error"] == f"{type(error).__name__}: \\udcb2"
    error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run(["头痛"], rules)


def test_pipeline_that_drops_documents(rules):
    """If spaCy's error handler ignores an error, the pipeline drops the document."""
    nlp = load_pipeline(str(rules), -1, None)
    nlp.default_error_handler = lambda *problem: None
    try:
        first, second = run(["头痛" + FUSE, "头痛"], rules)
    finally:
        load_pipeline.cache_clear()
    assert "P005" in first["error"] and second["error"] is None and len(second["mentions"]) == 1


def test_vocab_does_not_grow(rules):
    run(["头痛"], rules)
    nlp = load_pipeline(str(rules), -1, None)
    before = list(nlp.vocab.strings), {lexeme.orth for lexeme in nlp.vocab}
    run(["".join(chr(DICE.randint(0x4E00, 0x9000)) for _ in range(200)) for _ in range(20)], rules)
    assert (list(nlp.vocab.strings), {lexeme.orth for lexeme in nlp.vocab}) == before


def test_missing_pipeline():
    with pytest.raises(OSError, match="E050"):
        run(["头痛"], "no_such_pipeline")
