"""Pages of registered functions: components, architectures, layers, readers, callbacks and so on.

Their names are the entry points of setup.cfg. Their arguments are in the docstrings.
"""

import configparser
import inspect
import re
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from spacy.language import Language
from thinc.api import Config

from spacy_clinrel.pipeline import defaults

from .docstrings import Field, parse, summary
from .markdown import code, escape, fence, page, table

ROOT = Path(__file__).parents[2]
# Title and introduction of each entry point group on the page of architectures.
GROUPS = {
    "spacy_architectures": (
        "Architectures",
        "Models and their encoders. `spacy.Tok2Vec.v2` and other architectures of spaCy and "
        "spacy-transformers can be used in the same blocks.",
    ),
    "spacy_misc": (
        "Candidates, heads, encoders and poolings",
        "Functions under `@misc`: candidate strategies, heads of relation models, pretrained "
        "encoders, and the parts of `spacy-clinrel.PairSentence.v1`.",
    ),
    "spacy_span_getters": ("Span getters", "Windows of a text for a transformer."),
    "spacy_tokenizers": ("Tokenizers", "For the block `[nlp.tokenizer]`."),
    "spacy_readers": ("Readers", "For the blocks `[corpora.train]` and `[corpora.dev]`."),
    "spacy_callbacks": ("Callbacks", "For the block `[initialize.before_init]`."),
    "spacy_scorers": ("Scorers", "For the setting `scorer` of a component."),
    "spacy_clinrel_schemes": (
        "Label schemes",
        "Mappings of relation labels, for the option `--scheme`. See [labels](labels.md#schemes).",
    ),
    "spacy_displacy_colors": ("Colours", "Default colours of spaCy's displaCy for our types."),
}
# Groups whose functions are on other pages.
ELSEWHERE = {
    "spacy_factories": "components.md",
    "spacy_clinrel_converters": "formats.md",
    "spacy_cli": "commands.md",
}
CONFIGS = ("configs/zh_clinrel.cfg", "configs/*.cfg", "configs/papers/*.cfg")


def entry_points() -> Dict[str, Dict[str, str]]:
    """Return the entry points of setup.cfg: group → name → target."""
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return {
        group: dict(
            re.split(r"\s*=\s*", line.strip(), maxsplit=1) for line in lines.strip().splitlines()
        )
        for group, lines in parser["options.entry_points"].items()
    }


