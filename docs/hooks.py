"""MkDocs hooks: links of a page to files outside of docs/ lead to pages that show these files.

The same link works in the repository and on the site, without the network too. A Markdown file is
shown as text, any other text file as a block of code. Pictures are copied. Annotation guidelines
are in a folder of their own.
"""

import posixpath
import re
from pathlib import Path
from typing import Iterator, Match
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

ROOT = Path(__file__).parent.parent
# Files that are pages of the site even if no page links to them.
PAGES = {
    "assets/zh_notes/GUIDELINES.md": "guidelines/zh_notes.md",
    "assets/en_notes/GUIDELINES.md": "guidelines/en_notes.md",
}
PICTURES = (".png", ".svg", ".jpg")
LANGUAGES = {".cfg": "ini", ".jsonl": "json", ".py": "python", ".yml": "yaml"}
# One of: a fence with its block; a code span; in guidelines, the end of a mention before another
# mention or (+), as in [双侧|B][肺|B]; the target of a link.
LINK = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,}).*?^ *(?P=fence)|(?P<tick>`+).+?(?P=tick)(?!`)"
    r"|(?P<mention>(?<=\|[A-Z])\](?=\[[^\[\]\n|]+\|[A-Z][\]:]|\(\+\)))"
    r"|(?<=\]\()(?P<target>[^)\s]+)(?=\)|\s)",
    re.DOTALL | re.MULTILINE,
)
FENCE = re.compile(r" *(`{3,}|~{3,})")
ITEM = re.compile(r"([*+-]|1\.) ")  # what begins a list below a line of text
# Repository path of each file that has a page, and the path of the page within the site.
_places: dict[str, str] = {}


def links(text: str) -> Iterator[str]:
    """Return the targets of links in a Markdown text, without those in code.

    text (str): The text.
    YIELDS (str): A target.
    """
    for match in LINK.finditer(text):
        if match["target"]:
            yield match["target"]


def resolve(source: str, target: str) -> str | None:
    """Return the repository path that a link leads to.

    source (str): Repository path of the file with the link.
    target (str): The target of the link.
    RETURNS (str | None): The path. None for other sites, anchors of the same page, and paths that
        are not in the repository.
    """
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), parts.path))
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    return path if (ROOT / path).is_file() else None


def place(path: str) -> str:
    """Return the path within the site of the page of a repository file.

    path (str): Repository path of the file.
    RETURNS (str): The path of the page.
    """
    if is_site_file(path):
        return path.removeprefix("docs/")
    if path in PAGES:
        return PAGES[path]
    shown = path if path.endswith((".md", *PICTURES)) else f"{path}.md"
    return f"repository/{shown}"


def make_file(path: str, config: MkDocsConfig) -> File:
    """Return the file of the site for a repository file outside of docs/.

    path (str): Repository path of the file.
    config (MkDocsConfig): The settings of the site.
    RETURNS (File): The file.
    """
    where = place(path)
    level = InclusionLevel.INCLUDED if path in PAGES else InclusionLevel.NOT_IN_NAV
    if path.endswith(PICTURES):
        return File.generated(config, where, abs_src_path=str(ROOT / path))
    text = (ROOT / path).read_text(encoding="utf-8")
    if not path.endswith(".md"):
        language = LANGUAGES.get(Path(path).suffix, "text")
        text = f"# {path}\n\n````{language}\n{text}\n````\n"
    if path not in PAGES:
        text = f"---\nsearch:\n  exclude: true\n---\n{text}"
    return File.generated(config, where, content=text, inclusion=level)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Keep Chinese characters in the anchors of headings."""
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository files that pages link to, directly or through others."""
    _places.clear()
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()] + list(PAGES)
    while waiting:
        path = waiting.pop()
        if path in _places:
            continue
        _places[path] = place(path)
        if not is_site_file(path):
            files.append(make_file(path, config))
        # The page of a notebook has no file.
        if path.endswith(".md") and (ROOT / path).is_file():
            found = (resolve(path, target) for target in links((ROOT / path).read_text("utf-8")))
            waiting.extend(other for other in found if other and not is_site_file(other))
    return files


def is_site_file(path: str) -> bool:
    """Return whether MkDocs itself reads a repository file, because it is in docs/."""
    return path.startswith("docs/")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to repository files at their pages, and show mentions as they are written."""
    sources = {where: path for path, where in _places.items()}
    source = sources[page.file.src_uri]

    def rewrite(match: Match[str]) -> str:
        if match["mention"]:
            return "]\\"  # so that it is not read as a link
        target = match["target"]
        path = resolve(source, target) if target else None
        if path is None:
            return match[0]
        where = posixpath.relpath(place(path), posixpath.dirname(page.file.src_uri) or ".")
        fragment = urlsplit(target).fragment
        return f"{where}#{fragment}" if fragment else where

    return indent_lists(LINK.sub(rewrite, markdown))


def indent_lists(text: str) -> str:
    """Indent the contents of list items by four spaces, and put an empty line before each list.
    Python-Markdown requires both. Other Markdown parsers accept two or three spaces.

    text (str): A Markdown text.
    RETURNS (str): The text.
    """
    lines: list[str] = []
    fence, shift = "", 0
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        opening = FENCE.match(line)
        if not fence:
            shift = -indent % 4 if indent > 1 else 0
            previous = lines[-1] if lines else ""
            if (
                ITEM.match(line)
                and previous.strip()
                and not previous.startswith((" ", *"*-+0123456789"))
            ):
                lines.append("")
            fence = opening[1] if opening else ""
        elif line.strip() == fence:
            fence = ""
        lines.append(" " * shift + line if line.strip() else line)
    return "\n".join(lines)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Set the language of Chinese pages, so that browsers choose Chinese fonts."""
    if page.file.src_uri.startswith("zh/"):
        return output.replace('<html lang="en"', '<html lang="zh-CN"', 1)
    return output
