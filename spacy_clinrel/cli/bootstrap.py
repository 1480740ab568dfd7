"""`python -m spacy clinrel bootstrap`: train a relation model on labelled and unlabelled
documents."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from click import ClickException
from spacy import util
from spacy.cli._util import import_code, parse_config_overrides, setup_gpu
from wasabi import msg

from ..active_learning.bootstrap import (
    NO_GUARDS,
    BootstrapData,
    BootstrapOptions,
    DriftGuards,
    bootstrap,
    draw_rounds,
)
from ..reading.columns import ID, TEXT, TextOptions
from ._app import app
from ._options import CodeOption, EncodingOption, GpuOption, IdColumnOption, TextColumnOption

HEADER = ("round", "relations", "silver", "new", "dev F", "test F", "T", "ECE", "seconds")
WIDTHS = (5, 9, 7, 6, 6, 6, 5, 6, 7)


@app.command(
    "bootstrap", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def bootstrap_cli(
    ctx: typer.Context,
    config_path: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="Training config of a relation_classifier")
    ],
    labelled: Annotated[
        Path,
        typer.Option(
            "--labelled", "-l", help=".spacy file or folder of documents with gold relations"
        ),
    ],
    unlabelled: Annotated[
        Path,
        typer.Option(
            "--unlabelled",
            "-u",
            help="File or folder of documents with mentions, whose relations are ignored: .spacy "
            "files or output of apply. With --ner, also of texts: .txt, .csv, .jsonl, .parquet",
        ),
    ],
    dev: Annotated[
        Path, typer.Option("--dev", "-d", help="Gold .spacy file for choosing the best round")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Output folder")],
    test: Annotated[
        Optional[Path],
        typer.Option("--test", help="Gold .spacy file for evaluation only"),
    ] = None,
    ner: Annotated[
        Optional[str],
        typer.Option(help="Pipeline that predicts the mentions of all unlabelled documents"),
    ] = None,
    second: Annotated[
        Optional[Path],
        typer.Option(
            help="Config of a second model. Pairs are labelled with the mean of both predictions"
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(help="Minimum probability for accepting a predicted pair; 0 accepts all"),
    ] = 0.7,
    batch: Annotated[int, typer.Option(help="Maximum number of relations added per round")] = 1000,
    max_rounds: Annotated[int, typer.Option(help="Maximum number of bootstrapping rounds")] = 20,
    calibrate: Annotated[
        bool, typer.Option(help="Apply the threshold to calibrated probabilities")
    ] = True,
    class_thresholds: Annotated[
        bool, typer.Option(help="Raise the threshold of classes with low precision on dev")
    ] = True,
    balance: Annotated[
        bool,
        typer.Option(
            help="Limit the relations of a class per round to its share of labelled relations"
        ),
    ] = True,
    agree: Annotated[
        bool,
        typer.Option(
            help="Accept only pairs on which a second model with another seed agrees (slow)"
        ),
    ] = False,
    repeat: Annotated[
        bool,
        typer.Option(
            help="Repeat the labelled documents until they make up about half of the training "
            "documents"
        ),
    ] = True,
    patience: Annotated[
        int,
        typer.Option(
            help="Stop after this many rounds without a better F on dev; 0 never stops early"
        ),
    ] = 2,
    guards: Annotated[
        bool,
        typer.Option(
            "--guards/--no-guards", help="Use --calibrate to --patience, or turn all six off"
        ),
    ] = True,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", "-r", help="Continue an interrupted run after the last finished round"
        ),
    ] = False,
    text_column: TextColumnOption = TEXT,
    id_column: IdColumnOption = ID,
    encoding: EncodingOption = None,
    code_path: CodeOption = None,
    use_gpu: GpuOption = -1,
) -> None:
    """Train a relation model on labelled documents, then on its own reliable predictions.

    Each round predicts the relations of the unlabelled documents, accepts the most confident ones
    as silver annotation and retrains. Its scores are written to OUTPUT/rounds.jsonl, its silver
    documents to OUTPUT/rounds, and the best pipeline to OUTPUT/model-best. Override config values
    as in spacy train, e.g. --training.max_epochs 5; this also applies to --second.

    Example: bootstrap relations.cfg -l seed.spacy -u more.spacy -d dev.spacy -o run
    """
    drift_guards = DriftGuards(calibrate, class_thresholds, balance, agree, repeat, patience)
    options = BootstrapOptions(threshold, batch, max_rounds, drift_guards if guards else NO_GUARDS)
    texts = TextOptions(text_column, id_column, encoding)
    data = BootstrapData(labelled, unlabelled, dev, test, texts)
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
            progress=True,
        )
    except (ValueError, ImportError, OSError, ClickException) as error:
        msg.fail(str(error), exits=1)
    print_left_out(result)
    try:
        draw_rounds(result["rounds"], output / "rounds.png")
    except (ImportError, ValueError) as error:
        msg.warn(str(error))
    msg.good(f"Stopped: {result['stopped']}. Kept round {result['kept']}: {output / 'model-best'}")


def print_left_out(result: Dict[str, Any]) -> None:
    """Print which documents and pairs were left out, and why.

    result (Dict[str, Any]): The return value of `bootstrap`.
    """
    texts = result["texts"]
    if texts["left_out"]:
        msg.warn(
            f"Left out {texts['left_out']} unlabelled documents whose texts are gold documents."
        )
    if texts.get("repeated"):
        msg.warn(f"Left out {texts['repeated']} unlabelled documents with repeated texts.")
    refused = result.get("refused")
    if refused and len(result["rounds"]) == 1:
        limits = ", ".join(f"{name} {limit:.2f}" for name, limit in refused["thresholds"].items())
        msg.warn(
            "No bootstrapping round was possible: "
            f"{refused['reliable']} of {refused['unknown_before']} unlabelled pairs are reliable, "
            "but none of these is predicted as a relation.",
            f"Thresholds: {limits}. The precision of other classes on dev is too low. Lower "
            "--threshold, or use --no-class-thresholds.",
        )


def print_round(record: Dict[str, Any]) -> None:
    """Print a round as a row of the table.

    record (Dict[str, Any]): The round, as in `rounds.jsonl`.
    """
    scores = [record.get(part, {}).get("f") for part in ("dev", "test")]
    calibration_error = record["errors"]["all"]
    relations = record["relations"]
    row = [
        record["round"],
        relations["labelled"],
        relations["silver"],
        relations["new"],
        *("–" if f is None else f"{100 * f:.2f}" for f in scores),
        f"{record['temperature']:.2f}",
        "–" if calibration_error is None else f"{calibration_error:.3f}",
        f"{sum(record['seconds'].values()):.0f}",
    ]
    msg.row(row, widths=WIDTHS, aligns=["r"] * len(row))
