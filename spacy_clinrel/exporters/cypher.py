"""The graph as a script of Cypher statements, without parameters, for a database that runs."""

import json
from typing import Any, Iterator, Sequence

from .schema import Export, Row

# Columns of edges that are no properties.
ENDS = ("head", "tail", "label")


def write_cypher(export: Export) -> int:
    """Write the statements that make the graph, each in a line of its own.

    The first makes ids unique, which makes the others fast, and stops a second export with the same
    ids from being tied to the first one's nodes.

    export (Export): What to write, and where.
    RETURNS (int): 0, as no character has to be replaced.
    """
    kind = export.layout.nodes.kind
    with export.paths[0].open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{kind}) REQUIRE n.id IS UNIQUE;\n")
        for nodes, edges in export.batches:
            for row in nodes.to_pylist():
                file.write(f"CREATE (:{kind} {literal(row)});\n")
            file.writelines(_edge_statements(kind, edges.to_pylist()))
    return 0


def _edge_statements(kind: str, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        properties = {key: value for key, value in row.items() if key not in ENDS}
        yield (
            f"MATCH (h:{kind} {literal({'id': row['head']})}), "
            f"(t:{kind} {literal({'id': row['tail']})}) "
            f"CREATE (h)-[:{name(row['label'])} {literal(properties)}]->(t);\n"
        )


def literal(value: Any) -> str:
    """A value as Cypher's source has it.

    value (Any): A string, number, truth value, a list of these, or a dictionary whose keys are
        names of columns. What is None is left out of it, as in a property graph.
    RETURNS (str): A literal without line breaks.
    """
    if isinstance(value, dict):
        pairs = (f"{key}: {literal(v)}" for key, v in value.items() if v is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, float):
        # The grammar knows no plus in an exponent.
        return repr(value).replace("e+", "e")
    # All of JSON's escapes are Cypher's too, and it leaves no control character below U+0020 bare.
    return json.dumps(value, ensure_ascii=False)


def name(text: str) -> str:
    """A relationship type as Cypher's source has it.

    text (str): The name, not empty.
    RETURNS (str): In backticks, as it may be one of Cypher's words, a backtick doubled. A backslash
        is written as Neo4j's escape for it, as `\\u` within a name would be read as one.
    """
    escaped = text.replace("`", "``").replace("\\", "\\u005C")
    return f"`{escaped}`"
