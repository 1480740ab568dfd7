"""The command `split`."""

import json
import os
import random

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import Doc, DocBin, Span
from typer.testing import CliRunner

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.tokens import get_doc_id, set_doc_id

from ..util import edges, ents, group, make_notes, write_docs

FILES = ["dev.spacy", "split.json", "test.spacy", "train.spacy"]


def with_tail(doc, tail):
    """Return a note with text appended, and the same entities and relations."""
    longer = Doc(
        doc.vocab,
        words=[token.text for token in doc] + list(tail),
        spaces=[False] * (len(doc) + len(tail)),
    )
    spans = [Span(longer, ent.start, ent.end, ent.label) for ent in doc.ents]
    longer.set_ents(spans, default="outside")
    of = dict(zip(ents(doc), spans))
    longer._.relations = [
        (of[h.start, h.end, h.label_], of[t.start, t.end, t.label_], label)
        for h, t, label, _ in doc._.relations
    ]
    return longer


@pytest.fixture
def notes(tmp_path, zh):
    """Return a folder with 40 notes of 20 patients in two files, next to notes.csv."""
    folder = tmp_path / "in"
    (folder / "more").mkdir(parents=True)
    docs, rows = [], ["doc_id,ward,patient"]
    dice = random.Random(0)
    for i, doc in enumerate(make_notes(zh, 40)):
        # Notes from few templates are near-duplicates but for a long text of chance.
        docs.append(with_tail(doc, [chr(dice.randint(0x4E00, 0x9FA5)) for _ in range(100)]))
        set_doc_id(docs[i], f"note{i}")
        docs[i].user_data["source"] = i
        ward = "ent" if i % 4 else '"ward,3"'
        rows.append(f"note{i},{ward},p{i // 2}")
    for name, part in (("a.spacy", docs[:25]), ("more/b.spacy", docs[25:])):
        DocBin(store_user_data=True, docs=part).to_disk(folder / name)
    (tmp_path / "notes.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


def run(*args):
    return CliRunner().invoke(app, ["clinrel", "split", *(str(arg) for arg in args)])


def load(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


def flat(text):
    return " ".join(text.split())


@pytest.mark.slow
def test_split_keeps_annotations(notes, tmp_path):
    out = tmp_path / "new" / "out"
    result = run(notes, out, "--ratios", 50, 25, 25, "--stratify-labels", "--seed", 3)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == FILES
    before = {get_doc_id(d): d for p in sorted(notes.rglob("*.spacy")) for d in load(p)}
    after = {
        get_doc_id(d): d for name in ("train", "dev", "test") for d in load(out / f"{name}.spacy")
    }
    assert sorted(after) == sorted(before) and len(before) == 40
    for name, doc in after.items():
        other = before[name]
        assert doc.text == other.text and (ents(doc), group(doc)) == (ents(other), group(other))
        assert edges(doc) == edges(other) and len(edges(doc)) == 2
        assert doc.user_data["source"] == int(name.removeprefix("note"))
    report = json.loads((out / "split.json").read_text(encoding="utf-8"))
    assert report["ratios"] == [50, 25, 25] and report["seed"] == 3
    assert [report["parts"][name]["documents"] for name in ("train", "dev", "test")] == [20, 10, 10]
    assert set(report["parts"]["dev"]["ids"]) == {get_doc_id(d) for d in load(out / "dev.spacy")}
    output = flat(result.output)
    assert "documents 20 (50.0 %) 10 (25.0 %) 10 (25.0 %)" in output
    assert "relations 40 (50.0 %) 20 (25.0 %) 20 (25.0 %)" in output
    assert "改善 20 (50.0 %) 10 (25.0 %) 10 (25.0 %)" in output
    # The reader of trainings takes them.
    assert len(list(Corpus(out / "train.spacy")(spacy.blank("zh")))) == 20


def test_split_by_metadata(notes, tmp_path):
    out = tmp_path / "out"
    keys = ("--stratify-by", "ward", "--min-count", 11, "--group-by", "patient")
    result = run(notes, out, "--metadata", tmp_path / "notes.csv", *keys)
    assert result.exit_code == 0, result.output
    output = flat(result.output)
    assert "groups 14 (70.0 %) 3 (15.0 %) 3 (15.0 %)" in output
    assert "Documents by ward" in output and "(pooled)" in output and "ward,3 10" in output
    report = json.loads((out / "split.json").read_text(encoding="utf-8"))
    assert report["pooled"] == {"ward,3": 10}
    numbers = [{int(i[4:]) // 2 for i in part["ids"]} for part in report["parts"].values()]
    assert sum(map(len, numbers)) == len(set.union(*numbers)) == 20


def test_split_is_reproducible(notes, tmp_path):
    for name in ("one", "two"):
        assert run(notes, tmp_path / name, "--seed", 1).exit_code == 0
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert run(notes, tmp_path / "three", "--seed", 2).exit_code == 0
    one, three = ((tmp_path / n / "train.spacy").read_bytes() for n in ("one", "three"))
    assert one != three


def test_split_reports_near_duplicates(tmp_path, zh):
    docs = [
        zh.make_doc(f"患者{'头痛咳嗽发热'[i % 3 * 2 :][:2] * 9}，查体未见异常，{'。' * i}")
        for i in range(30)
    ]
    for i, doc in enumerate(docs):
        set_doc_id(doc, f"note{i}")
    path = write_docs(tmp_path / "a.spacy", docs)
    result = run(path, tmp_path / "out", "--ratios", 1, 1, 1)
    assert result.exit_code == 0, result.output
    assert "30 near-duplicates in 3 clusters, none divided between parts" in flat(result.output)
    result = run(path, tmp_path / "apart", "--ratios", 1, 1, 1, "--no-keep-together")
    assert "3 clusters divided between parts" in flat(result.output)
    assert "Near-duplicates in different parts: note0 (" in flat(result.output)
    assert run(path, tmp_path / "all").exit_code == 1, "three clusters are too few for 70 15 15"


def test_split_without_test_part(notes, tmp_path):
    out = tmp_path / "out"
    assert run(notes, out, "--ratios", 80, 20, 0).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["dev.spacy", "split.json", "train.spacy"]


def test_existing_files_are_replaced_only_by_force(notes, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "dev.spacy").write_bytes(b"somebody else's")
    result = run(notes, out)
    assert result.exit_code == 1 and "F025" in result.output
    assert [path.name for path in out.iterdir()] == ["dev.spacy"]
    assert run(notes, out, "--force").exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == FILES


def test_split_writes_nothing_on_an_error(notes, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / f".test.spacy.{os.getpid()}.tmp").mkdir()
    result = run(notes, out)
    assert result.exit_code == 1 and "F018" in result.output
    assert not list(out.glob("*.spacy"))


@pytest.mark.parametrize(
    ("sources", "out", "options", "code"),
    [
        (["missing"], "out", (), "F001"),
        (["empty"], "out", (), "F002"),
        (["notes.csv"], "out", (), "F191"),
        (["in"], "in/more", ("--ratios", "0", "1", "1"), "F027"),
        (["in"], "in", ("--group-by", "x"), "F012"),
        (["in"], "out", ("--metadata", "missing.csv", "--group-by", "ward"), "F028"),
        (["in", "out/train.spacy"], "out", ("--force",), "F017"),
        (["in"], "notes.csv", (), "notes.csv"),
    ],
)
def test_split_errors_exit_1(notes, tmp_path, sources, out, options, code, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    if "F017" in code:
        (tmp_path / "out").mkdir()
        (notes / "a.spacy").rename(tmp_path / "out" / "train.spacy")
    before = sorted(tmp_path.rglob("*"))
    result = run(*sources, out, *options)
    assert result.exit_code == 1 and code in flat(result.output), result.output
    assert sorted(tmp_path.rglob("*")) == before
