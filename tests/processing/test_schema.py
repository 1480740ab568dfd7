"""Assertion attributes, sections, values and codes in the output of `apply`."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Span

from spacy_clinrel.files import stream_docbin
from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.annotation import annotate, load_pipeline
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.reading.inputs import MANIFEST
from spacy_clinrel.tokens import GROUP, MentionAttribute, Relation, set_attributes, span_assertion

TEXT = "既往史：否认头痛。查CT。"


@Language.component("clinrel_test_describe")
def describe(doc):
    """Describe each mention of a note with every row that the store has."""
    pain, test = doc.ents
    set_attributes(
        doc,
        [
            MentionAttribute(pain, "negated", 0.75),
            MentionAttribute(pain, "historical", 1.0),
            MentionAttribute(pain, "Certainty=High", 0.5),
        ],
    )
    doc._.relations = [Relation(test, pain, "证实", 0.5)]
    doc.spans["sections"] = [Span(doc, 0, 9, label="past_history")]
    group = doc.spans[GROUP]
    index = [span.text for span in group].index("CT")
    group.attrs["values"] = [[index, {"number": 3.0, "bad": float("nan"), "unit": "秒"}]]
    group.attrs["dosages"] = [[index, {"dose": "一片", "unit": "片", "ucum": "{tbl}"}]]
    doc.set_ents([pain, Span(doc, test.start, test.end, label=test.label, kb_id="C1")])
    return doc


@pytest.fixture(scope="module")
def model(rules, tmp_path_factory):
    """Return the folder of a pipeline that describes the mentions of TEXT."""
    nlp = spacy.load(rules)
    nlp.add_pipe("clinrel_test_describe")
    path = tmp_path_factory.mktemp("describe") / "model"
    nlp.to_disk(path)
    return path


FLAGS = ("is_negated", "is_uncertain", "is_hypothetical", "is_historical", "is_family")
PAIN = {
    **dict.fromkeys(FLAGS, False),
    "start_char": 6,
    "end_char": 8,
    "text": "头痛",
    "type": "症状",
    "is_negated": True,
    "is_historical": True,
    "assertion": {
        "negated": 0.75,
        "uncertain": None,
        "hypothetical": None,
        "historical": 1.0,
        "family": None,
    },
    "other_attributes": ["Certainty=High"],
    "section": "past_history",
    "value": None,
    "value_number": None,
    "value_unit": None,
    "value_comparison": None,
    "value_flag": None,
    "value_qualitative": None,
    "dosage": None,
    "dose": None,
    "dose_unit": None,
    "route": None,
    "frequency": None,
    "kb_id": None,
    "candidates": [],
}
RELATION = {
    **dict.fromkeys(FLAGS, False),
    "head": 1,
    "tail": 0,
    "label": "证实",
    "score": 0.5,
    "is_negated": True,
    "is_historical": True,
}


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_details_of_mentions_are_written(model, tmp_path, format):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    options = AnnotationOptions(str(model))
    run_job(Job(str(tmp_path / "a.txt"), tmp_path / "out", options, format))
    path = tmp_path / "out" / f"part-000000.{format}"
    if format == "parquet":
        table = pq.read_table(path)
        assert table.schema.metadata[b"spacy_clinrel.schema_version"] == b"3"
        (row,) = table.to_pylist()
    else:
        row = json.loads(path.read_text("utf-8"))
    pain, test = row["mentions"]
    assert pain == PAIN and row["relations"] == [RELATION]
    assert json.loads(test["value"]) == {"number": 3.0, "bad": None, "unit": "秒"}
    assert json.loads(test["dosage"]) == {"dose": "一片", "unit": "片", "ucum": "{tbl}"}
    assert (test["value_number"], test["value_unit"]) == (3.0, "秒")
    # A dose that is not a number is only in the JSON text.
    assert (test["dose"], test["dose_unit"], test["route"]) == (None, "{tbl}", None)
    assert test["kb_id"] == "C1" and test["section"] is None and test["is_negated"] is False
    assert set(test["assertion"].values()) == {None}
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text("utf-8"))
    assert manifest["schema_version"] == 3


def test_spacy_files_keep_the_store(model, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    options = AnnotationOptions(str(model))
    run_job(Job(str(tmp_path / "a.txt"), tmp_path / "out", options, "spacy"))
    (doc,) = stream_docbin(tmp_path / "out" / "part-000000.spacy", spacy.blank("zh").vocab)
    pain, test = doc.ents
    assert span_assertion(pain) == {"negated": 0.75, "historical": 1.0}
    assert test.kb_id_ == "C1" and doc.spans["sections"][0].label_ == "past_history"
    assert doc.spans[GROUP].attrs["dosages"][0][1]["dose"] == "一片"


def test_unannotated_documents_have_no_attributes(rules):
    """Unknown is null, not false."""
    batch = pa.record_batch({"id": ["a"], "text": ["头痛"]})
    (row,) = annotate(batch, AnnotationOptions(str(rules))).to_pylist()
    (mention,) = row["mentions"]
    assert [mention[flag] for flag in FLAGS] == [None] * 5 and mention["assertion"] is None


def test_broken_store_is_an_error_of_the_document(model, monkeypatch):
    nlp = load_pipeline(str(model), -1, None)

    def damage(doc):
        if len(doc) < 3:
            doc.spans[GROUP] = []
            doc.spans[GROUP].attrs["values"] = [[7, {}]]
            return doc
        return describe(doc)

    monkeypatch.setattr(nlp, "_components", [*nlp._components[:-1], ("describe", damage)])
    batch = pa.record_batch({"id": ["a", "b"], "text": ["头痛", TEXT]})
    broken, good = annotate(batch, AnnotationOptions(str(model))).to_pylist()
    assert "R011" in broken["error"] and good["error"] is None and len(good["mentions"]) == 2


@pytest.mark.parametrize("option", ["resume", "retry_quarantined"])
def test_run_of_an_earlier_version_is_not_continued(rules, tmp_path, option):
    (tmp_path / "a.txt").write_text("头痛", encoding="utf-8")
    job = Job(str(tmp_path / "a.txt"), tmp_path / "out", AnnotationOptions(str(rules)))
    run_job(job)
    path = tmp_path / "out" / MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["schema_version"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ValueError, match=r"P060.*schema version 1.*version 3"):
        run_job(job, **{option: True})
