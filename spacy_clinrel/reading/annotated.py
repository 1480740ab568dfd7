"""Rows of annotated documents in .parquet and .jsonl files, such as the output of `apply`."""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..errors import Errors
from ..files import EncodingError, show_path
from .columns import ID, TEXT, TextColumns, TextOptions
from .inputs import InputFile
from .parquet import column_names, read_batches
from .texts import EncodingDoubts, InputDocument, from_entry, read_objects, read_parquet

# Columns of annotated documents.
MENTIONS, RELATIONS, SECTIONS = "mentions", "relations", "sections"
DOCUMENT_COLUMNS = (ID, TEXT, MENTIONS, RELATIONS, SECTIONS, "error")


def read_rows(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[Tuple[InputDocument, Optional[Dict[str, Any]]]]:
    """Read the rows of a .parquet or .jsonl file: annotated documents, or texts.

    file (InputFile): The file.
    options (TextColumns): The column names of texts, the encoding, and the maximum length of a
        document.
    doubts (EncodingDoubts): Receives the file if its encoding is doubtful.
    YIELDS (Tuple[InputDocument, Optional[Dict[str, Any]]]): The text, and the row if it has the
        columns of an annotated document.
    RAISES (ValueError): If the file cannot be read.
    RAISES (ImportError): If the file is a .parquet file and pyarrow is not installed.
    """
    is_parquet = file.path.suffix.lower() == ".parquet"
    # The columns of annotated documents have these names, whatever the options.
    named = TextOptions(encoding=options.encoding, max_length=options.max_length)
    count = 0
    try:
        if is_parquet and MENTIONS not in column_names(file):
            for document in read_parquet(file, options, doubts):
                yield document, None
                count += 1
            return
        entries = _parquet_rows(file) if is_parquet else read_objects(file, options, doubts)
        for document, entry in entries:
            if entry.get(MENTIONS) is not None:
                source, position = document.source, document.position
                yield from_entry(entry, entry.get(ID), source, named, position), entry
            elif entry.get("error"):  # in the output of `annotate`
                yield document._replace(text=None, error=str(entry["error"])), None
            else:
                yield document, None
            count += 1
    except (EncodingError, ImportError):
        raise
    except Exception as error:  # the libraries raise different types for a broken file
        path = show_path(file.path)
        raise ValueError(Errors.P009.format(path=path, error=error, n=count)) from error


def _parquet_rows(file: InputFile) -> Iterator[Tuple[InputDocument, Dict[str, Any]]]:
    """Yield the rows of a Parquet file of annotated documents."""

    def choose(available: List[str]) -> List[str]:
        return [name for name in available if name in DOCUMENT_COLUMNS]

    for batch, first, end, position in read_batches(file, choose):
        problem, rows = batch, []
        if not isinstance(batch, str):
            try:
                rows = batch.to_pylist()
            except Exception as error:  # text that is not UTF-8
                problem = Errors.P020.format(first=first + 1, last=end, error=type(error).__name__)
        if not rows:
            source = f"{file.name}:{first + 1}-{end}"
            yield InputDocument(source, source, None, problem, position), {}
        for number, row in enumerate(rows, start=first + 1):
            source = f"{file.name}:{number}"
            yield InputDocument(source, source, None, Errors.P003, position), row
