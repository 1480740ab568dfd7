"""Allowed imports between the parts of the package, checked in the syntax trees of all modules."""

import ast
import sys
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

import pytest

import spacy_clinrel

PACKAGE = Path(spacy_clinrel.__file__).parent
NAME = "spacy_clinrel"

BASE = {"errors", "types", "files"}
STORE = BASE | {"tokens"}
# What the parts that work on documents get from files.
READ = STORE | {"reading"}
RULES = {"rules", "measurements", "terminology"}
MIDDLE = {"data", "pipeline", "viewer", "exporters"}
# What each part of the package may import besides itself. `pipeline` gets `ml` and the scorers from
# spaCy's registry only.
ALLOWED: Dict[str, Set[str]] = {
    "errors": set(),
    "types": set(),
    "files": {"errors"},
    "rules": BASE,
    "measurements": BASE | {"rules"},
    "terminology": STORE,  # normal forms of text
    "tokens": BASE,
    "layers": set(),
    "ml": STORE | {"layers", "terminology"},  # words of lexicons
    "pretraining": READ | {"layers", "ml"},
    "reading": STORE,
    **{part: READ for part in MIDDLE},
    "data": READ | {"rules"},
    "pipeline": STORE | RULES,
    "evaluation": READ | MIDDLE,
    "active_learning": READ | MIDDLE | {"evaluation"},
    "processing": READ | MIDDLE | {"layers"},  # batches by length
    "config": READ | {"data", "pipeline"},
    "__init__": READ
    | RULES
    | MIDDLE
    | {"pretraining", "evaluation", "active_learning", "processing", "config"},
}
EVERYTHING = set(ALLOWED) | {"cli"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    """Return the part of the package that a file belongs to: its top folder or its module name."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[Tuple[int, str]]:
    """Yield the line and the full name of each import in a module, also of those in functions."""
    package = [NAME, *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base += node.module.split(".") if node.module else []
            # `from .. import tokens` also imports a part.
            names = [alias.name for alias in node.names] if base == [NAME] else [""]
            for name in names:
                yield node.lineno, ".".join([*base, name] if name else base)


def imported_parts(path: Path) -> Iterator[Tuple[int, str]]:
    """Yield the line and the imported part of each import from this package."""
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] == NAME:
            part = parts[1] if len(parts) > 1 else "__init__"
            is_part = (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file()
            yield line, part if is_part else "__init__"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(path):
    part = part_of(path)
    if part == "cli":
        return
    assert part in ALLOWED, f"new part of the package: add to {__file__} what {part} may import"
    for line, other in imported_parts(path):
        assert other == part or other in ALLOWED[part], f"{path}:{line}: {part} imports {other}"


def test_nothing_imports_cli():
    importers = {
        part_of(path) for path in MODULES for _, part in imported_parts(path) if part == "cli"
    }
    assert importers == {"cli"}


def test_layers_import_torch_only():
    allowed = {"torch", "numpy", *sys.stdlib_module_names}
    imported = set()
    for path in (PACKAGE / "layers").rglob("*.py"):
        for line, name in imports(path):
            root = name.split(".")[0]
            imported.add(root)
            assert root == NAME or root in allowed, f"{path}:{line}: layers imports {root}"
    assert "torch" in imported


def test_torch_is_imported_in_few_parts():
    users = {
        part_of(path)
        for path in MODULES
        for _, name in imports(path)
        if name.split(".")[0] in ("torch", "safetensors")
    }
    assert {"layers", "ml"} <= users <= {"layers", "ml", "pretraining", "cli"}


def test_imports_are_found_in_every_spelling(tmp_path, monkeypatch):
    package = tmp_path / NAME
    (package / "layers").mkdir(parents=True)
    (package / "tokens").mkdir()
    source = """
from typing import TYPE_CHECKING
import spacy_clinrel.ml
from spacy_clinrel import tokens
if TYPE_CHECKING:
    from ..pipeline.clinical_ner import ClinicalNER
def late():
    from .. import scorers, Relation
    from .crf import viterbi
"""
    for name in ("ml", "pipeline", "scorers"):
        (package / f"{name}.py").touch()
    path = package / "layers" / "x.py"
    path.write_text(source, encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", package)
    parts = [part for _, part in imported_parts(path)]
    assert sorted(parts) == sorted(["ml", "tokens", "pipeline", "scorers", "__init__", "layers"])
