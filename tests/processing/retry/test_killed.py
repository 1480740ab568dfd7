"""Retries that are killed: nothing is lost or repeated."""

import shutil
import sys
from itertools import count

import pytest

from spacy_clinrel.processing.records import SHARDS
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.shards import QUARANTINE

from ..util import killed_at
from .util import check, job_of, lines_of, manifest_of, retry


def content(folder):
    """Return the content of all files of a run, without times."""
    found = {path.name: path.read_text("utf-8") for path in folder.glob("part-*")}
    found[QUARANTINE] = (folder / QUARANTINE).read_text("utf-8")
    records = [*lines_of(folder / SHARDS), manifest_of(folder)]
    for record in records:
        record.pop("totals", None)
    records[-1]["finished"].pop("seconds")
    for entry in records[-1]["retries"]:
        entry["totals"].pop("seconds")
    return found, records


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_killed_at_every_step(rules, notes, original, tmp_path):
    expected = shutil.copytree(original, tmp_path / "uninterrupted")
    retry(rules, notes, expected, max_length=200)
    # In a second retry, nothing may be taken for a part of the first one.
    retry(rules, notes, expected, max_length=100)
    for step in count(1):
        out = shutil.copytree(original, tmp_path / str(step))
        job = job_of(rules, notes, out, max_length=200)
        was_killed = killed_at(step, job, retry_quarantined=True)
        if was_killed:
            # Also simulate incomplete lines.
            for path in (out / SHARDS, *out.glob("_retry*")):
                with path.open("a") as file:
                    file.write('{"file": "par')
        counts = run_job(job, retry_quarantined=True)
        check(out, counts)
        assert counts["documents"] == 19
        if not was_killed:
            break
        killed_at(step, job_of(rules, notes, out, max_length=100), retry_quarantined=True)
        counts = retry(rules, notes, out, max_length=100)
        check(out, counts)
    # Before and after each write: list of inputs; three files of the first and of the second shard;
    # new quarantine, end of the retry, quarantine, manifest.
    assert step >= 2 * (1 + 2 * 3 + 4) + 1
