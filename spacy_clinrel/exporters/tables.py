"""The two tables as files: CSV, JSON lines, Parquet."""

import json
from contextlib import ExitStack
from typing import Any, Sequence

from .schema import Export, Table, arrow_schema, require

# Types of Arrow as Neo4j's import calls them. What is a list is a string of JSON in CSV.
CSV_TYPES = {"string": "string", "int64": "long", "double": "double", "bool": "boolean"}
# Columns that have a meaning of their own in Neo4j's import; others are properties.
CSV_ROLES = {"id": "ID", "head": "START_ID", "tail": "END_ID", "label": "TYPE"}


def csv_header(table: Table) -> Sequence[str]:
    """Names of the columns in CSV, in the form that Neo4j's bulk import reads.

    table (Table): The table.
    RETURNS (Sequence[str]): `name:type` of each; the first column of an edges' table, its id, is a
        property, and a nodes' table ends in a column with the label that Neo4j is to give them.
    """
    is_edges = any(column.name == "head" for column in table.columns)
    roles = {**CSV_ROLES, **({"id": "string"} if is_edges else {})}
    names = [
        f"{column.name}:{roles.get(column.name) or CSV_TYPES.get(column.type, 'string')}"
        for column in table.columns
    ]
    return names if is_edges else [*names, ":LABEL"]


def write_csv(export: Export) -> int:
    """Write both tables as CSV: in UTF-8, strings quoted, a quote within one doubled.

    export (Export): What to write, and where.
    RETURNS (int): 0, as no character has to be replaced.
    """
    pa, csv = require("pyarrow"), require("pyarrow.csv")
    options = csv.WriteOptions(include_header=False)
    with ExitStack() as files:
        writers = []
        for table, path in zip(export.layout, export.paths):
            schema = flat_schema(pa, arrow_schema(table))
            if table is export.layout.nodes:
                schema = schema.append(pa.field("kind", pa.string()))
            file = files.enter_context(path.open("wb"))
            file.write((",".join(csv_header(table)) + "\n").encode())
            writers.append(files.enter_context(csv.CSVWriter(file, schema, write_options=options)))
        for nodes, edges in export.batches:
            nodes, edges = flatten(pa, nodes), flatten(pa, edges)
            kinds = pa.array([export.layout.nodes.kind] * len(nodes), pa.string())
            writers[0].write_batch(nodes.append_column("kind", kinds))
            writers[1].write_batch(edges)
    return 0


def write_jsonl(export: Export) -> int:
    """Write both tables as JSON lines, an object a row.

    export (Export): What to write, and where.
    RETURNS (int): 0, as no character has to be replaced.
    """
    with ExitStack() as stack:
        files = [
            stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            for path in export.paths
        ]
        for both in export.batches:
            for batch, file in zip(both, files):
                file.writelines(f"{_to_json(row)}\n" for row in batch.to_pylist())
    return 0


def write_parquet(export: Export) -> int:
    """Write both tables as Parquet.

    export (Export): What to write, and where.
    RETURNS (int): 0, as no character has to be replaced.
    """
    parquet = require("pyarrow.parquet")
    with ExitStack() as files:
        writers = [
            files.enter_context(parquet.ParquetWriter(path, arrow_schema(table)))
            for table, path in zip(export.layout, export.paths)
        ]
        for both in export.batches:
            for batch, writer in zip(both, writers):
                writer.write_batch(batch)
    return 0


def flat_schema(pa: Any, schema: Any) -> Any:
    """A schema for formats that have no lists.

    pa (Any): The module pyarrow.
    schema (pyarrow.Schema): The schema.
    RETURNS (pyarrow.Schema): The same with strings in place of lists.
    """
    return pa.schema(
        [field.with_type(pa.string()) if _is_list(pa, field) else field for field in schema]
    )


def flatten(pa: Any, batch: Any) -> Any:
    """Rows for formats that have no lists.

    pa (Any): The module pyarrow.
    batch (pyarrow.RecordBatch): The rows.
    RETURNS (pyarrow.RecordBatch): The same with each list as a string of JSON.
    """
    columns = [
        pa.array([_to_json(value) for value in column.to_pylist()], pa.string())
        if _is_list(pa, field)
        else column
        for field, column in zip(batch.schema, batch.columns)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=flat_schema(pa, batch.schema))


def _is_list(pa: Any, field: Any) -> bool:
    return bool(pa.types.is_list(field.type))


def _to_json(value: Any) -> str:
    # Not srsly's, which rounds scores to nine digits and writes Chinese as escapes.
    return json.dumps(value, ensure_ascii=False)
