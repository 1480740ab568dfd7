"""Conversion of records to Docs: alignment, nested mentions, relations, and counts."""

from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinrel.data.converters import (
    Link,
    Mention,
    Record,
    Report,
    build_doc,
    doc_to_record,
    get_converter,
    render_files,
)
from spacy_clinrel.tokens import (
    GROUP,
    all_mentions,
    get_attributes,
    get_doc_id,
    get_relations,
    set_attributes,
    set_doc_id,
)
from spacy_clinrel.tokens.silver import SilverPair, store_silver

from ...util import make_doc

HERE = Path("a.ann")


def build(nlp, text, mentions=(), relations=()):
    report = Report()
    record = Record("甲-1", text, list(mentions), list(relations))
    return build_doc(nlp, record, HERE, report), report


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def group(doc):
    return [(span.text, span.label_) for span in doc.spans[GROUP]]


def test_build_doc(zh):
    doc, report = build(zh, "头痛两天。", [Mention("1", 0, 2, "症状")])
    assert ents(doc) == [("头痛", "症状")]
    assert [token.ent_iob_ for token in doc] == ["B", "I", "O", "O", "O"]
    assert group(doc) == [] and get_relations(doc) == []
    assert get_doc_id(doc) == "甲-1"
    assert (report.documents, report.entities, report.nested, report.relations) == (1, 1, 0, 0)
    assert report.losses == 0 and not report.repaired and not report.messages


@pytest.mark.parametrize("text", ["", " ", "\r\n", "头痛"])
def test_tokens_without_mentions_are_outside(zh, text):
    doc, report = build(zh, text)
    assert doc.text == text
    assert all(token.ent_iob_ == "O" for token in doc)
    assert GROUP in doc.spans and get_doc_id(doc) == "甲-1"
    assert report.documents == 1


@pytest.mark.parametrize(
    "text, start, end, expected",
    [
        ("体温：３８．５℃。", 3, 8, "３８．５℃"),
        ("一\r\n二三", 3, 5, "二三"),
        ("一\n二三", 2, 4, "二三"),
        ("𠮷野家𠮷", 3, 4, "𠮷"),
        ("😀头痛", 1, 3, "头痛"),
        ("a b 头痛", 4, 6, "头痛"),
    ],
)
def test_offsets_count_code_points(zh, text, start, end, expected):
    doc, report = build(zh, text, [Mention("1", start, end, "X", expected)])
    assert ents(doc) == [(expected, "X")]
    assert doc.ents[0].start_char == start and doc.ents[0].end_char == end
    assert report.losses == 0


def test_white_space_around_mentions_is_trimmed(zh):
    doc, report = build(zh, "见\u3000 头痛\r\n。", [Mention("1", 1, 6, "症状")])
    assert ents(doc) == [("头痛", "症状")]
    assert report.repaired == {"white space around a mention trimmed": 1}
    assert report.losses == 0


@pytest.mark.parametrize(
    "mention, reason",
    [
        (Mention("1", 2, 2, "X"), "empty, reversed or outside"),
        (Mention("1", 2, 1, "X"), "empty, reversed or outside"),
        (Mention("1", -1, 1, "X"), "empty, reversed or outside"),
        (Mention("1", 0, 99, "X"), "empty, reversed or outside"),
        (Mention("1", 0, 2, ""), "no type"),
        (Mention("1", 0, 2, "X", "腹痛"), "differs"),
        (Mention("1", 2, 4, "X"), "only white space"),
    ],
)
def test_invalid_mentions_are_lost(zh, mention, reason):
    mentions = [mention._replace(line=7), Mention("2", 4, 6, "X")]
    doc, report = build(zh, "头痛  呕吐", mentions, [Link("1", "2", "R", 8)])
    assert ents(doc) == [("呕吐", "X")]
    assert report.losses == 2 and report.lost["relation lost with its mention"] == 1
    assert reason in " ".join(report.lost)
    assert report.messages[0].startswith("a.ann:7: ") and report.messages[1].startswith("a.ann:8: ")


