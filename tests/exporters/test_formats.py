"""Each export format, read with a library that users would choose."""

import json
import math
import re
from pathlib import Path

import hypothesis.strategies as st
import ladybug
import networkx as nx
import pandas as pd
import pyarrow.csv
import pyarrow.parquet
import pytest
import rdflib
import srsly
from hypothesis import given, settings

from spacy_clinrel.exporters import FORMATS, MERGED, PLAIN, export
from spacy_clinrel.exporters.cypher import quote_name, to_literal
from spacy_clinrel.exporters.graphml import REPLACEMENT
from spacy_clinrel.exporters.rdf import INSTANCES, VOCABULARY
from spacy_clinrel.exporters.schema import arrow_schema

from ..util import ROOT
from .util import NLP, expected, nasty_notes, note, read_rdf

LISTS = ("texts", "docs", "doc_ids", "other_attributes", "sections", "values", "dosages")
PROPERTIES = {"texts": "text", "sections": "section", "values": "value", "dosages": "dosage"}
PARSE = {"int64": int, "double": float, "bool": lambda text: {"true": True, "false": False}[text]}
DATABASE = ladybug.Connection(ladybug.Database(":memory:"))


def flat(rows):
    """Return the rows with lists as JSON strings, as in formats without lists."""
    return [
        {k: json.dumps(v, ensure_ascii=False) if k in LISTS and v else v for k, v in row.items()}
        for row in rows
    ]


def merged(docs, tmp_path):
    """Return the rows of nodes and edges, as exported to JSON Lines."""
    export(docs, tmp_path / "expected", "jsonl", merge=True)
    files = [tmp_path / "expected" / f"{table.name}.jsonl" for table in MERGED]
    return tuple(list(srsly.read_jsonl(path)) for path in files)


def known(rows):
    """Return the rows without null, as in formats that leave out unknown properties."""
    return [{k: v for k, v in row.items() if v is not None} for row in rows]


def rows_of(docs, merge, tmp_path):
    return merged(docs, tmp_path) if merge else expected(docs)


def by_id(rows):
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: {k: v for k, v in row.items() if k != "id"} for row in rows}


merge_or_not = pytest.mark.parametrize("merge", [False, True], ids=["plain", "merged"])


@merge_or_not
def test_parquet_has_all_rows(merge, tmp_path):
    docs = nasty_notes()
    expected_rows = rows_of(docs, merge, tmp_path)
    report = export(docs, tmp_path / "t", "parquet", merge=merge)
    assert report["replaced"] == 0 and report["documents"] == len(docs)
    for table, rows, path in zip(MERGED if merge else PLAIN, expected_rows, report["files"]):
        arrow_table = pyarrow.parquet.read_table(path)
        assert arrow_table.schema.equals(arrow_schema(table))
        assert arrow_table.to_pylist() == rows and len(rows) == report[table.name] > 5
        assert len(pd.read_parquet(path)) == len(rows)


def test_jsonl_has_all_rows(tmp_path):
    docs = nasty_notes()
    report = export(docs, tmp_path / "t", "jsonl")
    for rows, path in zip(expected(docs), report["files"]):
        assert list(srsly.read_jsonl(path)) == rows
        with Path(path).open(encoding="utf-8", newline="\n") as lines:
            assert [json.loads(line) for line in lines] == rows


@merge_or_not
def test_csv_has_all_rows(merge, tmp_path):
    docs = nasty_notes()
    expected_rows = rows_of(docs, merge, tmp_path)
    report = export(docs, tmp_path / "t", "csv", merge=merge)
    for table, rows, path in zip(MERGED if merge else PLAIN, expected_rows, report["files"]):
        frame = pd.read_csv(path, keep_default_na=False, dtype=str)
        if table is (MERGED if merge else PLAIN).nodes:
            assert set(frame.pop(":LABEL")) == {table.row_class}
        frame.columns = [column.split(":")[0] for column in frame.columns]
        # Null is an empty field. Only texts that are not null are compared with "".
        records = [
            {
                c.name: None if row[c.name] == "" else PARSE.get(c.type, str)(row[c.name])
                for c in table.columns
            }
            for row in frame.to_dict("records")
        ]
        assert records == [
            {k: None if v == "" else v for k, v in row.items()} for row in flat(rows)
        ]
        options = pyarrow.csv.ParseOptions(newlines_in_values=True)
        assert pyarrow.csv.read_csv(path, parse_options=options).num_rows == len(rows)


