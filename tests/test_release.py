"""Release: metadata, distributions, the spaCy Universe entry, CITATION.cff and issue templates."""

import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string

import pytest
import srsly

from .util import ROOT

REPOSITORY = "https://github.com/spacy-clinrel/spacy-clinrel"
# What pip installs with the package.
RUNTIME = {
    "spacy",
    "spacy-transformers",
    "thinc",
    "torch",
    "spacy-lookups-data",
    "filelock",
    "build",
}
# Fields of an entry of the spaCy Universe (website/meta/universe.json), and its categories.
REQUIRED = {"id", "slogan", "description", "github", "author", "category"}
OPTIONAL = {
    "title",
    "pip",
    "code_example",
    "code_language",
    "author_links",
    "tags",
    "url",
    "thumb",
    "image",
    "spacy_version",
}
CATEGORIES = {
    "apis",
    "biomedical",
    "books",
    "conversational",
    "courses",
    "extension",
    "models",
    "nonpython",
    "pipeline",
    "podcasts",
    "research",
    "scientific",
    "standalone",
    "training",
    "videos",
    "visualizers",
}


def settings():
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def test_only_these_packages_are_required():
    lines = settings()["options"]["install_requires"].strip().splitlines()
    names = {re.split(r"[><=\[]", line)[0] for line in lines if not line.startswith("#")}
    assert names == RUNTIME


def test_universe_entry_has_the_fields_that_spacy_uses():
    entry = srsly.read_json(ROOT / "docs" / "universe.json")
    assert set(entry) >= REQUIRED and set(entry) <= REQUIRED | OPTIONAL
    assert entry["id"] == settings()["metadata"]["name"] == entry["pip"]
    assert f"https://github.com/{entry['github']}" == settings()["metadata"]["url"] == REPOSITORY
    assert set(entry["category"]) <= CATEGORIES
    assert all(isinstance(line, str) for line in entry["code_example"])
    compile("\n".join(entry["code_example"]), "universe.json", "exec")
    assert len(entry["slogan"]) <= 80 and entry["spacy_version"] == 3


def test_citation():
    citation = srsly.read_yaml(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert all("name" in author for author in citation["authors"])
    assert citation["repository-code"] == REPOSITORY and citation["license"] == "MIT"
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(citation["version"]))


def test_issue_templates_ask_for_no_patient_text():
    folder = ROOT / ".github" / "ISSUE_TEMPLATE"
    templates = sorted(path for path in folder.glob("*.yml") if path.stem != "config")
    assert [path.stem for path in templates] == ["bug", "corpus_format", "question"]
    for path in templates:
        form = srsly.read_yaml(path)
        assert form["name"] and form["description"] and form["body"]
        assert "not post patient text" in form["body"][0]["attributes"]["value"]
        ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
        assert len(ids) == len(set(ids)) and ids[-1] == "privacy"


@pytest.mark.slow
def test_distributions(tmp_path):
    """Built without isolation, which would download setuptools."""
    source = tmp_path / "source"
    shutil.copytree(ROOT / "spacy_clinrel", source / "spacy_clinrel")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run("-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(source))
    files = sorted((tmp_path / "dist").iterdir())
    assert [path.suffix for path in files] == [".whl", ".gz"]
    run("-m", "twine", "check", "--strict", *map(str, files))
    with zipfile.ZipFile(files[0]) as wheel:
        inside = wheel.namelist()
        name = next(name for name in inside if name.endswith("/METADATA"))
        metadata = message_from_string(wheel.read(name).decode("utf-8"))
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Author"] == "spacy-clinrel contributors"
    assert "Typing :: Typed" in metadata.get_all("Classifier")
    assert all(REPOSITORY in url for url in metadata.get_all("Project-URL"))
    assert "spacy_clinrel/py.typed" in inside
    packed = {name.split("/")[0] for name in inside if ".dist-info" not in name}
    assert packed == {"spacy_clinrel"}
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "spacy_clinrel").rglob("*")}
    kept = {name for name in files if re.search(r"\.(py|yml|css|js|html|ttl)$", name)}
    assert kept <= set(inside)


def run(*args):
    result = subprocess.run([sys.executable, *args], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


# Processor time, which other programs change less than the time itself: import of spaCy, of this
# package, spaCy's help without plugins, and the help of our commands.
START = """
import sys, time
start = time.process_time()
import spacy
theirs = time.process_time() - start
import spacy_clinrel
ours = time.process_time() - start - theirs
from spacy.util import registry

def show(*args):
    begin = time.process_time()
    from spacy.cli._util import app, setup_cli
    sys.argv = ["spacy", *args, "--help"]
    try:
        setup_cli()
    except SystemExit:
        pass
    return time.process_time() - begin

registry.cli.entry_points = False
help_of_spacy = show()
registry.cli.entry_points = True
print(theirs, ours, help_of_spacy, show("clinrel"), file=sys.stderr)
"""


# On a busy machine, the share of the commands grows: run this one alone.
@pytest.mark.study
def test_start_takes_at_most_a_fifth_longer_than_that_of_spacy():
    runs = []
    for _ in range(3):
        result = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True)
        runs.append([float(value) for value in result.stderr.split()[-4:]])
    theirs, ours, help_of_spacy, help_of_ours = map(min, zip(*runs))
    assert ours < 0.2 * theirs
    assert help_of_ours < 0.2 * (theirs + help_of_spacy)