def test_silver_annotation_is_lost():
    """No format marks annotation as silver, so written documents could be mistaken for gold."""
    doc = make_doc(spacy.blank("zh"), "[补液|治疗]后[头痛|症状]缓解。")
    store_silver(doc, all_mentions(doc), [(0, 1, "改善", 0.75)], [SilverPair(0, 1, 0.75, 1)])
    report = Report()
    doc_to_record(doc, "a", report)
    assert report.losses == 1 and "silver" in " ".join(report.lost)


def test_misaligned_mention_is_lost():
    doc, report = build(spacy.blank("en"), "headaches again", [Mention("1", 0, 4, "X")])
    assert not doc.ents and report.entities == 0
    assert report.lost == {"mention does not align with the tokens": 1}


def test_equal_mentions_are_merged_and_relations_follow(zh):
    mentions = [Mention("1", 0, 2, "X"), Mention("2", 0, 2, "X"), Mention("3", 2, 4, "Y")]
    links = [Link("1", "3", "R"), Link("2", "3", "R"), Link("3", "2", "R")]
    doc, report = build(zh, "头痛呕吐", mentions, links)
    assert group(doc) == [("头痛", "X"), ("呕吐", "Y")]
    assert [(r.head.text, r.tail.text) for r in get_relations(doc)] == [
        ("头痛", "呕吐"),
        ("呕吐", "头痛"),
    ]
    assert report.repaired == {"equal mentions merged": 1, "equal relations merged": 1}
    assert report.losses == 0 and report.relations == 2


def test_nested_and_crossing_mentions(zh):
    mentions = [
        Mention("1", 0, 4, "病"),
        Mention("2", 2, 4, "部位"),
        Mention("3", 3, 6, "病"),
        Mention("4", 7, 9, "病"),
        Mention("5", 0, 4, "词"),
    ]
    doc, report = build(zh, "左侧股骨骨折，头痛。", mentions)
    assert ents(doc) == [("左侧股骨", "病"), ("头痛", "病")]
    assert group(doc) == [
        ("左侧股骨", "病"),
        ("左侧股骨", "词"),
        ("股骨", "部位"),
        ("骨骨折", "病"),
    ]
    assert (report.entities, report.nested) == (5, 3)


def test_every_overlapping_mention_is_in_the_group(zh):
    # The last one overlaps only the first, with others in between.
    mentions = [Mention(str(i), *b, "X") for i, b in enumerate([(0, 9), (1, 3), (2, 4), (8, 10)])]
    doc, _ = build(zh, "0123456789", mentions)
    assert len(group(doc)) == 4


def test_invalid_relations_are_lost(zh):
    mentions = [Mention("1", 0, 2, "X"), Mention("2", 2, 4, "X")]
    links = [Link("1", "9", "R", 3), Link("1", "2", "", 4), Link("1", "1", "self")]
    doc, report = build(zh, "头痛呕吐", mentions, links)
    assert [r.label for r in get_relations(doc)] == ["self"]
    assert report.lost == {"relation to an unknown mention": 1, "relation has no label": 1}
    assert report.messages[0] == "a.ann:3: relation to an unknown mention: R: 9"


def test_duplicate_ids_are_reported(zh):
    mentions = [Mention("1", 0, 2, "X"), Mention("1", 2, 4, "X", line=5)]
    doc, report = build(zh, "头痛呕吐", mentions)
    assert ents(doc) == [("头痛", "X")]
    assert report.messages == ["a.ann:5: broken line: the id 1 is used twice"]


def test_discontinuous_mentions(zh):
    text = "左\r\n侧和右侧"
    mentions = [
        Mention("1", 0, 4, "X", "左 侧", gaps=((1, 3),)),
        Mention("2", 3, 7, "Y", "侧 侧", gaps=((4, 6),), line=2),
        Mention("3", 3, 7, "Z", "侧 右", gaps=((4, 6),)),
    ]
    doc, report = build(zh, text, mentions)
    assert group(doc) == [("左\r\n侧", "X"), ("侧和右侧", "Y")]
    assert report.lost == {
        "discontinuous mention kept as its covering span": 1,
        "mention's recorded text differs from the text at its offsets": 1,
    }


