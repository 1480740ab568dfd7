"""The output folder of a bootstrapping run."""

import pytest

from spacy_clinrel.active_learning.bootstrap.run_folder import RunFolder


@pytest.mark.parametrize("threshold", [0.7, 0.95, 1 / 3])
def test_numbers_survive_writing_and_reading(tmp_path, threshold):
    folder = RunFolder(tmp_path / "run")
    folder.open({"threshold": threshold}, resume=False)
    folder.add_record({"round": 0, "f": threshold})
    folder.open({"threshold": threshold}, resume=True)
    assert folder.read_records() == [{"round": 0, "f": threshold}]


def test_folder_with_other_files_is_refused(tmp_path):
    folder = RunFolder(tmp_path)
    # A temporary file of a run that was killed while writing.
    (tmp_path / ".settings.json.1.tmp").write_text("{")
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ValueError, match="B004"):
        folder.open({}, resume=False)
    (tmp_path / "thesis.txt").unlink()
    folder.open({}, resume=False)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
