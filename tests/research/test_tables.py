"""The committed tables, which must match the committed records."""

import pytest

from research.bootstrap.limits import LimitStudy
from research.bootstrap.study import BootstrapStudy
from research.common.cells import Cell
from research.common.runner import main, parse_options
from research.documents.study import DocumentStudy
from research.joint.study import JointStudy
from research.relations.study import RelationStudy

STUDIES = (RelationStudy, JointStudy, DocumentStudy, BootstrapStudy, LimitStudy)


@pytest.mark.parametrize(
    "study,scale", [*((study, "cpu") for study in STUDIES), (BootstrapStudy, "long")]
)
def test_tables_are_regenerated_from_the_records(study, scale, tmp_path):
    name = study.name if scale == "cpu" else f"{study.name}_{scale}"
    committed = study().folder
    (tmp_path / f"{name}.jsonl").write_bytes((committed / f"{name}.jsonl").read_bytes())
    assert main(study(), ["--tables", "--scale", scale, "--results", str(tmp_path)]) == 0
    text = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    assert text == (committed / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("study", STUDIES)
def test_cells_have_distinct_ids_and_can_be_run_alone(study):
    args = ["--data", "data", "--vectors", "none", "--seeds", "3", "4"]
    cells = study().cells(parse_options(study(), ["--run", *args]))
    assert {cell.seed for cell in cells} <= {3, 4}
    assert len({cell.id for cell in cells}) == len(cells)
    options = parse_options(study(), [*args, "--cell", cells[-1].id])
    assert [cell for cell in study().cells(options) if cell.id == options.cell] == cells[-1:]


def test_committed_records_are_those_of_the_cells():
    """Every training run with the main settings has a record under its id."""
    for study in STUDIES:
        records = (study().folder / f"{study.name}.jsonl").read_text(encoding="utf-8")
        for line in records.splitlines():
            assert line.startswith('{"cell":"')
        options = parse_options(study(), ["--run"])
        measured = [cell for cell in study().cells(options) if f'"{cell.id}"' in records]
        assert len(measured) > len(records.splitlines()) / 2


def test_cell_ids_are_file_names(tmp_path):
    cell = Cell("Hierarchical, CRF of a sentence", "10 %", 2, "cpu", tmp_path)
    assert cell.id == "cpu.10.hierarchical_crf_of_a_sentence.2"
