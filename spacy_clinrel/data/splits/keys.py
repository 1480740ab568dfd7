"""Keys for grouping and stratifying documents: metadata columns, or parts of document ids."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import srsly

from ...errors import Errors
from ...files import (
    DecodedLine,
    check_encoding,
    check_source,
    decode_lines,
    read_encoded,
    show_path,
    warn_about_encoding,
)
from ..groups import group_of

ID_COLUMNS = ("doc_id", "id")
Metadata = Mapping[str, Mapping[str, str]]


def read_metadata(path: Path, encoding: Optional[str] = None) -> Metadata:
    """Read the metadata of documents.

    path (Path): A `.csv` file with a header, or a `.jsonl` file with one object per line.
        The column `doc_id` or, if missing, `id` contains the document id.
    encoding (Optional[str]): Encoding of the file; None to detect UTF-8 and UTF-16.
    RETURNS (Metadata): Values by document id and column.
    RAISES (ValueError): If the file cannot be read, has no column of ids, or contains an id more
        than once.
    """
    metadata: Dict[str, Dict[str, str]] = {}
    try:
        check_source(path)
        for row in _rows(path, encoding):
            column = next((name for name in ID_COLUMNS if name in row), None)
            if column is None:
                raise ValueError(f"no column {' or '.join(ID_COLUMNS)}")
            values = {str(name): "" if v is None else str(v) for name, v in row.items()}
            if metadata.setdefault(values[column], values) is not values:
                raise ValueError(f"duplicate id '{values[column]}'")
        if not metadata:
            raise ValueError("no rows")
    except (ValueError, OSError, csv.Error, RecursionError) as error:
        raise ValueError(
            Errors.F028.format(path=show_path(path), error=str(error).rstrip("."))
        ) from error
    return metadata


def keys_of(doc_ids: Sequence[str], key: str, metadata: Optional[Metadata] = None) -> List[str]:
    """Return the value of a key for each document.

    doc_ids (Sequence[str]): The document ids.
    key (str): A column of the metadata, or a regular expression that finds the value in the
        document id, as in `group_of`.
    metadata (Optional[Metadata]): The metadata of the documents.
    RETURNS (List[str]): One value per document.
    RAISES (ValueError): If a document has no metadata, or the regular expression does not match its
        id.
    """
    columns = list(dict.fromkeys(name for row in (metadata or {}).values() for name in row))
    if metadata is None or key not in columns:
        try:
            return [group_of(doc_id, key) for doc_id in doc_ids]
        except ValueError as error:
            if metadata is None:
                raise
            known = ", ".join(columns)
            raise ValueError(Errors.F030.format(key=key, columns=known, error=error)) from error
    missing = [doc_id for doc_id in doc_ids if key not in metadata.get(doc_id, {})]
    if missing:
        n, total = len(missing), len(doc_ids)
        raise ValueError(Errors.F029.format(n=n, total=total, key=key, doc_id=missing[0]))
    return [metadata[doc_id][key] for doc_id in doc_ids]


def pool_rare(values: Sequence[str], min_count: int) -> Tuple[List[Optional[str]], Dict[str, int]]:
    """Replace rare values by None, so that their documents form a common stratum.

    values (Sequence[str]): One value per document.
    min_count (int): Minimum number of documents per value. Rarer values are pooled.
    RETURNS (Tuple[List[Optional[str]], Dict[str, int]]): One value per document, None if it is
        pooled; and the pooled values with their counts.
    """
    counts = Counter(values)
    pooled = {value: n for value, n in counts.most_common() if n < min_count}
    return [None if value in pooled else value for value in values], pooled


def _rows(path: Path, given: Optional[str]) -> Iterable[Mapping[str, Any]]:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".jsonl"):
        raise ValueError("not a .csv or .jsonl file")
    data, encoding = read_encoded(path, check_encoding(given))
    warn_about_encoding(path, encoding)
    lines = [_checked(line) for line in decode_lines(data, encoding)]
    if suffix == ".csv":
        yield from csv.DictReader(io.StringIO("\n".join(lines), newline=""))
        return
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = srsly.json_loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number}: expected one JSON object per line")
            yield row


def _checked(line: DecodedLine) -> str:
    if line.problem:
        raise ValueError(f"line {line.number}: {line.problem}")
    return line.text
