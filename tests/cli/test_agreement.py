"""The command `agreement`."""

import json

import pytest
from spacy.cli._util import app
from typer.testing import CliRunner

import spacy_clinrel

TEXT = "无发热、咳嗽，胸片示肺炎。"
FIRST = """T1\tSymptom 1 3\t发热
T2\tSymptom 4 6\t咳嗽
T3\tTest 7 9\t胸片
T4\tDisease 10 12\t肺炎
R1\tTeRD Arg1:T3 Arg2:T4
A1\tNegated T1
A2\tNegated T2
"""
# 咳嗽 has no attribute, and the label of the relation differs.
SECOND = FIRST.replace("A2\tNegated T2\n", "").replace("TeRD", "TeCD")


def write_notes(folder, notes):
    folder.mkdir()
    for name, (text, annotation) in notes.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / f"{name}.ann").write_text(annotation, encoding="utf-8")
    return folder


@pytest.fixture
def folders(tmp_path):
    """Return the folders of two annotations in brat's format."""
    first = write_notes(tmp_path / "anna", {"n1": (TEXT, FIRST), "n2": (TEXT, FIRST)})
    return first, write_notes(tmp_path / "bo", {"n1": (TEXT, SECOND), "n3": (TEXT, FIRST)})


def run(*args, code=0):
    result = CliRunner().invoke(app, ["clinrel", "agreement", *map(str, args)])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return " ".join(result.output.split())


def test_agreement_prints_and_writes_figures(folders, tmp_path):
    out = tmp_path / "new" / "agreement.json"
    printed = run(*folders, "--format", "brat", "--output", out)
    for part in (
        "Notes compared: 1",
        "bo: 1 (n3)",
        "Mentions, strict 100.00 4 4 4",
        "Relations between agreed mentions 0.00 1 1 0",
        "Agreed mentions with equal attributes: 50.00 % of 2 (Symptom)",
        "negated 66.67 0.000 2 1 1",
        "label TeRD TeCD 1",
    ):
        assert part in printed
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result == spacy_clinrel.agreement(*folders, format="brat")
    assert result["notes"] == {"compared": 1, "first_only": ["n2"], "second_only": ["n3"]}
    assert "咳嗽" not in printed and "咳嗽" not in out.read_text(encoding="utf-8")


def test_examples_name_note_and_offsets(folders):
    printed = run(*folders, "--format", "brat", "--examples", 1)
    assert (
        "n1: 胸片 [7:9] Test TeRD 肺炎 [10:12] Disease / "
        "胸片 [7:9] Test TeCD 肺炎 [10:12] Disease" in printed
    )
    assert "n1: 咳嗽 [4:6] Symptom (negated) / 咳嗽 [4:6] Symptom" in printed


def test_spacy_files_are_read_beside_a_format(folders, tmp_path):
    path = tmp_path / "anna.spacy"
    spacy_clinrel.write_corpus(spacy_clinrel.read_corpus(folders[0], "brat"), path)
    assert "Relations, end to end 0.00 1 1 0" in run(path, folders[1], "--format", "brat")
    assert "No disagreement" in run(path, path)


def test_attribute_names_and_lost_annotation(folders):
    for path in folders[0].glob("*.ann"):
        text = FIRST.replace("Negated", "Denied") + "T9\tSymptom 4\n"
        path.write_text(text, encoding="utf-8")
    args = (*folders, "--format", "brat", "--attribute", "Denied=negated")
    printed = run(*args)
    assert "negated 66.67" in printed
    assert "could not be read: broken line: 2" in printed


def test_folders_in_another_format_name_the_option(folders):
    output = " ".join(run(*folders, code=1).split())
    assert "F002" in output and "can be read as brat: set --format" in output


def test_different_texts_are_an_error(folders):
    (folders[1] / "n1.txt").write_text(TEXT.replace("，", ","), encoding="utf-8")
    printed = run(*folders, "--format", "brat", code=1)
    assert "The text of note 'n1' differs" in printed and "at character 6" in printed


def test_output_does_not_replace_an_input(folders):
    path = folders[0] / "n1.ann"
    run(path, folders[1], "--format", "brat", "--output", path, code=1)
    assert path.read_text(encoding="utf-8") == FIRST
