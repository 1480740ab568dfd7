"""Rows of a document, normal forms, and merging."""

import json
import math
from collections import Counter

import hypothesis.strategies as st
import pytest
import spacy
from hypothesis import given, settings
from spacy.tokens import Doc, Span

from spacy_clinrel.data.converters.attributes import mark_annotated
from spacy_clinrel.exporters.merge import merge_rows
from spacy_clinrel.exporters.norms import NORMAL_FORMS, get_normal_form
from spacy_clinrel.exporters.rows import doc_rows
from spacy_clinrel.tokens import (
    GROUP,
    MentionAttribute,
    Relation,
    set_attributes,
    set_doc_id,
    set_relations,
)
from spacy_clinrel.types import ASSERTIONS

from ..util import make_doc
from .util import described_note

FOLD = get_normal_form("fold")


def test_rows_of_mentions_and_relations(zh):
    marked = "患者 [[左|方位]股骨|部位]痛。\n查[ＣＴ|检查]；示[骨折|疾病]。"
    doc = make_doc(zh, marked, [(2, 3, "TeRD"), (1, 0, "IN")])
    set_doc_id(doc, "甲-1")
    mentions, relations = doc_rows(doc, 7, FOLD, "x:")
    assert [row["id"] for row in mentions] == ["x:d7-m1", "x:d7-m2", "x:d7-m3", "x:d7-m4"]
    assert {(row["doc"], row["doc_id"]) for row in mentions + relations} == {(7, "甲-1")}
    for row in mentions:
        assert doc.text[row["start_char"] : row["end_char"]] == row["text"]
    triples = {(row["text"], row["type"], row["norm"]) for row in mentions}
    assert triples == {
        ("左", "方位", "左"),
        ("左股骨", "部位", "左股骨"),
        ("ＣＴ", "检查", "ct"),
        ("骨折", "疾病", "骨折"),
    }
    text = {row["id"]: row["text"] for row in mentions}
    across, within = relations
    assert (text[across["head"]], across["label"], text[across["tail"]]) == ("ＣＴ", "TeRD", "骨折")
    assert across["same_sentence"] is False and across["evidence"] == "查ＣＴ；示骨折。"
    assert within["same_sentence"] is True and within["evidence"] == "患者 左股骨痛。"
    for row in relations:
        assert doc.text[row["evidence_start"] : row["evidence_end"]] == row["evidence"]


def test_evidence_uses_the_sentences_of_the_document():
    words = ["He", "had", "fever", ".", "Aspirin", "helped", "."]
    doc = Doc(
        spacy.blank("en").vocab, words=words, sent_starts=[True, *[False] * 3, True, False, False]
    )
    fever, aspirin = Span(doc, 2, 3, "problem"), Span(doc, 4, 5, "treatment")
    set_relations(doc, [Relation(aspirin, fever, "TrIP", math.nan)])
    ((row,),) = [doc_rows(doc, 1, FOLD)[1]]
    assert row["same_sentence"] is False and row["evidence"] == doc.text.strip()
    assert row["score"] is None
    # Without sentences, a rule applies, by which a full stop does not end a sentence.
    plain = Doc(doc.vocab, words=words)
    set_relations(plain, [Relation(Span(plain, 4, 5, "x"), Span(plain, 2, 3, "y"), "z")])
    assert doc_rows(plain, 1, FOLD)[1][0]["same_sentence"] is True


def test_broken_relations_raise_an_error(zh):
    for edge in ([0, 5, "x", 1.0], [0, 1, "", 1.0]):
        doc = make_doc(zh, "[头痛|症状][发热|症状]", [(0, 1, "x")])
        doc.spans[GROUP].attrs["relations"] = [edge]
        with pytest.raises(ValueError, match=r"R00[23]"):
            doc_rows(doc, 1, FOLD)


def test_normal_forms():
    doc = Doc(
        spacy.blank("en").vocab,
        words=["Ｓwollen", "\n ", "LEGS"],
        lemmas=["swell", "", "leg"],
        spaces=[True, False, False],
    )
    doc[2].norm_ = "limbs"
    span = doc[0:3]
    forms = {name: form(span) for name, form in NORMAL_FORMS.items()}
    assert forms == {
        "exact": span.text,
        "fold": "swollen legs",
        "norm": "swollen limbs",
        "lemma": "swell leg",
    }
    with pytest.raises(ValueError, match=r"G004.*exact, fold"):
        get_normal_form("stem")


