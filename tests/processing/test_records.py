"""The list of finished shards, and their checksums."""

import json
import shutil
import warnings

import pytest

from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.records import SHARDS, read_records
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.processing.shards import QUARANTINE, sha256_of


@pytest.fixture(scope="module")
def original(rules, tmp_path_factory):
    """Return a finished job with five shards of two documents."""
    folder = tmp_path_factory.mktemp("records")
    (folder / "in").mkdir()
    for i in range(10):
        (folder / "in" / f"{i}.txt").write_bytes(b"\xff" if i == 4 else b"CT")
    job = Job(str(folder / "in"), folder / "out", AnnotationOptions(str(rules)), "jsonl", 2)
    assert run_job(job)["documents"] == 9
    return job


@pytest.fixture
def done(original, tmp_path):
    """Return a copy of the job."""
    shutil.copytree(original.output, tmp_path / "out")
    return original._replace(output=tmp_path / "out")


def shards_of(job):
    paths = [*job.output.glob("part-*"), job.output / QUARANTINE]
    return {path.name: path.read_bytes() for path in paths}


def records_of(job):
    return [line.record for line in read_records(job.output / SHARDS)]


def write_records(job, records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    (job.output / SHARDS).write_text(text, encoding="utf-8")


def test_records_contain_checksums(done):
    for record in records_of(done):
        assert record["sha256"] == sha256_of(done.output / record["file"])


def test_damaged_shard_of_the_same_size_is_written_again(done):
    before = shards_of(done)
    path = done.output / "part-000003.jsonl"
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"W061.*part-000003\.jsonl.*last 2 shards"):
        assert run_job(done, resume=True)["documents"] == 9
    assert shards_of(done) == before
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_job(done, resume=True)


def test_records_of_earlier_versions_have_no_checksums(done):
    before = shards_of(done)
    records = records_of(done)
    for record in records:
        del record["sha256"]
    write_records(done, records[:3])
    assert run_job(done, resume=True)["documents"] == 9
    assert shards_of(done) == before
    assert ["sha256" in record for record in records_of(done)] == [False] * 3 + [True] * 2


@pytest.mark.parametrize("rest", ["", '{"file": "part-0', "\0" * 30, '{"file": "头'])
def test_interrupted_line_is_removed(done, rest):
    before = shards_of(done)
    path = done.output / SHARDS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + rest.encode()[: -1 if "头" in rest else None])
    assert run_job(done, resume=True)["documents"] == 9
    assert shards_of(done) == before and len(records_of(done)) == 5


def change(records, **fields):
    return [*records[:2], {**records[2], **fields}, *records[3:]]


@pytest.mark.parametrize(
    "damage, number, what",
    [
        (lambda records: change(records, file="../x"), 3, "'file'"),
        (lambda records: change(records, file="part-1.jsonl/../../x"), 3, "'file'"),
        (lambda records: change(records, bytes=-1), 3, "'bytes'"),
        (lambda records: change(records, bytes=True), 3, "'bytes'"),
        (lambda records: change(records, next=[1, 2]), 3, "'next'"),
        (lambda records: change(records, totals={"documents": 3}), 3, "'totals'"),
        (lambda records: change(records, sha256=None), 3, "'sha256'"),
        (lambda records: change(records, quarantine_bytes="1"), 3, "'quarantine_bytes'"),
        (lambda records: change(records, shard=7), 3, "expected shard 2, got shard 7"),
        (lambda records: records[:2] + records[3:], 3, "expected shard 2, got shard 3"),
        (lambda records: [records[0], *records], 2, "expected shard 1, got shard 0"),
        (lambda records: records[1:], 1, "expected shard 0, got shard 1"),
        (lambda records: [*records[:4], []], 5, "expected an object"),
    ],
)
def test_damaged_list_is_an_error(done, damage, number, what):
    write_records(done, damage(records_of(done)))
    before = {path: path.read_bytes() for path in done.output.iterdir()}
    with pytest.raises(ValueError, match="P030") as error:
        run_job(done, resume=True)
    text = str(error.value)
    assert f"{SHARDS}: line {number} is damaged ({'invalid ' * (chr(39) == what[0])}{what})" in text
    assert "backup" in text and "--resume" in text
    assert before == {path: path.read_bytes() for path in done.output.iterdir()}


@pytest.mark.parametrize("line", [b"{", b"\0\0\0", b'"\xff"', b"", b"[" * 10**5, b'{"a": 1e9999}'])
def test_damaged_line_is_not_quoted(done, line):
    lines = (done.output / SHARDS).read_bytes().split(b"\n")
    lines[1] = line
    (done.output / SHARDS).write_bytes(b"\n".join(lines))
    with pytest.raises(ValueError, match=r"P030.*line 2 is damaged") as error:
        run_job(done, resume=True)
    assert str(error.value).isprintable()
    # The advice of the message works.
    (done.output / SHARDS).write_bytes(lines[0] + b"\n")
    assert run_job(done, resume=True)["documents"] == 9 and len(records_of(done)) == 5


@pytest.mark.parametrize("is_missing", [True, False])
def test_missing_list_is_an_error(done, is_missing):
    (done.output / SHARDS).unlink() if is_missing else (done.output / SHARDS).write_bytes(b"")
    before = shards_of(done)
    with pytest.raises(ValueError, match=f"P031.*{SHARDS}"):
        run_job(done, resume=True)
    assert shards_of(done) == before


def test_shards_without_record_are_removed(done):
    before = shards_of(done)
    write_records(done, records_of(done)[:2])
    (done.output / "part-000009.jsonl").write_text("x")
    assert run_job(done, resume=True)["documents"] == 9
    assert shards_of(done) == before
