"""Page of the error and warning codes, from spacy_clinrel/errors and cures.yml."""

import ast
import re
from pathlib import Path
from typing import Dict, List, Tuple

import srsly

from .markdown import escape, page

ROOT = Path(__file__).parents[2]
ERRORS = ROOT / "spacy_clinrel" / "errors"
CURES = Path(__file__).with_name("cures.yml")
MODULES = ("pipeline", "files", "outputs", "warnings")
INTRODUCTION = (
    "Every error and warning of spacy-clinrel begins with a code in brackets, e.g. `[C003]`. Words "
    "in braces, such as `{name}`, stand for what the message names. If the message does not say "
    "what to do, a cure follows. spaCy's warnings have codes such as `[W030]` too. A warning whose "
    "text differs from the one below is spaCy's."
)


def sections() -> List[Tuple[str, Dict[str, str]]]:
    """Return the messages by code, in sections.

    RETURNS (List[Tuple[str, Dict[str, str]]]): The title of each section, from the comments in the
        modules, and its messages.
    """
    found: List[Tuple[str, Dict[str, str]]] = []
    for name in MODULES:
        text = (ERRORS / f"{name}.py").read_text(encoding="utf-8")
        titles = {
            number: match[1]
            for number, line in enumerate(text.splitlines(), start=1)
            if (match := re.match(r"^    # (.+)$", line))
        }
        if name == "warnings":
            found.append(("Warnings", {}))
        body = next(node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)).body
        for node in body:
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                continue
            before = [number for number in titles if number < node.lineno]
            title = titles[max(before)] if before else found[-1][0]
            if not found or found[-1][0] != title:
                found.append((title, {}))
            found[-1][1][node.targets[0].id] = ast.literal_eval(node.value)
    return found


def write_errors() -> str:
    """Return the page of the errors and warnings."""
    cures = srsly.read_yaml(CURES)
    parts = [INTRODUCTION]
    for title, messages in sections():
        parts.append(f"## {title}")
        for number, message in sorted(messages.items()):
            parts.append(f"### {number}")
            parts.append(f"> {escape(message)}")
            if number in cures:
                parts.append(f"**Cure.** {cures[number].strip()}")
    return page("Errors and warnings", "spacy_clinrel/errors and tools/reference/cures.yml", parts)
