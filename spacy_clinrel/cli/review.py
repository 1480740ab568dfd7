"""`python -m spacy clinrel review`: the documents that people should correct next."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Sequence

import typer
from spacy.cli._util import import_code, setup_gpu
from tqdm import tqdm
from wasabi import msg

from ..active_learning.review import FORMATS, RANDOM, STRATEGIES, Options, review
from ..data.converters import Report
from ._app import app

HEADER = ("", "document", "uncertainty", "uncertain pairs", "the most uncertain", "")
MAX_ROWS, MAX_TEXT = 20, 30


@app.command("review")
def review_cli(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Pipeline with a relation_classifier")
    ],
    unlabelled: Annotated[
        Path, typer.Argument(metavar="UNLABELLED", help=".spacy file, or a folder of them")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="The folder to write, a new one")],
    n_docs: Annotated[int, typer.Option("--n-docs", "-n", help="Documents to choose")] = 20,
    strategy: Annotated[
        str,
        typer.Option(
            help=f"What makes a pair of mentions uncertain: {', '.join(STRATEGIES)}; or {RANDOM}, "
            "which chooses by chance, as an unbiased sample wants it"
        ),
    ] = "margin",
    diversity: Annotated[
        float,
        typer.Option(
            help="How much it counts against a document that one like it was chosen, 0 to 1"
        ),
    ] = 0.5,
    top_pairs: Annotated[
        int, typer.Option(help="A document is as uncertain as so many of its pairs on average")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help=f"Seed of {RANDOM}")] = 0,
    ner: Annotated[
        Optional[str],
        typer.Option(help="Pipeline that finds mentions where a document has none; or else MODEL"),
    ] = None,
    labelled: Annotated[
        Optional[Path],
        typer.Option("--labelled", "-l", help=".spacy file or folder: leave out these texts"),
    ] = None,
    formats: Annotated[
        Optional[List[str]],
        typer.Option(
            "--format", "-f", help=f"{', '.join(FORMATS)}; may be repeated  [default: brat]"
        ),
    ] = None,
    code_path: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with more functions")
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
) -> None:
    """Choose the documents from which MODEL would learn most, for annotators to correct.

    OUT_DIR gets a folder for each format with the documents as MODEL annotates them, ranking.jsonl,
    which says why they were chosen, proposed.spacy and review.json. `read-review` reads the
    corrected files back.

    Example: review run/model-best more.spacy round1 -n 50 -l labelled -f label-studio-predictions
    """
    options = Options(n_docs, strategy, diversity, top_pairs, seed)
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
            progress=lambda docs: tqdm(docs, desc="Documents", leave=False),
        )
    except (ValueError, ImportError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    print_ranking(result["ranking"])
    if result["left_out"]:
        msg.info(f"{result['left_out']} documents left out: labelled, or the same text again.")
    if result["without_mentions"]:
        msg.warn(f"{result['without_mentions']} documents have no mentions: see --ner.")
    for reason, count in (report.lost + report.repaired).most_common():
        msg.warn(f"{count} × {reason}")
    folders = ", ".join(str(out / name) for name in result["formats"])
    msg.good(f"{result['chosen']} of {result['documents']} documents to correct: {folders}")


def print_ranking(ranking: Sequence[Dict[str, Any]]) -> None:
    """Print which documents were chosen, and why.

    ranking (Sequence[Dict[str, Any]]): What `review` found.
    """
    rows = []
    for row in ranking[:MAX_ROWS]:
        pair = row["most_uncertain"]
        labels = ", ".join(f"{label} {p:.2f}" for label, p in pair["labels"].items())
        ends = " → ".join(_shown(pair[end]) for end in ("head", "tail"))
        uncertain = f"{row['uncertain']} of {row['pairs']}"
        score = f"{row['uncertainty']:.3f}"
        rows.append((row["rank"], _shown(row["doc_id"]), score, uncertain, ends, labels))
    msg.table(rows, header=HEADER, divider=True, aligns=("r", "l", "r", "r", "l", "l"))
    if len(ranking) > MAX_ROWS:
        msg.info(f"… and {len(ranking) - MAX_ROWS} more in ranking.jsonl")


def _shown(text: str) -> str:
    """A text of a document in a line, without what would control the terminal."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain if len(plain) <= MAX_TEXT else f"{plain[: MAX_TEXT - 1]}…"
