"""The Typer app that the commands join, and what they share."""

import typer

app = typer.Typer(
    name="clinrel",
    help="Entities and relations in clinical notes (spacy-clinrel)",
    no_args_is_help=True,
)
