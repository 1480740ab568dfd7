"""Files of a report."""

from pathlib import Path
from typing import NamedTuple, Optional

from ...errors import Errors
from ...files import check_output, replacing, write_json
from .analysis import Analysis
from .page import render_page


class ReportPaths(NamedTuple):
    """The files of a report.

    page (Path): The HTML page.
    figures (Path): Its statistics as JSON.
    """

    page: Path
    figures: Path


def report_paths(folder: Path) -> ReportPaths:
    """Return the paths of a report's files.

    folder (Path): The report's folder.
    RETURNS (ReportPaths): The paths.
    """
    return ReportPaths(folder / "report.html", folder / "report.json")


def check_report(folder: Path, *others: Optional[Path]) -> None:
    """Check that a report can be written, before the evaluation starts.

    folder (Path): The report's folder. It need not exist.
    others (Optional[Path]): Inputs and other outputs.
    RAISES (ValueError): If the folder is a file, or a file of the report would replace an input or
        another output.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(Errors.F060.format(path=folder))
    for path in report_paths(folder):
        check_output(path, *others)


def write_report(folder: Path, analysis: Analysis, lang: Optional[str] = None) -> None:
    """Write a report. An earlier report is replaced; other files of the folder are kept.

    folder (Path): The report's folder. It is created if it is missing.
    analysis (Analysis): The content.
    lang (Optional[str]): Language of the page, see `render_page`.
    RAISES (ValueError): If a file can't be written.
    """
    paths = report_paths(folder)
    text = render_page(analysis, lang)
    with replacing(paths.page) as draft:
        draft.write_bytes(text.encode("utf-8"))
    write_json(paths.figures, analysis.figures)
