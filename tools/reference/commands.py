"""Page of the commands, from the Typer app."""

import re
from typing import Any, Dict, List, Tuple

import typer

from spacy_clinrel.cli import app

from .docstrings import paragraphs
from .markdown import code, escape, fence, page, table

PROGRAM = "python -m spacy clinrel"
EXAMPLES = re.compile(r"^Examples?: ")
OPTION = re.compile(r"(?<![\w`-])--[a-z][\w.-]*\w")
NO_TEST = "<!-- no-test: the files are examples; tests/test_reference.py checks the options -->"
INTRODUCTION = (
    f"Commands are run as `{PROGRAM} COMMAND`. `--help` shows this text in the terminal. Each "
    "command is also a [function of the same name](python-api.md)."
)


def click_commands() -> Dict[str, Any]:
    """Return the Click commands by name."""
    return dict(sorted(typer.main.get_command(app).commands.items()))  # type: ignore[attr-defined]


def split_help(text: str) -> Tuple[List[str], List[str]]:
    """Divide the help of a command into its text and its examples.

    text (str): The help.
    RETURNS (Tuple[List[str], List[str]]): The paragraphs without examples, and the examples as
        command lines.
    """
    about, examples = [], []
    for paragraph in paragraphs(text):
        if EXAMPLES.match(paragraph):
            lines = EXAMPLES.sub("", paragraph).split("; ")
            examples += [f"{PROGRAM} {line.strip()}" for line in lines]
        else:
            about.append(prose(paragraph))
    return about, examples


def describe(command: Any) -> List[str]:
    """Return the parts of the page about a command.

    command (Any): The Click command.
    RETURNS (List[str]): The parts.
    """
    about, examples = split_help(command.help or "")
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [item for item in command.params if item.param_type_name == "option"]
    usage = [PROGRAM, command.name, *(item.metavar or item.name.upper() for item in arguments)]
    if options:
        usage.append("[OPTIONS]")
    parts = [f"## {command.name}", about[0], fence(" ".join(usage), "text"), *about[1:]]
    if examples:
        parts += [f"{NO_TEST}\n{fence(chr(10).join(examples), 'bash')}"]
    rows = [(code(item.metavar or item.name.upper()), help_of(item)) for item in arguments]
    parts.append(table(("Argument", "Description"), rows))
    rows = [(option_names(item), help_of(item), default_of(item)) for item in options]
    parts.append(table(("Option", "Description", "Default"), rows))
    return parts


def help_of(item: Any) -> str:
    """Return the help of an argument or option, without a default in brackets."""
    return prose(re.sub(r"\s*\[default: .*?\]", "", item.help or ""))


def prose(text: str) -> str:
    """Escape a text, and write the options in it as code."""
    return escape(text if "`" in text else OPTION.sub(r"`\g<0>`", text))


def option_names(item: Any) -> str:
    """Return the names of an option, e.g. "`--format`, `-f`"."""
    return ", ".join(code(name) for name in [*item.opts, *item.secondary_opts])


def default_of(item: Any) -> str:
    """Return the default of an option, from its help if that says more."""
    written = re.search(r"\[default: (.*?)\]", item.help or "")
    if written:
        return code(written[1])
    if item.required:
        return "required"
    if item.default is None or item.default == "":
        return ""
    if isinstance(item.default, bool):
        return code(item.opts[0] if item.default else (item.secondary_opts or ["off"])[0])
    if isinstance(item.default, (tuple, list)):
        return code(" ".join(map(str, item.default)))
    return code(str(item.default))


def write_commands() -> str:
    """Return the page of the commands."""
    commands = click_commands()
    rows = [
        (f"[`{name}`](#{name})", split_help(command.help or "")[0][0])
        for name, command in commands.items()
    ]
    parts = [INTRODUCTION, table(("Command", "What it does"), rows)]
    for command in commands.values():
        parts += describe(command)
    return page("Commands", "the help of the commands (spacy_clinrel/cli)", parts)
