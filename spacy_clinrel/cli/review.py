"""`python -m spacy clinrel review`: choose documents for annotators to correct."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Sequence

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..active_learning.review import FORMATS, RANDOM, STRATEGIES, ReviewOptions, review
from ..data.converters import Report
from ..reading.columns import ID, TEXT, TextOptions
from ._app import app
from ._options import CodeOption, EncodingOption, GpuOption, IdColumnOption, TextColumnOption

HEADER = ("", "document", "uncertainty", "uncertain pairs", "most uncertain pair", "")
MAX_ROWS, MAX_TEXT = 20, 30


@app.command("review")
def review_cli(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Pipeline with a relation_classifier")
    ],
    unlabelled: Annotated[
        Path,
        typer.Argument(
            metavar="UNLABELLED",
            help="File or folder of texts (.txt, .csv, .jsonl, .parquet), .spacy files or output "
            "of apply",
        ),
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT_DIR", help="Output folder; must be new or empty")
    ],
    n_docs: Annotated[
        int, typer.Option("--n-docs", "-n", help="Number of documents to choose")
    ] = 20,
    strategy: Annotated[
        str,
        typer.Option(
            help=f"Uncertainty measure: {', '.join(STRATEGIES)}. Or {RANDOM}, for an unbiased "
            "sample of documents"
        ),
    ] = "margin",
    diversity: Annotated[
        float,
        typer.Option(help="Penalty for similarity to documents already chosen, from 0 to 1"),
    ] = 0.5,
    top_pairs: Annotated[
        int,
        typer.Option(
            help="Average the uncertainty of this many pairs per document (most uncertain first)"
        ),
    ] = 5,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help=f"Random seed for --strategy {RANDOM}")
    ] = 0,
    ner: Annotated[
        Optional[str],
        typer.Option(
            help="Pipeline that predicts mentions in documents without mentions  [default: MODEL]"
        ),
    ] = None,
    labelled: Annotated[
        Optional[Path],
        typer.Option(
            "--labelled",
            "-l",
            help="File or folder of labelled documents, which are not chosen",
        ),
    ] = None,
    formats: Annotated[
        Optional[List[str]],
        typer.Option(
            "--format",
            "-f",
            help=f"Output format: {', '.join(FORMATS)}; may be repeated  [default: brat]",
        ),
    ] = None,
    text_column: TextColumnOption = TEXT,
    id_column: IdColumnOption = ID,
    encoding: EncodingOption = None,
    code_path: CodeOption = None,
    use_gpu: GpuOption = -1,
) -> None:
    """Choose the documents about which MODEL is most uncertain, for annotators to correct.

    For each format, OUT_DIR contains a folder of documents with the predictions of MODEL. It also
    contains ranking.jsonl (why each document was chosen), proposed.spacy (the predictions) and
    review.json (settings). Read the corrected files with `read-review`.

    Texts are read as by apply; MODEL or --ner predicts their mentions.

    Example: review run/model-best notes/ round1 -n 50 -l labelled -f label-studio-predictions
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
            texts=TextOptions(text_column, id_column, encoding),
            progress=True,
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_ranking(result["ranking"])
    if result["left_out"]:
        msg.info(f"Left out {result['left_out']} documents with labelled or repeated texts.")
    if result["without_mentions"]:
        msg.warn(
            f"{result['without_mentions']} documents have no mentions. Use --ner to predict them."
        )
    for reason, count in (report.lost + report.repaired).most_common():
        msg.warn(f"{count} × {reason}")
    folders = ", ".join(str(out / name) for name in result["formats"])
    msg.good(f"Chose {result['chosen']} of {result['documents']} documents to correct: {folders}")


def print_ranking(ranking: Sequence[Dict[str, Any]]) -> None:
    """Print the chosen documents with their most uncertain pairs.

    ranking (Sequence[Dict[str, Any]]): The ranking returned by `review`.
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
