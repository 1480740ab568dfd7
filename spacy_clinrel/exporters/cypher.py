"""Export of the graph as a script of Cypher statements for a running database."""

import json
import re
from typing import Any, Iterator, Sequence

from .schema import Export, Row

# Columns of edges that are not properties.
ENDS = ("head", "tail", "label")
# Control characters and the separators of lines and paragraphs: characters at which programs may
# break lines.
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Property names that need no quotes. All column names are like this.
PLAIN_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
# Neo4j allows no NUL in names.
NUL, REPLACEMENT = "\0", "\ufffd"


def write_cypher(export: Export) -> int:
    """Write the statements that create the graph, one per line. Control characters and other
    characters that may break lines are escaped.

    The first statement adds a uniqueness constraint on ids. The constraint speeds up the other
    statements. It also prevents a second export with the same ids from adding relations to the
    nodes of the first.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced: NUL in the labels of relations becomes U+FFFD.
        Strings can hold every character.
    """
    label = export.layout.nodes.row_class
    n_replaced = 0
    with export.paths[0].open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE;\n")
        for nodes, edges in export.batches:
            for row in nodes.to_pylist():
                file.write(f"CREATE (:{label} {to_literal(row)});\n")
            rows = edges.to_pylist()
            n_replaced += sum(row["label"].count(NUL) for row in rows)
            file.writelines(_edge_statements(label, rows))
    return n_replaced


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

    value (Any): A string, finite number or boolean, a list of these, or a dictionary with property
        names as keys. Keys with the value None are dropped, because property graphs have no null.
    RETURNS (str): The literal, without line breaks and control characters.
    RAISES (ValueError): If a number is NaN or infinite.
    """
    if isinstance(value, dict):
        names = {key: key if PLAIN_NAME.fullmatch(key) else quote_name(key) for key in value}
        pairs = (f"{names[key]}: {to_literal(v)}" for key, v in value.items() if v is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_literal, value)) + "]"
    # Cypher supports all escapes of JSON, and JSON escapes all control characters below U+0020.
    literal = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, float):
        # Cypher does not allow a plus sign in an exponent.
        return literal.replace("e+", "e")
    return BREAKS.sub(_escape, literal)


def _escape(match: "re.Match[str]") -> str:
    return f"\\u{ord(match[0]):04X}"


def quote_name(text: str) -> str:
    """Quote the name of a relationship type or property for Cypher.

    text (str): The name, not empty.
    RETURNS (str): The name in backticks, because it may be a keyword. Backticks in the name are
        doubled. Backslashes are written as \\u005C, because Neo4j would read `\\u` in a name as an
        escape. Control characters and line breaks are escaped in the same way, but NUL is replaced
        by U+FFFD.
    """
    escaped = text.replace(NUL, REPLACEMENT).replace("`", "``").replace("\\", "\\u005C")
    return f"`{BREAKS.sub(_escape, escaped)}`"
