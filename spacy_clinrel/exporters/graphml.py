"""The graph as GraphML, by networkx."""

from typing import Any, List, Tuple

from .schema import Export, Row, require
from .tables import flatten

# Characters that XML 1.0 can't hold, not even escaped. (It has no surrogates, nor has Arrow.)
NO_XML = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
REPLACEMENT = "\ufffd"


def write_graphml(export: Export) -> int:
    """Write a directed graph with parallel edges. networkx holds all of it.

    Lists are strings of JSON. Characters that XML can't hold become U+FFFD, a carriage return
    becomes a line feed, as XML has it.

    export (Export): What to write, and where.
    RETURNS (int): How many characters were replaced.
    """
    nx = require("networkx")
    graph = nx.MultiDiGraph()
    replaced = 0
    for both in export.batches:
        (nodes, a), (edges, b) = (_clean(batch) for batch in both)
        replaced += a + b
        for row in nodes:
            graph.add_node(row.pop("id"), **row)
        for row in edges:
            graph.add_edge(row.pop("head"), row.pop("tail"), key=row.pop("id"), **row)
    nx.write_graphml(graph, export.paths[0], encoding="utf-8")
    return replaced


def _clean(batch: Any) -> Tuple[List[Row], int]:
    """Rows that XML can hold, and how many characters were replaced in them."""
    pa, pc = require("pyarrow"), require("pyarrow.compute")
    batch = flatten(pa, batch)
    replaced = 0
    columns = []
    for column in batch.columns:
        if pa.types.is_string(column.type):
            for pattern, other in ((NO_XML, REPLACEMENT), ("\r\n?", "\n")):
                replaced += pc.sum(pc.count_substring_regex(column, pattern)).as_py() or 0
                column = pc.replace_substring_regex(column, pattern, other)
        columns.append(column)
    rows = pa.RecordBatch.from_arrays(columns, schema=batch.schema).to_pylist()
    # Nor has GraphML a value for None: there is no such attribute then.
    return [{k: value for k, value in row.items() if value is not None} for row in rows], replaced
