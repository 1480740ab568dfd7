"""Schema of the two Arrow tables from which all formats are written."""

from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from ..errors import require as require_extra
from ..tokens.assertion import FLAGS

Row = Dict[str, Any]
# Rows of the nodes table and of the edges table.
Rows = Tuple[List[Row], List[Row]]


class Column(NamedTuple):
    """A column of a table.

    name (str): The name.
    type (str): string, int64, double or bool, or a list of these types, e.g. list<string>.
    """

    name: str
    type: str = "string"


class Table(NamedTuple):
    """A table of an export.

    name (str): The name of the table and of its file.
    row_class (str): What a row represents: the node label in a property graph, the class in RDF.
    columns (Tuple[Column, ...]): The columns, described in `vocabulary.ttl`.
    """

    name: str
    row_class: str
    columns: Tuple[Column, ...]


class Layout(NamedTuple):
    """The tables of an export.

    nodes (Table): Mentions or, after merging, nodes.
    edges (Table): Relations or, after merging, edges. `head` and `tail` are ids of rows in `nodes`.
    """

    nodes: Table
    edges: Table


class Export(NamedTuple):
    """The input of the function that writes a format.

    layout (Layout): The tables.
    batches (Iterable[Tuple[RecordBatch, RecordBatch]]): Batches of nodes and edges. The nodes of an
        edge are in the same batch as the edge or in an earlier batch.
    paths (Sequence[Path]): The files to write: one file, or the file of nodes and the file of
        edges.
    prefix (str): Prefix of all ids.
    """

    layout: Layout
    batches: Iterable[Tuple[Any, Any]]
    paths: Sequence[Path]
    prefix: str = ""


# Assertion attributes of mentions, relations, nodes and edges.
FLAG_COLUMNS = tuple(Column(flag, "bool") for flag in FLAGS.values())

PLAIN = Layout(
    Table(
        "mentions",
        "Mention",
        (
            Column("id"),
            Column("doc", "int64"),
            Column("doc_id"),
            Column("start_char", "int64"),
            Column("end_char", "int64"),
            Column("text"),
            Column("type"),
            Column("norm"),
            *FLAG_COLUMNS,
            Column("assertion"),
            Column("other_attributes", "list<string>"),
            Column("section"),
            Column("value"),
            Column("value_number", "double"),
            Column("value_unit"),
            Column("value_comparison"),
            Column("value_flag"),
            Column("value_qualitative"),
            Column("dosage"),
            Column("dose", "double"),
            Column("dose_unit"),
            Column("route"),
            Column("frequency"),
            Column("kb_id"),
        ),
    ),
    Table(
        "relations",
        "Relation",
        (
            # Databases such as Kuzu read head and tail from the first two columns.
            Column("head"),
            Column("tail"),
            Column("id"),
            Column("label"),
            Column("score", "double"),
            Column("doc", "int64"),
            Column("doc_id"),
            Column("same_sentence", "bool"),
            Column("evidence_start", "int64"),
            Column("evidence_end", "int64"),
            Column("evidence"),
            *FLAG_COLUMNS,
        ),
    ),
)
MERGED = Layout(
    Table(
        "nodes",
        "Node",
        (
            Column("id"),
            Column("norm"),
            Column("type"),
            Column("count", "int64"),
            Column("documents", "int64"),
            Column("texts", "list<string>"),
            *FLAG_COLUMNS,
            Column("other_attributes", "list<string>"),
            Column("kb_id"),
            Column("sections", "list<string>"),
            Column("values", "list<string>"),
            Column("dosages", "list<string>"),
        ),
    ),
    Table(
        "edges",
        "Edge",
        (
            Column("head"),
            Column("tail"),
            Column("id"),
            Column("label"),
            Column("count", "int64"),
            Column("mean_score", "double"),
            Column("max_score", "double"),
            Column("same_sentence_count", "int64"),
            Column("docs", "list<int64>"),
            Column("doc_ids", "list<string>"),
            *FLAG_COLUMNS,
        ),
    ),
)

# Minimum number of nodes or edges in a batch, except for the last batch.
BATCH = 5000


def require(name: str) -> Any:
    """Import a module of the extra "graph".

    name (str): The name.
    RETURNS (Any): The imported module.
    RAISES (ImportError): If the module is not installed.
    """
    return require_extra(name, "graph")


def arrow_schema(table: Table) -> Any:
    """Return the Arrow schema of a table.

    table (Table): The table.
    RETURNS (pyarrow.Schema): The schema.
    """
    pa = require("pyarrow")
    types = {"string": pa.string(), "int64": pa.int64(), "double": pa.float64(), "bool": pa.bool_()}
    types.update({f"list<{name}>": pa.list_(type) for name, type in list(types.items())})
    return pa.schema([(column.name, types[column.type]) for column in table.columns])


def to_batches(layout: Layout, stream: Iterator[Rows]) -> Iterator[Tuple[Any, Any]]:
    """Collect rows into Arrow record batches.

    layout (Layout): The tables.
    stream (Iterator[Rows]): Rows of both tables.
    YIELDS (Tuple[RecordBatch, RecordBatch]): Batches of nodes and edges; at least one pair.
    """
    pa = require("pyarrow")
    schemas = [arrow_schema(table) for table in layout]
    collected: Rows = ([], [])
    for rows in stream:
        for table_rows, new_rows in zip(collected, rows):
            table_rows += new_rows
        if max(map(len, collected)) >= BATCH:
            yield _to_batch(pa, collected, schemas)
            collected = ([], [])
    yield _to_batch(pa, collected, schemas)


def _to_batch(pa: Any, rows: Rows, schemas: List[Any]) -> Tuple[Any, Any]:
    nodes, edges = (pa.RecordBatch.from_pylist(*pair) for pair in zip(rows, schemas))
    return nodes, edges
