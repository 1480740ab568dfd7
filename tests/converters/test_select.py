"""Parts of a corpus, and other names for its types."""

import pytest
from spacy.tokens import DocBin

from spacy_clinrel.converters import Converter, Mention, Record, Selection, set_doc_id
from spacy_clinrel.converters.report import Report
from spacy_clinrel.converters.select import group_of, select


def read(path, report):
    for name in ("病史-1", "病史-2", "出院-1", "出院-12"):
        yield Record(name, "腹痛", [Mention("T1", 0, 2, "症状"), Mention("T2", 0, 1, "部位")])


FORMAT = Converter("made up", ("*.txt",), read)


@pytest.fixture
def dev(zh, tmp_path):
    doc = zh("腹痛")
    set_doc_id(doc, "诊疗-1")
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "dev.spacy")
    return tmp_path / "dev.spacy"


def ids(selection, tmp_path):
    return [record.doc_id for record in select(FORMAT, selection).read(tmp_path, Report())]


def test_groups_split_a_corpus_without_overlap(dev, tmp_path):
    assert ids(Selection(only=dev), tmp_path) == ["病史-1", "出院-1"]
    assert ids(Selection(without=dev), tmp_path) == ["病史-2", "出院-12"]


def test_types_are_renamed_and_others_stay(tmp_path):
    records = select(FORMAT, Selection(names={"症状": "Symptom"})).read(tmp_path, Report())
    assert [mention.type for mention in next(records).mentions] == ["Symptom", "部位"]


def test_nothing_selected_is_the_format_itself():
    assert select(FORMAT, Selection()) is FORMAT


def test_group_of():
    assert group_of("病史-12", "[0-9]+$") == "12"
    assert group_of("p7_note3", "^(p[0-9]+)_") == "p7"
    with pytest.raises(ValueError, match="F012"):
        group_of("病史", "[0-9]+$")
    with pytest.raises(ValueError, match="F011"):
        group_of("病史-1", "[")
