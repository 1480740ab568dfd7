"""Storage of relations: round trips, the setter, and errors."""

import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_clinrel.errors import Errors
from spacy_clinrel.tokens import (
    GROUP,
    Relation,
    get_relations,
    relation_edges,
    set_relations,
    store_relations,
)
from spacy_clinrel.tokens.relation import FROM_ENTS, RELATIONS

from ..util import edges, ents, group, make_doc, run_python, span


@pytest.fixture
def nested(zh):
    """Return a Doc with nested mentions and three relations. Two of the related mentions
    have the same start."""
    marked = "见[[左侧|方位]股骨[颈|部位]|部位][骨折|疾病]，[头痛|症状]。"
    return make_doc(zh, marked, [(1, 0, "方位"), (3, 0, "位于"), (0, 2, "含")])


def view(doc):
    return [(h.text, h.label_, label, t.text, t.label_, s) for h, t, label, s in doc._.relations]


def through_bytes(doc):
    return Doc(spacy.blank("zh").vocab).from_bytes(doc.to_bytes())


def through_disk(doc, path):
    doc.to_disk(path)
    return Doc(spacy.blank("zh").vocab).from_disk(path)


def through_docbin(doc, user_data):
    data = DocBin(store_user_data=user_data, docs=[doc]).to_bytes()
    return next(DocBin().from_bytes(data).get_docs(spacy.blank("zh").vocab))


ROUND_TRIPS = {
    "bytes": lambda doc, path: through_bytes(doc),
    "disk": through_disk,
    "docbin": lambda doc, path: through_docbin(doc, False),
    "docbin with user data": lambda doc, path: through_docbin(doc, True),
    "copy": lambda doc, path: doc.copy(),
    "pickle": lambda doc, path: pickle.loads(pickle.dumps(doc)),
}


@pytest.mark.parametrize("method", ROUND_TRIPS)
def test_relations_survive_round_trips(nested, tmp_path, method):
    # 0.1 is not a binary fraction, so this detects any loss of precision.
    nested._.relations = [r._replace(score=0.1) for r in nested._.relations]
    copy = ROUND_TRIPS[method](nested, tmp_path / "doc")
    assert copy is not nested
    assert len(view(nested)) == 3 and view(copy) == view(nested)
    assert group(copy) == group(nested) and ents(copy) == ents(nested)
    assert all(s.doc is copy for relation in copy._.relations for s in relation[:2])


@pytest.mark.parametrize("method", ROUND_TRIPS)
def test_empty_list_differs_from_no_annotation(zh, tmp_path, method):
    plain, empty = zh("头痛"), zh("头痛")
    empty._.relations = []
    for doc, annotated in ((plain, False), (empty, True)):
        copy = ROUND_TRIPS[method](doc, tmp_path / "doc")
        assert (GROUP in copy.spans) is annotated
        assert copy._.relations == []


def test_copy_is_independent(nested):
    before = view(nested)
    copy = nested.copy()
    copy._.relations = []
    assert view(copy) == [] and view(nested) == before