def test_csv_has_the_header_of_neo4j_import(tmp_path):
    """Neo4j's manual requires columns `name:type`, with ID and LABEL, START_ID, END_ID and TYPE."""
    for merge in (False, True):
        files = export(nasty_notes(), tmp_path, "csv", merge=merge)["files"]
        nodes, edges = (
            Path(file).read_text(encoding="utf-8").split("\n")[0].split(",") for file in files
        )
        assert nodes[0] == "id:ID" and nodes[-1] == ":LABEL"
        assert edges[:4] == ["head:START_ID", "tail:END_ID", "id:string", "label:TYPE"]
        rest = {column.split(":")[1] for column in nodes[1:-1] + edges[4:]}
        assert rest <= {"string", "long", "double", "boolean"} and "double" in rest


@merge_or_not
def test_csv_can_be_copied_into_kuzu(merge, tmp_path):
    """Ladybug is the continuation of Kuzu."""
    docs = nasty_notes()
    layout = MERGED if merge else PLAIN
    nodes, edges = rows_of(docs, merge, tmp_path)
    files = export(docs, tmp_path / "t", "csv", merge=merge)["files"]
    db = ladybug.Connection(ladybug.Database(":memory:"))
    label = layout.nodes.row_class
    # In CSV, lists are JSON strings.
    types = {
        column: LADYBUG.get(column.type, "STRING") for table in layout for column in table.columns
    }
    columns = ", ".join(f"`{column.name}` {types[column]}" for column in layout.nodes.columns)
    db.execute(f"CREATE NODE TABLE {label}({columns}, node_label STRING, PRIMARY KEY(id))")
    columns = ", ".join(f"`{column.name}` {types[column]}" for column in layout.edges.columns[2:])
    db.execute(f"CREATE REL TABLE Link(FROM {label} TO {label}, {columns})")
    options = "(header=true, parallel=false, escape='\"')"
    for name, path in zip((label, "Link"), files):
        db.execute(f"COPY {name} FROM '{path}' {options}")
    found = db.execute("MATCH (h)-[r]->(t) RETURN h.id, t.id, r.id, r.label").get_all()
    assert sorted(found) == sorted(
        [row["head"], row["tail"], row["id"], row["label"]] for row in edges
    )
    assert db.execute("MATCH (n) RETURN count(n)").get_all() == [[len(nodes)]]


@merge_or_not
def test_graphml_has_all_rows(merge, tmp_path):
    docs = nasty_notes(controls=False)
    nodes, edges = rows_of(docs, merge, tmp_path)
    report = export(docs, tmp_path / "t.graphml", merge=merge)
    assert report["replaced"] == 0 and report["format"] == "graphml"
    graph = nx.read_graphml(tmp_path / "t.graphml", force_multigraph=True)
    assert graph.is_directed()
    attributes = dict(graph.nodes(data=True))
    for head, tail, key, data in graph.edges(keys=True, data=True):
        data.pop("id", None)
        attributes[key] = {"head": head, "tail": tail, **data}
    assert attributes == by_id(known(flat([*nodes, *edges])))
    assert graph.number_of_edges() == len(edges) > 5


def test_graphml_replaces_and_counts_characters_forbidden_in_xml(tmp_path):
    doc = note(["a\0\x1b", "x\r\ny\rz", "\ufffe😀"])
    report = export([doc], tmp_path / "t.graphml")
    graph = nx.read_graphml(tmp_path / "t.graphml")
    texts = [data["text"] for _, data in sorted(graph.nodes(data=True))]
    assert texts == [f"a{REPLACEMENT * 2}", "x\ny\nz", f"{REPLACEMENT}😀"]
    norms = [data["norm"] for _, data in sorted(graph.nodes(data=True))]
    assert norms == [f"a{REPLACEMENT * 2}", "x y z", f"{REPLACEMENT}😀"]
    # Text and norm have the 3 control characters, the text also 2 carriage returns. The evidence of
    # the relations repeats the texts.
    evidence = sum(
        sum(map(data["evidence"].count, (REPLACEMENT, "\n"))) for *_, data in graph.edges(data=True)
    )
    assert report["replaced"] == 3 + 2 + 3 + evidence


@merge_or_not
@pytest.mark.parametrize("format, ending", [("turtle", ".ttl"), ("jsonld", ".jsonld")])
def test_rdf_has_all_rows(format, ending, merge, tmp_path):
    docs = nasty_notes()
    layout, expected_rows = MERGED if merge else PLAIN, rows_of(docs, merge, tmp_path)
    path = tmp_path / f"t{ending}"
    report = export(docs, path, merge=merge)
    assert report["format"] == format and report["replaced"] == 0
    rows, documents = read_rdf(path, {"jsonld": "json-ld"}.get(format, format))
    for table, table_rows in zip(layout, expected_rows):
        assert len(table_rows) == sum(row["class"] == table.row_class for row in rows.values()) > 5
        for row in table_rows:
            resource = rows[row["id"]]
            numbers = row.get("docs") or [row["doc"]] if "docs" in row or "doc" in row else []
            assert resource.get("document", set()) == {f"d{number}" for number in numbers}
            for number, doc_id in zip(numbers, row.get("doc_ids") or [row.get("doc_id")]):
                assert documents[f"d{number}"].get("doc_id", {""}) == {doc_id}
            for column in table.columns:
                if column.name in ("id", "doc", "docs", "doc_id", "doc_ids"):
                    continue
                value = row[column.name]
                values = resource.get(PROPERTIES.get(column.name, column.name), set())
                if column.type == "double":
                    values = set(map(float, values))
                members = value if isinstance(value, list) else [value]
                assert values == {member for member in members if member is not None}


