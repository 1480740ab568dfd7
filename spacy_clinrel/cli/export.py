"""`python -m spacy clinrel export`: write mentions and relations as a graph for other programs."""

import shlex
from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ..exporters import FORMATS, NORMAL_FORMS, export
from ._app import app

MAX_MESSAGES = 20
ABOUT = "; ".join(f"{name} ({entry.about})" for name, entry in FORMATS.items())


@app.command("export")
def export_cli(
    src: Annotated[
        Path,
        typer.Argument(
            metavar="DOCS", help="A .spacy file, or a folder to search for .spacy files"
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="The file to write; for csv, jsonl and parquet a folder"
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
            help="Merge mentions with the same normal form and type into one node with their "
            "count, and relations between two nodes into one edge with their count, mean and "
            "highest score and documents. Positions in the text are dropped",
        ),
    ] = False,
    norm: Annotated[
        str,
        typer.Option(
            "--norm",
            metavar="|".join(NORMAL_FORMS),
            help="Normal form of a mention: exact, its text; fold, its text in NFKC, case folded, "
            "with single spaces; norm, the norms of its tokens, folded; lemma, their lemmas, "
            "folded, or norms of tokens without a lemma",
        ),
    ] = "fold",
    prefix: Annotated[
        str,
        typer.Option(
            "--id-prefix", help="Prefix of all ids, so that a database can hold several exports"
        ),
    ] = "",
    report_path: Annotated[
        Optional[Path],
        typer.Option("--report", "-r", help="Write a report of the export to this JSON file"),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but warnings and errors")
    ] = False,
) -> None:
    """Export the mentions and relations of documents as a graph.

    A mention has its document, character offsets, text, type and normal form. A relation has its
    label, score and evidence: the text of the sentences from one mention to the other. Sentences
    are those of the document; if it has none, they end after 。；;！？!? or a line break.
    spacy_clinrel/exporters/vocabulary.ttl describes each column and property. Mentions are only
    merged with --merge, since whether two mentions mean the same is your decision.

    csv has the header of `neo4j-admin database import`; the command to run it is printed.

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
            progress=lambda docs: tqdm(docs, desc="Documents", leave=False, disable=quiet),
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_warnings(report)
    if not quiet:
        print_export(report)


def print_warnings(report: Dict[str, Any]) -> None:
    """Print what could not be exported as it was.

    report (Dict[str, Any]): The report of `export`.
    """
    for message in report["messages"][:MAX_MESSAGES]:
        msg.warn(message)
    if len(report["messages"]) > MAX_MESSAGES:
        msg.warn(f"… and {len(report['messages']) - MAX_MESSAGES} more: see --report")
    if report["replaced"]:
        msg.warn(
            f"{report['replaced']} characters that {report['format']} cannot hold were replaced: "
            "control characters by U+FFFD, carriage returns by line feeds"
        )
    if not report["mentions"]:
        msg.warn("The documents have no mentions: run a pipeline over them first.")


def print_export(report: Dict[str, Any]) -> None:
    """Print what was written.

    report (Dict[str, Any]): The report of `export`.
    """
    counts = "{documents} documents, {mentions} mentions, {relations} relations"
    if report["merge"]:
        counts += ", merged into {nodes} nodes and {edges} edges"
    msg.good(f"{counts.format(**report)}: {', '.join(report['files'])}")
    if report["format"] == "csv":
        nodes, edges = (shlex.quote(path) for path in report["files"])
        msg.text("To import into a new Neo4j database, run on its machine:")
        # Not msg.text, which would wrap the line: it is meant to be copied.
        print(
            "neo4j-admin database import full --multiline-fields=true "
            f"--nodes={nodes} --relationships={edges} neo4j"
        )
