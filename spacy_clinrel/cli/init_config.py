"""`python -m spacy clinrel init`: create a training config for a corpus."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer
from wasabi import msg

from ..config import init_config
from ..config.build import Encoder
from ..files import check_output, write_json
from ._app import app

MAX_LABELS = 12
GUESSED = ", guessed from the texts. If they are in another language, set --lang"
ROWS = {
    "documents": "documents",
    "tokens": "tokens",
    "mentions": "mentions",
    "relations": "relations",
    "documents_with_attributes": "documents with assertion attributes",
}
TITLES = {
    "mentions_per_type": "Mentions by type",
    "relations_per_label": "Relations by label",
    "mentions_per_attribute": "Mentions by assertion attribute",
}


@app.command("init")
def init_config_cli(
    output: Annotated[Path, typer.Argument(metavar="CONFIG", help="Config file to write")],
    lang: Annotated[
        Optional[str],
        typer.Option(
            "--lang",
            "-l",
            help="Language code of the notes [default: zh or en, guessed from the texts; zh without"
            " data]",
        ),
    ] = None,
    pipeline: Annotated[
        str,
        typer.Option(
            "--pipeline",
            "-p",
            help="Comma-separated components: ner, assertion, relations; spans (nested mentions, "
            "instead of ner); joint (entities and relations by one model); sections, "
            "measurements; or names of factories",
        ),
    ] = "ner,assertion,relations",
    encoder: Annotated[
        Encoder,
        typer.Option(
            "--encoder",
            "-e",
            help="small: nothing to download; vectors: with vectors of init-vectors; transformer: "
            "a pretrained encoder",
        ),
    ] = "small",
    labels: Annotated[
        str,
        typer.Option(
            "--labels",
            help="Comma-separated entity types and relation labels that the corpus should have. "
            "Differences are reported. Without --train, the types that assertion judges "
            "[default: all]",
        ),
    ] = "",
    train: Annotated[
        Optional[Path],
        typer.Option("--train", "-t", help="Training data (.spacy), for which settings are chosen"),
    ] = None,
    dev: Annotated[Optional[Path], typer.Option("--dev", "-d", help="Dev data (.spacy)")] = None,
    vectors: Annotated[
        Optional[Path], typer.Option("--vectors", help="Folder of vectors, for --encoder vectors")
    ] = None,
    encoder_name: Annotated[
        Optional[str],
        typer.Option(
            "--encoder-name",
            help="Hugging Face name or folder, for --encoder transformer [default: "
            "hfl/chinese-macbert-base for zh, roberta-base for en]",
        ),
    ] = None,
    report: Annotated[
        Optional[Path], typer.Option("--json", "-j", help="Write the summary to this JSON file")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace an existing config")
    ] = False,
) -> None:
    """Create a complete training config for a corpus.

    With --train, looks at the corpus: its labels, the distances between head and tail, nested
    mentions, assertion attributes and size. Chooses max_sentences and max_distance so that 99 % of
    the gold relations are candidates, and batch size and number of steps for the size of the data.
    Reports what limits training, e.g. labels with few examples. Prints the commands to run next.

    assertion is learned if the corpus has assertion attributes, and uses rules otherwise.

    Example: init ward.cfg --pipeline ner,relations --train train.spacy --dev dev.spacy
    """
    try:
        check_output(report, train, dev, output)
        result = init_config(
            output,
            lang=lang,
            pipeline=_names(pipeline),
            encoder=encoder,
            labels=_names(labels),
            train=train,
            dev=dev,
            vectors=vectors,
            encoder_name=encoder_name,
            force=force,
        )
        if report is not None:
            write_json(report, result)
    except (ValueError, ImportError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    print_config(result)


def _names(text: str) -> List[str]:
    return [name.strip() for name in text.replace("，", ",").split(",") if name.strip()]


def print_config(result: Dict[str, Any]) -> None:
    """Print the corpus, the settings of its config, the findings and the next commands.

    result (Dict[str, Any]): The result of `init_config`.
    """
    parts = result["corpus"]
    if parts:
        msg.divider("Corpus")
        table = [
            [shown, *(f"{part[key]:,}" for part in parts.values())] for key, shown in ROWS.items()
        ]
        aligns = ("l", *"r" * len(parts))
        msg.table(table, header=("", *parts), aligns=aligns, divider=True, max_col=60)
    for key, title in TITLES.items() if "train" in parts else ():
        counts = parts["train"][key]
        if counts:
            shown = ", ".join(f"{name} {n:,}" for name, n in list(counts.items())[:MAX_LABELS])
            more = f" … and {len(counts) - MAX_LABELS} more" if len(counts) > MAX_LABELS else ""
            msg.text(f"{title}: {shown}{more}")
    msg.divider("Settings")
    for line in _settings(result):
        msg.text(f"- {line}")
    for finding in result["findings"]:
        printer = msg.warn if finding["level"] == "warning" else msg.info
        printer(finding["text"][0].upper() + finding["text"][1:])
    msg.good(f"Saved the config to {result['config']}")
    msg.text("Run next:")
    for command in result["next"]:
        print(f"  {command}")


def _settings(result: Dict[str, Any]) -> List[str]:
    """Return the settings with their reasons, one per line."""
    chosen, train = result["settings"], result["corpus"].get("train")
    encoder = result["encoder"]
    if "encoder_name" in chosen:
        encoder += f" ({chosen['encoder_name']})"
    lines = [
        f"language: {result['lang']}{GUESSED if result['lang_is_guessed'] else ''}",
        f"pipeline: {', '.join(result['pipeline'])}",
        f"encoder: {encoder}",
    ]
    if {"relation_classifier", "joint_extractor"} & {*result["pipeline"]}:
        reason = "as in configs/zh_clinrel.cfg; with --train, they are chosen for the corpus"
        if train:
            found = train["candidates"]
            reason = f"{100 * found['recall']:.1f} % of {found['gold']:,} gold relations are "
            reason += f"candidates, with {found['pairs'] / max(found['gold'], 1):.1f} candidate "
            reason += "pairs per relation"
        limits = f"max_sentences = {chosen['max_sentences']}, "
        limits += f"max_distance = {chosen['max_distance']}"
        lines.append(f"{limits}: {reason}")
    if "tok2vec" in result["pipeline"]:
        steps, size = chosen["max_steps"], chosen["batch_size"]
        line = f"max_steps = {steps:,}, with {size:,} tokens per batch"
        if train:
            line += f": about {round(steps * size / max(train['tokens'], 1))} passes over the data"
        lines.append(line)
    return lines
