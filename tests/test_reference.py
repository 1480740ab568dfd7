"""Reference pages: up to date with the code, and complete."""

import configparser
import inspect
import json
import re
import shlex

import pytest
import srsly
from spacy import util

import spacy_clinrel
from spacy_clinrel import displacy, errors, tokens
from spacy_clinrel.cli import app
from spacy_clinrel.data.schemes import eleven_labels, fifteen_labels
from spacy_clinrel.types import ASSERTIONS
from tools.reference import PAGES, api, configs, registered
from tools.reference.commands import PROGRAM, click_commands, split_help
from tools.reference.docstrings import parse, to_google

from .util import ROOT, corpus_paths, invoke

FOLDER = ROOT / "docs" / "reference"
COMMANDS = click_commands()
EXAMPLES = [
    (name, line) for name, command in COMMANDS.items() for line in split_help(command.help or "")[1]
]


def read(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def headings(name):
    return re.findall(r"^#{2,3} (.+)$", read(name), re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name):
    """If not, run `python -m tools.reference`."""
    assert read(name) == PAGES[name]()


def test_every_command_and_option_is_on_the_page():
    assert headings("commands.md") == sorted(command.name for command in app.registered_commands)
    text = read("commands.md")
    for command in COMMANDS.values():
        for item in command.params:
            assert item.help, f"{command.name}: {item.name} has no help"
            if item.param_type_name == "option":
                assert all(f"`{name}`" in text for name in item.opts)


def test_every_command_has_an_example():
    assert {name for name, _ in EXAMPLES} == set(COMMANDS)


@pytest.mark.parametrize("name, line", EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_options_of_examples_exist(name, line):
    program, command, *args = line.removeprefix("python -m spacy ").split(" ", 2)
    assert (program, command) == (PROGRAM.split()[-1], name)
    found = COMMANDS[name].make_context(name, shlex.split(args[0]), resilient_parsing=False)
    assert found.params


def test_equal_options_have_equal_help():
    helps = {
        item.help
        for command in COMMANDS.values()
        for item in command.params
        if "--code" in item.opts or "--gpu-id" in item.opts
    }
    assert len(helps) == 2


def test_every_registered_name_is_on_a_page():
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    groups = set(parser["options.entry_points"])
    assert groups == {*registered.GROUPS, *registered.ELSEWHERE}
    found = registered.entry_points()
    for group in registered.GROUPS:
        assert set(found[group]) <= set(headings("architectures.md"))
    for group, page in registered.ELSEWHERE.items():
        if group != "spacy_cli":
            assert all(f"`{name}`" in read(page) for name in found[group]), page
    assert set(found["spacy_factories"]) == set(headings("components.md"))


def test_every_argument_of_a_registered_function_is_documented():
    found = registered.entry_points()
    for group in ("spacy_factories", *registered.GROUPS):
        for name, target in found[group].items():
            function = registered.load(target)
            if not inspect.isfunction(function):
                continue
            documented = {field.name for field in parse(function.__doc__).arguments}
            expected = set(inspect.signature(function).parameters)
            if group == "spacy_factories":
                expected -= {"nlp", "name"}
            assert documented == expected, name


def test_every_public_object_is_on_the_page():
    found = set(headings("python-api.md"))
    for module in (spacy_clinrel, displacy, tokens):
        names = {name for name in module.__all__ if callable(getattr(module, name))}
        assert names <= found
        others = set(module.__all__) - names - {"displacy"}
        assert all(name in read("python-api.md") for name in others)


def test_every_extension_is_on_the_page():
    assert set(api.EXTENSIONS) == set(api.registered_extensions())


def test_every_code_is_on_the_page():
    codes = {name for owner in (errors.Errors, errors.Warnings) for name in dir(owner)}
    codes = {code for code in codes if re.fullmatch(r"[A-Z]\d{3}", code)}
    assert codes <= set(headings("errors.md")) and len(codes) > 200
    assert set(srsly.read_yaml(ROOT / "tools" / "reference" / "cures.yml")) <= codes


def test_every_label_and_attribute_is_explained():
    text = read("labels.md")
    labels = {*fifteen_labels(), *eleven_labels(), *eleven_labels().values(), *ASSERTIONS}
    names = srsly.read_yaml(ROOT / "spacy_clinrel" / "viewer" / "names.yml")
    labels |= {*names["relations"]["clinrel"], *names["relations"]["i2b2"]}
    assert len(labels) > 30
    for label in labels:
        assert f"`{label}`" in text


SHIPPED = {item.path: item for item in configs.shipped_configs()}
TRAINED = [path for path, item in SHIPPED.items() if item.needs != "nothing to train"]


def options(path):
    """Return the options of a config's first command on the page."""
    program, args = SHIPPED[path].commands[0].split(path)
    assert program == "python -m spacy train "
    return shlex.split(args)


@pytest.mark.parametrize("path", TRAINED)
def test_options_of_configs_exist(path):
    values = dict(zip(options(path)[::2], options(path)[1::2]))
    assert "VECTORS" not in values.values()
    assert {"--paths.train", "--paths.dev", "--output"} <= set(values)
    config = util.load_config(ROOT / path)
    for name in set(values) - {"--output", "--gpu-id"}:
        block = config
        for part in name.removeprefix("--").split("."):
            assert part in block, f"{path} has no {name}"
            block = block[part]


def test_all_configs_are_on_the_page():
    folders = (ROOT / "configs", ROOT / "configs" / "papers")
    expected = {path.relative_to(ROOT).as_posix() for f in folders for path in f.glob("*.cfg")}
    assert set(SHIPPED) == expected


def test_docstrings_become_those_of_google():
    found = to_google("Do it.\n\nMore.\n\nx (int): The\n    number.\nRETURNS (str): A text.")
    assert (
        found == "Do it.\n\nMore.\n\nArgs:\n    x (int): The number.\n\nReturns:\n    str: A text."
    )


@pytest.mark.study
@pytest.mark.parametrize("path", TRAINED)
def test_configs_train_with_the_options_of_the_page(path, made_up, tmp_path):
    """One step on a small corpus. Configs with a pretrained encoder are trained elsewhere."""
    values = dict(zip(options(path)[::2], options(path)[1::2]))
    if "--paths.encoder" in values or "assertion" in path:
        pytest.skip("needs a pretrained encoder, or a corpus with assertion attributes")
    values |= dict(zip(corpus_paths(made_up)[::2], corpus_paths(made_up)[1::2]))
    # The corpus has labels of its own.
    corpora = util.load_config(path, interpolate=False)["corpora"]
    schemes = [part for part in ("train", "dev") if "scheme" in corpora[part]]
    values |= {f"--corpora.{part}.scheme": "null" for part in schemes}
    if "--paths.lexicons" in values:
        values["--paths.lexicons"] = json.dumps([str(made_up / "train.spacy")])
    values |= {"--output": tmp_path, "--training.max_steps": 1, "--training.eval_frequency": 1}
    result = invoke("train", path, *(part for item in values.items() for part in item))
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert (tmp_path / "model-last").is_dir()
