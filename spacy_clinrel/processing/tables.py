"""Mentions and relations as two flat tables, from documents or from the output of `apply`.

import spacy_clinrel
tables = spacy_clinrel.tables(docs)                            # pyarrow
frames = spacy_clinrel.tables("annotated", as_frame=True)      # pandas
"""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Tuple, Union

import numpy as np
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors
from ..errors import require as require_extra
from ..files import check_source, show_path, spacy_files, stream_docbin
from ..tokens import all_mentions, get_doc_id
from .rows import Row, annotation_row
from .schema import ATTRIBUTES, AnnotationOptions, output_schema

Source = Union[str, Path, Doc, Iterable[Doc]]
SHARDS = "part-*"
# Number of documents that are converted at a time.
BATCH = 500
# Columns of a relation that describe its head and its tail.
END_TEXTS = ("text", "type")


def tables(source: Source, *, as_frame: bool = False) -> Dict[str, Any]:
    """Return mentions and relations as two tables.

    "mentions" has a row per mention: `doc` (number of the document, from 0), `doc_id`, `mention`
    (number of the mention in the document, from 0), then the fields of a mention in the output of
    `apply`. "relations" has a row per relation: `doc`, `doc_id`, the fields of a relation, and text
    and type of head and tail. `head` and `tail` are values of `mention` in the same document.
    docs/reference/output.md describes all columns.

    source (Union[str, Path, Doc, Iterable[Doc]]): Documents, a .spacy file or a folder of such
        files, or the output of `apply`: the folder, or a .parquet or .jsonl file. Output with
        schema version 1 has null in the columns that it does not contain.
    as_frame (bool): Whether to return pandas DataFrames instead of Arrow tables.
    RETURNS (Dict[str, Any]): The tables, by the names "mentions" and "relations".
    RAISES (ValueError): If a file cannot be read or is not the output of `apply`, or a document is
        damaged.
    RAISES (ImportError): If pyarrow or pandas is not installed.
    """
    pa = _require("pyarrow")
    parts: Dict[str, List[Any]] = {"mentions": [], "relations": []}
    first = 0
    for place, batch in _read(source):
        try:
            parts["mentions"].append(_mentions(pa, batch, first))
            parts["relations"].append(_relations(pa, batch, first))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(Errors.P062.format(path=place, error=type(error).__name__)) from error
        first += len(batch)
    found = {
        name: pa.concat_tables(batches, promote_options="default")
        for name, batches in parts.items()
    }
    return {name: to_frame(table) for name, table in found.items()} if as_frame else found


def mentions_table(source: Source, *, as_frame: bool = False) -> Any:
    """Return mentions as a table. For arguments and columns, see `tables`.

    source (Union[str, Path, Doc, Iterable[Doc]]): Documents, .spacy files or the output of `apply`.
    as_frame (bool): Whether to return a pandas DataFrame instead of an Arrow table.
    RETURNS (Any): The table.
    """
    return tables(source, as_frame=as_frame)["mentions"]


def relations_table(source: Source, *, as_frame: bool = False) -> Any:
    """Return relations as a table. For arguments and columns, see `tables`.

    source (Union[str, Path, Doc, Iterable[Doc]]): Documents, .spacy files or the output of `apply`.
    as_frame (bool): Whether to return a pandas DataFrame instead of an Arrow table.
    RETURNS (Any): The table.
    """
    return tables(source, as_frame=as_frame)["relations"]


def to_frame(table: Any) -> Any:
    """Convert a table to pandas. Booleans and integers with null get pandas' nullable types, so
    that `frame[frame.is_negated]` leaves out unknown values.

    table (pyarrow.Table): The table.
    RETURNS (pandas.DataFrame): The frame.
    RAISES (ImportError): If pandas is not installed.
    """
    pa, pd = _require("pyarrow"), _require("pandas")
    types = {pa.bool_(): pd.BooleanDtype()}
    return table.to_pandas(types_mapper=types.get)


def _require(name: str) -> Any:
    return require_extra(name, "tables")


def _read(source: Source) -> Iterator[Tuple[str, Any]]:
    """Yield batches of nested rows, at least one, with their place for messages."""
    pa = _require("pyarrow")
    schema = output_schema(AnnotationOptions(""))
    yield "", pa.Table.from_pylist([], schema=schema)
    if isinstance(source, Doc):
        source = [source]
    if not isinstance(source, (str, Path)):
        yield from _doc_batches(source, "", schema)
        return
    for path in _files(Path(source)):
        if path.suffix == ".spacy":
            yield from _doc_batches(stream_docbin(path, Vocab()), f"{show_path(path)}: ", schema)
        else:
            yield show_path(path), _load(path, schema)


