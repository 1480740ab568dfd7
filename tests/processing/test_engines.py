"""The Ray and Spark examples, run locally without network and compared with `annotate`."""

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy

from spacy_clinrel.processing import AnnotationOptions, annotate, output_schema

from ..util import ROOT, make_notes, require
from .util import assert_same

pytestmark = pytest.mark.engine

TEXTS = [doc.text.encode() for doc in make_notes(spacy.blank("zh"), 40, seed=9)]
TEXTS += [b"", None, b"\xff", "无殊。".encode(), b"a\0b"]
LOCAL = {"SPARK_LOCAL_IP": "127.0.0.1", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def notes(tmp_path):
    """Return a Parquet file, some of whose texts are broken."""
    table = pa.table({"id": range(len(TEXTS)), "text": pa.array(TEXTS, pa.binary())})
    pq.write_table(table, tmp_path / "notes.parquet")
    return tmp_path / "notes.parquet"


def check(example, needs, model, notes, out, *options):
    """Run an example, and compare its output with that of `annotate`."""
    require(*needs, hint="install the extra `ray` or `spark`, and Java for Spark")
    command = [sys.executable, ROOT / "examples" / example, model, notes, out, *options]
    done = subprocess.run(
        list(map(str, command)), env={**os.environ, **LOCAL}, capture_output=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    chosen = AnnotationOptions(str(model))
    found = pq.read_table(out)
    assert found.schema.remove_metadata() == output_schema(chosen)
    (batch,) = pq.read_table(notes).to_batches()
    expected = annotate(batch, chosen).to_pylist()
    assert [row["id"] for row in expected if row["error"]] == ["41", "42"]
    assert sum(len(row["relations"] or ()) for row in expected) > 40
    assert_same(sorted(found.to_pylist(), key=lambda row: int(row["id"])), expected)


def test_ray_example(trained_model, notes, tmp_path):
    check("ray_notes.py", ["ray"], trained_model, notes, tmp_path / "out")


def test_spark_example(trained_model, notes, tmp_path):
    options = ("--master", "local[1]")
    check("spark_notes.py", ["pyspark", "java"], trained_model, notes, tmp_path / "out", *options)
