"""Candidate concepts and codes of mentions in the store."""

import pytest
from spacy.tokens import Span

from spacy_clinrel.tokens import GROUP, Relation, set_attributes
from spacy_clinrel.tokens.candidates import write_links
from spacy_clinrel.tokens.mentions import has_own_mentions
from spacy_clinrel.types import ConceptCandidate

from ..util import make_doc
from .storage import STORAGE

HEADACHE = [ConceptCandidate("R51", "头痛", 1.0), ConceptCandidate("G44", "头痛综合征", 0.5)]


@pytest.fixture
def doc(zh):
    """Return a Doc with a linked mention."""
    doc = make_doc(zh, "患者[头痛|症状]，予[补液|治疗]")
    write_links(doc, doc.ents, ["R51", ""], [HEADACHE, []])
    return doc


def codes(spans):
    return [span.kb_id_ for span in spans]


@pytest.mark.parametrize("storage", STORAGE)
def test_links_survive_storage(doc, storage):
    copy = STORAGE[storage](doc)
    assert copy.ents[0]._.candidates == HEADACHE and copy.ents[1]._.candidates == []
    assert codes(copy.spans[GROUP]) == ["R51"]
    if storage != "json":  # spaCy's JSON does not have the codes of entities
        assert codes(copy.ents) == ["R51", ""]


def test_links_are_written_to_entities_and_to_the_group(zh):
    doc = zh.make_doc("患者头痛")
    doc.ents = [Span(doc, 2, 4, label="症状")]
    write_links(doc, doc.ents, ["R51"], [HEADACHE])
    assert codes(doc.ents) == codes(doc.spans[GROUP]) == ["R51"]
    assert not has_own_mentions(doc)
    assert doc[2].ent_kb_id_ == "R51"


def test_what_other_components_set_is_kept(zh):
    doc = make_doc(zh, "[[左|方位]膝|部位][痛|症状]，予[补液|治疗]", [(3, 2, "改善")])
    knee, pain, fluid = doc.ents
    doc.set_ents(
        [knee, pain, Span(doc, fluid.start, fluid.end, label="治疗", kb_id="T1", span_id="e1")]
    )
    pain = doc.ents[1]
    set_attributes(doc, [(pain, "negated")])
    left = doc.spans[GROUP][1]
    write_links(doc, [pain, left], ["S1", "L1"], [[("S1", "痛", 1.0)], []])
    assert codes(doc.ents) == ["", "S1", "T1"] and doc.ents[2].id_ == "e1"
    assert codes(doc.spans[GROUP])[:3] == ["", "L1", "S1"]
    assert doc.ents[1]._.is_negated
    assert doc._.relations == [Relation(doc.spans[GROUP][3], doc.spans[GROUP][2], "改善")]
    # A second linker replaces only the links of its own mentions.
    write_links(doc, [doc.ents[2]], [""], [[("T2", "液体", 0.5)]])
    assert codes(doc.ents) == ["", "S1", ""]
    assert [ent._.candidates[:1] for ent in doc.ents] == [
        [],
        [("S1", "痛", 1.0)],
        [("T2", "液体", 0.5)],
    ]


def test_setter_and_unannotated_tokens(zh):
    doc = zh.make_doc("头痛")
    span = Span(doc, 0, 2, label="症状")
    assert span._.candidates == []
    write_links(doc, [span], [""], [[]])
    assert GROUP not in doc.spans and not doc.has_annotation("ENT_IOB")
    span._.candidates = [("R51", "头痛", 1)]
    assert span._.candidates == HEADACHE[:1] and span.kb_id_ == ""
    span._.candidates = []
    assert span._.candidates == []
    for invalid in (["R51"], [("R51", "头痛")], [(1, "头痛", 1.0)], [None], [("a", "b", "c")]):
        with pytest.raises(ValueError, match="R026"):
            span._.candidates = invalid
