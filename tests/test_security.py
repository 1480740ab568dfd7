"""Promises of SECURITY.md that are not tested with the part of the package that they are about."""

import ast
import json
import re
import socket
from functools import cache
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

import spacy_clinrel

from .util import ROOT, invoke, make_notes, write_docs

PACKAGE = Path(spacy_clinrel.__file__).parent
# Modules that can run code from a file, start programs or reach other machines.
CODE = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "subprocess"}
NETWORK = {"socket", "socketserver", "http", "requests", "httpx", "aiohttp", "ftplib", "smtplib"}
NAME = "张三丰"


@cache
def syntax() -> List[Tuple[str, ast.AST]]:
    """Return all imports and calls in the package, each with its module."""
    return [
        (str(path.relative_to(PACKAGE)), node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Call))
    ]


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield node.module or ""
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_package_has_no_pickles_and_starts_no_programs():
    for module, node in syntax():
        assert not {name.split(".")[0] for name in imported(node)} & CODE, module
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "torch.load", "torch.save", "os.system"), module
            options = {word.arg: ast.unparse(word.value) for word in node.keywords}
            assert options.get("allow_pickle", "False") == "False", module
            assert options.get("shell", "False") == "False", module


def test_package_opens_no_connections_but_the_server_of_the_viewer():
    for module, node in syntax():
        for name in imported(node):
            assert name.split(".")[0] not in NETWORK, module
            assert not name.startswith("urllib.request"), module
            if name.startswith("wsgiref"):
                assert module == "viewer/server.py"


def test_transformers_never_runs_code_of_an_encoder():
    calls = [
        (module, node)
        for module, node in syntax()
        if isinstance(node, ast.Call) and re.fullmatch(r"Auto\w+\.from_\w+", ast.unparse(node.func))
    ]
    assert len(calls) >= 5
    for module, call in calls:
        options = {word.arg: ast.unparse(word.value) for word in call.keywords}
        is_off = options.get("trust_remote_code") == "False" or options.get(None) == "options"
        assert is_off, f"{module}:{call.lineno}"


@pytest.fixture
def no_network(monkeypatch):
    """Fail the test if a name is looked up or a connection is opened."""

    def refuse(*args, **kwargs):
        raise AssertionError("used the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_commands_use_no_network(rules, zh, tmp_path, no_network):
    docs = write_docs(tmp_path / "notes.spacy", make_notes(zh, 3))
    (tmp_path / "notes.txt").write_text("患者头痛。", encoding="utf-8")
    for args in (
        ("visualize", rules, tmp_path / "notes.txt", tmp_path / "page.html"),
        ("export", docs, tmp_path / "graph.jsonld"),
        ("export", docs, tmp_path / "graph.graphml"),
        ("apply", rules, tmp_path / "notes.txt", tmp_path / "annotated"),
    ):
        result = invoke("clinrel", *args)
        assert result.exit_code == 0, result.output


def test_errors_do_not_quote_the_text(rules, tmp_path):
    path = tmp_path / "notes.jsonl"
    lines = [
        json.dumps({"id": "1", "text": f"患者{NAME}头痛。"}),
        json.dumps({"id": "3", "text": NAME * 2000}, ensure_ascii=False),
        json.dumps({"id": "4", "text": [NAME]}, ensure_ascii=False),
        '{"id": "5", "text": "' + NAME,
        f"{NAME}",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out"
    result = invoke("clinrel", "apply", rules, path, out, "--max-length", 1000)
    assert "4 documents could not be processed" in result.output
    quarantine = (out / "_quarantine.jsonl").read_text(encoding="utf-8")
    (tmp_path / "broken.spacy").write_bytes(NAME.encode())
    broken = invoke("clinrel", "export", tmp_path / "broken.spacy", tmp_path / "g.ttl")
    assert broken.exit_code == 1
    for text in (result.output, quarantine, broken.output):
        assert NAME not in text and json.dumps(NAME)[1:-1] not in text


def test_policy_names_only_tests_that_exist():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    paths = re.findall(r"`(tests/[\w/.]+)`", text)
    assert len(paths) >= 8
    for path in paths:
        assert (ROOT / path).exists(), path
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")
