"""Typer app to which all commands are added."""

import io
import sys
import warnings
from contextlib import contextmanager
from typing import Any, Iterator, Union

import typer
import wasabi.util
from wasabi import msg

from ..ml.threads import limit_threads

HELP = "Entities and relations in clinical notes (spacy-clinrel)"

app = typer.Typer(name="clinrel", no_args_is_help=True)


@app.callback(help=HELP)
def prepare(context: typer.Context) -> None:
    """Prepare the process of a command: escape characters of file names and texts that the terminal
    cannot show, print warnings like other messages, and use one CPU thread unless OMP_NUM_THREADS
    is set."""
    # Several threads spin while they wait for each other. If other programs use the processor too,
    # prediction takes several times as long (benchmarks/NOTES.md).
    limit_threads(1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # wasabi encodes messages in the encoding of stdout, but always decodes them as UTF-8.
    wasabi.util.ENCODING = "utf8"
    context.with_resource(printed_warnings())


@contextmanager
def printed_warnings() -> Iterator[None]:
    """Print the warnings of spaCy and of this package like the other messages of the command,
    without the line of code that issues them."""
    from ..processing.schema import one_line  # it takes time to import

    with warnings.catch_warnings():
        show = warnings.showwarning

        def show_warning(message: Union[str, Warning], *details: Any, **options: Any) -> None:
            text = str(message)
            if text.startswith("[W"):
                msg.warn("\n".join(map(one_line, text.split("\n"))))
            else:
                show(message, *details, **options)

        warnings.showwarning = show_warning
        yield
