"""The viewer's output in JupyterLab: light and dark theme, trusted and untrusted notebooks."""

import os
import secrets
import socket
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any, Iterator
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

from spacy_clinrel import viewer as displacy

from ..util import require
from .demo import make_demo

pytestmark = [pytest.mark.browser, pytest.mark.study]

NOTEBOOKS = ("trusted", "untrusted")
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# Seconds that a step may take. The start of JupyterLab took 27 to 117 on a busy machine.
PATIENCE = 180
# The smallest contrast of a visible text with the background around it, and the text. Text in SVG
# is on boxes that are no ancestors of it, which other tests check.
LEAST_CONTRAST = """(root) => {
    const parse = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = (color) => {
        const [r, g, b] = parse(color).map((part) => part / 255).map((part) =>
            part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const isClear = (color) => (parse(color)[3] ?? 1) === 0;
    const found = [];
    for (const element of root.querySelectorAll("p, td, th, span, small, b")) {
        const own = Array.from(element.childNodes).some((node) =>
            node.nodeType === 3 && node.data.trim());
        if (!own || !element.getClientRects().length) continue;
        let behind = element;
        while (behind.parentElement && isClear(getComputedStyle(behind).backgroundColor))
            behind = behind.parentElement;
        const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
        const [low, high] = pair.map(luminance).sort((a, b) => a - b);
        found.push([(high + 0.05) / (low + 0.05), element.textContent]); }
    return found.reduce((a, b) => (b[0] < a[0] ? b : a)); }"""


def write_notebooks(folder: Path, html: str) -> None:
    """Write a notebook for each name in NOTEBOOKS, with the HTML as output. Only one is signed. Its
    signature is valid for any notebook with the same content, so the contents differ."""
    from nbformat import v4, write
    from nbformat.sign import NotebookNotary

    for name in NOTEBOOKS:
        output = v4.new_output("display_data", {"text/html": html, "text/plain": "HTML"})
        cell = v4.new_code_cell(f"displacy.render({name})", outputs=[output], execution_count=1)
        notebook = v4.new_notebook(cells=[cell])
        if name == "trusted":
            NotebookNotary().sign(notebook)
        write(notebook, folder / f"{name}.ipynb")


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """Yield the address of a JupyterLab with the notebooks, with "{}" in place of their path."""
    require("jupyterlab", hint="install the extra `browser`")
    import spacy

    folder = tmp_path_factory.mktemp("lab")
    names = ("config", "data", "runtime")
    own = {f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in names}
    notes = folder / "notebooks"
    notes.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        write_notebooks(notes, displacy.to_html(make_demo(spacy.blank("zh"))))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={notes}", f"--LabApp.user_settings_dir={folder / 'settings'}"),
        *(f"--LabApp.workspaces_dir={folder / 'workspaces'}", "--LabApp.news_url=None"),
        "--ServerApp.jpserver_extensions={'jupyter_lsp': False, 'jupyter_server_terminals': False}",
    ]
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token={token}", process, folder / "log")
        yield f"http://127.0.0.1:{port}/doc/tree/{{}}?token={token}"
    finally:
        process.kill()  # no kernels run, and a clean end can take a minute
        process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server answers."""
    opener = build_opener(ProxyHandler({}))
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            opener.open(url, timeout=10).close()
            return
        except URLError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text(encoding='utf-8')}")


def ground_of(picture: bytes) -> int:
    """Return the lightness of the most frequent colour of a picture, from 0 to 255."""
    from PIL import Image

    pixels = Image.open(BytesIO(picture)).convert("L").histogram()
    return pixels.index(max(pixels))


def set_theme(page: Any, theme: str, system: str) -> None:
    """Set the theme of JupyterLab, and the preference of the system."""
    page.emulate_media(color_scheme=system)
    page.evaluate(
        "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[theme]
    )
    is_light = "true" if theme == "light" else "false"
    page.wait_for_selector(f"body[data-jp-theme-light={is_light}]", state="attached")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_output_is_readable_in_jupyterlab(lab, browser, tmp_path, name):
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    page.goto(lab.format(f"{name}.ipynb"))
    # Questions about a kernel and news, which nothing here needs.
    page.add_style_tag(content=".jp-Dialog,.Toastify{display:none!important}")
    output = page.locator(".jp-OutputArea-output .clinrel")
    output.wait_for()
    is_trusted = name == "trusted"
    assert output.locator("> .page").is_visible() is is_trusted
    assert output.locator("> .plain").is_visible() is not is_trusted
    assert output.locator("svg.line").count() == 0 or is_trusted
    for theme, system in (("light", "dark"), ("dark", "light"), ("dark", "dark")):
        set_theme(page, theme, system)
        picture = output.screenshot(path=tmp_path / f"{name}_{theme}_{system}.png")
        assert (ground_of(picture) > 128) is (theme == "light"), (theme, system)
        contrast, text = output.evaluate(LEAST_CONTRAST)
        assert contrast >= 4, (theme, system, text)
        aligned = output.locator(":is(td, th):visible").evaluate_all(
            "cells => cells.map((cell) => getComputedStyle(cell).textAlign)"
        )
        assert set(aligned) == {"left"}
        if is_trusted:
            button = output.get_by_role("button", name="深色")
            assert (button.get_attribute("aria-pressed") == "true") is (theme == "dark")
    context.close()
