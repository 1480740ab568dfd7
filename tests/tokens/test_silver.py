"""Silver annotation: storage, and the difference from gold."""

import spacy
from spacy.tokens import DocBin

from spacy_clinrel.tokens import GROUP, all_mentions, concat_docs, relation_edges
from spacy_clinrel.tokens.silver import SilverPair, silver_pairs, store_silver

from ..util import make_doc

TEXT = "[补液|治疗]后[头痛|症状]缓解，[咳嗽|症状]如前。"
PAIRS = [SilverPair(0, 1, 0.75, 1), SilverPair(0, 2, 0.5, 2)]


def silver(nlp):
    doc = make_doc(nlp, TEXT)
    store_silver(doc, all_mentions(doc), [(0, 1, "改善", 0.75)], PAIRS)
    return doc


def test_gold_documents_have_no_silver_pairs(zh):
    assert silver_pairs(make_doc(zh, TEXT, [(0, 1, "改善")])) is None
    assert silver_pairs(zh("无。")) is None


def test_silver_pairs_survive_docbin(zh, tmp_path):
    DocBin(docs=[silver(zh)]).to_disk(tmp_path / "silver.spacy")
    [doc] = DocBin().from_disk(tmp_path / "silver.spacy").get_docs(spacy.blank("zh").vocab)
    assert silver_pairs(doc) == PAIRS
    assert relation_edges(doc) == [(0, 1, "改善", 0.75)]
    doc._.relations = []
    assert silver_pairs(doc) == PAIRS, "setting relations must keep silver pairs"


def test_concatenation_with_a_silver_document_is_silver(zh):
    gold = make_doc(zh, TEXT, [(0, 2, "改善")])
    joined = concat_docs([gold, silver(zh)])
    first = len(gold.spans[GROUP])
    expected = [pair._replace(head=first, tail=first + pair.tail) for pair in PAIRS]
    assert silver_pairs(joined) == expected
    texts = [[joined.spans[GROUP][i].text for i in pair[:2]] for pair in silver_pairs(joined)]
    assert texts == [["补液", "头痛"], ["补液", "咳嗽"]]
    assert silver_pairs(concat_docs([gold, gold])) is None