def test_docs_survive_storage(zh):
    mentions = [Mention("1", 0, 4, "甲"), Mention("2", 2, 4, "乙"), Mention("3", 4, 6, "丙")]
    doc, _ = build(zh, "左侧股骨头痛", mentions, [Link("2", "3", "关系")])
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (copy,) = DocBin().from_bytes(data).get_docs(spacy.blank("zh").vocab)
    assert ents(copy) == ents(doc) and group(copy) == group(doc)
    assert get_doc_id(copy) == "甲-1"
    (relation,) = get_relations(copy)
    assert (relation.head.label_, relation.tail.label_, relation.label) == ("乙", "丙", "关系")


def test_set_doc_id(zh):
    doc = zh.make_doc("头痛")
    assert get_doc_id(doc) is None
    set_doc_id(doc, "x")
    assert get_doc_id(doc) == "x" and get_relations(doc) == []


def test_doc_to_record(zh):
    mentions = [Mention("a", 0, 4, "甲"), Mention("b", 2, 4, "乙"), Mention("c", 4, 6, "丙")]
    doc, _ = build(zh, "左侧股骨头痛", mentions, [Link("b", "c", "R")])
    report = Report()
    record = doc_to_record(doc, "x", report)
    assert [(m.start, m.end, m.type) for m in record.mentions] == [
        (0, 4, "甲"),
        (2, 4, "乙"),
        (4, 6, "丙"),
    ]
    assert record.relations == [Link("1", "2", "R")]
    assert (report.entities, report.nested, report.relations) == (3, 1, 1)


def test_attributes_of_equal_mentions_are_joined(zh):
    mentions = [
        Mention("1", 0, 2, "症状", attributes=("Negated", "Polarity=Negative")),
        Mention("2", 0, 2, "症状", attributes=("Negated", "Past")),
        Mention("3", 3, 5, "症状"),
    ]
    doc, report = build(zh, "头痛，咳嗽", mentions)
    names = ["negated", "Polarity=Negative", "Past"]
    assert [(s.text, name) for s, name, _ in get_attributes(doc)] == [("头痛", n) for n in names]
    assert group(doc) == [("头痛", "症状")], "a mention with attributes is in the group"
    assert not report.losses
    record = doc_to_record(doc, "甲", Report())
    assert [m.attributes for m in record.mentions] == [("Negated", *names[1:]), ()]


def test_attributes_are_lost_with_their_mention(zh):
    mentions = [
        Mention("1", 0, 9, "症状", attributes=("Negated", "Past")),
        Mention("2", 0, 2, "症状", attributes=("",)),
        Mention("2", 0, 2, "症状", attributes=("Past",)),
    ]
    doc, report = build(zh, "头痛", mentions)
    assert get_attributes(doc) == [] and ents(doc) == [("头痛", "症状")]
    assert report.lost["attribute lost with its mention"] == 3
    assert report.lost["attribute has no name"] == 1


def test_lost_attributes_are_counted_in_writing(zh):
    doc, _ = build(zh, "头痛", [Mention("1", 0, 2, "症状", attributes=("Negated",))])
    set_attributes(doc, [(doc.ents[0], "Negated", 0.5), (doc.ents[0], "Past")])
    report = Report()
    mention = doc_to_record(doc, "甲", report).mentions[0]
    assert mention.attributes == ("Negated", "Past") and mention.attribute_scores == (0.5, 1.0)
    render_files(get_converter("brat"), [doc], report)
    assert report.lost == {"score of an attribute not kept": 1}
    report = Report()
    render_files(get_converter("spert"), [doc], report)
    assert report.lost["attribute not kept"] == 2
