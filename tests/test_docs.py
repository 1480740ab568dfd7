"""The pages of the documentation, their snippets, and the notebooks."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import srsly

from .docs_project import install, make_project, train_tiny
from .snippets import MISNAMED, check_output, read_blocks, run_block
from .util import ROOT, require

PAGES = sorted((ROOT / "docs").rglob("*.md")) + sorted(ROOT.glob("README*.md"))
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
CI_NOTEBOOK = "tutorial"
BLOCKS = {page: read_blocks(page) for page in PAGES}
# Pages whose snippets start processes, train, or load a trained pipeline.
SLOW = re.compile(r"zh_clinrel|en_clinrel|training/|model-best")


def is_slow(page: Path) -> bool:
    return any(b.kind == "bash" or SLOW.search(b.code) for b in BLOCKS[page] if b.is_run)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def pages(*, slow: bool) -> list[Path]:
    return [p for p in PAGES if any(b.is_run for b in BLOCKS[p]) and is_slow(p) == slow]


@pytest.fixture(scope="session")
def small_project(tmp_path_factory):
    """Return a copy of the project, and the folder of packages with a trained pipeline.

    CLINREL_PIPELINE names a trained zh_clinrel, whose output is then compared with the pages."""
    folder = tmp_path_factory.mktemp("docs")
    path = os.environ.get("CLINREL_PIPELINE")
    pipeline = Path(path) if path else train_tiny(folder)
    install(pipeline, folder / "packages", "zh_clinrel")
    make_project(folder / "project", pipeline)
    return folder


def run_page(page, monkeypatch):
    """Run the blocks of a page. They share variables and the current folder."""
    namespace = {"__name__": "__main__"}
    # Modules that a page writes are imported from the current folder.
    monkeypatch.setattr(sys, "path", [str(Path.cwd()), *sys.path])
    for block in BLOCKS[page]:
        if block.is_run:
            check_output(block, run_block(block, namespace))


@pytest.mark.parametrize("page", pages(slow=False), ids=name_of)
def test_snippets_print_what_the_page_says(page, tmp_path, monkeypatch):
    """Snippets that only read the files of the project."""
    for name in ("assets", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    run_page(page, monkeypatch)


# CI runs the snippets of these pages. `python -m pytest -m snippets` runs the others, in minutes.
IN_CI = (
    "README.md",
    "docs/start/quickstart.md",
    "docs/tutorials/own-corpus-brat.md",
)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page, marks=pytest.mark.slow if name_of(page) in IN_CI else pytest.mark.snippets
        )
        for page in pages(slow=True)
    ],
    ids=name_of,
)
def test_snippets_run_in_a_project(page, small_project, tmp_path, monkeypatch):
    """Snippets that run commands or a trained pipeline."""
    folder = tmp_path / "project"
    shutil.copytree(small_project / "project", folder, symlinks=True)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(small_project / "packages")
    path = os.pathsep.join([str(small_project / "packages"), str(ROOT)])
    monkeypatch.setenv("PYTHONPATH", path)
    run_page(page, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_of_code_have_languages_that_run(page):
    """`sh` or `py` would not run, and neither would a command without a language."""
    for block in BLOCKS[page]:
        assert block.kind not in MISNAMED, f"{block.place}: use `python` or `bash`"
        if not block.kind:
            assert "python -m " not in block.code, f"{block.place}: a command without `bash`"


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def texts(cell: dict[str, Any]) -> list[str]:
    """Return what a cell prints and shows, as text, without warnings."""
    outputs = [output for output in cell["outputs"] if output.get("name") != "stderr"]
    return ["".join(o.get("text") or o.get("data", {}).get("text/plain", "")) for o in outputs]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_were_run_from_start_to_end(path):
    cells = code_cells(srsly.read_json(path))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for output in (output for cell in cells for output in cell["outputs"]):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr", "run it with PYTHONWARNINGS=ignore"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=path.stem,
            marks=pytest.mark.slow if path.stem == CI_NOTEBOOK else pytest.mark.snippets,
        )
        for path in NOTEBOOKS
    ],
)
def test_notebooks_run(path, small_project, tmp_path, monkeypatch):
    require("nbclient", "ipykernel", hint="install the extra `test`")
    import nbclient
    import nbformat

    compared = "CLINREL_PIPELINE" in os.environ
    assets = ROOT / "assets" if compared else small_project / "project" / "assets"
    (tmp_path / "assets").symlink_to(assets)
    folder = tmp_path / "docs" / "notebooks"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(small_project / "packages"), str(ROOT)]))
    notebook = nbformat.read(path, as_version=4)
    expected = [texts(cell) for cell in code_cells(notebook)]
    nbclient.NotebookClient(
        notebook, timeout=250, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    if compared:
        assert [texts(cell) for cell in code_cells(notebook)] == expected