def load(target: str) -> Any:
    """Import the object of an entry point, e.g. "package.module:name"."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def blocks(value: Any, name: str = "model") -> Iterator[Any]:
    """Yield all blocks of a config with a registered function, and the last part of their names."""
    if isinstance(value, dict):
        if any(str(key).startswith("@") for key in value):
            yield name, value
        for key, item in value.items():
            yield from blocks(item, key)


@lru_cache(maxsize=1)
def example_blocks() -> Dict[str, Tuple[str, str, Any]]:
    """Return an example of a block for each registered function that a config or a default uses.

    RETURNS (Dict[str, Tuple[str, str, Any]]): Function → path of the shipped config, or "" for the
        default models; last part of the block's name; and the block.
    """
    paths = [path for pattern in CONFIGS for path in sorted(ROOT.glob(pattern))]
    sources: List[Tuple[str, Any]] = [
        (path.relative_to(ROOT).as_posix(), Config().from_disk(path, interpolate=False))
        for path in paths
    ]
    sources += [("", value) for value in vars(defaults).values()]
    found: Dict[str, Tuple[str, str, Any]] = {}
    for source, value in sources:
        for name, block in blocks(value):
            found.setdefault(function_name(block), (source, name, block))
    return found


def function_name(block: Dict[str, Any], default: str = "") -> str:
    """Return the name of the registered function of a block; the default if it has none."""
    return next((str(item) for key, item in block.items() if key.startswith("@")), default)


def config_block(group: str, name: str, function: Any) -> str:
    """Return a block of a config that names a function.

    group (str): The entry point group.
    name (str): The registered name.
    function (Any): The function.
    RETURNS (str): A block of a shipped config if one has the function; otherwise its defaults.
    """
    if name in example_blocks():
        path, key, block = example_blocks()[name]
        key = key if key.isidentifier() else "block"
        text = Config({key: block}).to_str(interpolate=False)
        source = f"From [{path}](../../{path}):\n\n" if path else ""
        return f"{source}{fence(text, 'ini')}"
    registry = group.removeprefix("spacy_")
    values: Dict[str, Any] = {f"@{registry}": name}
    required = []
    parameters = {} if inspect.isclass(function) else inspect.signature(function).parameters
    for parameter in parameters.values():
        if parameter.default is not inspect.Parameter.empty:
            values[parameter.name] = parameter.default
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
            required.append(parameter.name)
    text = Config({"block": values}).to_str()
    if required:
        text += f"\n# Required: {', '.join(required)}"
    return fence(text, "ini")


def argument_rows(fields: List[Field], defaults: Dict[str, Any]) -> List[List[str]]:
    """Return the rows of a table of arguments.

    fields (List[Field]): The arguments.
    defaults (Dict[str, Any]): Default of each argument that has one.
    RETURNS (List[List[str]]): Name, type, description and default of each.
    """
    rows = []
    for field in fields:
        default = defaults.get(field.name, inspect.Parameter.empty)
        shown = "" if default is inspect.Parameter.empty else code(show(default))
        rows.append([code(field.name), code(field.type), escape(field.text), shown])
    return rows


def show(value: Any) -> str:
    """Return a default value as a config has it; a block is only named."""
    if isinstance(value, dict):
        return function_name(value, "{}")
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)


def describe(group: str, name: str, function: Any) -> List[str]:
    """Return the parts of a page about a registered function."""
    if not callable(function):
        return [f"### {name}"]
    parsed = parse(inspect.getdoc(function))
    defaults = {
        parameter.name: parameter.default
        for parameter in inspect.signature(function).parameters.values()
    }
    parts = [f"### {name}", *map(escape_text, parsed.text)]
    if group not in ("spacy_clinrel_schemes", "spacy_displacy_colors"):
        parts.append(config_block(group, name, function))
    rows = argument_rows(parsed.arguments, defaults)
    parts.append(table(("Argument", "Type", "Description", "Default"), rows))
    for field in parsed.results:
        if field.name == "RAISES":
            parts.append(f"Raises `{field.type}`: {escape(field.text)}")
        else:
            parts.append(f"Returns `{field.type}`: {escape(field.text)}")
    return parts


def escape_text(paragraph: str) -> str:
    """Escape a paragraph, but leave blocks and lists as they are."""
    return paragraph if re.match(r"\s|[-*] ", paragraph) else escape(paragraph)


def write_architectures() -> str:
    """Return the page of registered functions, without components and converters."""
    found = entry_points()
    parts = [
        "A config names these functions. spaCy finds them once spacy-clinrel is installed, without "
        "an import. Below each function is an example of its block in a config. The table lists "
        "the settings of the block. [Components](components.md) and [corpus formats](formats.md) "
        "have their own pages."
    ]
    for group, (title, introduction) in GROUPS.items():
        parts += [f"## {title}", introduction]
        for name, target in found[group].items():
            parts += describe(group, name, load(target))
    return page("Architectures and registered functions", "docstrings and setup.cfg", parts)


def write_components() -> str:
    """Return the page of the components."""
    factories = entry_points()["spacy_factories"]
    rows = [
        (f"[`{name}`](#{name})", escape(about_component(name, load(target))))
        for name, target in factories.items()
    ]
    parts = [
        'Add a component with `nlp.add_pipe("NAME")`, or with its block in a config. The blocks '
        "below have the defaults. spaCy finds the components once spacy-clinrel is installed, "
        "without an import.",
        table(("Component", "What it does"), rows),
    ]
    for name, target in factories.items():
        parts += describe_component(name, load(target))
    return page("Components", "docstrings, setup.cfg and the default configs", parts)


def component_class(function: Any) -> Optional[type]:
    """Return the class of the component that a factory creates."""
    name = str(inspect.signature(function).return_annotation).strip("'\"")
    return getattr(import_module(function.__module__), name.split(".")[-1].strip("'>"), None)


def about_component(name: str, function: Any) -> str:
    """Return a sentence about a component."""
    found = component_class(function)
    return summary(found) if found is not None else summary(function)


def describe_component(name: str, function: Any) -> List[str]:
    """Return the parts of the page about a component."""
    meta = Language.get_factory_meta(name)
    parsed = parse(inspect.getdoc(function))
    found = component_class(function)
    about = parse(inspect.getdoc(found)).text if found is not None else parsed.text
    parts = [f"## {name}", *map(escape_text, about)]
    facts = [
        f"{label} {', '.join(code(item) for item in items)}."
        for label, items in (
            ("Sets", meta.assigns),
            ("Needs", meta.requires),
            ("Scores:", [key for key, weight in meta.default_score_weights.items()]),
        )
        if items
    ]
    parts.append(" ".join(facts))
    block = {"components": {name: {"factory": name, **meta.default_config}}}
    text = Config(block).to_str().replace("[components]\n", "", 1)
    parts.append(fence(text, "ini"))
    rows = argument_rows(parsed.arguments, dict(meta.default_config))
    parts.append(table(("Setting", "Type", "Description", "Default"), rows))
    return parts
