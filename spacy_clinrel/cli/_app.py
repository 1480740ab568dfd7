"""Typer app to which all commands are added."""

import io
import sys

import typer
import wasabi.util

HELP = "Entities and relations in clinical notes (spacy-clinrel)"

app = typer.Typer(name="clinrel", no_args_is_help=True)


@app.callback(help=HELP)
def prepare_output() -> None:
    """Escape characters of file names and texts that the terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # wasabi encodes messages in the encoding of stdout, but always decodes them as UTF-8.
    wasabi.util.ENCODING = "utf8"
