"""Page of the Python API. mkdocstrings adds arguments and results from the docstrings."""

import dataclasses
import inspect
import re
from typing import Any, Dict, Iterable, List, Tuple

import spacy_clinrel
from spacy_clinrel import displacy, tokens
from spacy_clinrel.tokens import extensions

from .docstrings import summary
from .markdown import escape, fence, page, table

INTRODUCTION = """\
`import spacy_clinrel` registers the extensions and makes the functions available. Loading a
pipeline registers the extensions too. Each command is also a function of the same name. The
functions print nothing, and raise errors that say what to do."""
EXAMPLE = """\
```python
import spacy
import spacy_clinrel
from spacy_clinrel import Relation

nlp = spacy.blank("zh")
doc = nlp("胸片示右下肺炎，无胸痛。")
film, pneumonia = doc.char_span(0, 2, label="Test"), doc.char_span(3, 7, label="Disease")
pain = doc.char_span(9, 11, label="Symptom")
doc.ents = [film, pneumonia, pain]
doc._.relations = [Relation(film, pneumonia, "TeRD")]
doc.ents[2]._.assertion = ["negated"]
for relation in doc._.relations:
    print(relation.head, relation.label, relation.tail, relation.score)
print([ent.text for ent in doc.ents if ent._.is_negated])
```

```text
胸片 TeRD 右下肺炎 1.0
['胸痛']
```"""
# What an extension holds. A test compares the keys with the registered extensions.
EXTENSIONS = {
    "doc._.relations": (
        "List of [`Relation`](#relation), in the order in which they were set. Can be set, to "
        "a list of `Relation` or of tuples (head, tail, label, score)."
    ),
    "doc._.clinrel": (
        "The annotation as plain values, for `doc.to_json(underscore=['clinrel'])` and "
        "`Doc.from_json`. Can be set."
    ),
    "span._.assertion": (
        "Dictionary of the assertion attributes that hold, with their scores. Can be set, also to "
        "a list of names."
    ),
    "span._.is_negated": "Whether the mention is denied, not found or not given. Can be set.",
    "span._.is_uncertain": "Whether the mention is only suspected. Can be set.",
    "span._.is_hypothetical": "Whether the mention is planned, feared or conditional. Can be set.",
    "span._.is_historical": "Whether the mention lies before the present illness. Can be set.",
    "span._.is_family": "Whether the mention is about another person. Can be set.",
    "span._.section": "Id of the section, e.g. `past_history`; None outside of sections.",
    "span._.value": "Value and unit of a test, as a dictionary, or None. Can be set.",
    "span._.dosage": "Dose, frequency, route and so on of a drug, or None. Can be set.",
    "span._.candidates": (
        "Codes that `terminology_linker` proposes, best first: tuples (code, name, score). Can be "
        "set. The best one is also `span.kb_id_`."
    ),
}


def registered_extensions() -> List[str]:
    """Return the names of all extensions, as users write them."""
    spans = [*extensions.SPAN_EXTENSIONS, *extensions.SHARED_EXTENSIONS]
    return [
        *(f"doc._.{name}" for name in extensions.DOC_EXTENSIONS),
        *(f"span._.{name}" for name in spans),
    ]


def signature(name: str, item: Any) -> str:
    """Return the signature of a function, one argument per line if it is long.

    name (str): The name of the function.
    item (Any): The function.
    RETURNS (str): The signature, without modules in the types.
    """
    found = inspect.signature(item)
    arguments = []
    kinds = inspect.Parameter
    for argument in found.parameters.values():
        is_named = argument.kind is kinds.KEYWORD_ONLY
        if is_named and not any(text.startswith("*") for text in arguments):
            arguments.append("*")
        text = f"{'*' * (argument.kind is kinds.VAR_POSITIONAL)}{argument.name}"
        text += f": {short(inspect.formatannotation(argument.annotation))}"
        if argument.default is not kinds.empty:
            text += f" = {show_default(argument.default)}"
        arguments.append(text)
    end = ")"
    if not inspect.isclass(item):
        end += f" -> {short(inspect.formatannotation(found.return_annotation))}"
    line = f"{name}({', '.join(arguments)}{end}"
    if len(line) <= 88:
        return line
    return "\n".join([f"{name}(", *(f"    {argument}," for argument in arguments), end])


def short(text: str) -> str:
    """Remove module names from a type."""
    text = re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)
    return text.replace("NoneType", "None").replace("'", "")


def show_default(value: Any) -> str:
    """Return the default of an argument: plain values, else the name of the type."""
    if hasattr(value, "_fields") or dataclasses.is_dataclass(value):
        return f"{type(value).__name__}(...)"
    return repr(value) if value is None or isinstance(value, (str, int, float, tuple)) else "..."


def describe(path: str, names: Iterable[str], module: Any) -> List[str]:
    """Return the parts of the page about the functions of a module."""
    parts = []
    for name in names:
        item = getattr(module, name)
        if not callable(item):
            continue
        parts += [f"### {name}", fence(signature(name, item), "text"), f"::: {path}.{name}"]
    return parts


def groups() -> Dict[str, Tuple[str, Any, List[str]]]:
    """Return the groups of functions: title → import path, module, names."""
    public = [name for name in spacy_clinrel.__all__ if callable(getattr(spacy_clinrel, name))]
    return {
        "Functions and classes": ("spacy_clinrel", spacy_clinrel, public),
        "displacy": ("spacy_clinrel.displacy", displacy, list(displacy.__all__)),
        "Annotation": (
            "spacy_clinrel.tokens",
            tokens,
            [name for name in tokens.__all__ if name not in spacy_clinrel.__all__],
        ),
    }


ABOUT = {
    "Functions and classes": "`spacy_clinrel.__version__` is the version of the package.",
    "displacy": (
        "`from spacy_clinrel import displacy`. `displacy.COLORS` has the default colours, "
        "`displacy.OPTIONS` the names of the options."
    ),
    "Annotation": (
        "Functions of `spacy_clinrel.tokens`, which read and write annotation without the "
        "extensions. `GROUP` is the name of the span group with the mentions, `SENTENCE_ENDS` the "
        "characters that end a sentence."
    ),
}


def write_api() -> str:
    """Return the page of the Python API."""
    parts = [INTRODUCTION, EXAMPLE, "## Extensions"]
    rows = [(f"`{name}`", about) for name, about in EXTENSIONS.items()]
    parts += [table(("Extension", "Value"), rows)]
    for title, (path, module, names) in groups().items():
        rows = [
            (f"[`{name}`](#{anchor(name)})", escape(summary(getattr(module, name))))
            for name in names
            if callable(getattr(module, name))
        ]
        parts += [f"## {title}", ABOUT[title], table(("Name", "What it does"), rows)]
        parts += describe(path, names, module)
    return page("Python API", "spacy_clinrel and its docstrings", parts)


def anchor(name: str) -> str:
    """Return the anchor of a heading."""
    return name.lower()
