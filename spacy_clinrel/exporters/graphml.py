"""Export of the graph as GraphML, with networkx."""

from typing import Any, List, Tuple

from .schema import Export, Row, require
from .tables import lists_to_json

# Characters that XML 1.0 does not allow, even escaped. (Surrogates cannot occur in Arrow strings.)
NO_XML = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
REPLACEMENT = "\ufffd"


def write_graphml(export: Export) -> int:
    """Write a directed graph with parallel edges. The whole graph is in memory. Read it with
    `networkx.read_graphml(path, force_multigraph=True)`, which keeps the keys of the edges.

    Lists are written as JSON strings. Characters that XML does not allow become U+FFFD. Carriage
    returns become line feeds, because XML normalizes line breaks.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced.
    """
    nx = require("networkx")
    graph = nx.MultiDiGraph()
    n_replaced = 0
    for batches in export.batches:
        (nodes, n_in_nodes), (edges, n_in_edges) = (_clean(batch) for batch in batches)
        n_replaced += n_in_nodes + n_in_edges
        for row in nodes:
            graph.add_node(row.pop("id"), **row)
        for row in edges:
            graph.add_edge(row.pop("head"), row.pop("tail"), key=row.pop("id"), **row)
    nx.write_graphml(graph, export.paths[0], encoding="utf-8")
    return n_replaced


def _clean(batch: Any) -> Tuple[List[Row], int]:
    """Return the rows with replacements for characters that XML forbids, and the number of
    these."""
    pa, pc = require("pyarrow"), require("pyarrow.compute")
    batch = lists_to_json(pa, batch)
    n_replaced = 0
    columns = []
    for column in batch.columns:
        if pa.types.is_string(column.type):
            for pattern, substitute in ((NO_XML, REPLACEMENT), ("\r\n?", "\n")):
                n_replaced += pc.sum(pc.count_substring_regex(column, pattern)).as_py() or 0
                column = pc.replace_substring_regex(column, pattern, substitute)
        columns.append(column)
    rows = pa.RecordBatch.from_arrays(columns, schema=batch.schema).to_pylist()
    # GraphML has no null: drop the attribute.
    kept = [{key: value for key, value in row.items() if value is not None} for row in rows]
    return kept, n_replaced
