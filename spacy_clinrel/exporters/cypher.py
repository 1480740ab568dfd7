"""Export of the graph as a script of Cypher statements for a running database."""

import json
from typing import Any, Iterator, Sequence

from .schema import Export, Row

# Columns of edges that are not properties.
ENDS = ("head", "tail", "label")


def write_cypher(export: Export) -> int:
    """Write the statements that create the graph, one per line.

    The first statement adds a uniqueness constraint on ids. The constraint speeds up the other
    statements. It also prevents a second export with the same ids from adding relations to the
    nodes of the first.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced; always 0, because Cypher can hold every character.
    """
    label = export.layout.nodes.row_class
    with export.paths[0].open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE;\n")
        for nodes, edges in export.batches:
            for row in nodes.to_pylist():
                file.write(f"CREATE (:{label} {to_literal(row)});\n")
            file.writelines(_edge_statements(label, edges.to_pylist()))
    return 0


def _edge_statements(node_label: str, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        properties = {key: value for key, value in row.items() if key not in ENDS}
        yield (
            f"MATCH (h:{node_label} {to_literal({'id': row['head']})}), "
            f"(t:{node_label} {to_literal({'id': row['tail']})}) "
            f"CREATE (h)-[:{quote_name(row['label'])} {to_literal(properties)}]->(t);\n"
        )


def to_literal(value: Any) -> str:
    """Convert a value to a Cypher literal.

    value (Any): A string, number or boolean, a list of these, or a dictionary with column names as
        keys. Keys with the value None are dropped, because property graphs have no null.
    RETURNS (str): The literal, without line breaks.
    """
    if isinstance(value, dict):
        pairs = (f"{key}: {to_literal(v)}" for key, v in value.items() if v is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_literal, value)) + "]"
    if isinstance(value, float):
        # Cypher does not allow a plus sign in an exponent.
        return repr(value).replace("e+", "e")
    # Cypher supports all escapes of JSON, and JSON escapes all control characters below U+0020.
    return json.dumps(value, ensure_ascii=False)


def quote_name(text: str) -> str:
    """Quote the name of a relationship type for Cypher.

    text (str): The name, not empty.
    RETURNS (str): The name in backticks, because it may be a keyword. Backticks in the name are
        doubled. Backslashes are written as \\u005C, because Neo4j would read `\\u` in a name as an
        escape.
    """
    escaped = text.replace("`", "``").replace("\\", "\\u005C")
    return f"`{escaped}`"
