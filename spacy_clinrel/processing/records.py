"""The list of finished shards, _shards.jsonl, with a record per line:

- A finished shard, with the input position after it.
- A shard of documents that `--retry-quarantined` annotates again, with the settings of the retry
  in "retry". The documents are still in the quarantine.
- The end of a retry, with its settings in "retried" and without a file. Its documents have left
  the quarantine.
"""

import json
import re
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

from ..errors import Errors

SHARDS = "_shards.jsonl"

Record = Dict[str, Any]

# Names of shards. A damaged list must not lead to other files.
SHARD_NAME = re.compile(r"part-\d{6,}\.[a-z]+")
COUNTS = ("documents", "quarantined", "mentions", "relations", "seconds")


class Line(NamedTuple):
    """A line of the list.

    record (Record): The record.
    end (int): Byte offset after the line.
    """

    record: Record
    end: int

    @property
    def is_retry(self) -> bool:
        """Whether the record is a shard of a retry."""
        return "retry" in self.record

    @property
    def is_end_of_retry(self) -> bool:
        """Whether the record is the end of a retry."""
        return "retried" in self.record


def read_records(path: Path) -> List[Line]:
    """Read the list of shards, without the last line if its writing was interrupted.

    path (Path): The list.
    RETURNS (List[Line]): The lines.
    RAISES (ValueError): If another line is damaged, or lines are missing.
    """
    data = path.read_bytes() if path.exists() else b""
    lines: List[Line] = []
    end = 0
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        end += len(line) + 1
        try:
            record = _parse(line, lines[-1].record if lines else None)
        except (ValueError, RecursionError) as error:
            # The content of the line is not quoted, because it may contain anything.
            where = Errors.P030.format(path=path, number=number, error=error)
            raise ValueError(where) from error
        lines.append(Line(record, end))
    return lines


def _parse(line: bytes, before: Optional[Record]) -> Record:
    """Return the record of a line.

    line (bytes): The line.
    before (Optional[Record]): The record of the line before.
    RAISES (ValueError): If the line is damaged, or does not follow the line before.
    """
    try:
        record = json.loads(line)
    except UnicodeDecodeError as error:
        raise ValueError(f"invalid UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"invalid JSON at character {error.pos}") from error
    problem = _find_problem(record)
    if problem:
        raise ValueError(problem)
    expected = 0 if before is None else before["shard"] + ("retried" not in record)
    if record["shard"] != expected:
        raise ValueError(f"expected shard {expected}, got shard {record['shard']}")
    return dict(record)


def _find_problem(record: Any) -> Optional[str]:
    """Return which field of a record is invalid, or None."""
    if not isinstance(record, dict):
        return "expected an object"
    name, totals, position = record.get("file"), record.get("totals"), record.get("next")
    is_valid = {
        "shard": _is_count(record.get("shard")),
        "file": "file" in record
        and (name is None or (isinstance(name, str) and SHARD_NAME.fullmatch(name) is not None)),
        "bytes": _is_count(record.get("bytes")),
        # Earlier versions did not write checksums.
        "sha256": isinstance(record.get("sha256", ""), str),
        "next": isinstance(position, list) and len(position) == 3 and all(map(_is_count, position)),
        "quarantine_bytes": _is_count(record.get("quarantine_bytes")),
        "totals": isinstance(totals, dict) and all(_is_number(totals.get(key)) for key in COUNTS),
        "retry": isinstance(record.get("retry", {}), dict),
        "retry_bytes": "retry" not in record or _is_count(record.get("retry_bytes")),
        "retried": isinstance(record.get("retried", {}), dict),
    }
    return next((f"invalid '{key}'" for key, valid in is_valid.items() if not valid), None)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
