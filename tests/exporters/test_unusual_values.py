"""Exports of unusual values: scores, control characters, broken documents."""

import math
import re
from pathlib import Path

import networkx as nx
import pandas as pd
import pyarrow.parquet
import pytest
import srsly

from spacy_clinrel.exporters import FORMATS, export
from spacy_clinrel.tokens import GROUP

from ..util import make_doc
from .util import note, read_rdf


def test_every_format_exports_a_nan_score_as_null(tmp_path):
    docs = [note(["头痛", "发热"], score=math.nan)]
    for format, entry in FORMATS.items():
        export(docs, tmp_path / (format if entry.is_folder else f"x{entry.endings[0]}"), format)
    table = pyarrow.parquet.read_table(tmp_path / "parquet" / "relations.parquet")
    assert table["score"].to_pylist() == [None]
    (row,) = srsly.read_jsonl(tmp_path / "jsonl" / "relations.jsonl")
    assert row["score"] is None
    assert pd.read_csv(tmp_path / "csv" / "relations.csv")["score:double"].isna().all()
    ((*_, data),) = nx.read_graphml(tmp_path / "x.graphml").edges(data=True)
    assert "score" not in data and data["label"] == "TeRD"
    assert "score" not in (tmp_path / "x.cypher").read_text(encoding="utf-8")
    rows, _ = read_rdf(tmp_path / "x.ttl", "turtle")
    assert "score" not in rows["d1-r1"]


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_dropped_scores_are_reported(score, tmp_path):
    report = export([note(["头痛", "发热", "咳嗽"], "a", score=score)], tmp_path / "x.ttl")
    (message,) = report["messages"]
    assert message.startswith("[G010] Document 1 (a): 2 relations")


def test_score_of_zero_is_kept(tmp_path):
    docs = [note(["头痛", "发热"], score=0.0)]
    for merge in (False, True):
        report = export(docs, tmp_path / "t", "jsonl", merge=merge)
        (row,) = srsly.read_jsonl(report["files"][1])
        assert row["mean_score" if merge else "score"] == 0.0 and not report["messages"]


@pytest.mark.parametrize("format", FORMATS)
def test_control_characters_and_surrogates_in_ids_and_labels(format, tmp_path):
    docs = [note(["头痛", "发热"], "a\0\udcff\n", "la\0bel\udcff")]
    out = tmp_path / ("t" if FORMATS[format].is_folder else f"t{FORMATS[format].endings[0]}")
    report = export(docs, out, format, prefix="p\udcff")
    assert report["relations"] == 1 and report["prefix"] == "p\\udcff"
    for path in report["files"]:
        assert format == "parquet" or Path(path).read_text(encoding="utf-8")


def test_json_does_not_escape_chinese(tmp_path):
    docs = [note(["头痛", "发热"], "病历", "证实")]
    for format, name in (("jsonl", "t"), ("jsonld", "t.jsonld")):
        report = export(docs, tmp_path / name, format)
        text = "".join(Path(path).read_text(encoding="utf-8") for path in report["files"])
        assert {"头痛", "发热", "病历", "证实"} <= set(re.findall("[\u4e00-\u9fff]+", text))


def test_broken_document_is_skipped_and_reported(zh, tmp_path):
    docs = [make_doc(zh, "[头痛|症状][发热|症状]", [(0, 1, "x")]) for _ in range(3)]
    docs[1].spans[GROUP].attrs["relations"] = [[0, 9, "x", 1.0]]
    report = export(docs, tmp_path / "t.ttl")
    assert (report["documents"], report["mentions"], report["relations"]) == (2, 4, 2)
    (message,) = report["messages"]
    assert message.startswith("Document 2 (without an id): [R002]")


def test_failed_export_leaves_no_files(zh, tmp_path):
    def docs():
        yield make_doc(zh, "[头痛|症状]")
        raise RuntimeError("broken input")

    for format, entry in FORMATS.items():
        out = tmp_path / f"x{'' if entry.is_folder else entry.endings[0]}"
        with pytest.raises(RuntimeError, match="broken input"):
            export(docs(), out, format)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
