"""`python -m spacy clinrel export`: mentions and relations as a graph, for other programs."""

import shlex
from pathlib import Path
from typing import Annotated, Any, Dict, Iterator, List, Optional, Sequence

import typer
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tqdm import tqdm
from wasabi import msg

from ..errors import Errors
from ..exporters import (
    FORMATS,
    MERGED,
    NORMAL_FORMS,
    PLAIN,
    export_graph,
    guess_format,
    output_files,
)
from ..files import check_output, spacy_files, stream_docbin, write_json
from ._app import app

MAX_MESSAGES = 20
ABOUT = "; ".join(f"{name} ({entry.about})" for name, entry in FORMATS.items())


@app.command("export")
def export_cli(
    src: Annotated[
        Path,
        typer.Argument(metavar="DOCS", help="A .spacy file, or a folder, searched for such files"),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="The file to write; for csv, jsonl and parquet a folder of two"
        ),
    ],
    format_name: Annotated[
        Optional[str],
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(FORMATS),
            help=f"{ABOUT}. Default: by OUT's ending, .graphml, .ttl, .jsonld, .cypher or .cql",
        ),
    ] = None,
    merge: Annotated[
        bool,
        typer.Option(
            "--merge/--no-merge",
            "-m/-M",
            help="Make mentions of the same normal form and type one node with its count, and "
            "relations between two nodes one edge with their count, mean and highest score and "
            "documents. The places in the text are left out then",
        ),
    ] = False,
    norm: Annotated[
        str,
        typer.Option(
            "--norm",
            metavar="|".join(NORMAL_FORMS),
            help="Normal form of a mention: exact, its text; fold, in Unicode's form NFKC, case "
            "folded, white space as single spaces; norm, the same of its tokens' norms; lemma, "
            "of their lemmas, or norms where there are none",
        ),
    ] = "fold",
    prefix: Annotated[
        str,
        typer.Option(
            "--id-prefix", help="Begin all ids with this, so that one database can take two exports"
        ),
    ] = "",
    report_path: Annotated[
        Optional[Path],
        typer.Option("--report", "-r", help="Write what was exported here, as JSON"),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but warnings and errors")
    ] = False,
) -> None:
    """Export the mentions and relations of documents as a graph.

    Mentions come with document, offsets in characters, text, type and normal form; relations with
    label, score and evidence, the text of the sentences from one mention to the other: the
    documents' own sentences where they have any, else up to one of 。；;！？!? or a line break.
    What each column and property means stands in spacy_clinrel/graph/vocabulary.ttl. Mentions are
    not merged unless --merge says so: whether two mentions mean the same is yours to judge.

    csv has the header of `neo4j-admin database import`, which the command prints in full.

    Examples: export notes.spacy notes.graphml; export corpus tables --format csv; export
    notes.spacy notes.ttl --merge --norm lemma
    """
    try:
        report = export(
            src,
            out,
            format_name,
            merge=merge,
            norm=norm,
            prefix=prefix,
            report_path=report_path,
            progress=not quiet,
        )
    except (ValueError, ImportError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    print_warnings(report)
    if not quiet:
        print_export(report)


def export(
    src: Path,
    out: Path,
    format_name: Optional[str] = None,
    *,
    merge: bool = False,
    norm: str = "fold",
    prefix: str = "",
    report_path: Optional[Path] = None,
    progress: bool = False,
) -> Dict[str, Any]:
    """Export the documents of .spacy files. A broken one is named in the report.

    src (Path): A .spacy file, or a folder of them.
    out (Path): The file to write, or a folder.
    format_name (Optional[str]): The format; None for that of OUT's ending.
    merge (bool): Whether mentions of the same normal form and type become one node.
    norm (str): The normal form.
    prefix (str): Put before each id.
    report_path (Optional[Path]): Where to write the report.
    progress (bool): Whether to show a progress bar.
    RETURNS (Dict[str, Any]): As `export_graph` has it.
    RAISES (ValueError): If no document can be read, or the output can't be written.
    RAISES (ImportError): If a library is not installed.
    """
    paths = spacy_files([src])
    name = format_name or guess_format(out)
    targets = output_files(name, out, MERGED if merge else PLAIN)
    for path in targets:
        check_output(path, *paths)
    check_output(report_path, *paths, *targets)
    problems: List[str] = []
    docs = tqdm(
        _read(paths, problems), desc="Documents", unit="", leave=False, disable=not progress
    )
    report = export_graph(docs, out, name, merge=merge, norm=norm, prefix=prefix)
    report["messages"] = problems + report["messages"]
    if report_path is not None:
        write_json(report_path, report)
    return report


def _read(paths: Sequence[Path], problems: List[str]) -> Iterator[Doc]:
    """All documents; what can't be read is named, and an error if nothing can."""
    vocab = Vocab()
    found = False
    for path in paths:
        try:
            for doc in stream_docbin(path, vocab):
                found = True
                yield doc
        except ValueError as problem:
            if len(paths) == 1 and not found:
                raise
            problems.append(str(problem))
    if not found:
        raise ValueError("\n".join([*problems, Errors.F008.format(path=paths[0].parent)]))


def print_warnings(report: Dict[str, Any]) -> None:
    """Print what is not as it should be.

    report (Dict[str, Any]): What `export` returned.
    """
    for message in report["messages"][:MAX_MESSAGES]:
        msg.warn(message)
    if len(report["messages"]) > MAX_MESSAGES:
        msg.warn(f"… and {len(report['messages']) - MAX_MESSAGES} more: see --report")
    if report["replaced"]:
        msg.warn(
            f"{report['replaced']} characters that {report['format']} can't hold were replaced: "
            "control characters by U+FFFD, carriage returns by line feeds"
        )
    if not report["mentions"]:
        msg.warn("The documents have no mentions: run a pipeline over them first.")


def print_export(report: Dict[str, Any]) -> None:
    """Print what was written.

    report (Dict[str, Any]): What `export` returned.
    """
    found = "{documents} documents, {mentions} mentions, {relations} relations"
    if report["merge"]:
        found += ", merged into {nodes} nodes and {edges} edges"
    msg.good(f"{found.format(**report)}: {', '.join(report['files'])}")
    if report["format"] == "csv":
        nodes, edges = (shlex.quote(path) for path in report["files"])
        msg.text("For Neo4j, on its machine and into a database that is not there yet:")
        # In one line, as it is to be copied.
        print(
            "neo4j-admin database import full --multiline-fields=true "
            f"--nodes={nodes} --relationships={edges} neo4j"
        )
