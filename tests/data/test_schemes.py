"""Label schemes: the papers' two, and what a projection does to relations."""

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


def test_the_papers_labels():
    assert sorted(set(get_scheme("15-labels").values())) == sorted(FIFTEEN)
    assert sorted(set(get_scheme("11-labels").values())) == sorted(ELEVEN)
    assert len(ALL) == len(set(ALL)) == 22
    for name in ("15-labels", "11-labels"):
        assert set(get_scheme(name)) <= set(ALL)


def test_where_the_papers_names_differ():
    eleven, fifteen = get_scheme("11-labels"), get_scheme("15-labels")
    assert eleven["TeBS"] == "TeAS" and fifteen["TeBS"] == "TeBS"
    assert {label for label in eleven if eleven[label] == "TrAD"} == {"TrAD", "TrID", "TrWD"}
    assert "TrCD" not in eleven and "SAP" not in fifteen


def test_an_unknown_scheme():
    with pytest.raises(ValueError, match=r"F023.*12-labels.*11-labels, 15-labels"):
        get_scheme("12-labels")


@pytest.fixture
def doc(zh):
    """RETURNS (Doc): With four mentions and five relations."""
    marked = "[CT|检查]示[肺炎|疾病]，予[补液|治疗]，[头痛|症状]好转。"
    links = [(0, 1, "TeRD"), (2, 1, "TrAD"), (2, 1, "TrID"), (2, 3, "TrIS"), (0, 3, "TeBS")]
    return make_doc(zh, marked, links)


def labels(doc):
    return sorted(relation.label for relation in doc._.relations)


def test_projection(doc):
    before = group(doc)
    relabel_relations(doc, get_scheme("11-labels"))
    # TrAD and TrID of one pair are one relation, TrIS is none.
    assert labels(doc) == ["TeAS", "TeRD", "TrAD"]
    assert group(doc) == before
    ends = {(relation.head.text, relation.tail.text) for relation in doc._.relations}
    assert ends == {("CT", "肺炎"), ("补液", "肺炎"), ("CT", "头痛")}


def test_the_best_score_of_relations_that_come_together(doc):
    relations = doc._.relations
    doc._.relations = [relation._replace(score=0.1 * i) for i, relation in enumerate(relations)]
    relabel_relations(doc, {"TrAD": "X", "TrID": "X"})
    [relation] = doc._.relations
    assert relation.label == "X" and relation.score == pytest.approx(0.2)


def test_a_doc_without_relations(zh):
    doc = zh.make_doc("未见异常。")
    relabel_relations(doc, get_scheme("15-labels"))
    assert doc._.relations == [] and "clinrel" not in doc.spans


def test_the_reader_projects_the_reference(doc, zh, tmp_path):
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
    """A scheme of one's own, forgotten afterwards."""
    with own_scheme("own", {"TeRD": "finds", "证实": "证实"}) as name:
        yield name


def test_a_scheme_of_ones_own(doc, zh, own, tmp_path):
    path = write_docs(tmp_path / "x.spacy", [doc])
    [example] = Corpus(path, scheme=own)(zh)
    assert labels(example.reference) == ["finds"]


def test_evaluation_under_a_scheme(trained_model, made_up, own):
    """Relations outside the scheme are none, whether gold or predicted."""
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
