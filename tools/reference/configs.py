"""Page of the shipped configs, from the comments at their beginning."""

import re
from pathlib import Path
from typing import List, NamedTuple

from thinc.api import Config

from .markdown import code, escape, fence, page, table

ROOT = Path(__file__).parents[2]
NO_TEST = "<!-- no-test: training takes minutes; tests/test_configs.py checks the configs -->"
COMMAND = re.compile(r"^python -m spacy (train|assemble) ")
VECTORS = re.compile(r" --paths\.vectors VECTORS| --paths\.init_tok2vec PRETRAINED")
WITHOUT = "Without vectors: "
INTRODUCTION = """\
Each config is complete: `spacy train` fills in nothing. The first comment of the file says what it
trains. In the commands, `train.spacy` and `dev.spacy` are your documents, as
[`convert`](commands.md#convert) and [`split`](commands.md#split) write them.
`python -m spacy clinrel debug train.spacy dev.spacy --config CONFIG` checks whether they fit a
config.

`VECTORS` is a folder that [`init-vectors`](commands.md#init-vectors) writes. `PRETRAINED` is a file
`model0.bin` that `spacy pretrain` writes, see `ccks2017-pretrain` in [the project](project.md). The
configs set one CPU thread; `--initialize.before_init.threads 4` sets another number. On a GPU, add
`--gpu-id 0`. `configs/test/` has small versions of some configs for the tests.

For your own labels, `python -m spacy clinrel init` writes a config that fits your corpus. To start
from `spacy init config`, see
[spaCy's init config](../tutorials/own-labels.md#6-spacys-init-config). The configs in
`configs/papers` have a `scheme`, which leaves out relations with other labels: add
`--corpora.train.scheme null --corpora.dev.scheme null` for your own."""


class Shipped(NamedTuple):
    """A shipped config.

    path (str): Path in the repository.
    text (List[str]): Paragraphs of its first comment, without commands.
    commands (List[str]): The command that trains it; if it can use vectors, a second one with them.
    pipeline (List[str]): The components.
    needs (str): The documents that it needs.
    """

    path: str
    text: List[str]
    commands: List[str]
    pipeline: List[str]
    needs: str


def read_config(path: Path) -> Shipped:
    """Read a config and its first comment.

    path (Path): The file.
    RETURNS (Shipped): What the page says of it.
    """
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    joined = re.sub(r" \\\n\s*", " ", "\n".join(lines))
    found = [clean(line) for line in joined.splitlines() if COMMAND.match(line)]
    options = [line for line in joined.splitlines() if line.startswith(WITHOUT)]
    text = [
        line
        for line in joined.splitlines()
        if not COMMAND.match(line) and not line.startswith(WITHOUT)
    ]
    config = Config().from_disk(path, interpolate=False)
    return Shipped(
        path.relative_to(ROOT).as_posix(),
        text,
        without_vectors(found, options),
        list(config["nlp"]["pipeline"]),
        needs(config),
    )


def without_vectors(found: List[str], options: List[str]) -> List[str]:
    """Return the commands of a config, first the one that needs nothing but documents.

    found (List[str]): The command of the comment.
    options (List[str]): The line with the options without vectors, if there is one.
    RETURNS (List[str]): The commands.
    """
    if not any(VECTORS.search(command) for command in found) or "assemble" in found[0]:
        return found
    more = "".join(f" {line.removeprefix(WITHOUT)}" for line in options)
    return [VECTORS.sub("", found[0]) + more, *found]


def clean(command: str) -> str:
    """Write the files of a command in full."""
    for old, new in (("T.spacy", "train.spacy"), ("D.spacy", "dev.spacy"), (" -o ", " --output ")):
        command = command.replace(old, new)
    return re.sub(r"--output OUT\b", "--output training", command)


def needs(config: Config) -> str:
    """Return which annotation the documents need.

    config (Config): The config.
    RETURNS (str): The kinds of annotation.
    """
    if "training" not in config:
        return "nothing to train"
    kinds = []
    pipeline = config["nlp"]["pipeline"]
    if "span_ner" in pipeline:
        kinds.append("entities, nested ones in the span group")
    elif "clinical_ner" in pipeline or "joint_extractor" in pipeline:
        kinds.append("entities")
    elif "relation_classifier" in pipeline or "assertion_classifier" in pipeline:
        kinds.append("entities (given, not predicted)")
    if "relation_classifier" in pipeline or "joint_extractor" in pipeline:
        kinds.append("relations")
    if "assertion_classifier" in pipeline:
        kinds.append("assertion attributes")
    return ", ".join(kinds)


def shipped_configs() -> List[Shipped]:
    """Return the shipped configs, those of the papers last."""
    found = (sorted((ROOT / "configs" / folder).glob("*.cfg")) for folder in (".", "papers"))
    return [read_config(path.resolve()) for paths in found for path in paths]


def write_configs() -> str:
    """Return the page of the shipped configs."""
    parts = [INTRODUCTION]
    shipped = shipped_configs()
    papers = [item for item in shipped if "/papers/" in item.path]
    others = [item for item in shipped if item not in papers]
    for title, group in (("Pipelines", others), ("Relation models of the papers", papers)):
        rows = [
            (
                f"[{Path(item.path).stem}](#{Path(item.path).stem})",
                escape(first_sentence(item.text)),
                item.needs,
            )
            for item in group
        ]
        parts += [f"## {title}", table(("Config", "What it trains", "Documents need"), rows)]
        for item in group:
            parts += describe(item)
    return page("Configs", "the comments at the beginning of each config", parts)


def first_sentence(text: List[str]) -> str:
    """Return the first sentence of a comment."""
    return re.split(r"(?<=\.)\s", " ".join(text))[0]


def describe(item: Shipped) -> List[str]:
    """Return the parts of the page about a config."""
    parts = [
        f"### {Path(item.path).stem}",
        escape(" ".join(item.text)).replace("\\`", "`"),
        f"File: [{item.path}](../../{item.path}). Pipeline: {', '.join(map(code, item.pipeline))}.",
    ]
    for number, command in enumerate(item.commands):
        if number:
            parts.append("With vectors:")
        parts.append(f"{NO_TEST}\n{fence(wrap(command), 'bash')}")
    return parts


def wrap(command: str) -> str:
    """Break a command before options, so that it fits into 100 columns."""
    lines = [""]
    for part in re.split(r" (?=--)", command):
        if lines[-1] and len(lines[-1]) + len(part) > 96:
            lines.append(f"    {part}")
        else:
            lines[-1] = f"{lines[-1]} {part}".strip() if len(lines) == 1 else f"{lines[-1]} {part}"
    return " \\\n".join(lines)
