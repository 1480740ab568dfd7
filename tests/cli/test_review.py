"""The commands `review` and `read-review`: output, files and errors."""

import json

import pytest
import spacy

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.tokens import get_doc_id

from ..util import edges, fit, gold_examples, invoke, make_notes, relation_config, write_docs


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Return the paths of a model and of 9 unlabelled documents, of which the last is a copy of the
    first."""
    folder = tmp_path_factory.mktemp("review")
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=10, rate=0.003)
    nlp.to_disk(folder / "model")
    docs = make_notes(nlp, 8, seed=5)
    return folder / "model", write_docs(folder / "u.spacy", [*docs, docs[0]])


def run(*args, code=0):
    """Run a command, check its exit code, and return its output."""
    result = invoke("clinrel", *args)
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def test_review_and_read_review(inputs, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "labelled" / "round1.spacy"
    output = run("review", *inputs, folder, "-n", 3, "--strategy", "entropy", "--diversity", 1)
    lines = (folder / "ranking.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 3
    for row in rows:
        [line] = [line for line in output.splitlines() if row["doc_id"] in line.split()]
        assert f"{row['uncertainty']:.3f}" in line and row["most_uncertain"]["head"] in line
    assert "3 of 9 documents" in output and "Left out 1 documents" in output
    assert "score of a relation not kept" in output, "brat cannot store scores"

    ann = folder / "brat" / f"{rows[0]['doc_id']}.ann"
    mentions = [line for line in ann.read_text(encoding="utf-8").splitlines() if line[0] == "T"]
    ann.write_text("\n".join([*mentions, "R1\t改善 Arg1:T1 Arg2:T2"]), encoding="utf-8")
    output = run("read-review", folder, folder / "brat", out)
    assert "2 of 3 documents are unchanged" in output
    changes = json.loads((folder / "changes.json").read_text(encoding="utf-8"))
    [row] = [line.split() for line in output.splitlines() if line.split()[:1] == ["改善"]]
    figures = changes["relations"]["per_label"]["改善"]
    assert row[1:3] == [str(figures["proposed"]), str(figures["kept"])]
    assert changes["problems"] == [] and changes["read"]["documents"] == 3
    docs = [example.reference for example in Corpus(out.parent)(spacy.blank("zh"))]
    assert [get_doc_id(doc) for doc in docs] == [row["doc_id"] for row in rows]
    assert len(edges(docs[0])) == 1

    assert "F025" in run("read-review", folder, folder / "brat", out, code=1)
    report = tmp_path / "c.json"
    run("read-review", folder, folder / "brat", out, "--force", "--report", report)
    assert json.loads(report.read_text(encoding="utf-8")) == changes


def test_read_review_leaves_out_a_changed_text(inputs, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "round1.spacy"
    run("review", *inputs, folder, "-n", 3)
    [text, *_] = folder.glob("brat/*.txt")
    text.write_text("x", encoding="utf-8")
    output = run("read-review", folder, folder / "brat", out, code=1)
    assert "B023" in output and text.stem in output and "Saved 2 documents" in output
    assert len(list(Corpus(out)(spacy.blank("zh")))) == 2
    assert "B023" in (folder / "changes.json").read_text(encoding="utf-8")


def test_read_review_warns_about_types_that_do_not_fit_the_label(inputs, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "round1.spacy"
    run("review", *inputs, folder, "-n", 2)
    signatures = json.loads((folder / "review.json").read_text(encoding="utf-8"))["signatures"]
    head, label, tail = signatures[0]
    [ann, _] = sorted(folder.glob("brat/*.ann"))
    text = f"T1\t{tail} 0 1\t{{0}}\nT2\t{head} 2 3\t{{2}}\nR1\t{label} Arg1:T1 Arg2:T2\n"
    note = ann.with_suffix(".txt").read_text(encoding="utf-8")
    ann.write_text(text.format(*note), encoding="utf-8")
    output = " ".join(run("read-review", folder, folder / "brat", out).split())
    assert "types that the label does not have in the training data of the pipeline" in output
    changes = json.loads((folder / "changes.json").read_text(encoding="utf-8"))
    (message,) = changes["read"]["messages"]
    assert f"{ann.name}:3: " in message
    assert f"{tail} 0–1 (id T1) — {label} → {head} 2–3 (id T2)" in message
    assert changes["unseen_type_pairs"]["count"] == 1


def test_read_review_warns_about_unknown_names(inputs, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "round1.spacy"
    run("review", *inputs, folder, "-n", 2)
    settings = json.loads((folder / "review.json").read_text(encoding="utf-8"))
    kind = settings["types"][0]
    [ann, _] = sorted(folder.glob("brat/*.ann"))
    note = ann.with_suffix(".txt").read_text(encoding="utf-8")
    lines = [f"T1\t{kind} 0 1\t{note[0]}", f"T2\tTset 2 3\t{note[2]}"]
    lines += ["R1\tTrXX Arg1:T1 Arg2:T2", "A1\tNegated T1", "A2\tnegatedd T1"]
    ann.write_text("\n".join(lines), encoding="utf-8")
    output = run("read-review", folder, folder / "brat", out, "--strict", code=1)
    assert "B030" in output and "attributes that the pipeline does not have: 3" in " ".join(
        output.split()
    )
    assert not out.exists() and not (folder / "changes.json").exists()
    run("read-review", folder, folder / "brat", out)
    changes = json.loads((folder / "changes.json").read_text(encoding="utf-8"))
    rows = [(row["what"], row["name"], row["count"]) for row in changes["unknown_names"]]
    assert rows == [
        ("attribute", "negatedd", 1),
        ("entity type", "Tset", 1),
        ("relation label", "TrXX", 1),
    ]
    places = [message.split("ann:")[1].split(":")[0] for message in changes["read"]["messages"]]
    assert places == ["1", "2", "3"]

    ann.write_text("\n".join([*lines[:1], f"T2\t{kind} 2 3\t{note[2]}"]), encoding="utf-8")
    run("read-review", folder, folder / "brat", out, "--strict", "--force")


def test_read_review_relations_without_a_label(inputs, tmp_path):
    folder, out = tmp_path / "round1", tmp_path / "round1.spacy"
    run("review", *inputs, folder, "-n", 1, "--format", "label-studio-predictions")
    path = folder / "label-studio-predictions" / "review.json"
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    results = [r for r in task.pop("predictions")[0]["result"] if r["type"] == "labels"]
    relation = {"type": "relation", "from_id": results[0]["id"], "to_id": results[1]["id"]}
    task["annotations"] = [{"id": 1, "result": [*results, relation]}]
    export = tmp_path / "export.json"
    export.write_text(json.dumps([task]), encoding="utf-8")
    output = " ".join(run("read-review", folder, export, out, code=1).split())
    assert "B029" in output and "--default-label sets a label" in output
    for result in results[:2]:
        assert f"(id {result['id']})" in output and result["value"]["text"] not in output
    run("read-review", folder, export, out, "--default-label", "改善")
    (doc,) = [example.reference for example in Corpus(out)(spacy.blank("zh"))]
    assert len(edges(doc)) == 1


def test_inputs_are_never_replaced(inputs, tmp_path):
    folder = tmp_path / "round1"
    run("review", *inputs, folder, "-f", "doccano")
    assert "B021" in run("review", *inputs, folder, code=1)
    corrected = folder / "doccano" / "review.jsonl"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for out, options in (
        (folder / "proposed.spacy", ("--force",)),
        (corrected, ("--force",)),
        (tmp_path / "x.spacy", ("--report", folder / "ranking.jsonl")),
    ):
        assert "F017" in run("read-review", folder, corrected, out, *options, code=1)
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
def test_review_errors(inputs, tmp_path, options, message):
    assert message in run("review", *inputs, tmp_path / "x", *options, code=1)
    assert not (tmp_path / "x").exists()


def test_texts_are_read_directly(inputs, tmp_path):
    """Texts become documents with the mentions of --ner, without a conversion."""
    ner = spacy.blank("zh")
    patterns = [{"label": "检查", "pattern": "胸片"}, {"label": "疾病", "pattern": "肺炎"}]
    ner.add_pipe("entity_ruler").add_patterns(patterns)
    ner.to_disk(tmp_path / "ner")
    lines = ["no,note", "七,查胸片示肺炎。", "八,复查胸片示肺炎好转。"]
    (tmp_path / "notes.csv").write_text("\n".join(lines), encoding="utf-8")
    options = ("--ner", tmp_path / "ner", "--text-column", "note", "--id-column", "no")
    output = run("review", inputs[0], tmp_path / "notes.csv", tmp_path / "round", *options)
    assert "2 of 2 documents" in output
    ranking = (tmp_path / "round" / "ranking.jsonl").read_text(encoding="utf-8")
    assert {json.loads(line)["doc_id"] for line in ranking.splitlines()} == {"七", "八"}
    assert '"doc_id": "七"' in ranking
    assert {path.stem for path in (tmp_path / "round" / "brat").glob("*.ann")} == {"七", "八"}
