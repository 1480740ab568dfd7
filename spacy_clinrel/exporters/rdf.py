"""The graph in RDF, by RDFLib, in the vocabulary of `vocabulary.ttl`."""

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any, Iterator, Sequence, Tuple
from urllib.parse import quote

from .schema import Export, Row, Table, require

# Names, not addresses: nothing is loaded from anywhere.
VOCABULARY = "urn:spacy-clinrel:vocabulary#"
INSTANCES = "urn:spacy-clinrel:id:"

ENDS = ("head", "tail")
# A list's members have the name that a single value has.
PROPERTIES = {"texts": "text"}
# Of documents, which are resources themselves.
DOC_COLUMNS = ("doc", "docs", "doc_id", "doc_ids")


def write_turtle(export: Export) -> int:
    """Write Turtle. RDFLib holds the whole graph.

    export (Export): What to write, and where.
    RETURNS (int): 0, as no character has to be replaced.
    """
    graph = _make_graph(export)
    graph.serialize(export.paths[0], format="turtle", encoding="utf-8")
    return 0


def write_jsonld(export: Export) -> int:
    """Write JSON-LD, whose context is in the file. RDFLib holds the whole graph.

    export (Export): What to write, and where.
    RETURNS (int): 0, as no character has to be replaced.
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
    for both in export.batches:
        for table, batch in zip(export.layout, both):
            for row in batch.to_pylist():
                for triple in _triples(rdflib, table, row, export.prefix):
                    graph.add(triple)
    return graph


def _triples(rdflib: Any, table: Table, row: Row, prefix: str) -> Iterator[Tuple[Any, Any, Any]]:
    """A row as a resource of its own, so that a relation's score and evidence have a place."""
    vocabulary = rdflib.Namespace(VOCABULARY)
    subject = _iri(rdflib, row["id"])
    yield subject, rdflib.RDF.type, vocabulary[table.kind]
    for column in table.columns:
        if column.name == "id" or column.name in DOC_COLUMNS:
            continue
        value, name = row[column.name], PROPERTIES.get(column.name, column.name)
        # Of a list each member is stated by itself; what is None is not stated.
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                make = _iri if column.name in ENDS else _literal
                yield subject, vocabulary[name], make(rdflib, one)
    for number, doc_id in _documents(row):
        document = _iri(rdflib, f"{prefix}d{number}")
        yield subject, vocabulary.document, document
        yield document, rdflib.RDF.type, vocabulary.Document
        if doc_id:
            yield document, vocabulary.doc_id, _literal(rdflib, doc_id)


def _documents(row: Row) -> Sequence[Tuple[int, str]]:
    if "doc" in row:
        return [(row["doc"], row["doc_id"])]
    return list(zip(row.get("docs", ()), row.get("doc_ids", ())))


def _iri(rdflib: Any, identifier: str) -> Any:
    return rdflib.URIRef(INSTANCES + quote(identifier, safe=""))


def _literal(rdflib: Any, value: Any) -> Any:
    if isinstance(value, str):
        return _text_type(rdflib)(value)
    # RDFLib shortens a double to seven digits in Turtle.
    return rdflib.Literal(Decimal(repr(value)) if isinstance(value, float) else value)


@lru_cache(maxsize=1)
def _text_type(rdflib: Any) -> Any:
    class Text(rdflib.Literal):  # type: ignore[misc, name-defined]
        """A text whose escapes in Turtle are JSON's, which are among Turtle's. RDFLib's own break
        off too early in a text with a line break that ends in a backslash and a quotation mark."""

        def _quote_encode(self) -> str:
            return json.dumps(str(self), ensure_ascii=False)

    return Text
