"""Runs with documents in quarantine, and checks of their output."""

import json

from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.records import SHARDS
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.processing.shards import QUARANTINE
from spacy_clinrel.reading.inputs import MANIFEST

LONG = "头痛" * 60


IDS = sorted([*"abcdefghijklmnop", *(f"c{i}" for i in range(5)), "d"])


def job_of(model, source, output, max_length=100, format="jsonl"):
    """Return a job with shards of four documents."""
    return Job(str(source), output, AnnotationOptions(str(model), 50, max_length), format, 4)


def lines_of(path):
    """Return the records of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def annotated(out):
    """Return the ids of the annotated documents."""
    return [row["id"] for path in sorted(out.glob("part-*")) for row in lines_of(path)]


def quarantined(out):
    """Return the ids of the documents in quarantine."""
    return [record["id"] for record in lines_of(out / QUARANTINE)]


def manifest_of(out):
    """Return the manifest of a run."""
    return json.loads((out / MANIFEST).read_text(encoding="utf-8"))


def retry(*args, **options):
    """Retry the documents in quarantine. For the arguments, see `job_of`."""
    return run_job(job_of(*args, **options), retry_quarantined=True)


def check(out, counts):
    """Check that each document is in a shard or in quarantine, as the counts say."""
    assert sorted([*annotated(out), *quarantined(out)]) == IDS
    assert counts["documents"] == len(annotated(out))
    assert counts["quarantined"] == len(quarantined(out))
    assert not list(out.glob("_retry*")) and not list(out.glob(".*.tmp"))
    listed = [record["file"] for record in lines_of(out / SHARDS) if record["file"]]
    assert sorted(listed) == sorted(path.name for path in out.glob("part-*"))
