"""Concatenation of documents."""

import pytest
from spacy.tokens import Doc

from spacy_clinrel.tokens import GROUP, concat_docs, read_mentions, store_relations
from spacy_clinrel.tokens.relation import FROM_ENTS

from ..util import ents, group, make_doc


def view(doc):
    return [(h.text, label, t.text, t.start, score) for h, t, label, score in doc._.relations]


@pytest.fixture
def parts(zh):
    """Return docs with nested mentions, without text, without annotation, and with a
    relation."""
    first = make_doc(zh, "[[左侧|方位]股骨|部位]骨折。", [(0, 1, "在")])
    last = make_doc(zh, "[头痛|症状]，予[补液|治疗]", [(1, 0, "改善")])
    return [first, zh.make_doc(""), zh.make_doc("无殊。"), last]


def test_relations_and_mentions_are_shifted(parts):
    joined = concat_docs(parts)
    assert joined.text == "".join(doc.text for doc in parts)
    assert group(joined) == [(0, 4, "部位"), (0, 2, "方位"), (14, 16, "治疗"), (10, 12, "症状")]
    assert view(joined) == [("左侧股骨", "在", "左侧", 0, 1.0), ("补液", "改善", "头痛", 10, 1.0)]
    assert ents(joined) == [(0, 4, "部位"), (10, 12, "症状"), (14, 16, "治疗")]


def test_from_docs_drops_relations(parts):
    assert Doc.from_docs(parts, ensure_whitespace=False)._.relations == []


def test_order_of_documents(parts):
    joined = concat_docs(parts[::-1])
    assert view(joined) == [("补液", "改善", "头痛", 0, 1.0), ("左侧股骨", "在", "左侧", 9, 1.0)]


def test_ensure_whitespace_keeps_relations(parts):
    joined = concat_docs(parts, ensure_whitespace=True)
    plain = concat_docs(parts)
    assert [token.text for token in joined] == [token.text for token in plain]
    assert group(joined) == group(plain) and len(joined.text) > len(plain.text)
    assert [r[:3] for r in view(joined)] == [r[:3] for r in view(plain)]
    assert joined._.relations[1].head.text == "补液"


def test_input_documents_are_not_changed(parts):
    before = [view(doc) for doc in parts]
    concat_docs([parts[0], parts[0], parts[3]])
    assert [view(doc) for doc in parts] == before


def test_same_document_twice(parts):
    joined = concat_docs([parts[3], parts[3]])
    assert [(r.head.start, r.tail.start) for r in joined._.relations] == [(4, 0), (10, 6)]


def test_single_document(parts):
    (doc, *_) = parts
    joined = concat_docs([doc])
    assert joined is not doc and view(joined) == view(doc) and group(joined) == group(doc)


@pytest.mark.parametrize("texts", [[""], ["", ""], ["头痛", "咳嗽"]])
def test_result_without_annotation_has_no_group(zh, texts):
    joined = concat_docs([zh.make_doc(text) for text in texts])
    assert joined.text == "".join(texts) and GROUP not in joined.spans


def test_empty_list_is_an_error():
    with pytest.raises(ValueError, match="R004"):
        concat_docs([])


def test_from_ents_is_kept(zh):
    docs = [make_doc(zh, "[头痛|症状]伴[发热|症状]") for _ in range(2)]
    for doc in docs:
        store_relations(doc, [doc.ents[0]], [(0, 0, "自", 0.5)], from_ents=True)
    joined = concat_docs(docs)
    assert joined.spans[GROUP].attrs[FROM_ENTS] is True
    # With one gold document, all mentions of the group must be read.
    gold = make_doc(zh, "[[左|方位]膝|部位]")
    mixed = concat_docs([*docs, gold])
    assert mixed.spans[GROUP].attrs[FROM_ENTS] is False
    assert len(read_mentions(mixed).starts) == 6


def test_span_ids_are_kept(zh):
    doc = zh("头痛")
    span = doc.char_span(0, 2, label="症状", kb_id="R51", span_id="m1")
    store_relations(doc, [span], [])
    joined = concat_docs([zh("无"), doc])
    (copy,) = joined.spans[GROUP]
    assert (copy.start, copy.kb_id_, copy.id_) == (1, "R51", "m1")
