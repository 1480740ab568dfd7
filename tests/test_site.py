"""The documentation site: navigation, links, pictures, and pages that fit on a phone."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlsplit

import pytest
import srsly

from .util import ROOT, require

DOCS = ROOT / "docs"
SETTINGS = srsly.read_yaml(ROOT / "mkdocs.yml")
PAGES = sorted(DOCS.rglob("*.md"))
READMES = sorted(ROOT.glob("README*.md"))
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)|<img[^>]+src=\"([^\"]+)\"")
# Paths of one computer, and package registries: a mirror of the reader may replace them.
FORBIDDEN = re.compile(r"/work/|/root/|/tmp/env|pypi\.org|pythonhosted\.org|anaconda\.org|npmjs\.")
PHONE, DESKTOP = 390, 1280


def in_nav(items: list[Any]) -> Iterator[str]:
    """Return the paths of the pages in the navigation."""
    for item in items:
        value = next(iter(item.values())) if isinstance(item, dict) else item
        if isinstance(value, list):
            yield from in_nav(value)
        else:
            yield value


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_each_page_is_once_in_the_navigation():
    paths = [path for path in in_nav(SETTINGS["nav"]) if not path.startswith("guidelines/")]
    notebooks = [notebook.with_suffix(".md") for notebook in DOCS.rglob("*.ipynb")]
    assert sorted(paths) == sorted(str(page.relative_to(DOCS)) for page in [*PAGES, *notebooks])


def test_each_picture_is_on_a_page_and_exists():
    shown = set()
    for page in [*PAGES, *READMES]:
        for targets in PICTURE.findall(page.read_text(encoding="utf-8")):
            target = next(filter(None, targets))
            assert not urlsplit(target).scheme, f"{page}: {target} is on another site"
            assert (page.parent / target).is_file(), f"{page}: {target}"
            shown.add((page.parent / target).resolve())
    pictures = {path for path in (DOCS / "assets").iterdir() if path.suffix in (".png", ".svg")}
    assert pictures <= shown


@pytest.mark.parametrize("page", [*PAGES, *READMES, *DOCS.rglob("*.ipynb")], ids=name_of)
def test_pages_name_no_paths_of_a_computer(page):
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        assert not FORBIDDEN.search(line), f"{page}:{number}: {line}"


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Build the site. A broken link or anchor, or a page outside the navigation, is an error."""
    require("mkdocs", hint="install the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    # No -q: with it, MkDocs drops the warnings that --strict counts.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.snippets
def test_pages_fit_their_window_and_load_nothing_from_the_network(site, browser):
    """Wide tables and code scroll within the page."""
    requested: list[str] = []
    contexts = [browser.new_context(viewport={"width": w, "height": 800}) for w in (PHONE, DESKTOP)]
    too_wide = []
    for context in contexts:
        context.on("request", lambda request: requested.append(request.url))
        page = context.new_page()
        for path in sorted(site.rglob("*.html")):
            if "repository" in path.relative_to(site).parts or path.name == "404.html":
                continue
            page.goto(path.as_uri())
            page.wait_for_function("document.body.clientWidth > 0")
            root = "document.documentElement"
            if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
                too_wide.append((path.relative_to(site), page.viewport_size["width"]))
        context.close()
    assert too_wide == []
    assert [url for url in requested if not url.startswith("file:")] == []
