"""Fixtures and helpers for small bootstrapping runs."""

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from spacy import util
from spacy.tokens import Doc, DocBin
from thinc.api import Config

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapData, BootstrapOptions

from ...util import CONFIGS

# A few relations in each round, and no guard.
SMALL = BootstrapOptions(threshold=0.5, batch=12, max_rounds=2, guards=NO_GUARDS)


def small_config() -> Config:
    """Return the config of a tiny relation model that trains for 12 steps."""
    overrides = {"training.max_steps": 12, "training.eval_frequency": 6}
    return util.load_config(CONFIGS / "relations.cfg", overrides=overrides)


def second_config() -> Config:
    """Return the config of a different model with the same candidate pairs."""
    config = small_config()
    config["components"]["relation_classifier"]["model"] = {
        "@architectures": "spacy-clinrel.PairSentence.v1",
        "position_width": 4,
        "max_distance": 20,
        "window": 10,
        "tok2vec": {"@architectures": "spacy-clinrel.CharTable.v1", "width": 8, "rows": 200},
        "encoder": {"@misc": "spacy-clinrel.CNN.v1", "filters": 16, "depth": 1, "windows": [3]},
        "pooling": {"@misc": "spacy-clinrel.PiecewiseMaxPool.v1"},
    }
    return config


def read_docs(path: Path) -> List[Doc]:
    """Read a .spacy file with a new vocabulary."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


def read_records(folder: Path) -> List[Dict[str, Any]]:
    """Read the records of a run, without the times."""
    lines = (folder / "rounds.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "seconds": None} for line in lines]


@pytest.fixture
def config() -> Config:
    """Return a config that a test may change."""
    return small_config()


@pytest.fixture(scope="module")
def data(few_labels) -> BootstrapData:
    """Return the documents that all runs use."""
    return few_labels


@pytest.fixture
def out(tmp_path):
    """Yield the output folder of a run, which is removed after the test."""
    yield tmp_path / "run"
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
