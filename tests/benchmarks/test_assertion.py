"""The benchmark of assertion attributes."""

import sys

from benchmarks import assertion
from benchmarks.common import write_records


def record(system, seed, exact, negated):
    scores = {
        "assertion_exact": exact,
        "assertion_micro_f": negated,
        "assertion_per_attribute": {"negated": {"f": negated, "gold": 7}},
    }
    return {"system": system, "seed": seed, "commit": "abc", "dev": scores, "test": scores}


def test_page_has_a_row_for_each_system(tmp_path, monkeypatch):
    out = tmp_path / "assertion.md"
    records = [record(assertion.RULES, None, 0.9, 0.95)]
    records += [record("classifier", seed, 0.97 + seed / 100, 0.98) for seed in (0, 1)]
    write_records(out.with_suffix(".jsonl"), records)
    monkeypatch.setattr(sys, "argv", ["assertion", "--tables", "--out", str(out)])
    assertion.main()
    page = out.read_text(encoding="utf-8")
    assert "| test | seeds | exact | micro | negated (7) |" in page
    assert "| cue rules | – | 90.00 | 95.00 | 95.00 |" in page
    assert "| classifier | 2 | 97.50 ± 0.71 | 98.00 ± 0.00 | 98.00 ± 0.00 |" in page


def test_newer_records_replace_older_ones():
    old, new = record("classifier", 0, 0.9, 0.9), record("classifier", 0, 0.8, 0.8)
    assert assertion.merge([old, record("classifier", 1, 0.9, 0.9)], [new])[0] is new
