"""Scores of relations."""

from math import isfinite
from pathlib import Path
from typing import Any, Dict, Optional

from .. import Report

BAD_SCORE = "score that is not a number from 0 to 1 not kept"


def get_score(
    entry: Dict[str, Any], report: Report, path: Path, line: Optional[int] = None
) -> float:
    """Return the score of a result. A value that is not a number from 0 to 1 is reported.

    entry (Dict[str, Any]): The result.
    report (Report): Receives a loss for an invalid score.
    path (Path): The file, for messages.
    line (Optional[int]): The line in the file.
    RETURNS (float): The score; 1.0 if it is missing, null or invalid.
    """
    value = entry.get("score")
    if value is None:
        return 1.0
    try:
        score = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        score = float("nan")
    if isfinite(score) and 0 <= score <= 1:
        return score
    report.lose(BAD_SCORE, path, line, f"score {value!r:.80}")
    return 1.0
