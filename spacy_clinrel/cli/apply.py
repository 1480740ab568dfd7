"""`python -m spacy clinrel apply`: a pipeline over an archive of any size."""

from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ..processing import FORMATS, Job, Options, apply
from ..processing.schema import ID
from ..processing.shards import QUARANTINE
from ._app import app


@app.command("apply")
def apply_cli(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A pipeline's name or folder")],
    src: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="A file, a folder, searched with its subfolders, or a pattern in quotes: .txt (a "
            "document each), .jsonl, .csv, .parquet, .spacy (their texts)",
        ),
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The folder to write, a file for each shard")
    ],
    format_name: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(FORMATS), help="Format of the shards")
    ] = "parquet",
    text_column: Annotated[
        str, typer.Option("--text-column", "-tc", help="Column or key of the text")
    ] = "text",
    id_column: Annotated[
        str,
        typer.Option(
            "--id-column",
            "-ic",
            help="Column or key of the id. Without one named id, file and line are the id",
        ),
    ] = ID,
    text: Annotated[
        bool, typer.Option("--text", "-t", help="Write the texts too, to parquet and jsonl")
    ] = False,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size",
            "-b",
            min=1,
            help="Characters that the pipeline takes at once: documents times the longest's length",
        ),
    ] = 20_000,
    max_length: Annotated[
        int, typer.Option("--max-length", min=1, help="Most characters of a document")
    ] = 100_000,
    shard_size: Annotated[
        int, typer.Option("--shard-size", "-s", min=1, help="Most documents of a shard")
    ] = 2000,
    n_process: Annotated[
        int,
        typer.Option(
            "--n-process",
            "-n",
            min=1,
            help="Number of processes. With 2 or more a document that kills its process, for lack "
            "of memory, goes to quarantine",
        ),
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", "-r", help="Go on after the last finished shard")
    ] = False,
    code_path: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with more functions")
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but warnings and errors")
    ] = False,
) -> None:
    """Find mentions and relations in documents, however many.

    OUT gets shards, part-000000.parquet and so on, a row for each document: id, mentions
    (start_char, end_char, text, type) and relations (head and tail as indices into mentions, label,
    score); with --format spacy they are .spacy files. A document that can't be processed goes to
    OUT/_quarantine.jsonl with its error, and the run goes on. After an interruption, however hard,
    the same command with --resume goes on; --n-process, --batch-size and --gpu-id may differ then.
    Memory does not grow with the archive, but with its largest .spacy file and Parquet row group.

    Examples: apply zh_clinrel notes/ found; apply zh_clinrel "2024/*.csv" found --text-column note
    --id-column number --n-process 4; the same with --resume
    """
    code = None if code_path is None else str(code_path)
    options = Options(
        model,
        batch_size,
        max_length,
        text,
        gpu_id=use_gpu,
        code=code,
        id_column=id_column,
        text_column=text_column,
    )
    job = Job(src, out, options, format_name, shard_size)
    try:
        with tqdm(unit="B", unit_scale=True, disable=quiet, leave=False) as bar:
            show = Progress(bar)
            counts = apply(job, n_process=n_process, resume=resume, report_progress=show)
    except (ValueError, ImportError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    print_counts(counts, out, quiet)


class Progress:
    """A progress bar over the input's bytes, as the number of its documents is not known."""

    def __init__(self, bar: tqdm):
        """bar (tqdm): The bar."""
        self.bar = bar
        self.before: Optional[int] = None

    def __call__(self, done: int, total: int, counts: Dict[str, Any]) -> None:
        """done (int): Bytes that are done.
        total (int): All bytes.
        counts (Dict[str, Any]): What was done.
        """
        documents = counts["documents"] + counts["quarantined"]
        if self.before is None:
            self.before = documents
            self.bar.reset(total)
            # What was done before is no part of this run's rate.
            self.bar.n = self.bar.last_print_n = self.bar.initial = done
        seconds = self.bar.format_dict["elapsed"] or 1
        rate = (documents - self.before) / seconds
        self.bar.set_postfix_str(f"{documents} documents, {rate:.1f}/s", refresh=False)
        self.bar.update(done - self.bar.n)


def print_counts(counts: Dict[str, Any], out: Path, quiet: bool) -> None:
    """Print what was done.

    counts (Dict[str, Any]): What `apply` returned.
    out (Path): The folder.
    quiet (bool): Print only what is not as it should be.
    """
    if counts["quarantined"]:
        msg.warn(f"{counts['quarantined']} documents could not be processed: {out / QUARANTINE}")
    if counts["documents"] and not counts["mentions"]:
        msg.warn("Nothing was found in any document.")
    if not quiet:
        found = "{documents} documents, {mentions} mentions, {relations} relations"
        msg.good(f"{found.format(**counts)}, {counts['seconds']:.0f} s: {out}")