def test_merge_rows(zh):
    first = make_doc(
        zh,
        "[CT|检查]、[ct|检查]示[骨折|疾病]。[CT|疾病]",
        [(0, 2, "TeRD"), (1, 2, "TeRD"), (2, 0, "x")],
    )
    second = make_doc(zh, "[ＣＴ|检查]：[骨折|疾病]。")
    mentions = list(second.ents)
    set_relations(second, [Relation(mentions[0], mentions[1], "TeRD", 0.25)])
    set_doc_id(second, "乙")
    rows = [doc_rows(doc, i, FOLD) for i, doc in enumerate((first, zh.make_doc(""), second), 1)]
    ((nodes, edges),) = merge_rows(iter(rows), "p-")
    assert [{k: v for k, v in node.items() if v is not None} for node in nodes] == [
        {
            "id": "p-n1",
            "norm": "ct",
            "type": "检查",
            "count": 3,
            "documents": 2,
            "texts": ["CT", "ct", "ＣＴ"],
        },
        {
            "id": "p-n2",
            "norm": "骨折",
            "type": "疾病",
            "count": 2,
            "documents": 2,
            "texts": ["骨折"],
        },
        {"id": "p-n3", "norm": "ct", "type": "疾病", "count": 1, "documents": 1, "texts": ["CT"]},
    ]
    assert [(e["head"], e["tail"], e["label"], e["count"]) for e in edges] == [
        ("p-n1", "p-n2", "TeRD", 3),
        ("p-n2", "p-n1", "x", 1),
    ]
    assert (edges[0]["mean_score"], edges[0]["max_score"]) == (0.75, 1.0)
    assert (edges[0]["docs"], edges[0]["doc_ids"]) == ([1, 3], ["", "乙"])
    assert edges[0]["same_sentence_count"] == 3


def test_rows_contain_what_the_store_keeps():
    mentions, relations = doc_rows(described_note(), 1, FOLD)
    denied, pain, test, therapy = mentions
    assert (denied["is_negated"], denied["is_family"], pain["is_negated"]) == (True, False, False)
    assert denied["assertion"] == '{"negated": 0.75}' and pain["assertion"] is None
    assert denied["other_attributes"] == ['Certainty="High"'] and pain["other_attributes"] is None
    assert (denied["section"], pain["section"]) == ("past_history", None)
    assert json.loads(test["value"])["form"] == "number" and "candidates" not in test
    value_columns = ("number", "unit", "comparison", "flag", "qualitative")
    found = [test[f"value_{name}"] for name in value_columns]
    assert found == [12.0, "mg/L", ">", "high", None]
    therapy_columns = ("dose", "dose_unit", "route", "frequency")
    assert [therapy[name] for name in therapy_columns] == [500.0, "ml", "iv", "qd"]
    assert [row["kb_id"] for row in mentions] == ["R51", "R51", None, None]
    # A relation with a denied mention is marked.
    assert [row["is_negated"] for row in relations] == [True, False]


def nodes_of(*docs):
    rows = [doc_rows(doc, number, FOLD) for number, doc in enumerate(docs, start=1)]
    ((nodes, edges),) = merge_rows(iter(rows))
    return nodes, edges


@pytest.mark.parametrize("name", [*ASSERTIONS, "Polarity=Negative"])
def test_mentions_with_different_attributes_are_not_merged(zh, name):
    first = make_doc(zh, "[头痛|症状]。[头痛|症状]。[CT|检查]", [(2, 0, "x"), (2, 1, "x")])
    second = make_doc(zh, "[头痛|症状][CT|检查]", [(1, 0, "x")])
    set_attributes(first, [MentionAttribute(first.ents[0], name)])
    unknown = make_doc(zh, "[头痛|症状]")
    # Documents with an assertion attribute, or marked as annotated, differ from others.
    mark_annotated(first)
    set_attributes(second, [MentionAttribute(second.ents[0], name)])
    mark_annotated(second)
    nodes, edges = nodes_of(first, second, unknown)
    pains = [(node["norm"], node["count"]) for node in nodes if node["norm"] == "头痛"]
    assert pains == [("头痛", 2), ("头痛", 1), ("头痛", 1)]
    assert [edge["count"] for edge in edges] == [2, 1]
    if name in ASSERTIONS:
        flags = [node[f"is_{name}"] for node in nodes if node["norm"] == "头痛"]
        assert flags == [True, False, None]
        assert [edge[f"is_{name}"] for edge in edges] == [True, False]


