"""Error analysis: the errors of a pipeline and their causes, as an HTML page and as JSON."""

from .analysis import Analysis, analyze
from .files import ReportPaths, check_report, report_paths, write_report
from .page import render_page

__all__ = [
    "Analysis",
    "ReportPaths",
    "analyze",
    "check_report",
    "render_page",
    "report_paths",
    "write_report",
]
