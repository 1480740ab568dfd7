"""`python -m spacy clinrel evaluate`: score a pipeline on a corpus."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..evaluation.assertion_scores import (
    ASSERTION_E2E_SCORES,
    ASSERTION_SCORES,
    E2E_PER_ATTRIBUTE,
    EXACT,
    PER_ATTRIBUTE,
)
from ..evaluation.error_report import report_paths, show_model
from ..evaluation.evaluate import evaluate
from ..evaluation.scorers import (
    BOUNDARY_SCORES,
    END_TO_END,
    ENTITY_BOUNDARY_SCORES,
    ENTITY_SCORES,
    GOLD_ENTITIES,
    MENTION_SCORES,
    RELATION_SCORES,
    TEXT_SCORES,
)
from ..files import check_output, write_json
from ._app import app
from ._options import CodeOption, GpuOption

ROWS = {
    "Entities, strict": ENTITY_SCORES,
    "Entities, boundaries only": ENTITY_BOUNDARY_SCORES,
    "Mentions, nested included, strict": MENTION_SCORES,
    "Relations, strict (micro)": RELATION_SCORES,
    "Relations, boundaries only": BOUNDARY_SCORES,
    "Relations, mention texts only": TEXT_SCORES,
    "Attributes of correct mentions (micro)": ASSERTION_SCORES,
    "Attributes, end to end (micro)": ASSERTION_E2E_SCORES,
}
# Titles of the tables of scores by label.
TABLES = {
    "Entities, strict": "ents_per_type",
    "Mentions, nested included, strict": "mentions_per_type",
    "Relations, strict": "rel_per_type",
    "Attributes of correct mentions": PER_ATTRIBUTE,
    "Attributes, end to end": E2E_PER_ATTRIBUTE,
}


@app.command("evaluate")
def evaluate_cli(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Package name or folder of a pipeline")
    ],
    data_path: Annotated[
        Path,
        typer.Argument(
            metavar="DATA_PATH",
            help=".spacy file, or folder of .spacy files. Or the output of apply, to compare two "
            "pipelines: folder, .parquet or .jsonl file",
        ),
    ],
    gold_entities: Annotated[
        bool,
        typer.Option(
            "--gold-entities",
            "-G",
            help="Predict and score relations and attributes of gold entities",
        ),
    ] = False,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Write the scores to this JSON file")
    ] = None,
    scheme: Annotated[
        Optional[str],
        typer.Option(
            help="Map relation labels to this label scheme before scoring, e.g. 11-labels"
        ),
    ] = None,
    report: Annotated[
        Optional[Path],
        typer.Option(
            "--report",
            "-r",
            help="Write an error report to this folder, as report.html and report.json",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            min=1,
            help="Number of bootstrap samples for the report's confidence intervals",
        ),
    ] = 1000,
    lang: Annotated[
        Optional[str],
        typer.Option(
            "--lang",
            "-l",
            help="Language of the report, zh or en. Default: language of the pipeline",
        ),
    ] = None,
    train: Annotated[
        Optional[Path],
        typer.Option(
            "--train",
            help="Data that the pipeline was trained on: .spacy file, or folder of .spacy files. "
            "The report then shows what this data lacks",
        ),
    ] = None,
    code_path: CodeOption = None,
    use_gpu: GpuOption = -1,
    batch_size: Annotated[
        int, typer.Option("--batch-size", "-b", min=1, help="Number of documents per batch")
    ] = 64,
) -> None:
    """Score a pipeline's entities, relations and assertion attributes against gold documents.

    By default, relations and attributes are scored end to end: on predicted entities. With
    --gold-entities, they are predicted and scored on gold entities. A relation is correct if its
    label and the boundaries and types of both mentions are correct. All gold relations are counted,
    including those between pairs that are not candidates.

    Examples: evaluate training/model-best test.spacy --report report; evaluate
    training/model-best test.spacy --gold-entities --output scores.json
    """
    try:
        check_output(
            output, data_path, train, *(report_paths(report) if report is not None else ())
        )
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        result = evaluate(
            model,
            data_path,
            gold_entities=gold_entities,
            scheme=scheme,
            report=report,
            samples=samples,
            lang=lang,
            train=train,
            batch_size=batch_size,
            progress=True,
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail("Evaluation failed", str(error), exits=1)
    print_result(result)
    if output is not None:
        try:
            write_json(output, result)
        except ValueError as error:
            msg.fail(str(error), exits=1)
        msg.good(f"Saved the scores to {output}")
    if report is not None:
        msg.good(f"Saved the error report: {report_paths(report).page}")


def print_result(result: Dict[str, Any]) -> None:
    """Print the scores as tables.

    result (Dict[str, Any]): The return value of `evaluate`.
    """
    setting = GOLD_ENTITIES if GOLD_ENTITIES in result else END_TO_END
    scores = result[setting]
    msg.divider(f"{show_model(result)} on {result['data']}, {setting.replace('_', ' ')}")
    table: List[List[str]] = [
        [name, *(_percent(scores.get(key)) for key in keys)]
        for name, keys in ROWS.items()
        if scores.get(keys[2]) is not None
    ]
    aligns = ("l", *"rrr")
    msg.table(table, header=("", "P", "R", "F"), aligns=aligns, divider=True)
    for title, key in TABLES.items():
        _print_per_label(title, scores.get(key))
    if scores.get("rel_macro_f") is not None:
        msg.text(f"Relations, macro F over labels: {_percent(scores['rel_macro_f'])}")
    confidence = scores.get("rel_confidence")
    if confidence is not None:
        msg.text(
            f"Confidence of the predicted relations: mean {_percent(confidence['mean_score'])}, "
            f"correct {_percent(confidence['right'])} (expected calibration error "
            f"{_percent(confidence['expected_calibration_error'])})"
        )
    if scores.get(EXACT) is not None:
        msg.text(f"Gold mentions with all attributes correct: {_percent(scores[EXACT])}")
    for name, ceiling in scores.get("candidates", {}).items():
        lost = "; ".join(f"{reason}: {count}" for reason, count in ceiling["lost"].items())
        msg.text(
            f"Candidates of {name} cover {ceiling['reached']} of {ceiling['gold']} gold relations "
            f"(recall ceiling {_percent(ceiling['recall'])})" + (f"; {lost}" if lost else "")
        )


def _print_per_label(title: str, per_label: Optional[Dict[str, Dict[str, float]]]) -> None:
    """Print a row of scores per label, sorted by gold frequency."""
    if not per_label:
        return
    rows = []
    for label, score in sorted(per_label.items(), key=lambda item: -item[1].get("gold", 0)):
        counts = [str(score[key]) for key in ("gold", "predicted", "right") if key in score]
        rows.append([label, *(_percent(score[key]) for key in "prf"), *counts])
    header = [title, "P", "R", "F", "gold", "predicted", "correct"][: len(rows[0])]
    msg.table(rows, header=header, aligns=("l", *"r" * (len(header) - 1)), divider=True)


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
