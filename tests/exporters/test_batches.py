"""Batches of rows, and selection of the format by the file suffix."""

import pytest

from spacy_clinrel.exporters import PLAIN, guess_format
from spacy_clinrel.exporters.rows import doc_rows
from spacy_clinrel.exporters.schema import to_batches

from ..util import make_doc


def test_batches_are_made_while_documents_are_read(zh, monkeypatch):
    monkeypatch.setattr("spacy_clinrel.exporters.schema.BATCH", 4)
    read = []

    def rows():
        for i in range(1, 11):
            read.append(i)
            yield doc_rows(make_doc(zh, "[头痛|症状][发热|症状]", [(0, 1, "x")]), i, str)

    batches = to_batches(PLAIN, rows())
    nodes, edges = next(batches)
    assert (len(nodes), len(edges), read) == (4, 2, [1, 2])
    assert sum(len(edges) for _, edges in batches) == 8


def test_guess_format(tmp_path):
    for ending, format in (("ttl", "turtle"), ("JSONLD", "jsonld"), ("cql", "cypher")):
        assert guess_format(tmp_path / f"x.{ending}") == format
    for path in ("x", "x.csv", "x.json"):
        with pytest.raises(ValueError, match="G003"):
            guess_format(tmp_path / path)
