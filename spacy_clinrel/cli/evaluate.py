"""`python -m spacy clinrel evaluate`: the figures of a pipeline on a corpus."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer
from spacy import util
from spacy.cli._util import import_code, setup_gpu
from spacy.language import Language
from tqdm import tqdm
from wasabi import msg

from ..data.readers import Corpus
from ..data.schemes import get_scheme
from ..errors import Errors
from ..evaluation.error_report.figures import analyze
from ..evaluation.error_report.write import check_report, report_files, write_report
from ..evaluation.evaluate import (
    BOUNDARY_SCORES,
    END_TO_END,
    ENTITY_BOUNDARY_SCORES,
    ENTITY_SCORES,
    GOLD_ENTITIES,
    RELATION_SCORES,
    TEXT_SCORES,
    evaluate,
)
from ..files import check_output, write_json
from ..tokens.silver import check_gold
from ._app import app

ROWS = {
    "Entities, strict": ENTITY_SCORES,
    "Entities, boundaries only": ENTITY_BOUNDARY_SCORES,
    "Relations, strict (micro)": RELATION_SCORES,
    "Relations, boundaries only": BOUNDARY_SCORES,
    "Relations, texts only": TEXT_SCORES,
}


@app.command("evaluate")
def evaluate_cli(
    model: Annotated[str, typer.Argument(help="Name or path of the pipeline")],
    data_path: Annotated[Path, typer.Argument(help="A .spacy file, or a folder of them")],
    gold_entities: Annotated[
        bool,
        typer.Option(
            "--gold-entities", "-G", help="Score relations between the gold entities of the data"
        ),
    ] = False,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Write the figures as JSON here")
    ] = None,
    scheme: Annotated[
        Optional[str],
        typer.Option(help="Label scheme that relations are projected to, e.g. 11-labels"),
    ] = None,
    report: Annotated[
        Optional[Path],
        typer.Option(
            "--report",
            "-r",
            help="Write an error report into this folder: report.html to look at, and its figures "
            "as report.json",
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option("--samples", min=1, help="Bootstrap samples of the report's intervals"),
    ] = 1000,
    code_path: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with more functions")
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
    batch_size: Annotated[
        int, typer.Option("--batch-size", "-b", min=1, help="Documents at a time")
    ] = 64,
) -> None:
    """Measure a pipeline's entities and relations.

    Without --gold-entities relations are scored end to end, between the entities that the
    pipeline finds; with it, between those of the data. A relation is right if its label and the
    boundaries and types of both mentions are; every gold relation counts, also one that the
    candidates leave out.
    """
    try:
        check_output(output, data_path)
        if report is not None:
            check_report(report, data_path, output)
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        result = evaluate_path(
            model,
            data_path,
            gold_entities=gold_entities,
            batch_size=batch_size,
            scheme=scheme,
            report=report,
            samples=samples,
        )
    except (ValueError, ImportError, OSError) as problem:
        msg.fail("Evaluation failed", str(problem), exits=1)
    print_result(result)
    if output is not None:
        try:
            write_json(output, result)
        except ValueError as problem:
            msg.fail(str(problem), exits=1)
        msg.good(f"Saved the figures to {output}")
    if report is not None:
        msg.good(f"Saved the error report: {report_files(report)[0]}")


def evaluate_path(
    model: str,
    data_path: Path,
    *,
    gold_entities: bool = False,
    batch_size: int = 64,
    scheme: Optional[str] = None,
    report: Optional[Path] = None,
    samples: int = 1000,
) -> Dict[str, Any]:
    """Evaluate a pipeline on a file.

    model (str): Name or path of the pipeline.
    data_path (Path): A .spacy file, or a folder of them.
    gold_entities (bool): Score relations between gold entities.
    batch_size (int): Documents at a time.
    scheme (Optional[str]): Label scheme that relations, gold and predicted, are projected to.
    report (Optional[Path]): Folder for an error report.
    samples (int): Bootstrap samples of its intervals.
    RETURNS (Dict[str, Any]): As `report.evaluate` has it, and the data's path.
    RAISES (ValueError): If the data can't be read, has nothing to score or is silver, or the report
        can't be written.
    RAISES (ImportError): If what the report needs is missing.
    """
    nlp: Language = util.load_model(model)
    examples = list(Corpus(data_path, gold_entities=gold_entities, scheme=scheme)(nlp))
    check_gold([example.reference for example in examples], data_path)
    result = evaluate(
        nlp,
        examples,
        gold_entities=gold_entities,
        batch_size=batch_size,
        labels=None if scheme is None else get_scheme(scheme),
        progress=lambda docs: tqdm(docs, total=len(examples), desc="Documents", leave=False),
    )
    scores = result[GOLD_ENTITIES if gold_entities else END_TO_END]
    if all(scores.get(key) is None for key in ("ents_f", "rel_micro_f")):
        raise ValueError(Errors.F009.format(path=data_path, what="evaluate"))
    result = {"data": str(data_path), "scheme": scheme, **result}
    if report is not None:
        write_report(report, analyze(nlp, examples, result, samples=samples))
    return result


def print_result(result: Dict[str, Any]) -> None:
    """Print tables of the figures.

    result (Dict[str, Any]): What `evaluate_path` returned.
    """
    setting = GOLD_ENTITIES if GOLD_ENTITIES in result else END_TO_END
    scores = result[setting]
    msg.divider(f"{result['model']} on {result['data']}, {setting.replace('_', ' ')}")
    table: List[List[str]] = [
        [name, *(_percent(scores.get(key)) for key in keys)]
        for name, keys in ROWS.items()
        if scores.get(keys[2]) is not None
    ]
    aligns = ("l", *"rrr")
    msg.table(table, header=("", "P", "R", "F"), aligns=aligns, divider=True)
    for title, key in (("Entities", "ents_per_type"), ("Relations", "rel_per_type")):
        _print_per_label(title, scores.get(key))
    if scores.get("rel_macro_f") is not None:
        msg.text(f"Relations, macro F over labels: {_percent(scores['rel_macro_f'])}")
    for name, ceiling in scores.get("candidates", {}).items():
        lost = "; ".join(f"{reason}: {count}" for reason, count in ceiling["lost"].items())
        msg.text(
            f"Candidates of {name} reach {ceiling['reached']} of {ceiling['gold']} gold relations "
            f"(recall ceiling {_percent(ceiling['recall'])})" + (f"; {lost}" if lost else "")
        )


def _print_per_label(title: str, per_label: Optional[Dict[str, Dict[str, float]]]) -> None:
    if not per_label:
        return
    rows = []
    for label, score in sorted(per_label.items(), key=lambda item: -item[1].get("gold", 0)):
        counts = [str(score[key]) for key in ("gold", "predicted", "right") if key in score]
        rows.append([label, *(_percent(score[key]) for key in "prf"), *counts])
    header = [f"{title}, strict", "P", "R", "F", "gold", "predicted", "right"][: len(rows[0])]
    msg.table(rows, header=header, aligns=("l", *"r" * (len(header) - 1)), divider=True)


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
