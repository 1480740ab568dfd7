"""The assertion attributes: views, storage, and extensions shared with other packages."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from spacy.tokens import Span

from spacy_clinrel.tokens import (
    GROUP,
    Relation,
    assertion_matrix,
    attribute_rows,
    concat_docs,
    has_assertion,
    relation_edges,
    set_attributes,
    span_assertion,
    write_assertion,
)
from spacy_clinrel.tokens.assertion import FLAGS, FlagGetter
from spacy_clinrel.types import ASSERTIONS

from ..util import make_doc
from .storage import STORAGE

MARKED = "父亲患[肺癌|疾病]，否认[发热|症状]，[胸痛|症状]，予[补液|治疗]"


@pytest.fixture
def doc(zh):
    """Return a Doc with the entities of MARKED and a relation."""
    return make_doc(zh, MARKED, [(2, 3, "改善")])


def write(doc):
    cancer, fever, *_ = doc.ents
    holds = np.zeros((len(doc.ents), 5), dtype=bool)
    holds[0, ASSERTIONS.index("family")] = holds[1, ASSERTIONS.index("negated")] = True
    write_assertion(doc, doc.ents, holds, np.full(holds.shape, 0.75))
    return cancer, fever


def view(doc):
    return [
        (ent.text, [flag for flag in FLAGS.values() if ent._.get(flag)], ent._.assertion)
        for ent in doc.ents
    ]


EXPECTED = [
    ("肺癌", ["is_family"], {"family": 0.75}),
    ("发热", ["is_negated"], {"negated": 0.75}),
    ("胸痛", [], {}),
    ("补液", [], {}),
]


def copies(doc):
    return [doc, *(store(doc) for store in STORAGE.values())]


def test_written_attributes_are_shown_in_all_copies(doc):
    write(doc)
    for copy in copies(doc):
        assert has_assertion(copy)
        assert view(copy) == EXPECTED
        assert len(relation_edges(copy)) == 1


def test_a_document_without_attributes_is_unknown_until_it_is_judged(doc):
    assert not has_assertion(doc)
    assert view(doc)[0] == ("肺癌", [], {})
    write_assertion(doc, doc.ents, np.zeros((4, 5), dtype=bool))
    assert all(has_assertion(copy) for copy in copies(doc))
    assert attribute_rows(doc) == []


def test_writing_keeps_other_attributes_and_replaces_assertion(doc):
    cancer, fever, *_ = doc.ents
    set_attributes(doc, [(cancer, "Side=Left"), (cancer, "negated"), (fever, "uncertain")])
    write_assertion(doc, [cancer], np.zeros((1, 5), dtype=bool), keep_others=True)
    assert [row[1] for row in attribute_rows(doc)] == ["Side=Left", "uncertain"]
    write(doc)
    assert [row[1] for row in attribute_rows(doc)] == ["Side=Left", "negated", "family"] or [
        row[1] for row in attribute_rows(doc)
    ] == ["Side=Left", "family", "negated"]


def test_a_new_group_is_a_copy_of_the_entities(zh):
    doc = zh("否认发热")
    doc.ents = [Span(doc, 2, 4, label="症状")]
    write_assertion(doc, doc.ents, np.eye(1, 5, dtype=bool))
    assert doc.spans[GROUP].attrs["from_ents"] is True
    assert [span.text for span in doc.spans[GROUP]] == ["发热"]


def test_views_can_be_set(doc):
    fever = doc.ents[1]
    fever._.is_negated = True
    fever._.is_historical = True
    fever._.is_family = False
    assert fever._.assertion == {"negated": 1.0, "historical": 1.0}
    fever._.is_negated = False
    assert span_assertion(fever) == {"historical": 1.0}
    fever._.assertion = {"uncertain": 0.5}
    doc.ents[0]._.assertion = ["family"]
    assert fever._.is_uncertain and not fever._.is_historical and doc.ents[0]._.is_family
    assert assertion_matrix(doc, doc.ents).sum() == 2


def test_an_unknown_attribute_is_an_error_with_the_known_ones(doc):
    with pytest.raises(ValueError, match=r"R014.*'denied'.*negated, uncertain"):
        doc.ents[0]._.assertion = ["denied"]
    assert not has_assertion(doc)


def test_a_relation_has_the_attributes_of_its_ends(doc):
    _, fever, pain, treatment = doc.ents
    doc._.relations = [Relation(fever, pain, "伴随"), Relation(treatment, pain, "改善")]
    assert not any(relation.is_negated for relation in doc._.relations)
    write(doc)
    pain._.assertion = {"negated": 0.9, "historical": 0.2}
    first, second = doc._.relations
    assert first.assertion == {"negated": 0.9, "historical": 0.2}
    assert second.is_negated and second.is_historical and not second.is_family


def test_getters_are_equal_after_pickling():
    getter = pickle.loads(pickle.dumps(FlagGetter("negated")))
    assert getter == FlagGetter("negated") == Span.get_extension("is_negated")[2]


# As medspaCy's ConText registers and sets its extensions.
FOREIGN = """
import sys, warnings
import numpy as np, spacy
from spacy.tokens import Span
warnings.simplefilter("error")
def register():
    try:
        Span.set_extension("is_negated", default=False)
    except ValueError:
        pass
if "first" in sys.argv:
    register()
from spacy_clinrel.tokens import span_assertion, write_assertion
register()
doc = spacy.blank("en")("no fever or cough")
doc.ents = [Span(doc, 1, 2, label="Sign"), Span(doc, 3, 4, label="Sign")]
fever, cough = doc.ents
if "first" in sys.argv:
    write_assertion(doc, doc.ents, np.eye(2, 5, dtype=bool))
    assert fever._.is_negated and not cough._.is_negated
    assert span_assertion(fever) == {"negated": 1.0}
else:
    fever._.set("is_negated", True)
    assert span_assertion(fever) == {"negated": 1.0}
assert doc.ents[0]._.is_negated is True
print("ok")
"""


@pytest.mark.slow
@pytest.mark.parametrize("order", ["first", pytest.param("last", marks=pytest.mark.study)])
def test_extensions_are_shared_with_another_package(order):
    command = [sys.executable, "-c", FOREIGN, order]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.stdout == "ok\n", result.stderr


def test_a_concatenated_document_is_annotated_if_all_its_parts_are(doc, zh):
    write(doc)
    judged, unknown = zh("无"), zh("无")
    write_assertion(judged, [], np.zeros((0, 5), dtype=bool))
    assert has_assertion(concat_docs([doc, judged]))
    joined = concat_docs([doc, unknown])
    assert not has_assertion(joined) and joined.ents[1]._.is_negated


@pytest.mark.parametrize(
    "value",
    ["negated", None, 3, {"negated": "high"}, {"negated": 7}, {"negated": -0.5}, {"denied": 1.0}],
)
def test_invalid_assertion_is_refused_and_changes_nothing(doc, value):
    write(doc)
    with pytest.raises(ValueError, match=r"R014|R015"):
        doc.ents[1]._.assertion = value
    assert view(doc) == EXPECTED


def test_false_and_none_as_scores_mean_that_the_attribute_does_not_hold(doc):
    fever = doc.ents[1]
    fever._.assertion = {"negated": False, "family": None, "uncertain": True, "historical": 0.5}
    assert fever._.assertion == {"uncertain": 1.0, "historical": 0.5}
    assert not fever._.is_negated
