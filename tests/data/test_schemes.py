"""Label schemes: the two published ones, and the mapping of relations."""

import pytest

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.data.schemes import get_scheme
from spacy_clinrel.evaluation.evaluate import evaluate
from spacy_clinrel.tokens import relabel_relations

from ..util import edges, group, make_doc, own_scheme, write_docs

# The two tables of labels, as the papers print them.
FIFTEEN = [
    "TrID",
    "TrWD",
    "TrCD",
    "TrAD",
    "TrNAD",
    "TrIS",
    "TrWS",
    "TrCS",
    "TrAS",
    "TrNAS",
    "TeRD",
    "TeCD",
    "TeRS",
    "TeBS",
    "DCS",
]
ELEVEN = ["DAP", "SAP", "SNAP", "TeRD", "TeAP", "TeCP", "TeRS", "TeAS", "TrAD", "TrRD", "TrAP"]
ALL = [*FIFTEEN, "TrRD", "DAP", "SAP", "SNAP", "TeAP", "TeCP", "TrAP"]


def test_labels_of_the_papers():
    assert sorted(set(get_scheme("15-labels").values())) == sorted(FIFTEEN)
    assert sorted(set(get_scheme("11-labels").values())) == sorted(ELEVEN)
    assert len(ALL) == len(set(ALL)) == 22
    for name in ("15-labels", "11-labels"):
        assert set(get_scheme(name)) <= set(ALL)


def test_labels_that_the_papers_name_differently():
    eleven, fifteen = get_scheme("11-labels"), get_scheme("15-labels")
    assert eleven["TeBS"] == "TeAS" and fifteen["TeBS"] == "TeBS"
    assert {label for label in eleven if eleven[label] == "TrAD"} == {"TrAD", "TrID", "TrWD"}
    assert "TrCD" not in eleven and "SAP" not in fifteen


def test_unknown_scheme():
    with pytest.raises(ValueError, match=r"F023.*12-labels.*11-labels, 15-labels"):
        get_scheme("12-labels")


@pytest.fixture
def doc(zh):
    """Return a document with four mentions and five relations."""
    marked = "[CT|检查]示[肺炎|疾病]，予[补液|治疗]，[头痛|症状]好转。"
    links = [(0, 1, "TeRD"), (2, 1, "TrAD"), (2, 1, "TrID"), (2, 3, "TrIS"), (0, 3, "TeBS")]
    return make_doc(zh, marked, links)


def labels(doc):
    return sorted(relation.label for relation in doc._.relations)


def test_relabel_relations(doc):
    before = group(doc)
    relabel_relations(doc, get_scheme("11-labels"))
    # TrAD and TrID of one pair are one relation, TrIS is none.
    assert labels(doc) == ["TeAS", "TeRD", "TrAD"]
    assert group(doc) == before
    ends = {(relation.head.text, relation.tail.text) for relation in doc._.relations}
    assert ends == {("CT", "肺炎"), ("补液", "肺炎"), ("CT", "头痛")}


def test_merged_relations_keep_the_highest_score(doc):
    relations = doc._.relations
    doc._.relations = [relation._replace(score=0.1 * i) for i, relation in enumerate(relations)]
    relabel_relations(doc, {"TrAD": "X", "TrID": "X"})
    [relation] = doc._.relations
    assert relation.label == "X" and relation.score == pytest.approx(0.2)


def test_doc_without_relations(zh):
    doc = zh.make_doc("未见异常。")
    relabel_relations(doc, get_scheme("15-labels"))
    assert doc._.relations == [] and "clinrel" not in doc.spans


def test_reader_relabels_the_reference(doc, zh, tmp_path):
    path = write_docs(tmp_path / "x.spacy", [doc])
    [plain] = Corpus(path, gold_entities=True)(zh)
    assert len(plain.reference._.relations) == 5
    [example] = Corpus(path, gold_entities=True, scheme="15-labels")(zh)
    assert labels(example.reference) == ["TeBS", "TeRD", "TrAD", "TrID", "TrIS"]
    [example] = Corpus(path, gold_entities=True, scheme="11-labels")(zh)
    assert labels(example.reference) == ["TeAS", "TeRD", "TrAD"]
    assert edges(example.predicted) == set() and len(example.predicted.ents) == 4
    with pytest.raises(ValueError, match=r"F023"):
        Corpus(path, scheme="none")


@pytest.fixture
def own():
    """Register a scheme for one test."""
    with own_scheme("own", {"TeRD": "finds", "证实": "证实"}) as name:
        yield name


def test_registered_scheme(doc, zh, own, tmp_path):
    path = write_docs(tmp_path / "x.spacy", [doc])
    [example] = Corpus(path, scheme=own)(zh)
    assert labels(example.reference) == ["finds"]


def test_evaluation_under_a_scheme(trained_model, made_up, own):
    """Gold and predicted relations outside the scheme are ignored."""
    path = made_up / "dev.spacy"
    plain = evaluate(trained_model, path, gold_entities=True)["gold_entities"]
    result = evaluate(trained_model, path, gold_entities=True, scheme=own)
    assert result["scheme"] == own
    scores = result["gold_entities"]
    assert scores["rel_per_type"]["证实"] == plain["rel_per_type"]["证实"]
    assert set(plain["rel_per_type"]) == {"证实", "改善"}
    assert set(scores["rel_per_type"]) == {"证实"}
    assert scores["rel_micro_f"] == scores["rel_per_type"]["证实"]["f"]
    with pytest.raises(ValueError, match="F023"):
        evaluate(trained_model, path, scheme="none")
