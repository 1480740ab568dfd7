"""Fixtures that tests of several rooms share."""

import os
import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinrel.active_learning.bootstrap import Data
from spacy_clinrel.cli.convert import convert

from .util import CONFIGS, FUSE, ROOT, corpus_paths, make_notes, run_python, write_docs

EXPLODE = "clinrel_test_explode"


@pytest.fixture
def zh() -> Language:
    """RETURNS (Language): A blank Chinese pipeline, a token a character."""
    return spacy.blank("zh")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """RETURNS (Path): The folder with real corpora, which only some have; skips without it."""
    default = Path(__file__).parent.parent / "corpora"
    path = Path(os.environ.get("CLINREL_CORPORA") or default)
    if not path.is_dir():
        pytest.skip(f"no real corpora at {path}: set CLINREL_CORPORA to their folder")
    return path


@pytest.fixture(scope="session")
def made_up(tmp_path_factory) -> Path:
    """RETURNS (Path): A folder with train.spacy and dev.spacy, made-up notes with relations."""
    nlp = spacy.blank("zh")
    folder = tmp_path_factory.mktemp("made_up")
    write_docs(folder / "train.spacy", make_notes(nlp, 120, seed=1))
    write_docs(folder / "dev.spacy", make_notes(nlp, 10, seed=2))
    return folder


@pytest.fixture(scope="session")
def trained_model(made_up, tmp_path_factory) -> Path:
    """RETURNS (Path): The end-to-end pipeline that `spacy train` makes of configs/test's twin.

    Tests that change a pipeline load it anew."""
    folder = tmp_path_factory.mktemp("zh_clinrel")
    train = (CONFIGS / "zh_clinrel.cfg", "--output", folder)
    run_python("-m", "spacy", "train", *train, *corpus_paths(made_up))
    return folder / "model-best"


@Language.component(EXPLODE)
def explode(doc: Doc) -> Doc:
    """Fail as a pipeline can."""
    if FUSE in doc.text:
        raise RuntimeError(f"{FUSE} in {doc.text}")
    return doc


@pytest.fixture(scope="session")
def rules(tmp_path_factory) -> Path:
    """RETURNS (Path): A pipeline of rules, there in no time, which finds 头痛 and CT and fails on
    texts with FUSE."""
    nlp = spacy.blank("zh")
    patterns = [{"label": "症状", "pattern": "头痛"}, {"label": "检查", "pattern": "CT"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe(EXPLODE)
    path = tmp_path_factory.mktemp("rules") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture
def raw(request, tmp_path) -> Path:
    """RETURNS (Path): A file with the TEXT of the test's module."""
    path = tmp_path / "raw.txt"
    path.write_text(request.module.TEXT, encoding="utf-8")
    return path


# Notes of each part of the benchmarks' small corpora.
PARTS = {"train": 24, "dev": 6, "test": 6}


@pytest.fixture(scope="session")
def as_corpora(tmp_path_factory) -> Path:
    """RETURNS (Path): Some of the project's own notes under the names of the real corpora."""
    folder = tmp_path_factory.mktemp("data")
    for part, count in PARTS.items():
        notes = folder / part
        notes.mkdir()
        for path in sorted((ROOT / "assets" / "zh_notes" / part).glob("*"))[: 2 * count]:
            shutil.copy(path, notes)
        for prefix in ("ccks2017_relations", "cmeie"):
            convert("brat", notes, folder / f"{prefix}_{part}.spacy")
    return folder


@pytest.fixture(scope="session")
def few_labels(tmp_path_factory) -> Data:
    """RETURNS (Data): Few labelled notes, and more whose relations nobody is to look at."""
    folder = tmp_path_factory.mktemp("few_labels")
    nlp = spacy.blank("zh")
    for part, count, seed in (("l", 5, 1), ("u", 40, 5), ("dev", 10, 2), ("test", 6, 3)):
        write_docs(folder / f"{part}.spacy", make_notes(nlp, count, seed=seed))
    return Data(*(folder / f"{part}.spacy" for part in ("l", "u", "dev", "test")))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """YIELDS (Browser): Chromium, one for all tests; they skip without it, but fail in CI."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    missing = [name for name in (path,) if not Path(name).exists()]
    missing += [name for name in ("playwright",) if find_spec(name) is None]
    if missing:
        stop = pytest.fail if os.environ.get("CI_BROWSER") == "1" else pytest.skip
        stop(f"no {' and no '.join(missing)}: set CHROMIUM, install the extra `browser`")
    from playwright.sync_api import sync_playwright

    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    args = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=args)
        yield chromium
        chromium.close()


@pytest.fixture
def benchmarks(monkeypatch) -> Path:
    """Makes the benchmarks' modules importable, as they are to each other.

    RETURNS (Path): Their folder."""
    folder = ROOT / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def run_benchmark(benchmarks, monkeypatch, capsys) -> Callable:
    """RETURNS (Callable): Runs a benchmark's command line within this process; takes the script's
    name and its arguments, and returns exit code and what was printed. Its trainings are processes
    of their own."""

    def run(script: str, *args: Any) -> Any:
        monkeypatch.setattr("sys.argv", [str(benchmarks / script), *map(str, args)])
        code = import_module(script[: -len(".py")]).main()
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def show(browser, tmp_path):
    """Opens HTML in a page of its own; afterwards nothing may have been asked of the network."""
    contexts, asked, said, urls = [], [], [], []

    def show_html(html, width=1280, **options):
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        urls.append(path.as_uri())
        page.goto(path.as_uri())
        return page

    yield show_html
    for context in contexts:
        context.close()
    assert asked == urls and said == []
