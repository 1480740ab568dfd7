"""Helpers for tests of exports: documents that are hard to escape, and their expected rows."""

from itertools import chain, pairwise
from typing import Any, Dict, List, Tuple

import rdflib
import spacy
from spacy.tokens import Doc, Span

from spacy_clinrel.exporters.norms import get_normal_form
from spacy_clinrel.exporters.rdf import INSTANCES, VOCABULARY
from spacy_clinrel.exporters.rows import doc_rows
from spacy_clinrel.tokens import (
    MentionAttribute,
    Relation,
    set_attributes,
    set_doc_id,
    set_relations,
    write_mention_rows,
)

from ..util import make_doc

NLP = spacy.blank("zh")

NASTY = (
    "plain",
    '"quoted" \'twice\' ``ticks`` """three"""',
    "back\\slash \\n \\users \\u0041 \\",
    'line\nends in a backslash and a quote\\"',
    "a,b,,;c\t|d",
    "<script>alert('x')</script> & &amp; ]]> <!--",
    "头痛😀👨‍👩‍👧 ＣＴ",
    "{curly} $dollar @at #hash %percent",
    "NA",
    "null",
    "-1",
    "1e5",
    "=1+1",
    "\u2028\u2029\u0085\ufeff\u200b",
)
# Characters that XML does not allow, or changes.
CONTROLS = ("nul\0", "\x01\x1b[0m\x7f\ufffe", "\r\n and \r")


def note(texts: Any, doc_id: str = "", label: str = "TeRD", score: float = 0.1 + 0.2) -> Doc:
    """Create a document with one mention per text and a relation between neighbouring mentions."""
    doc = Doc(NLP.vocab, words=[word for text in texts for word in (text, "。")])
    spans = [Span(doc, 2 * i, 2 * i + 1, label=f"type {i % 2}") for i in range(len(texts))]
    set_relations(doc, [Relation(tail, head, label, score) for head, tail in pairwise(spans)])
    # So that a single mention, which has no relation, is exported too.
    doc.set_ents(spans)
    if doc_id:
        set_doc_id(doc, doc_id)
    return doc


def described_note() -> Doc:
    """Create a document with everything that the store keeps of mentions."""
    doc = make_doc(
        NLP,
        "既往史：否认[头痛|症状]。[头痛|症状]，查[CRP|检查]12mg/L，予[补液|治疗]。",
        [(2, 0, "TeRS"), (3, 1, "TrRS")],
    )
    denied, pain, test, therapy = doc.ents
    scores = [(denied, "negated", 0.75), (denied, 'Certainty="High"', 0.5)]
    set_attributes(doc, [MentionAttribute(*row) for row in scores])
    doc.spans["sections"] = [Span(doc, 0, 9, label="past_history")]
    value = {"text": "12mg/L", "form": "number", "number": 12.0, "unit": "mg/L", "ucum": "mg/L"}
    value.update(comparison=">", flag="high")
    write_mention_rows(doc, "values", [(test, value)])
    dosage = {"text": "500ml", "dose": 500.0, "unit": "ml", "route": "iv", "frequency": "qd"}
    write_mention_rows(doc, "dosages", [(therapy, dosage)])
    codes = {denied: "R51", pain: "R51"}
    doc.set_ents(
        [Span(doc, e.start, e.end, label=e.label, kb_id=codes.get(e, "")) for e in doc.ents]
    )
    return doc


def nasty_notes(*, controls: bool = True) -> List[Doc]:
    """Create documents with texts and ids that are hard to escape.

    Some documents have no id, some share an id, and two have no mentions.
    """
    empty = NLP.make_doc("")
    first = make_doc(
        NLP, "查[头颅CT|检查]示[脑梗死|疾病]。予[补液|治疗]。", [(0, 1, "TeRD"), (2, 1, "TrAD")]
    )
    docs = [first, empty, note(NASTY, "a"), note(NASTY[:3], "a"), NLP.make_doc("无特殊。")]
    docs.append(described_note())
    if controls:
        docs.append(note(CONTROLS, 'id "\\ , ; \n\0', label="`TrAD` 1", score=1e-300))
    return docs


def expected(docs: List[Doc], norm: str = "fold") -> Tuple[List[Dict], List[Dict]]:
    """Return the expected rows of mentions and relations."""
    rows = [doc_rows(doc, i, get_normal_form(norm)) for i, doc in enumerate(docs, start=1)]
    mentions, relations = zip(*rows)
    return list(chain(*mentions)), list(chain(*relations))


def read_rdf(path, format):
    """Return the resources by id, with sets of values, and the documents in the same form."""
    graph = rdflib.Graph().parse(path, format=format)
    rows, documents = {}, {}
    for subject in set(graph.subjects()):
        row = {"class": str(graph.value(subject, rdflib.RDF.type)).removeprefix(VOCABULARY)}
        for key, value in graph.predicate_objects(subject):
            if key != rdflib.RDF.type:
                plain = (
                    str(value).removeprefix(INSTANCES)
                    if isinstance(value, rdflib.URIRef)
                    else value.toPython()
                )
                row.setdefault(str(key).removeprefix(VOCABULARY), set()).add(plain)
        resources = documents if row["class"] == "Document" else rows
        resources[str(subject).removeprefix(INSTANCES)] = row
    return rows, documents
