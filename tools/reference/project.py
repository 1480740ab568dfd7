"""Page of the project's commands and workflows, as `spacy project document` writes it."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from weasel.cli.document import project_document

from .markdown import NOTE

ROOT = Path(__file__).parents[2]
LINK = "(project.yml)"
MARKER = re.compile(r"<!-- WEASEL: .*? -->\n+")


def write_project() -> str:
    """Return the page of the project."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "project.md"
        with redirect_stdout(StringIO()):
            project_document(ROOT, path, no_emoji=True)
        text = path.read_text(encoding="utf-8")
    assert LINK in text
    text = MARKER.sub("", text.replace(LINK, "(../../project.yml)") + "\n").strip()
    note = NOTE.format(source="project.yml")
    return re.sub(r"^# .*\n", f"# Project commands\n\n{note}\n", text, count=1) + "\n"
