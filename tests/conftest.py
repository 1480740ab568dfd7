"""Settings and fixtures that the tests of several folders share."""

import os
import shutil
from pathlib import Path
from typing import Any, Iterator

import catalogue
import pytest

# Workers with several threads each wait for each other. PyTorch reads this when it is imported, and
# processes that tests start inherit it.
os.environ["OMP_NUM_THREADS"] = "1"

import spacy
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinrel import convert
from spacy_clinrel.active_learning.bootstrap import BootstrapData

from .util import CONFIGS, FUSE, ROOT, make_notes, require, write_docs

EXPLODE = "clinrel_test_explode"

# catalogue searches the entry points of all packages whenever something registered is looked up,
# e.g. for each message of a DocBin. It also accepts a dictionary.
_points = catalogue.AVAILABLE_ENTRY_POINTS
catalogue.AVAILABLE_ENTRY_POINTS = {group: _points.select(group=group) for group in _points.groups}


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Return the number of workers for `-n auto`, which is the default.

    RETURNS (int | None): 0 (no workers) if the command line names only test files, which run faster
        than workers start. Otherwise None, xdist's default.
    """
    paths = [argument.split("::")[0] for argument in getattr(config.option, "file_or_dir", [])]
    return 0 if paths and all(path.endswith(".py") for path in paths) else None


# The files whose slow tests take longest. A worker runs a complete file, so these start first.
LONGEST = ("fuzz", "test_project.py", "benchmarks", "research", "processing", "pipeline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the files in LONGEST first."""

    def rank(item: pytest.Item) -> int:
        part = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONGEST.index(part) if part in LONGEST else len(LONGEST)

    items.sort(key=rank)


@pytest.fixture
def zh() -> Language:
    """Return a blank Chinese pipeline. Each character is a token."""
    return spacy.blank("zh")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Return the folder with the real corpora. Tests are skipped without it, also in CI, since
    access to the corpora is restricted."""
    path = Path(os.environ.get("CLINREL_CORPORA") or ROOT / "corpora")
    if not path.is_dir():
        pytest.skip(f"no real corpora at {path}: set CLINREL_CORPORA to their folder")
    return path


@pytest.fixture(scope="session")
def made_up(tmp_path_factory) -> Path:
    """Return a folder with train.spacy and dev.spacy: generated notes with relations."""
    nlp = spacy.blank("zh")
    folder = tmp_path_factory.mktemp("made_up")
    write_docs(folder / "train.spacy", make_notes(nlp, 120, seed=1))
    write_docs(folder / "dev.spacy", make_notes(nlp, 10, seed=2))
    return folder


@pytest.fixture(scope="session")
def trained_model(made_up, tmp_path_factory) -> Path:
    """Return the end-to-end pipeline trained by `spacy train` with configs/test/zh_clinrel.cfg. A
    test that changes the pipeline must load its own copy."""
    folder = tmp_path_factory.mktemp("zh_clinrel")
    paths = {f"paths.{part}": str(made_up / f"{part}.spacy") for part in ("train", "dev")}
    train(CONFIGS / "zh_clinrel.cfg", folder, overrides=paths)
    return folder / "model-best"


@Language.component(EXPLODE)
def explode(doc: Doc) -> Doc:
    """Fail on texts that contain FUSE."""
    if FUSE in doc.text:
        raise RuntimeError(f"{FUSE} in {doc.text}")
    return doc


@pytest.fixture(scope="session")
def rules(tmp_path_factory) -> Path:
    """Return a rule-based pipeline. It finds 头痛 and CT, and fails on texts that contain FUSE."""
    nlp = spacy.blank("zh")
    patterns = [{"label": "症状", "pattern": "头痛"}, {"label": "检查", "pattern": "CT"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe(EXPLODE)
    path = tmp_path_factory.mktemp("rules") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture
def raw(request, tmp_path) -> Path:
    """Write the TEXT of the test's module to a file and return the path."""
    path = tmp_path / "raw.txt"
    path.write_text(request.module.TEXT, encoding="utf-8")
    return path


# Number of notes in each part of the benchmarks' small corpora.
PARTS = {"train": 24, "dev": 6, "test": 6}


@pytest.fixture(scope="session")
def as_corpora(tmp_path_factory) -> Path:
    """Return a folder with notes of assets/zh_notes, named like the files of the real corpora."""
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
def few_labels(tmp_path_factory) -> BootstrapData:
    """Return 5 labelled notes, 40 unlabelled notes, and dev and test notes. The unlabelled notes
    have gold relations, which must not be used."""
    folder = tmp_path_factory.mktemp("few_labels")
    nlp = spacy.blank("zh")
    for part, count, seed in (("l", 5, 1), ("u", 40, 5), ("dev", 10, 2), ("test", 6, 3)):
        write_docs(folder / f"{part}.spacy", make_notes(nlp, count, seed=seed))
    return BootstrapData(*(folder / f"{part}.spacy" for part in ("l", "u", "dev", "test")))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield Chromium, shared by all tests of a worker."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    require(path, "playwright", hint="set CHROMIUM to the browser, install the extra `browser`")
    from playwright.sync_api import sync_playwright

    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    args = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=args)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, tmp_path):
    """Yield a function that opens HTML in a new page. After the test, check that pages requested
    nothing from the network and wrote nothing to the console."""
    contexts, requested, messages, urls = [], [], [], []

    def show_html(html, width=1280, **options):
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.on("request", lambda request: requested.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        urls.append(path.as_uri())
        page.goto(path.as_uri())
        return page

    yield show_html
    for context in contexts:
        context.close()
    assert requested == urls and messages == []


@pytest.fixture
def secret_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make folders named "secret" unreadable, also for an administrator."""
    scandir = os.scandir

    def refuse(folder: str) -> Any:
        if str(folder).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
