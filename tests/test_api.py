"""The public Python API."""

import inspect
import subprocess
import sys

import pytest

import spacy_clinrel
from spacy_clinrel.cli import app

FUNCTIONS = sorted(spacy_clinrel._API)
WITHOUT_COMMAND = {"read_corpus", "write_corpus", "tables", "mentions_table", "relations_table"}


def test_every_command_is_a_function():
    commands = {command.name.replace("-", "_") for command in app.registered_commands}
    # `init` is short for what spaCy calls `init config`.
    commands = commands - {"init"} | {"init_config"}
    assert commands == set(FUNCTIONS) - WITHOUT_COMMAND


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_is_typed_and_documented(name):
    function = getattr(spacy_clinrel, name)
    assert callable(function) and name in spacy_clinrel.__all__
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    documentation = inspect.getdoc(function)
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty
        assert f"\n{parameter.name} (" in documentation


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_function"):
        spacy_clinrel.no_such_function  # noqa: B018


def test_import_loads_no_optional_library():
    heavy = ("matplotlib", "pyarrow", "pandas", "ray", "pyspark", "gensim", "sklearn", "rdflib")
    code = f"import sys, spacy_clinrel; print([m for m in {heavy} if m in sys.modules])"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "[]"