WORKERS = """
import multiprocessing, sys
import spacy
from spacy.language import Language
from spacy_clinrel.tokens import Relation

@Language.component("relate")
def relate(doc):
    doc._.relations = [Relation(doc[0:4], doc[0:2], "内", 0.25), Relation(doc[0:2], doc[0:4], "外")]
    return doc

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    nlp = spacy.blank("zh")
    nlp.add_pipe("relate")
    texts = [f"头痛腹痛{i}" for i in range(6)]
    docs = list(nlp.pipe(texts, n_process=2, batch_size=2))
    assert [doc.text for doc in docs] == texts
    for doc in docs:
        first, second = doc._.relations
        assert (first.head.text, first.tail.text, first.score) == ("头痛腹痛", "头痛", 0.25), first
        assert (second.head.text, second.tail.text, second.score) == ("头痛", "头痛腹痛", 1.0)
        assert first.head.doc is doc
    print("processed", len(docs))
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.study)])
def test_relations_survive_worker_processes(tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(WORKERS, encoding="utf-8")
    assert "processed 6" in run_python(script, method)


def test_setter_keeps_existing_mentions(nested):
    before = group(nested)
    nested._.relations = [Relation(span(nested, "头痛", "症状"), span(nested, "股骨", "骨"), "伴")]
    assert group(nested)[: len(before)] == before
    assert group(nested)[len(before) :] == [(3, 5, "骨")]
    assert view(nested) == [("头痛", "症状", "伴", "股骨", "骨", 1.0)]


def test_mentions_are_equal_by_boundaries_and_type(zh):
    doc = zh("头痛腹痛")
    first, equal, other = span(doc, "头痛", "X"), span(doc, "头痛", "X"), span(doc, "头痛", "Y")
    tail = span(doc, "腹痛", "X")
    doc._.relations = [
        Relation(first, tail, "a"),
        Relation(equal, tail, "b"),
        Relation(other, tail, "a"),
    ]
    assert group(doc) == [(0, 2, "X"), (2, 4, "X"), (0, 2, "Y")]
    assert relation_edges(doc) == [(0, 1, "a", 1.0), (0, 1, "b", 1.0), (2, 1, "a", 1.0)]


def test_last_of_equal_relations_is_kept(zh):
    doc = zh("头痛腹痛")
    head, tail = span(doc, "头痛"), span(doc, "腹痛")
    doc._.relations = [(head, tail, "a", 0.2), (tail, head, "a", 0.3), (head, tail, "a", 0.9)]
    assert relation_edges(doc) == [(0, 1, "a", 0.9), (1, 0, "a", 0.3)]


def test_mention_may_relate_to_itself(zh):
    doc = zh("头痛")
    doc._.relations = [Relation(span(doc, "头痛"), span(doc, "头痛"), "反复")]
    assert relation_edges(doc) == [(0, 0, "反复", 1.0)]


def test_stored_values_are_plain_types(zh):
    numpy = pytest.importorskip("numpy")
    doc = zh("头痛腹痛")
    doc._.relations = [(span(doc, "头痛"), span(doc, "腹痛"), "a", numpy.float32(0.5))]
    (stored,) = doc.spans[GROUP].attrs[RELATIONS]
    assert [type(value) for value in stored] == [int, int, str, float]


def test_setter_keeps_other_group_attributes(nested):
    nested.spans[GROUP].attrs["doc_id"] = "甲"
    nested._.relations = []
    assert nested.spans[GROUP].attrs["doc_id"] == "甲"


@pytest.mark.parametrize("end", ["head", "tail"])
@pytest.mark.parametrize(
    "make", [lambda nlp: nlp("头痛")[0:2], lambda nlp: "头痛", lambda nlp: None]
)
def test_span_of_another_doc_is_an_error(zh, end, make):
    doc, wrong = zh("头痛腹痛"), make(zh)
    ends = {"head": doc[0:2], "tail": doc[2:4], end: wrong}
    with pytest.raises(ValueError, match=f"R001.*{end}"):
        doc._.relations = [Relation(ends["head"], ends["tail"], "a")]
    assert GROUP not in doc.spans


@pytest.mark.parametrize("label", ["", None, 7])
def test_label_must_be_a_nonempty_string(zh, label):
    doc = zh("头痛腹痛")
    with pytest.raises(ValueError, match="R003"):
        doc._.relations = [(doc[0:2], doc[2:4], label)]


def test_failed_setter_keeps_relations(nested):
    before = view(nested)
    with pytest.raises(ValueError, match="R003"):
        nested._.relations = [(nested[0:2], nested[2:4], "a"), (nested[0:2], nested[2:4], "")]
    assert view(nested) == before


def test_index_out_of_range_is_an_error(nested):
    attrs = dict(nested.spans[GROUP].attrs)
    nested.spans[GROUP] = list(nested.spans[GROUP])[:2]
    assert get_relations(nested) == []  # the attributes belong to the old group
    nested.spans[GROUP].attrs.update(attrs)
    with pytest.raises(ValueError, match=r"R002.*2 mentions.*mention 3"):
        get_relations(nested)


def test_negative_index_is_an_error(zh):
    doc = zh("头痛腹痛")
    store_relations(doc, [doc[0:2], doc[2:4]], [(0, -1, "a", 1.0)])
    with pytest.raises(ValueError, match="R002"):
        get_relations(doc)


def test_setting_current_relations_changes_nothing(nested):
    assert set_relations(nested, nested._.relations) is None
    assert edges(nested) == edges(nested.copy()) and len(edges(nested)) == 3
    assert get_relations(nested) == nested._.relations


def test_setter_marks_new_mentions_as_own(zh):
    """A predicted span group has only copies of doc.ents until a user adds another mention."""
    doc = zh("左侧股骨骨折")
    doc.set_ents([span(doc, "股骨", "部位")])
    store_relations(doc, [], [], from_ents=True)
    doc._.relations = [Relation(span(doc, "股骨", "部位"), span(doc, "左侧", "方位"), "在")]
    assert not doc.spans[GROUP].attrs[FROM_ENTS]
    doc._.relations = []
    store_relations(doc, [], [], from_ents=True)
    doc._.relations = [Relation(doc.ents[0], doc.ents[0], "是")]
    assert doc.spans[GROUP].attrs[FROM_ENTS]


FOREIGN = """
import warnings
from spacy.tokens import Doc
Doc.set_extension("relations", default="mine")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import spacy_clinrel
import spacy
from spacy_clinrel.tokens import get_relations, set_relations
print([str(w.message) for w in caught if "W001" in str(w.message)])
doc = spacy.blank("zh")("头痛腹痛")
assert doc._.relations == "mine"
set_relations(doc, [(doc[0:2], doc[2:4], "a")])
assert get_relations(doc)[0].label == "a" and doc._.relations == "mine"
from spacy_clinrel.tokens.extensions import register_extensions
Doc.remove_extension("relations")
with warnings.catch_warnings():
    warnings.simplefilter("error")
    register_extensions()
    register_extensions()
assert doc._.relations[0].label == "a"
"""


@pytest.mark.slow
def test_extension_of_another_package_is_not_replaced():
    assert "[W001]" in run_python("-c", FOREIGN)


def test_error_says_how_to_create_a_span():
    assert "doc.char_span" in Errors.R001
