"""Who may import whom: design by rooms, held by reading the syntax trees of all modules."""

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
MIDDLE = {"data", "pipeline", "viewer", "exporters"}
# What each part of the package may import besides itself. `pipeline` reaches `ml` and the scorers
# through spaCy's registry alone.
ALLOWED: Dict[str, Set[str]] = {
    "errors": set(),
    "types": set(),
    "files": {"errors"},
    "tokens": BASE,
    "layers": set(),
    "ml": STORE | {"layers"},
    "pretraining": STORE | {"layers", "ml"},
    **{part: STORE for part in MIDDLE},
    "evaluation": STORE | MIDDLE,
    "active_learning": STORE | MIDDLE | {"evaluation"},
    "processing": STORE | MIDDLE | {"layers"},  # batches by length
    "__init__": STORE | MIDDLE | {"pretraining", "evaluation", "active_learning", "processing"},
}
EVERYTHING = set(ALLOWED) | {"cli"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room a file belongs to: its folder within the package, or its own name."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[Tuple[int, str]]:
    """Line and full name of everything a module imports, wherever in the file it does."""
    package = [NAME, *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base += node.module.split(".") if node.module else []
            # `from .. import tokens` imports a room too.
            names = [alias.name for alias in node.names] if base == [NAME] else [""]
            for name in names:
                yield node.lineno, ".".join([*base, name] if name else base)


def own_rooms(path: Path) -> Iterator[Tuple[int, str]]:
    """Line and room of every import from this package."""
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] == NAME:
            room = parts[1] if len(parts) > 1 else "__init__"
            is_room = (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file()
            yield line, room if is_room else "__init__"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms(path):
    room = room_of(path)
    if room == "cli":
        return
    assert room in ALLOWED, f"a new room: say in {__file__} what {room} may import"
    for line, other in own_rooms(path):
        assert other == room or other in ALLOWED[room], f"{path}:{line}: {room} imports {other}"


def test_nothing_sees_cli():
    seen = {room_of(path) for path in MODULES for _, room in own_rooms(path) if room == "cli"}
    assert seen == {"cli"}


def test_layers_import_torch_alone():
    fine = {"torch", "numpy", *sys.stdlib_module_names}
    found = set()
    for path in (PACKAGE / "layers").rglob("*.py"):
        for line, name in imports(path):
            root = name.split(".")[0]
            found.add(root)
            assert root == NAME or root in fine, f"{path}:{line}: layers imports {root}"
    assert "torch" in found


def test_torch_stays_in_its_rooms():
    users = {
        room_of(path)
        for path in MODULES
        for _, name in imports(path)
        if name.split(".")[0] in ("torch", "safetensors")
    }
    assert {"layers", "ml"} <= users <= {"layers", "ml", "pretraining", "cli"}


def test_the_rule_would_be_noticed(tmp_path, monkeypatch):
    """The reading of imports itself: every spelling of one is seen."""
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
    found = [room for _, room in own_rooms(path)]
    assert sorted(found) == sorted(["ml", "tokens", "pipeline", "scorers", "__init__", "layers"])
