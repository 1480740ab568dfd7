"""Attributes from brat through a pipeline, `apply` and Label Studio, and back to brat."""

import json

import numpy as np
import pytest
import spacy
from spacy.cli.train import train
from spacy.language import Language

from spacy_clinrel import apply, convert, export, read_corpus, tables
from spacy_clinrel.tokens import Relation, has_assertion, span_assertion, write_assertion
from spacy_clinrel.types import ASSERTIONS

from ..util import CONFIGS

TEXTS = {
    "a": "既往史：否认头痛。父亲患肺癌。查胸片示肺炎可能。",
    "b": "患者咳嗽，建议补液。",
}
# Types and attributes of the mentions in the texts.
MENTIONS = {
    "头痛": ("Symptom", ["negated", "historical"]),
    "肺癌": ("Disease", ["family"]),
    "胸片": ("Test", []),
    "肺炎": ("Disease", ["uncertain"]),
    "咳嗽": ("Symptom", []),
    "补液": ("Treatment", ["hypothetical"]),
}
RELATIONS = {("胸片", "肺炎"): "TeRD", ("补液", "咳嗽"): "TrAS"}


@Language.component("clinrel_test_assert")
def predict_attributes(doc):
    """Predict the gold attributes with scores."""
    holds = np.array([[a in MENTIONS[e.text][1] for a in ASSERTIONS] for e in doc.ents])
    write_assertion(doc, doc.ents, holds, np.full(holds.shape, 0.875))
    return doc


@Language.component("clinrel_test_relate")
def predict_relations(doc):
    """Predict the gold relations with scores."""
    ents = {ent.text: ent for ent in doc.ents}
    doc._.relations = [
        Relation(ents[head], ents[tail], label, 0.75)
        for (head, tail), label in RELATIONS.items()
        if head in ents
    ]
    return doc


def add_stub(path, gold):
    """Return a pipeline that predicts the gold attributes."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("clinrel_test_assert")
    return nlp


def train_classifier(path, gold):
    """Return a pipeline whose attributes come from a trained classifier."""
    paths = {"paths.train": str(gold), "paths.dev": str(gold)}
    train(CONFIGS / "assertion.cfg", path, overrides=paths)
    return spacy.load(path / "model-best")


def write_brat(folder):
    folder.mkdir()
    for name, text in TEXTS.items():
        lines, ids = [], {}
        for mention, (label, _) in MENTIONS.items():
            if mention in text:
                ids[mention] = f"T{len(ids) + 1}"
                start = text.index(mention)
                place = f"{label} {start} {start + len(mention)}"
                lines.append(f"{ids[mention]}\t{place}\t{mention}")
        for (head, tail), label in RELATIONS.items():
            if head in text:
                lines.append(f"R1\t{label} Arg1:{ids[head]} Arg2:{ids[tail]}\t")
        attributes = [(a, ids[m]) for m in ids for a in MENTIONS[m][1]]
        lines += [f"A{i}\t{a.capitalize()} {m}" for i, (a, m) in enumerate(attributes, start=1)]
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / f"{name}.ann").write_text("".join(f"{line}\n" for line in lines), "utf-8")


def view(folder):
    """Return the text and the annotation of each file, without the order of lines with ids."""
    return {
        path.name: sorted(line.partition("\t")[2] for line in path.read_text("utf-8").split("\n"))
        if path.suffix == ".ann"
        else path.read_text("utf-8")
        for path in folder.iterdir()
    }


@pytest.mark.parametrize(
    "make_pipeline", [add_stub, pytest.param(train_classifier, marks=pytest.mark.slow)]
)
def test_nothing_is_lost_from_brat_to_label_studio_and_back(tmp_path, make_pipeline):
    write_brat(tmp_path / "brat")
    report = convert("brat", tmp_path / "brat", tmp_path / "gold.spacy", strict=True)
    assert report.attributes == {
        a: sum(a in names for _, names in MENTIONS.values()) for a in ASSERTIONS
    }
    # The pipeline predicts what is in the corpus.
    nlp = make_pipeline(tmp_path / "training", tmp_path / "gold.spacy")
    patterns = [{"label": label, "pattern": text} for text, (label, _) in MENTIONS.items()]
    nlp.add_pipe("entity_ruler", first=True).add_patterns(patterns)
    nlp.add_pipe("clinrel_test_relate")
    nlp.to_disk(tmp_path / "model")
    out = tmp_path / "annotated"
    assert apply(tmp_path / "model", tmp_path / "gold.spacy", out, format="spacy")["mentions"] == 6
    mentions = tables(out)["mentions"].to_pylist()
    for row in mentions:
        held = {name for name in ASSERTIONS if row[f"is_{name}"]}
        assert held == set(MENTIONS[row["text"]][1])
        assert all(0.5 <= s < 1 for s in row["assertion"].values() if s is not None)
    nodes = export(out, tmp_path / "graph", "jsonl")["files"][0]
    with open(nodes, encoding="utf-8") as lines:
        negated = [row["text"] for row in map(json.loads, lines) if row["is_negated"]]
    assert negated == ["头痛"]
    # Annotators accept the predictions: Label Studio copies their results to an annotation.
    shard = out / "part-000000.spacy"
    report = convert("label-studio-predictions", shard, tmp_path / "tasks")
    assert all(reason.startswith(("section", "score")) for reason in report.lost)
    (path,) = (tmp_path / "tasks").glob("*.json")
    tasks = json.loads(path.read_text("utf-8"))
    for task in tasks:
        (prediction,) = task.pop("predictions")
        task["annotations"] = [{"result": prediction["result"]}]
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    reviewed = tmp_path / "reviewed.spacy"
    convert("label-studio", tmp_path / "export.json", reviewed, strict=True)
    docs = read_corpus(reviewed)
    assert all(map(has_assertion, docs)) and len(docs) == 2
    found = {ent.text: list(span_assertion(ent)) for doc in docs for ent in doc.ents}
    assert found == {
        text: sorted(names, key=ASSERTIONS.index) for text, (_, names) in MENTIONS.items()
    }
    convert("brat", reviewed, tmp_path / "back")
    assert view(tmp_path / "back") == view(tmp_path / "brat")
