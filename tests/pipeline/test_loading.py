"""Loading of whole pipelines: one clear error for each kind of damage."""

import os

import pytest
import spacy

from spacy_clinrel.pipeline.loading import load_pipeline
from spacy_clinrel.processing.settings import digest_model


@pytest.mark.parametrize(
    "name, content",
    [
        ("meta.json", b"{"),
        ("vocab/strings.json", b"[1]"),
        ("vocab/key2row", b"\xc1"),
        ("vocab/lookups.bin", b"\xc1"),
        ("vocab/vectors", b"x"),
    ],
)
def test_damaged_files_give_one_error(tmp_path, name, content):
    spacy.blank("en").to_disk(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"C040.*cannot load the pipeline \(\w+"):
        load_pipeline(tmp_path)


@pytest.mark.parametrize("content", [b"[]", b"{}", b"{", b"[" * 100_000])
def test_damaged_meta_gives_one_error(tmp_path, content):
    (tmp_path / "meta.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"C040.*meta\.json"):
        digest_model(str(tmp_path))


def test_clear_messages_are_kept(tmp_path):
    with pytest.raises(OSError, match="E050"):
        load_pipeline("missing_pipeline")
    spacy.blank("en").to_disk(tmp_path)
    (tmp_path / "config.cfg").unlink()
    with pytest.raises(OSError, match="E053"):
        load_pipeline(tmp_path)


def test_component_with_a_pipe_as_file(tmp_path):
    """Reading from a pipe would never end."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("clinical_ner").labels  # noqa: B018
    nlp.to_disk(tmp_path)
    (tmp_path / "clinical_ner" / "cfg").unlink()
    os.mkfifo(tmp_path / "clinical_ner" / "cfg")
    with pytest.raises(ValueError, match=r"M022.*not a regular file"):
        load_pipeline(tmp_path)
