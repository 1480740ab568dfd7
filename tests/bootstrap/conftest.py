"""A config and a folder for small runs."""

import shutil

import pytest
from spacy import util

from ..util import CONFIGS


def small_config():
    """RETURNS (Config): Tiny relations between gold entities, a few steps."""
    overrides = {"training.max_steps": 12, "training.eval_frequency": 6}
    return util.load_config(CONFIGS / "relations.cfg", overrides=overrides)


@pytest.fixture
def config():
    """RETURNS (Config): Such a config."""
    return small_config()


@pytest.fixture
def out(tmp_path):
    """YIELDS (Path): A folder for a run, removed afterwards."""
    yield tmp_path / "run"
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
