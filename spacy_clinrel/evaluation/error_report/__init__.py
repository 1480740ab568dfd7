"""Error analysis: the errors of a pipeline and their causes, as an HTML page and as JSON."""

from .analysis import Analysis, analyze
from .files import ReportPaths, check_report, report_paths, write_report
from .page import render_page, show_model
from .transfer import TrainingData, read_training_data

__all__ = [
    "Analysis",
    "ReportPaths",
    "TrainingData",
    "analyze",
    "check_report",
    "read_training_data",
    "render_page",
    "report_paths",
    "show_model",
    "write_report",
]