def _files(path: Path) -> List[Path]:
    """List the files of a source."""
    check_source(path)
    if path.is_dir():
        shards = sorted(p for p in path.glob(SHARDS) if p.suffix in READERS)
        return shards or spacy_files([path])
    if path.suffix not in (*READERS, ".spacy"):
        raise ValueError(Errors.P061.format(path=show_path(path)))
    return [path]


def _doc_batches(docs: Iterable[Doc], place: str, schema: Any) -> Iterator[Tuple[str, Any]]:
    pa = _require("pyarrow")
    rows: List[Row] = []
    for number, doc in enumerate(docs):
        if not isinstance(doc, Doc):
            raise ValueError(Errors.P065.format(number=number, type=type(doc).__name__))
        try:
            row = annotation_row(doc, all_mentions(doc))
        except ValueError as error:
            raise ValueError(Errors.P063.format(place=place, number=number, error=error)) from error
        rows.append({"id": get_doc_id(doc) or None, **row})
        if len(rows) == BATCH:
            yield place, pa.Table.from_pylist(rows, schema=schema)
            rows = []
    yield place, pa.Table.from_pylist(rows, schema=schema)


def _load(path: Path, schema: Any) -> Any:
    """Read a file of the output of `apply`."""
    try:
        return READERS[path.suffix](path, schema)
    # pyarrow raises different types for a broken file.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        text = Errors.P062.format(path=show_path(path), error=type(error).__name__)
        raise ValueError(text) from error


def _read_parquet(path: Path, schema: Any) -> Any:
    with path.open("rb") as file:  # pyarrow does not accept file names that are not UTF-8
        return _require("pyarrow.parquet").read_table(file)


def _read_jsonl(path: Path, schema: Any) -> Any:
    pa = _require("pyarrow")
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    custom = [m[ATTRIBUTES] for row in rows for m in row["mentions"] or () if ATTRIBUTES in m]
    if custom:
        index = schema.get_field_index("mentions")
        fields = [*schema.field(index).type.value_type, (ATTRIBUTES, pa.array(custom).type)]
        schema = schema.set(index, pa.field("mentions", pa.list_(pa.struct(fields))))
    return pa.Table.from_pylist(rows, schema=schema)


READERS = {".parquet": _read_parquet, ".jsonl": _read_jsonl}


def _mentions(pa: Any, nested: Any, first: int) -> Any:
    """Return the table of mentions of nested rows. `first` is the number of the first document."""
    parents, numbers, items = _flatten(nested, "mentions")
    columns = {**_documents(pa, nested, parents, first), "mention": pa.array(numbers)}
    columns.update(_fields(pa, items, "mentions"))
    if items.type.get_field_index(ATTRIBUTES) >= 0:
        columns[ATTRIBUTES] = items.field(ATTRIBUTES)
    return pa.table(columns)


def _relations(pa: Any, nested: Any, first: int) -> Any:
    """Return the table of relations of nested rows."""
    parents, _, items = _flatten(nested, "relations")
    columns = {**_documents(pa, nested, parents, first), **_fields(pa, items, "relations")}
    of_mentions, _, mentions = _flatten(nested, "mentions")
    starts = np.searchsorted(of_mentions, parents)
    for end in ("head", "tail"):
        index = starts + columns[end].to_numpy(zero_copy_only=False)
        # A broken index must not lead to a mention of another document.
        if (index < starts).any() or not np.array_equal(of_mentions[index], parents):
            raise IndexError(end)
        for name in END_TEXTS:
            columns[f"{end}_{name}"] = mentions.field(name).take(pa.array(index, pa.int64()))
    return pa.table(columns)


def _flatten(nested: Any, name: str) -> Tuple[np.ndarray, np.ndarray, Any]:
    """Return the row of each item of a list column, its index in the list, and the items."""
    compute = _require("pyarrow.compute")
    column = nested.column(name).combine_chunks()
    parents = compute.list_parent_indices(column).to_numpy(zero_copy_only=False)
    numbers = np.arange(len(parents)) - np.searchsorted(parents, parents)
    return parents, numbers, compute.list_flatten(column)


def _documents(pa: Any, nested: Any, parents: np.ndarray, first: int) -> Dict[str, Any]:
    ids = nested.column("id").combine_chunks().take(pa.array(parents, pa.int64()))
    return {"doc": pa.array(parents + first, pa.int64()), "doc_id": ids}


def _fields(pa: Any, items: Any, name: str) -> Dict[str, Any]:
    """Return the columns of the current schema. Files of an earlier version do not have all."""
    fields = output_schema(AnnotationOptions("")).field(name).type.value_type
    return {
        field.name: items.field(field.name).cast(field.type)
        if items.type.get_field_index(field.name) >= 0
        else pa.nulls(len(items), field.type)
        for field in fields
    }
