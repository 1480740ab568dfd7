"""`python -m spacy clinrel review`: choose documents for annotators to correct."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Sequence

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..active_learning.review import FORMATS, RANDOM, STRATEGIES, ReviewOptions, review
from ..data.converters import Report
from ._app import app

HEADER = ("", "document", "uncertainty", "uncertain pairs", "most uncertain pair", "")
MAX_ROWS, MAX_TEXT = 20, 30


@app.command("review")
def review_cli(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Pipeline with a relation_classifier")
    ],
    unlabelled: Annotated[
        Path, typer.Argument(metavar="UNLABELLED", help=".spacy file, or a folder of such files")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="The folder to write, a new one")],
    n_docs: Annotated[int, typer.Option("--n-docs", "-n", help="Documents to choose")] = 20,
    strategy: Annotated[
        str,
        typer.Option(
            help=f"How to measure the uncertainty of a pair: {', '.join(STRATEGIES)}; or {RANDOM}, "
            "which gives an unbiased sample of documents"
        ),
    ] = "margin",
    diversity: Annotated[
        float,
        typer.Option(help="Weight of the similarity to documents chosen before, from 0 to 1"),
    ] = 0.5,
    top_pairs: Annotated[
        int, typer.Option(help="Number of a document's most uncertain pairs that are averaged")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help=f"Seed of {RANDOM}")] = 0,
    ner: Annotated[
        Optional[str],
        typer.Option(help="Pipeline that predicts missing mentions  [default: MODEL]"),
    ] = None,
    labelled: Annotated[
        Optional[Path],
        typer.Option("--labelled", "-l", help=".spacy file or folder of texts to leave out"),
    ] = None,
    formats: Annotated[
        Optional[List[str]],
        typer.Option(
            "--format", "-f", help=f"{', '.join(FORMATS)}; may be repeated  [default: brat]"
        ),
    ] = None,
    code_path: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with custom functions")
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU ID, or -1 for the CPU")] = -1,
) -> None:
    """Choose the documents that MODEL would learn most from, for annotators to correct.

    OUT_DIR gets a folder for each format with the documents as MODEL annotates them; ranking.jsonl,
    with the reason for each choice; proposed.spacy; and review.json. Read the corrected files back
    with `read-review`.

    Example: review run/model-best more.spacy round1 -n 50 -l labelled -f label-studio-predictions
    """
    options = ReviewOptions(n_docs, strategy, diversity, top_pairs, seed)
    report = Report()
    try:
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        result = review(
            model,
            unlabelled,
            out,
            options,
            formats=tuple(dict.fromkeys(formats or ["brat"])),
            labelled=labelled,
            ner=ner,
            report=report,
            progress=True,
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_ranking(result["ranking"])
    if result["left_out"]:
        msg.info(f"Left out {result['left_out']} documents with labelled or repeated texts.")
    if result["without_mentions"]:
        msg.warn(f"{result['without_mentions']} documents have no mentions: see --ner.")
    for reason, count in (report.lost + report.repaired).most_common():
        msg.warn(f"{count} × {reason}")
    folders = ", ".join(str(out / name) for name in result["formats"])
    msg.good(f"Chose {result['chosen']} of {result['documents']} documents to correct: {folders}")


def print_ranking(ranking: Sequence[Dict[str, Any]]) -> None:
    """Print the chosen documents with their most uncertain pairs.

    ranking (Sequence[Dict[str, Any]]): The ranking that `review` returned.
    """
    rows = []
    for row in ranking[:MAX_ROWS]:
        pair = row["most_uncertain"]
        labels = ", ".join(f"{label} {p:.2f}" for label, p in pair["labels"].items())
        ends = " → ".join(_shorten(pair[end]) for end in ("head", "tail"))
        uncertain = f"{row['uncertain']} of {row['pairs']}"
        score = f"{row['uncertainty']:.3f}"
        rows.append((row["rank"], _shorten(row["doc_id"]), score, uncertain, ends, labels))
    msg.table(rows, header=HEADER, divider=True, aligns=("r", "l", "r", "r", "l", "l"))
    if len(ranking) > MAX_ROWS:
        msg.info(f"… and {len(ranking) - MAX_ROWS} more in ranking.jsonl")


def _shorten(text: str) -> str:
    """Return a text cut to MAX_TEXT characters, without terminal control characters."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable if len(printable) <= MAX_TEXT else f"{printable[: MAX_TEXT - 1]}…"
