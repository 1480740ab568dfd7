"""A config and a folder for small runs."""

import shutil

import pytest
from spacy import util

from ...util import CONFIGS


def small_config():
    """RETURNS (Config): Tiny relations between gold entities, a few steps."""
    overrides = {"training.max_steps": 12, "training.eval_frequency": 6}
    return util.load_config(CONFIGS / "relations.cfg", overrides=overrides)


def other_config():
    """RETURNS (Config): The same pairs for a model unlike the first: each in its own sentence."""
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


@pytest.fixture
def config():
    """RETURNS (Config): Such a config."""
    return small_config()


@pytest.fixture
def out(tmp_path):
    """YIELDS (Path): A folder for a run, removed afterwards."""
    yield tmp_path / "run"
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
