"""Snippets of the documentation, which print what the page says."""

import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from .util import ROOT

# A Python block, and the block of its output if one follows.
SNIPPET = re.compile(r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?", re.DOTALL)
# Pages whose snippets need documents or a pipeline of the user.
INCOMPLETE = ("output.md",)
PAGES = [
    path
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if path.name not in INCOMPLETE and SNIPPET.search(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_snippets_print_what_the_page_says(path, monkeypatch):
    """Snippets of a page share their variables, and run in the folder of the project."""
    monkeypatch.chdir(ROOT)
    namespace = {}
    for code, expected in SNIPPET.findall(path.read_text(encoding="utf-8")):
        output = StringIO()
        with redirect_stdout(output):
            exec(compile(code, str(path), "exec"), namespace)
        if expected:
            assert output.getvalue() == expected
