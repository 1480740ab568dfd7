"""A pipeline that is there in no time, and how results compare."""

from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language

NAME = "clinrel_test_explode"
FUSE = "爆"


@Language.component(NAME)
def explode(doc):
    if FUSE in doc.text:
        raise RuntimeError(f"{FUSE} in {doc.text}")
    return doc


@pytest.fixture(scope="session")
def rules(tmp_path_factory) -> Path:
    """RETURNS (Path): A pipeline of rules, which finds 头痛 and CT and fails on texts with 爆."""
    nlp = spacy.blank("zh")
    patterns = [{"label": "症状", "pattern": "头痛"}, {"label": "检查", "pattern": "CT"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe(NAME)
    path = tmp_path_factory.mktemp("rules") / "model"
    nlp.to_disk(path)
    return path


def same(found: Any, wanted: Any) -> None:
    """Rows are equal, scores within 1e-5.

    found (Any): Rows, or what is in them.
    wanted (Any): The same.
    """
    if isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=1e-5)
    elif isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            same(found[key], value)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted):
            same(one, other)
    else:
        assert found == wanted
