"""`python -m spacy clinrel build-terminology`: build a terminology from a table."""

from pathlib import Path
from typing import Annotated, Any, Optional, Sequence, Tuple

import typer
from wasabi import msg

from ..files import check_output, write_json
from ..terminology import SEPARATORS, Columns, TerminologyReport, build_terminology
from ._app import app
from ._options import EncodingOption

MAX_MESSAGES = 20


@app.command("build-terminology")
def build_terminology_cli(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE", help="CSV file with a header (.csv, .tsv, .txt), or Parquet file"
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder")],
    code_column: Annotated[
        Optional[str],
        typer.Option("--code-column", help="Column of the codes. Default: a usual name"),
    ] = None,
    name_column: Annotated[
        Optional[str],
        typer.Option("--name-column", help="Column of the preferred names. Default: a usual name"),
    ] = None,
    synonyms_column: Annotated[
        Optional[str],
        typer.Option("--synonyms-column", help="Column of the synonyms. Default: a usual name"),
    ] = None,
    type_column: Annotated[
        Optional[str],
        typer.Option("--type-column", help="Column of the types. Default: a usual name"),
    ] = None,
    separators: Annotated[
        str,
        typer.Option("--separators", help="Characters that separate the synonyms in a cell"),
    ] = SEPARATORS,
    delimiter: Annotated[
        Optional[str],
        typer.Option(
            "--delimiter",
            help="Character that separates the cells of a CSV file. Default: detect comma, tab, "
            "semicolon and vertical bar",
        ),
    ] = None,
    encoding: EncodingOption = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail and write nothing if rows are left out or doubtful"),
    ] = False,
    report_path: Annotated[
        Optional[Path],
        typer.Option("--report", "-r", help="Write the report with all messages to this JSON file"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace OUT if it is a terminology")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors")] = False,
) -> None:
    """Build a terminology for the component `terminology_linker` from a table of codes and names.

    Each row has a code, a name and, if there are such columns, synonyms and a type. Rows with the
    same code are merged: the first name is preferred, and the others are synonyms. The report
    counts them, and names the rows.

    Usual names of columns. Codes: code, 主要编码, 诊断编码, 诊断代码, 医保编码, 药品编码, 编码.
    Preferred names: name, 诊断名称, 疾病名称, 医保名称, 通用名, 药品名称, 名称. Synonyms: synonyms,
    同义词, 别名, 商品名. Types: type, 类型, 类别, 分类. Case, spaces and signs make no difference.

    Examples: build-terminology icd10.csv icd10 --encoding gb18030; build-terminology drugs.parquet
    drugs --code-column id --name-column 通用名 --synonyms-column 商品名

    Requires the extra `terminology` (scikit-learn, rapidfuzz, PyArrow).
    """
    report = TerminologyReport()
    error = ""
    try:
        try:
            check_output(report_path, table, out)
            build_terminology(
                table,
                out,
                columns=Columns(code_column, name_column, synonyms_column, type_column),
                separators=separators,
                delimiter=delimiter,
                encoding=encoding,
                strict=strict,
                force=force,
                report=report,
            )
        finally:
            if report_path is not None and report_path not in (table, out):
                write_json(report_path, report.to_dict())
    except (ValueError, ImportError, OSError) as problem:
        error = str(problem)
    if report.rows and (error or not quiet):
        print_report(report)
    if error:
        msg.fail(error, exits=1)
    if not quiet:
        msg.good(f"Saved the terminology to {out}")


def print_report(report: TerminologyReport) -> None:
    """Print the report on a terminology table.

    report (TerminologyReport): The report.
    """
    read = [
        ("rows", report.rows),
        ("concepts", report.concepts),
        ("names and synonyms", report.names),
        ("names of several concepts", report.ambiguous),
    ]
    tables: Tuple[Tuple[str, Sequence[Tuple[str, Any]], Tuple[str, str]], ...] = (
        ("Columns", list(report.columns.items()), ("l", "l")),
        ("Read", read, ("l", "r")),
        *(
            (title, counts.most_common(), ("l", "r"))
            for title, counts in (
                ("Concepts by type", report.types),
                ("Merged", report.merged),
                ("Left out", report.left_out),
                ("To check", report.doubtful),
            )
            if counts
        ),
    )
    for title, rows, aligns in tables:
        msg.table(rows, header=(title, ""), divider=True, aligns=aligns, max_col=80)
    for message in report.messages[:MAX_MESSAGES]:
        msg.warn(message)
    if len(report.messages) > MAX_MESSAGES:
        more = len(report.messages) - MAX_MESSAGES
        msg.info(f"… and {more} more. Use --report FILE.json for all of them.")
