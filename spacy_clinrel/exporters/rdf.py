"""Export of the graph as RDF, with RDFLib and the vocabulary in `vocabulary.ttl`."""

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any, Iterator, Sequence, Tuple
from urllib.parse import quote

from .schema import Export, Row, Table, require

# URNs cannot be looked up on the network.
VOCABULARY = "urn:spacy-clinrel:vocabulary#"
INSTANCES = "urn:spacy-clinrel:id:"

ENDS = ("head", "tail")
# Maps columns of lists to properties. Each item of a list becomes a value of the property.
PROPERTIES = {"texts": "text", "sections": "section", "values": "value", "dosages": "dosage"}
# Columns about documents. Documents are separate resources.
DOC_COLUMNS = ("doc", "docs", "doc_id", "doc_ids")


def write_turtle(export: Export) -> int:
    """Write the graph as Turtle. The whole graph is in memory.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced; always 0, because RDF can hold every character.
    """
    graph = _make_graph(export)
    graph.serialize(export.paths[0], format="turtle", encoding="utf-8")
    return 0


def write_jsonld(export: Export) -> int:
    """Write the graph as JSON-LD, with the context in the file. The whole graph is in memory.

    export (Export): The tables, and the files to write.
    RETURNS (int): Number of characters replaced; always 0, because RDF can hold every character.
    """
    graph = _make_graph(export)
    context = {"clinrel": VOCABULARY, "xsd": "http://www.w3.org/2001/XMLSchema#"}
    graph.serialize(
        export.paths[0], format="json-ld", context=context, auto_compact=True, encoding="utf-8"
    )
    return 0


def _make_graph(export: Export) -> Any:
    rdflib = require("rdflib")
    graph = rdflib.Graph()
    graph.bind("clinrel", VOCABULARY)
    for batches in export.batches:
        for table, batch in zip(export.layout, batches):
            for row in batch.to_pylist():
                for triple in _triples(rdflib, table, row, export.prefix):
                    graph.add(triple)
    return graph


def _triples(rdflib: Any, table: Table, row: Row, prefix: str) -> Iterator[Tuple[Any, Any, Any]]:
    """Yield the triples of a row. Relations are resources, so that they can have properties."""
    vocabulary = rdflib.Namespace(VOCABULARY)
    subject = _make_iri(rdflib, row["id"])
    yield subject, rdflib.RDF.type, vocabulary[table.row_class]
    for column in table.columns:
        if column.name == "id" or column.name in DOC_COLUMNS:
            continue
        value, name = row[column.name], PROPERTIES.get(column.name, column.name)
        # A list becomes one triple per item, None becomes no triple.
        for member in value if isinstance(value, list) else [value]:
            if member is not None:
                make = _make_iri if column.name in ENDS else _make_literal
                yield subject, vocabulary[name], make(rdflib, member)
    for number, doc_id in _documents(row):
        document = _make_iri(rdflib, f"{prefix}d{number}")
        yield subject, vocabulary.document, document
        yield document, rdflib.RDF.type, vocabulary.Document
        if doc_id:
            yield document, vocabulary.doc_id, _make_literal(rdflib, doc_id)


def _documents(row: Row) -> Sequence[Tuple[int, str]]:
    """Return the number and id of each document that contains the mention or relation of a row."""
    if "doc" in row:
        return [(row["doc"], row["doc_id"])]
    return list(zip(row.get("docs", ()), row.get("doc_ids", ())))


def _make_iri(rdflib: Any, identifier: str) -> Any:
    return rdflib.URIRef(INSTANCES + quote(identifier, safe=""))


def _make_literal(rdflib: Any, value: Any) -> Any:
    if isinstance(value, str):
        return _text_type(rdflib)(value)
    # Not a double, which RDFLib rounds to seven digits in Turtle.
    return rdflib.Literal(Decimal(repr(value)) if isinstance(value, float) else value)


@lru_cache(maxsize=1)
def _text_type(rdflib: Any) -> Any:
    class Text(rdflib.Literal):  # type: ignore[misc, name-defined]
        """A string literal that is escaped as in JSON. Turtle supports all escapes of JSON.

        RDFLib's own literals are invalid if they contain a line break and end in a backslash and a
        quotation mark.
        """

        def _quote_encode(self) -> str:
            return json.dumps(str(self), ensure_ascii=False)

    return Text