def test_mentions_with_the_same_code_are_merged(zh):
    doc = make_doc(zh, "[头痛|症状]、[头疼|症状]、[头痛|症状]、[头疼|疾病]")
    codes = ["R51", "R51", "", "R51"]
    doc.set_ents(
        [
            Span(doc, ent.start, ent.end, label=ent.label, kb_id=code)
            for ent, code in zip(doc.ents, codes)
        ]
    )
    nodes, _ = nodes_of(doc)
    found = [(node["kb_id"], node["type"], node["texts"]) for node in nodes]
    assert found == [
        ("R51", "症状", ["头痛", "头疼"]),
        (None, "症状", ["头痛"]),
        ("R51", "疾病", ["头疼"]),
    ]


def test_nodes_have_the_distinct_values_of_their_mentions():
    second = described_note()
    for _, dosage in second.spans[GROUP].attrs["dosages"]:
        dosage["parts"] = [{"kind": "dose", "start": 2, "end": 7}]
    assert "parts" in doc_rows(second, 1, FOLD)[0][3]["dosage"]
    nodes, edges = nodes_of(described_note(), second)
    denied, pain, test, therapy = nodes
    assert denied["sections"] == ["past_history"] and pain["sections"] is None
    (value,), (dosage,) = test["values"], therapy["dosages"]
    assert json.loads(value)["number"] == 12.0 and json.loads(dosage)["dose"] == 500.0
    assert {node["count"] for node in nodes} == {2} and {edge["count"] for edge in edges} == {2}


mention = st.tuples(st.sampled_from(["CT", "ct", "ＣＴ", "痛"]), st.sampled_from("AB"))
relation = st.tuples(*[st.integers(0, 3)] * 2, st.sampled_from("xy"), st.floats(0, 1))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.lists(mention, min_size=4, max_size=6), st.lists(relation)), max_size=4)
)
def test_merge_rows_counts_every_mention_and_relation(notes):
    vocab = spacy.blank("zh").vocab
    rows = []
    for number, (mentions, links) in enumerate(notes, start=1):
        doc = Doc(vocab, words=[text for text, _ in mentions])
        doc.set_ents([Span(doc, i, i + 1, label) for i, (_, label) in enumerate(mentions)])
        ends = [(doc.ents[h], doc.ents[t], label, score) for h, t, label, score in links]
        set_relations(doc, [Relation(*end) for end in ends])
        rows.append(doc_rows(doc, number, FOLD))
    ((nodes, edges),) = merge_rows(iter(rows))
    keys = Counter((m["norm"], m["type"]) for mentions, _ in rows for m in mentions)
    assert {(n["norm"], n["type"]): n["count"] for n in nodes} == keys
    key_of = {m["id"]: (m["norm"], m["type"]) for mentions, _ in rows for m in mentions}
    key_of.update((n["id"], (n["norm"], n["type"])) for n in nodes)
    triples = [
        ((key_of[r["head"]], r["label"], key_of[r["tail"]]), r["score"], r["doc"])
        for _, relations in rows
        for r in relations
    ]
    counts = Counter(key for key, _, _ in triples)
    for edge in edges:
        key = (key_of[edge["head"]], edge["label"], key_of[edge["tail"]])
        mine = [(score, doc) for other, score, doc in triples if other == key]
        assert edge["count"] == counts.pop(key) == len(mine)
        assert edge["max_score"] == max(score for score, _ in mine)
        assert math.isclose(edge["mean_score"], sum(s for s, _ in mine) / len(mine), abs_tol=1e-9)
        assert edge["docs"] == sorted({doc for _, doc in mine})
    assert not counts
