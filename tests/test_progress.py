"""Progress bars: shown only if stderr is a terminal, so that log files stay short."""

import ast
from pathlib import Path
from typing import Iterator, Tuple

import pytest

import spacy_clinrel

from .util import run_python

PACKAGE = Path(spacy_clinrel.__file__).parent


def bars() -> Iterator[Tuple[str, ast.Call]]:
    """Yield the place of each call of tqdm, also through `partial`, and the call."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = [node.func, *(node.args[:1] if is_name(node.func, "partial") else ())]
                if any(is_name(function, "tqdm") for function in called):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def test_every_bar_is_hidden_without_a_terminal():
    places = [place for place, _ in bars()]
    assert len(places) >= 9, places
    for place, call in bars():
        (disable,) = [word.value for word in call.keywords if word.arg == "disable"] or [None]
        # `disable` must be able to be None, which is what tqdm calls this behaviour.
        source = "" if disable is None else ast.unparse(disable)
        is_variable = isinstance(disable, ast.Name)
        assert "None" in source or is_variable, f"{place}: disable = {source}"
        assert "not " not in source, f"{place}: disable = {source}"


@pytest.mark.slow
def test_vectors_write_no_bar_into_a_log(tmp_path):
    (tmp_path / "raw.txt").write_text("患者头痛三天。\n" * 3000, encoding="utf-8")
    args = ("init-vectors", tmp_path / "raw.txt", tmp_path / "v", "--width", 4, "--min-count", 1)
    output = run_python("-m", "spacy", "clinrel", *args)
    assert "Saved" in output and "\r" not in output and "lines" not in output
    assert len(output) < 400
