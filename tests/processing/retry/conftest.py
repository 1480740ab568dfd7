"""Runs with documents in quarantine."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy

from spacy_clinrel.processing.run import run_job

from ...conftest import EXPLODE
from ...util import FUSE
from .util import LONG, job_of


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Return a folder with 22 documents. Eight fail: five are too long, two make the pipeline fail,
    and one is not UTF-8."""
    folder = tmp_path_factory.mktemp("notes")
    texts = ["头痛1", LONG, "头痛2", f"头痛{FUSE}", LONG, "CT"]
    for name, ids in (("a.jsonl", "abcdef"), ("e.jsonl", "ghijkl")):
        lines = [json.dumps({"id": i, "text": text}) for i, text in zip(ids, texts)]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    table = pa.table({"id": list("mnop"), "text": ["头痛", "CT", LONG, "头痛"]})
    pq.write_table(table, folder / "b.parquet")
    for i in range(5):
        (folder / f"c{i}.txt").write_text("头痛", encoding="utf-8")
    (folder / "d.txt").write_bytes("患者头痛".encode("gb18030"))
    return folder


@pytest.fixture(scope="module")
def repaired(rules, tmp_path_factory):
    """Return the pipeline without the component that fails."""
    nlp = spacy.load(rules, exclude=EXPLODE)
    path = tmp_path_factory.mktemp("repaired") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="module")
def original(rules, notes, tmp_path_factory):
    """Return the output of a run."""
    out = tmp_path_factory.mktemp("original") / "out"
    counts = run_job(job_of(rules, notes, out))
    assert counts["documents"] == 14 and counts["quarantined"] == 8
    return out


@pytest.fixture
def out(original, tmp_path):
    """Return a copy of the output."""
    return shutil.copytree(original, tmp_path / "out")
