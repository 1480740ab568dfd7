"""Typer app to which all commands are added."""

import typer

app = typer.Typer(
    name="clinrel",
    help="Entities and relations in clinical notes (spacy-clinrel)",
    no_args_is_help=True,
)
