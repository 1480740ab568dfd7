"""The real engines, on this machine and without a network: the examples, run as a user runs them,
against what this process finds.

With CI_ENGINES=1 an engine that is missing is a failure.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy

from spacy_clinrel.processing import Options, annotate, output_schema

from ..util import ROOT, make_notes
from .util import same

TEXTS = [doc.text.encode() for doc in make_notes(spacy.blank("zh"), 40, seed=9)]
TEXTS += [b"", None, b"\xff", "无殊。".encode(), b"a\0b"]
LOCAL = {"SPARK_LOCAL_IP": "127.0.0.1", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def notes(tmp_path):
    """RETURNS (Path): A Parquet file, some of whose texts are broken."""
    table = pa.table({"id": range(len(TEXTS)), "text": pa.array(TEXTS, pa.binary())})
    pq.write_table(table, tmp_path / "notes.parquet")
    return tmp_path / "notes.parquet"


def check(example, needs, model, notes, out, *options):
    """Run an example, and compare what it writes with what is found here."""
    missing = [name for name in needs if not (find_spec(name) or shutil.which(name))]
    if missing and os.environ.get("CI_ENGINES") != "1":
        pytest.skip(f"not installed: {', '.join(missing)}")
    assert not missing
    command = [sys.executable, ROOT / "examples" / example, model, notes, out, *options]
    done = subprocess.run(
        list(map(str, command)), env={**os.environ, **LOCAL}, capture_output=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    chosen = Options(str(model))
    found = pq.read_table(out)
    assert found.schema.remove_metadata() == output_schema(chosen)
    (batch,) = pq.read_table(notes).to_batches()
    wanted = annotate(batch, chosen).to_pylist()
    assert [row["id"] for row in wanted if row["error"]] == ["41", "42"]
    assert sum(len(row["relations"] or ()) for row in wanted) > 40
    same(sorted(found.to_pylist(), key=lambda row: int(row["id"])), wanted)


def test_ray(trained_model, notes, tmp_path):
    check("ray_notes.py", ["ray"], trained_model, notes, tmp_path / "out")


def test_spark(trained_model, notes, tmp_path):
    options = ("--master", "local[1]")
    check("spark_notes.py", ["pyspark", "java"], trained_model, notes, tmp_path / "out", *options)