def test_vocabulary_describes_every_column():
    path = ROOT / "spacy_clinrel" / "exporters" / "vocabulary.ttl"
    graph = rdflib.Graph().parse(path)
    described = {
        str(s).removeprefix(VOCABULARY) for s in graph.subjects() if str(s).startswith(VOCABULARY)
    }
    tables = (*PLAIN, *MERGED)
    columns = {column.name for table in tables for column in table.columns} - {"id"}
    other = {**PROPERTIES, "docs": "document", "doc": "document", "doc_ids": "doc_id"}
    classes = {table.row_class for table in tables} | {"Document"}
    assert described == classes | {other.get(column, column) for column in columns}
    for subject in set(graph.subjects()):
        assert graph.value(subject, rdflib.RDFS.comment), subject


LADYBUG = {"string": "STRING", "int64": "INT64", "double": "DOUBLE", "bool": "BOOLEAN"}


def run_cypher(path, layout, labels):
    """Run a script in an embedded database, after creating the tables that it needs."""

    def columns(table, without=()):
        for column in table.columns:
            if column.name not in without:
                is_list = column.type.startswith("list")
                cypher_type = LADYBUG[column.type.removeprefix("list<").removesuffix(">")]
                yield f"`{column.name}` {cypher_type}{'[]' * is_list}"

    db = ladybug.Connection(ladybug.Database(":memory:"))
    node_label = layout.nodes.row_class
    db.execute(
        f"CREATE NODE TABLE {node_label}({', '.join(columns(layout.nodes))}, PRIMARY KEY(id))"
    )
    properties = ", ".join(columns(layout.edges, ("head", "tail", "label")))
    for label in labels:
        db.execute(
            f"CREATE REL TABLE {quote_name(label)}(FROM {node_label} TO {node_label}, {properties})"
        )
    with path.open(encoding="utf-8", newline="\n") as lines:
        first, *statements = lines
    assert first.startswith(
        f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:{node_label}) REQUIRE n.id IS UNIQUE"
    )
    for statement in statements:
        db.execute(statement)
    return db


@merge_or_not
def test_cypher_has_all_rows(merge, tmp_path):
    docs = nasty_notes()
    layout, (nodes, edges) = MERGED if merge else PLAIN, rows_of(docs, merge, tmp_path)
    report = export(docs, tmp_path / "t.cypher", merge=merge)
    assert report["replaced"] == 0
    db = run_cypher(tmp_path / "t.cypher", layout, {row["label"] for row in edges})
    node_rows = [row for (row,) in db.execute("MATCH (n) RETURN n").get_all()]
    names = [column.name for column in layout.nodes.columns]
    assert by_id([{key: row[key] for key in names} for row in node_rows]) == by_id(nodes)
    edge_rows = []
    for head, label, edge, tail in db.execute(
        "MATCH (h)-[r]->(t) RETURN h.id, label(r), r, t.id"
    ).get_all():
        properties = {column.name: edge.get(column.name) for column in layout.edges.columns}
        edge_rows.append({**properties, "head": head, "label": label, "tail": tail})
    assert by_id(edge_rows) == by_id(edges) and len(edges) > 5


def test_cypher_literals_and_names():
    assert to_literal({"a": None, "b": [1, 1e16, True, 'x"']}) == r'{b: [1, 1e16, true, "x\""]}'
    assert [quote_name(text) for text in ("END", "a`b c")] == ["`END`", "`a``b c`"]
    assert to_literal({"a b": 0.0, "x": "\u2028"}) == r'{`a b`: 0.0, x: "\u2028"}'
    with pytest.raises(ValueError, match="JSON"):
        to_literal([math.inf])


