"""The component that links mentions to the concepts of a terminology."""

import pickle
import shutil

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinrel import build_terminology
from spacy_clinrel.pipeline import terminology_linker
from spacy_clinrel.pipeline.loading import load_pipeline
from spacy_clinrel.tokens import GROUP, set_attributes

from ..terminology.util import TABLE
from ..util import make_doc

NAME = "terminology_linker"
MARKED = (
    "患者否认[Ⅱ型糖尿病|Disease]，查[红细胞|Test]，诊断[上呼吸道异物|Disease]，予[红细胞|Treatment]"
)
TYPES = {"Disease": "疾病", "Treatment": ["药品"]}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return the folder of a terminology of 30 concepts."""
    folder = tmp_path_factory.mktemp("terminology")
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    build_terminology(folder / "table.csv", folder / "out")
    return folder / "out"


def linker(path, **options):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config={"path": None if path is None else str(path), **options})
    return nlp


def linked(nlp, marked=MARKED):
    return nlp.get_pipe(NAME)(make_doc(nlp, marked))


def codes(doc):
    return [ent.kb_id_ for ent in doc.ents]


def test_codes_and_candidates_of_entities(path):
    doc = linked(linker(path))
    assert codes(doc) == ["D01", "T06", "", "T06"]
    assert doc.ents[0]._.candidates == [("D01", "2型糖尿病", 1.0)]
    assert [candidate.code for candidate in doc.ents[1]._.candidates] == ["T06", "X01"]
    assert doc.ents[2]._.candidates == []
    assert [span.kb_id_ for span in doc.spans[GROUP]] == ["D01", "T06", "T06"]


def test_types_of_mentions_and_of_concepts(path):
    assert codes(linked(linker(path, types=["Test", "Treatment"]))) == ["", "T06", "", "T06"]
    doc = linked(linker(path, types={**TYPES, "Test": "检查"}))
    assert codes(doc) == ["D01", "X01", "", "T06"]
    assert codes(linked(linker(path, types=TYPES))) == ["D01", "", "", "T06"]


def test_threshold_separates_links_from_candidates(path):
    marked = "诊断[右下肢深静脉血栓形成|Disease]"
    score = linked(linker(path), marked).ents[0]._.candidates[0].score
    assert codes(linked(linker(path, threshold=score - 0.01), marked)) == ["D20"]
    doc = linked(linker(path, threshold=score + 0.01), marked)
    assert codes(doc) == [""] and doc.ents[0]._.candidates[0].code == "D20"
    assert codes(linked(linker(path, threshold=1.0))) == ["D01", "T06", "", "T06"]


def test_denied_and_nested_mentions_are_linked(path):
    nlp = linker(path)
    doc = make_doc(nlp, "无[[头颅|Body]CT|Test]所见[肝硬化|Disease]")
    set_attributes(doc, [(doc.ents[1], "negated")])
    nlp.get_pipe(NAME)(doc)
    assert codes(doc) == ["X02", "D16"] and doc.ents[1]._.is_negated
    doc = make_doc(nlp, "[[脑梗死|Disease]后遗症|Symptom]")
    nlp.get_pipe(NAME)(doc)
    assert [(span.text, span.kb_id_) for span in doc.spans[GROUP]][1] == ("脑梗死", "D06")
    assert codes(linker(path, mentions="ents").get_pipe(NAME)(doc.copy())) == codes(doc)


def test_predict_does_not_change_the_doc(path):
    nlp = linker(path)
    doc = make_doc(nlp, MARKED)
    before = doc.to_bytes()
    (links,) = nlp.get_pipe(NAME).predict([doc])
    assert links.codes == ["D01", "T06", "", "T06"] and doc.to_bytes() == before
    assert nlp.get_pipe(NAME).predict([nlp.make_doc("")])[0].codes == []


def test_linking_twice_replaces_the_links(path):
    nlp = linker(path)
    doc = linked(nlp)
    doc.set_ents([Span(doc, 4, 9, label="Disease", kb_id="old")], default="unmodified")
    nlp.get_pipe(NAME)(doc)
    assert codes(doc) == ["D01", "T06", "", "T06"]
    nlp.get_pipe(NAME).cfg["threshold"] = 1.0
    nlp.get_pipe(NAME)(doc)
    assert codes(doc) == ["D01", "T06", "", "T06"]


def test_two_linkers_with_different_types(path, tmp_path):
    (tmp_path / "drugs.csv").write_text("code,name\nX9,红细胞\n", encoding="utf-8")
    build_terminology(tmp_path / "drugs.csv", tmp_path / "drugs")
    nlp = linker(path, types=["Disease"])
    config = {"path": str(tmp_path / "drugs"), "types": ["Treatment"]}
    nlp.add_pipe(NAME, "drugs", config=config)
    doc = nlp.get_pipe("drugs")(linked(nlp))
    assert codes(doc) == ["D01", "", "", "X9"]


def test_small_batches_and_the_cache_change_nothing(path, monkeypatch):
    monkeypatch.setattr(terminology_linker, "CACHE_SIZE", 1)
    nlp = linker(path, batch_size=1)
    docs = [make_doc(nlp, MARKED) for _ in range(5)]
    docs = list(nlp.get_pipe(NAME).pipe(docs, batch_size=2))
    assert [codes(doc) for doc in docs] == [["D01", "T06", "", "T06"]] * 5
    assert len(nlp.get_pipe(NAME)._cache) == 1


@pytest.mark.parametrize("storage", ["disk", "bytes"])
def test_terminology_is_saved_with_the_pipeline(path, tmp_path, storage):
    copy = tmp_path / "terminology"
    shutil.copytree(path, copy)
    nlp = linker(copy, types=TYPES, threshold=0.9)
    nlp.get_pipe(NAME).cfg["threshold"] = 0.7
    expected = codes(linked(nlp))
    nlp.to_disk(tmp_path / "model")
    data = nlp.to_bytes()
    shutil.rmtree(copy)
    if storage == "disk":
        loaded = load_pipeline(tmp_path / "model")
    else:
        loaded = spacy.blank("zh").from_config(nlp.config).from_bytes(data)
    assert codes(linked(loaded)) == expected == ["D01", "", "", "T06"]
    assert loaded.get_pipe(NAME).cfg["threshold"] == 0.7
    assert loaded.to_bytes() == data


def test_a_pipeline_without_terminology_can_be_saved_and_loaded(tmp_path):
    nlp = linker(None)
    nlp.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    with pytest.raises(ValueError, match=r"C100.*terminology_linker"):
        linked(nlp)
    with pytest.raises(ValueError, match="C100"):
        nlp.initialize()


def test_errors_of_options(path, tmp_path):
    with pytest.raises(ValueError, match=r"C102.*no-such-folder"):
        linked(linker("no-such-folder"))
    with pytest.raises(ValueError, match="F127"):
        linked(linker(tmp_path))
    with pytest.raises(ValueError, match=r"C101.*'药'.*检查, 疾病, 药品"):
        linked(linker(path, types={"Treatment": "药"}))
    for option in ({"threshold": 2}, {"n_candidates": 0}, {"mentions": "x"}, {"types": "Disease"}):
        with pytest.raises(ValueError, match=next(iter(option))):
            linker(path, **option)


def test_damaged_files_of_a_pipeline_give_one_error(path, tmp_path):
    nlp = linker(path)
    nlp.to_disk(tmp_path)
    (tmp_path / NAME / "terminology" / "forms.json").write_bytes(b"[")
    with pytest.raises(ValueError, match=r"M022.*terminology_linker"):
        spacy.load(tmp_path)
    with pytest.raises(ValueError, match=r"M022.*terminology_linker"):
        nlp.get_pipe(NAME).from_bytes(b"\xc1")
    (tmp_path / NAME / "cfg").write_text('{"threshold": 2, "has_terminology": true}')
    with pytest.raises(ValueError, match=r"M022.*threshold"):
        spacy.load(tmp_path)


def test_errors_in_a_batch_go_to_the_error_handler(path):
    nlp = linker(path)
    seen = []
    nlp.get_pipe(NAME).set_error_handler(lambda name, pipe, docs, error: seen.append(error))
    assert list(nlp.get_pipe(NAME).pipe([None])) == [] and len(seen) == 1


def test_component_can_be_pickled(path):
    """As worker processes that are spawned need."""
    nlp = linker(path)
    linked(nlp)
    copy = pickle.loads(pickle.dumps(nlp.get_pipe(NAME)))
    doc = make_doc(nlp, MARKED)
    assert codes(copy(doc)) == ["D01", "T06", "", "T06"]


@pytest.mark.slow
def test_processes(path):
    nlp = linker(path)
    patterns = [
        {"label": "Disease", "pattern": "2型糖尿病"},
        {"label": "Test", "pattern": "红细胞"},
    ]
    nlp.add_pipe("entity_ruler", first=True).add_patterns(patterns)
    docs = list(nlp.pipe(["2型糖尿病，红细胞高"] * 4, n_process=2, batch_size=2))
    assert [codes(doc) for doc in docs] == [["D01", "T06"]] * 4
    assert docs[0].ents[1]._.candidates[1].code == "X01"
