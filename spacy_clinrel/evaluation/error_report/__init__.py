"""Error analysis: what a pipeline gets wrong and why, as an HTML page and as JSON."""

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
