"""Worker processes that crash or must be stopped."""

import multiprocessing
import sys

import pyarrow as pa
import pytest
import spacy

from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.pool import Chunk, Origin, Position, annotate_all

from ..conftest import EXPLODE

DEADLY = "死"
KILLER = f"""
import os, signal, sys
from spacy.language import Language

if os.environ.get("CLINREL_TEST_NEVER"):
    os.kill(os.getpid(), signal.SIGKILL)


@Language.component("clinrel_test_killer")
def killer(doc):
    if "{DEADLY}" in doc.text:
        os.kill(os.getpid(), signal.SIGKILL)
    while "慢" in doc.text:
        pass
    return doc
"""


@pytest.fixture
def deadly(rules, tmp_path):
    """Return keyword arguments of AnnotationOptions for a pipeline that kills
    its process on texts with DEADLY and never finishes texts with 慢."""
    code = tmp_path / "killer.py"
    code.write_text(KILLER, encoding="utf-8")
    nlp = spacy.load(rules, exclude=EXPLODE)
    nlp.add_pipe("sentencizer", name="killer")
    config = nlp.config
    nlp.to_disk(tmp_path / "model")
    config["components"]["killer"] = {"factory": "clinrel_test_killer"}
    config.to_disk(tmp_path / "model" / "config.cfg")
    return {"model": str(tmp_path / "model"), "code": str(code)}


def chunks_of(*groups):
    """Yield one chunk per group of texts."""
    for texts in groups:
        documents = tuple(Origin(text, text, None, "in", (1, 1)) for text in texts)
        batch = pa.record_batch({"id": texts, "text": texts})
        yield Chunk(documents, batch, 0, Position())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_only_documents_that_kill_their_process_get_an_error(deadly):
    groups = [["头痛", "CT"], ["头痛1", DEADLY], *[[f"头痛{i}"] for i in range(2, 7)]]
    results = list(annotate_all(chunks_of(*groups), AnnotationOptions(**deadly), 2))
    assert [chunk.batch["id"].to_pylist() for chunk, _ in results] == groups
    rows = [row for _, batch in results for row in batch.to_pylist()]
    assert [row["id"] for row in rows] == [text for texts in groups for text in texts]
    for row in rows:
        assert ("P021" in row["error"]) if DEADLY in row["id"] else len(row["mentions"]) == 1
    assert not multiprocessing.active_children()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_processes_that_die_while_loading(deadly, monkeypatch):
    monkeypatch.setenv("CLINREL_TEST_NEVER", "1")
    with pytest.raises(ValueError, match=r"P013.*--resume"):
        list(annotate_all(chunks_of(["头痛"]), AnnotationOptions(**deadly), 2))


@pytest.mark.slow
def test_closing_the_results_ends_busy_processes(deadly):
    results = annotate_all(
        chunks_of(["头痛"], *[["慢"]] * 7, ["头痛"]), AnnotationOptions(**deadly), 2
    )
    assert next(results)[1].num_rows == 1
    results.close()
    assert not multiprocessing.active_children()
