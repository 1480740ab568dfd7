"""`python -m spacy clinrel apply`: annotate a document archive."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ..processing import FORMATS, Counts, apply, count_not_utf8
from ..processing.schema import ID, TEXT, one_line
from ..processing.shards import QUARANTINE
from ._app import app
from ._options import CodeOption, EncodingOption, GpuOption


@app.command("apply")
def apply_cli(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Package name or folder of a pipeline")
    ],
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="File, folder (including subfolders) or quoted glob pattern of .txt (one document "
            "per file), .jsonl, .csv, .parquet or .spacy files (annotation is ignored)",
        ),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder")],
    format_name: Annotated[
        str, typer.Option("--format", "-f", metavar="|".join(FORMATS), help="Output format")
    ] = "parquet",
    text_column: Annotated[
        str, typer.Option("--text-column", "-tc", help="Column or key that contains the text")
    ] = TEXT,
    id_column: Annotated[
        str,
        typer.Option(
            "--id-column",
            "-ic",
            help="Column or key of the document id. If there is no 'id', the id is file name and "
            "line number",
        ),
    ] = ID,
    encoding: EncodingOption = None,
    include_text: Annotated[
        bool,
        typer.Option(
            "--text/--no-text",
            "-t/-T",
            help="Write the texts too (parquet and jsonl). Without them, export, visualize, "
            "evaluate and the other commands cannot read the output",
        ),
    ] = True,
    attributes: Annotated[
        Optional[List[str]],
        typer.Option(
            "--attr",
            "-a",
            metavar="NAME",
            help="Custom attribute of entities to write, e.g. negex for span._.negex of "
            "negspaCy. Can be repeated. is_negated and the other assertion attributes are always "
            "written",
        ),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size",
            "-b",
            min=1,
            help="Maximum batch size in padded characters: number of documents times length of the "
            "longest document",
        ),
    ] = 20_000,
    max_length: Annotated[
        int, typer.Option("--max-length", min=1, help="Maximum number of characters per document")
    ] = 100_000,
    shard_size: Annotated[
        int,
        typer.Option(
            "--shard-size", "-s", min=1, help="Maximum number of documents per output file (shard)"
        ),
    ] = 2000,
    n_process: Annotated[
        int,
        typer.Option(
            "--n-process",
            "-n",
            min=1,
            help="Number of processes. With 2 or more, a document that crashes its process, e.g. "
            "by running out of memory, is quarantined",
        ),
    ] = 1,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", "-r", help="Continue an interrupted run after the last finished shard"
        ),
    ] = False,
    retry_quarantined: Annotated[
        bool,
        typer.Option(
            "--retry-quarantined",
            "-rq",
            help="Annotate only the documents in quarantine again, e.g. with a larger --max-length "
            "or a repaired pipeline. Also continues a retry that was interrupted",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with code 1 if a document is in quarantine. The output is complete all the "
            "same",
        ),
    ] = False,
    code: CodeOption = None,
    gpu_id: GpuOption = -1,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only warnings and errors")
    ] = False,
) -> None:
    """Annotate documents with mentions and relations.

    The output is written to OUT in shards (part-000000.parquet, ...) with one row per document: id,
    text, mentions (start_char, end_char, text, type, is_negated and the other assertion attributes,
    section, value, dosage, kb_id) and relations (head and tail as indices into mentions, label,
    score, is_negated and so on). docs/reference/output.md describes all columns. With --format
    spacy, the shards are .spacy files. A document that can't be processed is written to
    OUT/_quarantine.jsonl with its error, and the run continues. The exit code is 1 if no document
    could be processed; with --strict, if any could not be.

    To resume an interrupted run, repeat the command with --resume. Only --n-process, --batch-size
    and --gpu-id may be changed. To process the documents in quarantine again, repeat the command
    with --retry-quarantined. The pipeline, --code and --max-length may be changed too. Memory use
    depends on the largest .spacy file and Parquet row group, not on the size of the archive.

    Examples: apply zh_clinrel notes/ out; apply zh_clinrel "2024/*.csv" out --text-column note
    --id-column number --n-process 4
    """
    try:
        hidden = True if quiet else None  # None: hidden unless stderr is a terminal
        bar = tqdm(unit="B", unit_scale=True, disable=hidden, leave=False)
        with bar:
            counts = apply(
                model,
                source,
                output,
                format=format_name,
                text_column=text_column,
                id_column=id_column,
                encoding=encoding,
                include_text=include_text,
                batch_size=batch_size,
                max_length=max_length,
                shard_size=shard_size,
                n_process=n_process,
                resume=resume,
                retry_quarantined=retry_quarantined,
                attributes=attributes or (),
                code=code,
                gpu_id=gpu_id,
                report_progress=Progress(bar),
            )
        n_not_utf8 = count_not_utf8(output) if counts["quarantined"] else 0
    except (ValueError, ImportError, OSError) as problem:
        # The message may quote file names or exceptions of other packages.
        msg.fail("\n".join(map(one_line, str(problem).split("\n"))), exits=1)
    print_counts(counts, output, quiet, n_not_utf8)
    if strict and counts["quarantined"]:
        raise typer.Exit(1)


class Progress:
    """Progress bar in bytes of the input. The number of documents is unknown."""

    def __init__(self, bar: tqdm):
        """bar (tqdm): The bar."""
        self.bar = bar
        self.documents_before: Optional[int] = None

    def __call__(self, done: int, total: int, counts: Counts) -> None:
        """Update the bar.

        done (int): Number of bytes processed.
        total (int): Size of the input in bytes.
        counts (Counts): Counts of the run.
        """
        documents = counts["documents"] + counts["quarantined"]
        if self.documents_before is None:
            self.documents_before = documents
            self.bar.reset(total)
            # Exclude documents of earlier runs from this run's rate.
            self.bar.n = self.bar.last_print_n = self.bar.initial = done
        seconds = self.bar.format_dict["elapsed"] or 1
        rate = (documents - self.documents_before) / seconds
        self.bar.set_postfix_str(f"{documents} documents, {rate:.1f}/s", refresh=False)
        self.bar.update(done - self.bar.n)


def print_counts(counts: Counts, output: Path, quiet: bool, n_not_utf8: int = 0) -> None:
    """Print a summary.

    counts (Counts): The result of `apply`.
    output (Path): The output folder.
    quiet (bool): Print only warnings.
    n_not_utf8 (int): Number of files in quarantine that are not UTF-8.
    """
    folder = one_line(str(output))
    if counts["documents"] and not counts["mentions"]:
        msg.warn("The pipeline predicted no mentions in any document.")
    if not quiet:
        summary = "{documents} documents, {mentions} mentions, {relations} relations"
        msg.good(f"{summary.format(**counts)}, {counts['seconds']:.0f} s: {folder}")
    # Last, so that no other output hides it.
    if counts["quarantined"]:
        path = one_line(str(output / QUARANTINE))
        msg.warn(f"{counts['quarantined']} documents could not be processed. See {path}")
        if n_not_utf8:
            msg.warn(
                f"{n_not_utf8} of them are files that are not UTF-8. If they are Chinese (GBK), "
                "repeat the command with --retry-quarantined --encoding gb18030. This reads only "
                "the documents in quarantine again."
            )
