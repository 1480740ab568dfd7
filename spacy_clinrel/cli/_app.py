"""Typer app to which all commands are added."""

import io
import sys

import typer
import wasabi.util

from ..ml.threads import limit_threads

HELP = "Entities and relations in clinical notes (spacy-clinrel)"

app = typer.Typer(name="clinrel", no_args_is_help=True)


@app.callback(help=HELP)
def prepare() -> None:
    """Prepare the process of a command: escape characters of file names and texts that the terminal
    cannot show, and use one CPU thread unless OMP_NUM_THREADS is set."""
    # Several threads spin while they wait for each other. If other programs use the processor too,
    # prediction takes several times as long (benchmarks/NOTES.md).
    limit_threads(1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # wasabi encodes messages in the encoding of stdout, but always decodes them as UTF-8.
    wasabi.util.ENCODING = "utf8"
