"""The commands `review` and `read-review`: what they print and write, and what they refuse."""

import json

import pytest
import spacy

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.tokens import get_doc_id

from ..util import edges, fit, gold_examples, invoke, make_notes, relation_config, write_docs


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """RETURNS (Tuple[Path, Path]): A model, and unlabelled documents."""
    folder = tmp_path_factory.mktemp("review")
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=10, rate=0.003)
    nlp.to_disk(folder / "model")
    docs = make_notes(nlp, 8, seed=5)
    return folder / "model", write_docs(folder / "u.spacy", [*docs, docs[0]])


def run(*args, code=0):
    result = invoke("clinrel", *args)
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def test_out_and_back(files, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "labelled" / "round1.spacy"
    told = run("review", *files, folder, "-n", 3, "--strategy", "entropy", "--diversity", 1)
    lines = (folder / "ranking.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 3
    for row in rows:
        [line] = [line for line in told.splitlines() if row["doc_id"] in line.split()]
        assert f"{row['uncertainty']:.3f}" in line and row["most_uncertain"]["head"] in line
    assert "3 of 9 documents" in told and "Left out 1 documents" in told
    assert "score of a relation not kept" in told, "brat has no place for it"

    ann = folder / "brat" / f"{rows[0]['doc_id']}.ann"
    kept = [line for line in ann.read_text(encoding="utf-8").splitlines() if line[0] == "T"]
    ann.write_text("\n".join([*kept, "R1\t改善 Arg1:T1 Arg2:T2"]), encoding="utf-8")
    told = run("read-review", folder, folder / "brat", out)
    assert "2 of 3 documents are unchanged" in told
    changes = json.loads((folder / "changes.json").read_text(encoding="utf-8"))
    [row] = [line.split() for line in told.splitlines() if line.split()[:1] == ["改善"]]
    figures = changes["relations"]["per_label"]["改善"]
    assert row[1:3] == [str(figures["proposed"]), str(figures["kept"])]
    assert changes["problems"] == [] and changes["read"]["documents"] == 3
    docs = [example.reference for example in Corpus(out.parent)(spacy.blank("zh"))]
    assert [get_doc_id(doc) for doc in docs] == [row["doc_id"] for row in rows]
    assert len(edges(docs[0])) == 1

    again = run("read-review", folder, folder / "brat", out, code=1)
    assert "F025" in again
    run("read-review", folder, folder / "brat", out, "--force", "--report", tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text(encoding="utf-8")) == changes


def test_a_changed_text_fails_and_loses_nothing_else(files, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "round1.spacy"
    run("review", *files, folder, "-n", 3)
    [text, *_] = folder.glob("brat/*.txt")
    text.write_text("x", encoding="utf-8")
    told = run("read-review", folder, folder / "brat", out, code=1)
    assert "B023" in told and text.stem in told and "Saved 2 documents" in told
    assert len(list(Corpus(out)(spacy.blank("zh")))) == 2
    assert "B023" in (folder / "changes.json").read_text(encoding="utf-8")


def test_inputs_are_never_replaced(files, tmp_path):
    folder = tmp_path / "round1"
    run("review", *files, folder, "-f", "doccano")
    assert "B021" in run("review", *files, folder, code=1)
    back = folder / "doccano" / "review.jsonl"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for out, options in (
        (folder / "proposed.spacy", ("--force",)),
        (back, ("--force",)),
        (tmp_path / "x.spacy", ("--report", folder / "ranking.jsonl")),
    ):
        assert "F017" in run("read-review", folder, back, out, *options, code=1)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    "options, message",
    [
        (("--strategy", "x"), "B006"),
        (("--format", "x"), "B006"),
        (("--ner", "nowhere"), "nowhere"),
        (("--labelled", "nowhere.spacy"), "F001"),
    ],
)
def test_what_is_wrong_is_said(files, tmp_path, options, message):
    assert message in run("review", *files, tmp_path / "x", *options, code=1)
    assert not (tmp_path / "x").exists()
