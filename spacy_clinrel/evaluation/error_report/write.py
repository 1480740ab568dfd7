"""Writing a report to a folder."""

from pathlib import Path
from typing import Optional, Tuple

from ...errors import Errors
from ...files import check_output, replacing, write_json
from .figures import Analysis
from .page import render_page
from .plots import check_plots

PAGE = "report.html"
FIGURES = "report.json"


def report_files(folder: Path) -> Tuple[Path, Path]:
    """The files of a report.

    folder (Path): The report's folder.
    RETURNS (Tuple[Path, Path]): The page, and its figures as JSON.
    """
    return folder / PAGE, folder / FIGURES


def check_report(folder: Path, *others: Optional[Path]) -> None:
    """Find out before any work is done whether a report can be written.

    folder (Path): The folder, which need not be there.
    others (Optional[Path]): Inputs and other outputs.
    RAISES (ValueError): If there is a file in its place, or one of the report's files would replace
        another.
    RAISES (ImportError): If matplotlib is missing.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(Errors.F060.format(path=folder))
    for path in report_files(folder):
        check_output(path, *others)
    check_plots()


def write_report(folder: Path, analysis: Analysis) -> None:
    """Write a report. An earlier one is replaced, and other files of the folder stay.

    folder (Path): The folder; it is made where it is missing.
    analysis (Analysis): What the report says.
    RAISES (ValueError): If it can't be written.
    RAISES (ImportError): If matplotlib is missing.
    """
    page, figures = report_files(folder)
    text = render_page(analysis)
    with replacing(page) as draft:
        draft.write_bytes(text.encode("utf-8"))
    write_json(figures, analysis.figures)
