"""Entry points resolve, and every registered function has one."""

import ast
import configparser
import inspect
import re
from importlib import import_module
from importlib.metadata import entry_points
from typing import Dict, List, Tuple, get_args

import catalogue
import pytest
import spacy
from spacy.language import Language
from spacy.util import registry

from spacy_clinrel import errors

from .util import ROOT

PACKAGE = ROOT / "spacy_clinrel"


def declared() -> List[Tuple[str, str, str]]:
    """Return group, name and target of each entry point in setup.cfg."""
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    section = parser["options.entry_points"]
    return [
        (group, *re.split(r"\s*=\s*", line.strip(), maxsplit=1))
        for group, lines in section.items()
        for line in lines.strip().splitlines()
    ]


ENTRIES = declared()
IDS = [f"{group}:{name}" for group, name, _ in ENTRIES]


def target(value: str):
    module, _, name = value.partition(":")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("group, name, value", ENTRIES, ids=IDS)
def test_entry_points_resolve(group, name, value):
    expected = target(value)
    installed = {entry.name: entry for entry in entry_points(group=group)}
    assert name in installed, "not installed with this entry point: run `pip install -e .`"
    assert installed[name].value == value and installed[name].load() is expected
    kind = group.removeprefix("spacy_")
    if kind in registry.get_registry_names():
        assert registry.get(kind, name) is expected
    elif kind == "factories":
        assert Language.has_factory(name)
        assert spacy.blank("zh").get_factory_meta(name).factory == name
    else:
        assert kind in ("cli", "clinrel_converters", "clinrel_schemes", "displacy_colors")
        assert catalogue.create(*group.split("_", 1), entry_points=True).get(name) is expected


def test_names_are_unique():
    names = [(group, name) for group, name, _ in ENTRIES]
    assert len(names) == len(set(names)) > 10


def builders() -> Dict[str, str]:
    """Return the functions that a config can name, with their decorators.

    Their names begin with a capital letter, or they have a registry's decorator, or they create a
    scorer."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                decorators = " ".join(ast.unparse(item) for item in node.decorator_list)
                if (
                    node.name[0].isupper()
                    or "Language." in decorators
                    or "registry." in decorators
                    or re.fullmatch(r"make_\w+_scorer", node.name)
                ):
                    found[f"{module}:{node.name}"] = decorators
    return found


BUILDERS = builders()


def test_every_registered_function_has_an_entry_point():
    assert len(BUILDERS) >= 10
    assert set(BUILDERS) <= {value for _, _, value in ENTRIES}


@pytest.mark.parametrize("value", BUILDERS)
def test_parameters_of_registered_functions(value):
    """A config may have None where the default is None, so the type must allow it."""
    signature = inspect.signature(target(value))
    # A factory's first two parameters are the pipeline and the component's name, not settings.
    assert len(set(signature.parameters) - {"nlp", "name"}) <= 10
    for parameter in signature.parameters.values():
        assert parameter.annotation is not parameter.empty, parameter
        if parameter.default is None:
            assert type(None) in get_args(parameter.annotation), parameter


def test_registered_names_have_the_packages_name_and_a_version():
    for group, name, _ in ENTRIES:
        if group in ("spacy_architectures", "spacy_misc", "spacy_readers", "spacy_scorers"):
            assert re.fullmatch(r"spacy-clinrel\.\w+\.v\d+", name)


def test_names_in_configs_and_code_exist():
    known = {name for _, name, _ in ENTRIES}
    used = {
        name
        for path in [*PACKAGE.rglob("*.py"), *(ROOT / "configs").rglob("*.cfg")]
        for name in re.findall(r"spacy-clinrel\.\w+\.v\d+", path.read_text(encoding="utf-8"))
    }
    assert len(used) > 5 and used <= known


def test_error_codes_are_unique_and_in_their_messages():
    """A code is defined once: a second definition would silently replace the first."""
    codes = [
        item.id
        for path in (PACKAGE / "errors").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        for item in node.targets
        if isinstance(item, ast.Name) and item.id.isupper() and item.id[1:].isdigit()
    ]
    assert len(codes) > 20 and len(codes) == len(set(codes))
    for code in codes:
        assert re.fullmatch(r"[A-Z]\d{3}", code)
        owner = errors.Warnings if code.startswith("W") else errors.Errors
        assert getattr(owner, code).startswith(f"[{code}] ")


def test_error_codes_in_the_code_exist():
    pattern = re.compile(r"\b(Errors|Warnings)\.([A-Z]\d{3})\b")
    used = {
        match.groups()
        for path in PACKAGE.rglob("*.py")
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 20
    for owner, code in used:
        assert hasattr(getattr(errors, owner), code), f"{owner}.{code}"


def test_require_says_whether_a_package_is_missing_or_broken(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("raise ImportError('numpy is too new')")
    (tmp_path / "other_package.py").write_text("import missing_dependency")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match=r"P001.*no_such_package.*spacy-clinrel\[apply\]"):
        errors.require("no_such_package.part", "apply")
    with pytest.raises(ImportError, match=r"P023.*broken_package.*numpy is too new"):
        errors.require("broken_package", "apply")
    with pytest.raises(ImportError, match=r"P023.*other_package.*missing_dependency"):
        errors.require("other_package", "apply")
