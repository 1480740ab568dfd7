"""Selections: documents, types and labels to keep, renamed types."""

import pytest
from spacy.tokens import DocBin

from spacy_clinrel.data.converters import (
    Link,
    Mention,
    Record,
    Selection,
)
from spacy_clinrel.data.converters.report import Report
from spacy_clinrel.data.converters.select import select
from spacy_clinrel.data.groups import group_of
from spacy_clinrel.tokens import set_doc_id


def read(path, report, options):
    for name in ("病史-1", "病史-2", "出院-1", "出院-12"):
        yield Record(name, "腹痛", [Mention("T1", 0, 2, "症状"), Mention("T2", 0, 1, "部位")])


@pytest.fixture
def dev(zh, tmp_path):
    doc = zh("腹痛")
    set_doc_id(doc, "诊疗-1")
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "dev.spacy")
    return tmp_path / "dev.spacy"


def selected(selection, report, read=read):
    change = select(selection)
    changed = (change(record, report) for record in read(None, report, None))
    return [record for record in changed if record]


def ids(selection, tmp_path):
    return [record.doc_id for record in selected(selection, Report())]


def test_select_groups(dev, tmp_path):
    assert ids(Selection(only_groups_of=dev), tmp_path) == ["病史-1", "出院-1"]
    assert ids(Selection(without_groups_of=dev), tmp_path) == ["病史-2", "出院-12"]


def test_rename_types(tmp_path):
    records = selected(Selection(rename={"症状": "Symptom"}), Report())
    assert [mention.type for mention in records[0].mentions] == ["Symptom", "部位"]


def test_keep_types_and_labels():
    """Relations of removed mentions are left out. Relations of unknown mentions are still reported
    as errors."""
    links = [Link("T1", "T2", "甲"), Link("T2", "T3", "甲"), Link("T3", "T2", "乙")]
    links += [Link("T2", "T9", "甲"), Link("T3", "T1", "甲")]

    def read_one(path, report, options):
        kinds = ("症状", "部位", "Sign")
        found = [Mention(f"T{i}", 0, i, kind) for i, kind in enumerate(kinds, start=1)]
        yield Record("病史", "腹痛甚", found, links)

    def kept(**options):
        report = Report()
        selection = Selection(rename={"Sign": "征"}, **options)
        (record,) = selected(selection, report, read_one)
        return [m.id for m in record.mentions], [links.index(x) for x in record.relations], report

    mentions, relations, report = kept(keep_types=["部位", "征"], keep_labels=["甲"])
    assert (mentions, relations) == (["T2", "T3"], [1, 3])
    assert report.kept_types == {"部位": 1, "征": 1} and report.kept_labels == {"甲": 2}
    assert report.left_out == {
        "entities of other types": 1,
        "relations of other labels": 1,
        "relations of entities that are left out": 2,
    }
    assert report.losses == 0
    mentions, relations, report = kept(keep_types=["Sign"])
    assert (mentions, relations) == ([], []) and not report.kept_labels
    mentions, relations, report = kept(keep_labels=["乙"])
    assert (mentions, relations) == (["T1", "T2", "T3"], [2]) and not report.kept_types


def test_group_of():
    assert group_of("病史-12", "[0-9]+$") == "12"
    assert group_of("p7_note3", "^(p[0-9]+)_") == "p7"
    with pytest.raises(ValueError, match="F012"):
        group_of("病史", "[0-9]+$")
    with pytest.raises(ValueError, match="F011"):
        group_of("病史-1", "[")
