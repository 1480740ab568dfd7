"""The benchmark of distillation."""

from benchmarks.common import RESULTS, read_records
from benchmarks.distil import RUNS, TEACHERS, page


def test_page_is_made_from_its_records():
    records = {record["run"]: record for record in read_records(RESULTS / "distil.jsonl")}
    assert set(records) == {*RUNS, *(f"teachers-{name}" for name in TEACHERS)}
    assert (RESULTS / "distil.md").read_text(encoding="utf-8") == page(records)


def test_share_of_the_gain():
    names = [*RUNS, *(f"teachers-{name}" for name in TEACHERS)]
    f = {**dict.fromkeys(names, 0.5), "teachers-e5": 0.7, "student": 0.65, "student-model": 0.4}
    scores = {"p": 0.5, "r": 0.5}
    lines = page({n: {"dev": {"entities": {**scores, "f": f[n]}}} for n in names}).splitlines()
    shares = [line.split("|")[-2].strip() for line in lines if line.startswith("| ")][2:]
    # The teachers of the last student are no better than it is without them.
    assert shares == ["–", "–", "–", "75%", "-50%", "–", "–"]
