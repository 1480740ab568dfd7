"""`python -m spacy clinrel agreement`: compare two annotations of the same notes."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer
from wasabi import msg

from ..data.converters import ReadOptions, converters
from ..data.converters.attributes import parse_attribute_names
from ..evaluation.agreement import agreement
from ..files import check_output, write_json
from ._app import app
from ._options import EncodingOption

MAX_ROWS = 30
MAX_IDS = 5
FORMATS = ", ".join(sorted(converters.get_all()))
COUNTS = ("first", "second", "both")


@app.command("agreement")
def agreement_cli(
    first: Annotated[
        Path,
        typer.Argument(metavar="FIRST", help="File, or folder including its subfolders"),
    ],
    second: Annotated[
        Path,
        typer.Argument(metavar="SECOND", help="The second annotation of the same notes"),
    ],
    format_name: Annotated[
        Optional[str],
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help=f"Corpus format: {FORMATS}. Default: .spacy files, or the output of apply",
        ),
    ] = None,
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language of the tokenizer")] = "zh",
    encoding: EncodingOption = None,
    attributes: Annotated[
        Optional[List[str]],
        typer.Option(
            "--attribute",
            metavar="FILE=ATTRIBUTE",
            help="Name of an assertion attribute in the files, e.g. Negation=negated; may be "
            "repeated",
        ),
    ] = None,
    examples: Annotated[
        int,
        typer.Option(
            "--examples",
            min=0,
            help="Number of examples of each kind of disagreement, with the texts of mentions",
        ),
    ] = 0,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Write the figures to this JSON file")
    ] = None,
) -> None:
    """Compare two annotations of the same notes.

    Notes are matched by their ids, which are the file names in most formats. F of mentions and
    relations is the same in both directions. Relations are scored between the mentions that both
    annotators have (boundaries and type), and end to end. Attributes are compared on these mentions
    too.

    Example: agreement notes/anna notes/bo --format brat --examples 3 --output agreement.json
    """
    try:
        check_output(output, first, second)
        result = agreement(
            first,
            second,
            format=format_name,
            lang=lang,
            options=ReadOptions(
                encoding=encoding, attributes=parse_attribute_names(attributes or [])
            ),
            examples=examples,
            progress=True,
        )
        print_agreement(result)
        if output is not None:
            write_json(output, result)
            msg.good(f"Saved the figures to {output}")
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)


def print_agreement(result: Dict[str, Any]) -> None:
    """Print the figures as tables.

    result (Dict[str, Any]): The return value of `agreement`.
    """
    msg.divider(f"{result['first']} and {result['second']}")
    _print_notes(result)
    mentions, relations, attributes = (
        result[key] for key in ("mentions", "relations", "attributes")
    )
    rows = {
        "Mentions, strict": mentions["strict"],
        "Mentions, boundaries only": mentions["boundaries"],
        "Relations between agreed mentions": relations["agreed_mentions"]["all"],
        "Relations, end to end": relations["end_to_end"]["all"],
    }
    if attributes is not None:
        rows["Attributes of agreed mentions"] = attributes["all"]
    _print_rows("", rows)
    if attributes is None:
        msg.info("Attributes are not compared: an annotation has none.")
    elif attributes["exact"] is not None:
        msg.text(
            f"Agreed mentions with equal attributes: {_percent(attributes['exact'])} % of "
            f"{attributes['mentions']} ({', '.join(attributes['types'])})"
        )
    _print_rows("Mentions, strict", mentions["per_type"])
    _print_rows("Relations between agreed mentions", relations["agreed_mentions"]["per_label"])
    if attributes is not None:
        _print_rows("Attributes of agreed mentions", attributes["per_attribute"], kappa=True)
    _print_disagreements(result["disagreements"])


def _print_notes(result: Dict[str, Any]) -> None:
    notes = result["notes"]
    msg.text(f"Notes compared: {notes['compared']}")
    for side in ("first", "second"):
        ids = notes[f"{side}_only"]
        if ids:
            shown = ", ".join(ids[:MAX_IDS]) + (", …" if len(ids) > MAX_IDS else "")
            msg.warn(f"Notes only in {result[side]}: {len(ids)} ({shown})")
        if result["lost"][side]:
            lost = "; ".join(f"{reason}: {n}" for reason, n in result["lost"][side].items())
            msg.warn(
                f"Annotations of {result[side]} that could not be read: {lost}. `convert` shows "
                "where."
            )


def _print_rows(title: str, rows: Dict[str, Dict[str, Any]], kappa: bool = False) -> None:
    if not rows:
        return
    table = []
    for name, row in rows.items():
        cells = [name, _percent(row["f"]), *(str(row[key]) for key in COUNTS)]
        if kappa:
            cells.insert(2, "–" if row["kappa"] is None else f"{row['kappa']:.3f}")
        table.append(cells)
    header = (title, "F", *(("kappa",) if kappa else ()), *COUNTS)
    msg.table(
        table, header=header, aligns=("l", *"r" * (len(header) - 1)), divider=True, max_col=60
    )


def _print_disagreements(rows: List[Dict[str, Any]]) -> None:
    """Print the most frequent kinds of disagreement, and their examples."""
    if not rows:
        msg.good("No disagreement")
        return
    table = [
        [row["kind"], row["first"] or "–", row["second"] or "–", str(row["count"])]
        for row in rows[:MAX_ROWS]
    ]
    header = ("Disagreement", "first", "second", "count")
    msg.table(table, header=header, aligns=("l", "l", "l", "r"), divider=True, max_col=60)
    if len(rows) > MAX_ROWS:
        msg.info(f"… and {len(rows) - MAX_ROWS} more kinds. Use --output FILE.json for all.")
    for row in rows[:MAX_ROWS]:
        if row.get("examples"):
            msg.text(f"{row['kind']}: {row['first'] or '–'} / {row['second'] or '–'}")
            for example in row["examples"]:
                sides = " / ".join(_show(example[key]) for key in ("first", "second"))
                msg.text(f"  {example['note']}: {sides}")


def _show(marked: Optional[Dict[str, Any]]) -> str:
    """Describe a mention or a relation in one line."""
    if marked is None:
        return "–"
    if "label" in marked:
        return f"{_show(marked['head'])} {marked['label']} {_show(marked['tail'])}"
    text = f"{marked['text']} [{marked['start']}:{marked['end']}] {marked['type']}"
    if marked.get("attributes"):
        text += f" ({', '.join(marked['attributes'])})"
    # Control characters of a text would reach the terminal.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
