"""Export of the two tables as CSV, JSON Lines and Parquet."""

import json
from contextlib import ExitStack
from typing import Any, Sequence

from .schema import Export, Table, arrow_schema, require

# Maps Arrow types to their names in Neo4j's import. In CSV, a list is written as a JSON string.
CSV_TYPES = {"string": "string", "int64": "long", "double": "double", "bool": "boolean"}
# Columns with a special meaning in Neo4j's import. All others are properties.
CSV_ROLES = {"id": "ID", "head": "START_ID", "tail": "END_ID", "label": "TYPE"}


def csv_header(table: Table) -> Sequence[str]:
    """Return the CSV header, in the form that Neo4j's bulk import reads.

    table (Table): The table.
    RETURNS (Sequence[str]): `name:type` for each column. The id of an edge is a property. The nodes
        table has an additional last column with the Neo4j label.
    """
    is_edges = any(column.name == "head" for column in table.columns)
    roles = {**CSV_ROLES, **({"id": "string"} if is_edges else {})}
    names = [
        f"{column.name}:{roles.get(column.name) or CSV_TYPES.get(column.type, 'string')}"
        for column in table.columns
    ]
    return names if is_edges else [*names, ":LABEL"]


def write_csv(export: Export) -> int:
    """Write both tables as CSV in UTF-8. Strings are quoted, quotation marks in strings are
    doubled.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced; always 0, because the format can hold every
        character.
    """
    pa, csv = require("pyarrow"), require("pyarrow.csv")
    options = csv.WriteOptions(include_header=False)
    with ExitStack() as files:
        writers = []
        for table, path in zip(export.layout, export.paths):
            schema = schema_without_lists(pa, arrow_schema(table))
            if table is export.layout.nodes:
                schema = schema.append(pa.field("label", pa.string()))
            file = files.enter_context(path.open("wb"))
            file.write((",".join(csv_header(table)) + "\n").encode())
            writers.append(files.enter_context(csv.CSVWriter(file, schema, write_options=options)))
        for nodes, edges in export.batches:
            nodes, edges = lists_to_json(pa, nodes), lists_to_json(pa, edges)
            labels = pa.array([export.layout.nodes.row_class] * len(nodes), pa.string())
            writers[0].write_batch(nodes.append_column("label", labels))
            writers[1].write_batch(edges)
    return 0


def write_jsonl(export: Export) -> int:
    """Write both tables as JSON Lines, one object per row.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced; always 0, because the format can hold every
        character.
    """
    with ExitStack() as stack:
        files = [
            stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            for path in export.paths
        ]
        for batches in export.batches:
            for batch, file in zip(batches, files):
                file.writelines(f"{_to_json(row)}\n" for row in batch.to_pylist())
    return 0


def write_parquet(export: Export) -> int:
    """Write both tables as Parquet.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced; always 0, because the format can hold every
        character.
    """
    parquet = require("pyarrow.parquet")
    with ExitStack() as files:
        writers = [
            files.enter_context(parquet.ParquetWriter(path, arrow_schema(table)))
            for table, path in zip(export.layout, export.paths)
        ]
        for batches in export.batches:
            for batch, writer in zip(batches, writers):
                writer.write_batch(batch)
    return 0


def schema_without_lists(pa: Any, schema: Any) -> Any:
    """Convert a schema for formats without list types.

    pa (Any): The module `pyarrow`.
    schema (pyarrow.Schema): The schema.
    RETURNS (pyarrow.Schema): The schema, with string columns in place of list columns.
    """
    return pa.schema(
        [field.with_type(pa.string()) if _is_list(pa, field) else field for field in schema]
    )


def lists_to_json(pa: Any, batch: Any) -> Any:
    """Convert rows for formats without list types.

    pa (Any): The module `pyarrow`.
    batch (pyarrow.RecordBatch): The rows.
    RETURNS (pyarrow.RecordBatch): The rows, with lists as JSON strings.
    """
    columns = [
        pa.array(
            [None if value is None else _to_json(value) for value in column.to_pylist()],
            pa.string(),
        )
        if _is_list(pa, field)
        else column
        for field, column in zip(batch.schema, batch.columns)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema_without_lists(pa, batch.schema))


def _is_list(pa: Any, field: Any) -> bool:
    return bool(pa.types.is_list(field.type))


def _to_json(value: Any) -> str:
    # Not srsly, which rounds scores to nine digits and escapes Chinese characters.
    return json.dumps(value, ensure_ascii=False)
