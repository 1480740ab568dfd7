"""`python -m spacy clinrel bootstrap`: learn from unlabelled documents as well."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from click import ClickException
from spacy import util
from spacy.cli._util import import_code, parse_config_overrides, setup_gpu
from tqdm import tqdm
from wasabi import msg

from ..active_learning.bootstrap import UNGUARDED, Data, Guards, Options, bootstrap, draw
from ._app import app

HEADER = ("round", "relations", "silver", "new", "dev F", "test F", "T", "ECE", "seconds")
WIDTHS = (5, 9, 7, 6, 6, 6, 5, 6, 7)


@app.command(
    "bootstrap", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def bootstrap_cli(
    ctx: typer.Context,
    config_path: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="Config of relations between gold entities")
    ],
    labelled: Annotated[
        Path, typer.Option("--labelled", "-l", help=".spacy file or folder: gold relations")
    ],
    unlabelled: Annotated[
        Path, typer.Option("--unlabelled", "-u", help=".spacy file or folder: texts with mentions")
    ],
    dev: Annotated[Path, typer.Option("--dev", "-d", help=".spacy file: gold, to choose on")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run")],
    test: Annotated[
        Optional[Path],
        typer.Option("--test", help=".spacy file: gold, measured and used for nothing"),
    ] = None,
    ner: Annotated[
        Optional[str],
        typer.Option(help="Pipeline that finds the mentions of the unlabelled documents"),
    ] = None,
    second: Annotated[
        Optional[Path],
        typer.Option(help="Config of a model unlike the first, to label together with it"),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Probability from which a pair is reliable; with 0 any is")
    ] = 0.7,
    batch: Annotated[int, typer.Option(help="Relations that join in a round, at most")] = 1000,
    max_rounds: Annotated[int, typer.Option(help="Rounds after the supervised one")] = 20,
    calibrate: Annotated[
        bool, typer.Option(help="Compare the threshold with calibrated probabilities")
    ] = True,
    class_thresholds: Annotated[
        bool, typer.Option(help="Raise a class's threshold to where dev bears it out")
    ] = True,
    balance: Annotated[
        bool, typer.Option(help="Take no more of a class in a round than its share of --batch")
    ] = True,
    agree: Annotated[
        bool, typer.Option(help="A second model, trained from another seed, must agree: slow")
    ] = False,
    repeat: Annotated[
        bool, typer.Option(help="Repeat the labelled documents until they are half of all")
    ] = True,
    patience: Annotated[
        int, typer.Option(help="Stop when dev has not risen for so many rounds; 0 never does")
    ] = 2,
    guards: Annotated[
        bool, typer.Option("--guards/--no-guards", help="These six as set, or the bare algorithm")
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", "-r", help="Go on after the last finished round")
    ] = False,
    code_path: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with more functions")
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
) -> None:
    """Train, label pairs of unlabelled documents, learn from the sure ones too, and so on.

    Each round writes what it measured to OUTPUT/rounds.jsonl and its silver documents, apart from
    the gold ones, to OUTPUT/rounds; the kept pipeline is OUTPUT/model-best. Values of the config
    (and of --second) are overridden as in spacy train, e.g. --training.max_epochs 5.

    Example: bootstrap relations.cfg -l seed.spacy -u more.spacy -d dev.spacy -o run
    """
    chosen = Guards(calibrate, class_thresholds, balance, agree, repeat, patience)
    options = Options(threshold, batch, max_rounds, chosen if guards else UNGUARDED)
    data = Data(labelled, unlabelled, dev, test)
    try:
        overrides = parse_config_overrides(ctx.args)
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        load = partial(util.load_config, overrides=overrides, interpolate=False)
        config = load(config_path)
        msg.row(HEADER, widths=WIDTHS, aligns=["r"] * len(HEADER))
        result = bootstrap(
            config,
            data,
            output,
            options,
            second=None if second is None else load(second),
            ner=ner,
            resume=resume,
            use_gpu=use_gpu,
            on_round=print_round,
            progress=lambda docs: tqdm(docs, desc="Documents", leave=False),
        )
    except (ValueError, ImportError, OSError, ClickException) as problem:
        msg.fail(str(problem), exits=1)
    print_left(result)
    try:
        draw(result["rounds"], output / "rounds.png")
    except (ImportError, ValueError) as problem:
        msg.warn(str(problem))
    msg.good(f"Stopped: {result['stopped']}. Kept round {result['kept']}: {output / 'model-best'}")


def print_left(result: Dict[str, Any]) -> None:
    """Say which documents and pairs were left out, and why.

    result (Dict[str, Any]): What `bootstrap` returned.
    """
    texts = result["texts"]
    if texts["left_out"]:
        msg.warn(f"{texts['left_out']} unlabelled documents are gold ones and were left out.")
    if texts.get("repeated"):
        msg.warn(f"{texts['repeated']} unlabelled documents repeat others and were left out.")
    refused = result.get("refused")
    if refused and len(result["rounds"]) == 1:
        limits = ", ".join(f"{name} {limit:.2f}" for name, limit in refused["thresholds"].items())
        msg.warn(
            "No round followed the supervised one: of "
            f"{refused['unknown_before']} unlabelled pairs {refused['reliable']} are sure, none of "
            "them a relation.",
            f"Thresholds: {limits}; others are never sure enough on dev. See --threshold and "
            "--no-class-thresholds.",
        )


def print_round(record: Dict[str, Any]) -> None:
    """record (Dict[str, Any]): A round, as in `rounds.jsonl`."""
    parts = [record.get(part, {}).get("f") for part in ("dev", "test")]
    error = record["errors"]["all"]
    relations = record["relations"]
    row = [
        record["round"],
        relations["labelled"],
        relations["silver"],
        relations["new"],
        *("–" if f is None else f"{100 * f:.2f}" for f in parts),
        f"{record['temperature']:.2f}",
        "–" if error is None else f"{error:.3f}",
        f"{sum(record['seconds'].values()):.0f}",
    ]
    msg.row(row, widths=WIDTHS, aligns=["r"] * len(row))