@pytest.mark.parametrize(
    "label", ["a\nb", "\0\r\x1b\x7f\x85\u2028\u2029", "x`]->() DETACH DELETE n; //\n"]
)
def test_cypher_has_one_statement_per_line_for_every_name(label, tmp_path):
    report = export([note([label, "发热"], label, label)], tmp_path / "t.cypher")
    assert report["replaced"] == label.count("\0")
    text = (tmp_path / "t.cypher").read_bytes().decode()
    # splitlines also splits at all other characters that programs may take for a line break.
    assert len(text.splitlines()) == text.count(";\n") == 1 + 2 + 1
    assert "头痛" not in text and "发热" in text  # Chinese is not escaped


def as_neo4j_reads(source):
    """Replace `\\uXXXX` by the character, unless its backslash is escaped.

    This is the first of the two steps in which Neo4j reads a statement.
    """

    def unescape(match):
        return chr(int(match[1], 16)) if match[1] else match[0]

    return re.sub(r"\\(?:u([0-9A-Fa-f]{4})|.)", unescape, source, flags=re.DOTALL)


anything = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
nasty = st.text(
    st.sampled_from("\"'\\`\n\r\tun0041a,;{}\0\x7f\u2028😀 痛"), min_size=1, max_size=12
)


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(anything | nasty, min_size=1, max_size=6), doc_id=anything | nasty)
def test_every_format_keeps_any_text(texts, doc_id, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    docs = [note(texts, doc_id)]
    mentions, relations = expected(docs)
    for format, entry in FORMATS.items():
        out = folder / (format if entry.is_folder else f"x{entry.endings[0]}")
        assert export(docs, out, format)["mentions"] == len(mentions)
    frame = pd.read_csv(folder / "csv" / "mentions.csv", keep_default_na=False, dtype=str)
    assert frame["text:string"].tolist() == [row["text"] for row in mentions]
    assert set(frame["doc_id:string"]) == {doc_id}
    for table, rows in zip(PLAIN, (mentions, relations)):
        assert list(srsly.read_jsonl(folder / "jsonl" / f"{table.name}.jsonl")) == rows
        path = folder / "parquet" / f"{table.name}.parquet"
        assert pyarrow.parquet.read_table(path).to_pylist() == rows
    for format, ending in (("turtle", "ttl"), ("json-ld", "jsonld")):
        rows, documents = read_rdf(folder / f"x.{ending}", format)
        assert [rows[row["id"]]["text"] for row in mentions] == [{row["text"]} for row in mentions]
        assert [rows[row["id"]]["evidence"] for row in relations] == [
            {row["evidence"]} for row in relations
        ]
        assert documents["d1"]["doc_id"] == {doc_id}
    assert len(nx.read_graphml(folder / "x.graphml")) == len(mentions)
    statements = (folder / "x.cypher").read_bytes().decode().split("\n")
    assert len(statements) == 2 + len(mentions) + len(relations)


@settings(max_examples=80, deadline=None)
@given(texts=st.lists(anything | nasty, min_size=1, max_size=20))
def test_cypher_keeps_any_text(texts):
    assert DATABASE.execute(f"RETURN {to_literal(texts)} AS x").get_all() == [[texts]]


@settings(max_examples=80, deadline=None)
@given(anything | nasty)
def test_neo4j_would_keep_any_text(text):
    """Use a model of Neo4j's parser, since Neo4j cannot run in the test process."""
    escapes = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
    string = as_neo4j_reads(to_literal(text))
    inside = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', string, flags=re.DOTALL)
    assert re.sub(r"(?s)\\(.)", lambda m: escapes.get(m[1], m[1]), inside[1]) == text
    inside = re.fullmatch("`((?:[^`]|``)*)`", as_neo4j_reads(quote_name(text)))
    # Neo4j allows no NUL in names.
    assert inside[1].replace("``", "`") == text.replace("\0", REPLACEMENT)


def test_every_format_exports_an_empty_document(tmp_path):
    for format, entry in FORMATS.items():
        for merge in (False, True):
            out = tmp_path / format / str(merge) / (entry.endings[0] * (not entry.is_folder) or "x")
            report = export([NLP.make_doc("")], out, format, merge=merge)
            assert report["documents"] == 1 and report["mentions"] == report["relations"] == 0
            assert all(Path(file).is_file() for file in report["files"])
    assert len(nx.read_graphml(tmp_path / "graphml" / "True" / ".graphml")) == 0
    assert len(pd.read_csv(tmp_path / "csv" / "True" / "x" / "nodes.csv")) == 0


def test_prefix_keeps_ids_of_two_exports_apart(tmp_path):
    store = rdflib.Graph()
    for prefix in ("a/", "b "):
        export(nasty_notes(), tmp_path / "t.ttl", prefix=prefix)
        store.parse(tmp_path / "t.ttl")
    once = rdflib.Graph().parse(tmp_path / "t.ttl")
    assert len(store) == 2 * len(once)
    assert (None, None, rdflib.URIRef(f"{INSTANCES}a%2Fd1")) in store
