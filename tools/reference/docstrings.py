"""Docstrings in spaCy's style: a summary, arguments with types, RETURNS and RAISES."""

import inspect
import re
from typing import Any, List, NamedTuple, Optional, Tuple

FIELD = re.compile(r"^(\*{0,2}\w+) \((.+?)\): ?(.*)$")
RESULTS = ("RETURNS", "YIELDS", "RAISES")


class Field(NamedTuple):
    """An argument, a result or an exception of a function.

    name (str): The name, or RETURNS, YIELDS or RAISES.
    type (str): The type.
    text (str): The description.
    """

    name: str
    type: str
    text: str


class Docstring(NamedTuple):
    """A docstring in parts.

    text (List[str]): The paragraphs of the text: the summary first.
    arguments (List[Field]): The arguments.
    results (List[Field]): What is returned and raised.
    """

    text: List[str]
    arguments: List[Field]
    results: List[Field]


def parse(value: Optional[str]) -> Docstring:
    """Divide a docstring into its parts.

    value (Optional[str]): The docstring.
    RETURNS (Docstring): The parts.
    """
    lines = inspect.cleandoc(value or "").splitlines()
    text: List[str] = []
    fields: List[List[str]] = []
    for line in lines:
        match = FIELD.match(line)
        if match:
            fields.append(list(match.groups()))
        elif fields and line.startswith("    "):
            fields[-1][2] += f" {line.strip()}"
        else:
            text.append(line)
    found = [Field(name, kind, about.strip()) for name, kind, about in fields]
    return Docstring(
        paragraphs("\n".join(text)),
        [field for field in found if field.name not in RESULTS],
        [field for field in found if field.name in RESULTS],
    )


def paragraphs(text: str) -> List[str]:
    """Return the paragraphs of a text. Lines of a paragraph are joined, except in indented blocks
    and lists.

    text (str): The text.
    RETURNS (List[str]): The paragraphs.
    """
    parts = [part for part in re.split(r"\n\s*\n", text.strip("\n")) if part.strip()]
    return [
        part if re.match(r"\s|[-*] ", part) else " ".join(part.split("\n")).strip()
        for part in parts
    ]


def summary(item: Any) -> str:
    """Return the first sentence of the docstring of an object.

    item (Any): The object.
    RETURNS (str): The sentence, with a full stop.
    """
    first = next(iter(parse(inspect.getdoc(item)).text), "")
    return re.split(r"(?<=\.)(?<!al\.)(?<!e\.g\.)\s", first)[0]


def to_google(value: str, arguments: str = "Args") -> str:
    """Return a docstring in Google's style, which mkdocstrings reads.

    value (str): The docstring in spaCy's style.
    arguments (str): Title of the arguments: "Args", or "Attributes" for a class.
    RETURNS (str): The docstring.
    """
    parsed = parse(value)
    groups: List[Tuple[str, List[str]]] = [
        (arguments, [f"{field.name} ({field.type}): {field.text}" for field in parsed.arguments])
    ]
    titles = {"RETURNS": "Returns", "YIELDS": "Yields", "RAISES": "Raises"}
    for field in parsed.results:
        groups.append((titles[field.name], [f"{field.type}: {field.text}"]))
    parts = list(parsed.text)
    parts += [
        "\n".join([f"{title}:", *(f"    {line}" for line in lines)])
        for title, lines in groups
        if lines
    ]
    # MkDocs reads a["b"]["c"] as a link.
    return re.sub(r"\](?=\[)", r"]\\", "\n\n".join(parts))
