"""Prediction with worker processes, forked or spawned."""

import json

import pytest
import spacy

from ..util import (
    edges,
    fit,
    focused_config,
    gold_examples,
    listener,
    make_notes,
    ner_config,
    relation_config,
    run_python,
    tok2vec,
)

SCRIPT = """
import json, multiprocessing, sys
import spacy

if __name__ == "__main__":
    method, model, texts = sys.argv[1:]
    multiprocessing.set_start_method(method)
    nlp = spacy.load(model)
    texts = json.loads(texts)
    views = []
    for n_process in (1, 2):
        docs = list(nlp.pipe(texts, n_process=n_process, batch_size=2))
        assert [doc.text for doc in docs] == texts
        views.append(
            [
                [
                    [r.head.text, r.label, r.tail.text, r.head.start, round(r.score, 4)]
                    for r in doc._.relations
                ]
                for doc in docs
            ]
        )
    assert views[0] == views[1], views
    print("relations:", sum(map(len, views[1])))
"""

PAIR_SENTENCE = {
    "@architectures": "spacy-clinrel.PairSentence.v1",
    "tok2vec": {"@architectures": "spacy-clinrel.CharTable.v1", "width": 16, "rows": 100},
    "encoder": {
        "@misc": "spacy-clinrel.Parallel.v1",
        "*": {
            "resnet": {"@misc": "spacy-clinrel.ResNet.v1", "filters": 16, "depth": 3},
            "bigru": {"@misc": "spacy-clinrel.RNN.v1", "width": 16, "cell": "gru"},
        },
    },
    "pooling": {"@misc": "spacy-clinrel.PositionAttentionPool.v1"},
}
RELATIONS = {
    "mention_pair": relation_config(listener()),
    "pair_sentence": {"model": PAIR_SENTENCE},
}


@pytest.fixture(
    scope="module",
    params=[
        "mention_pair",
        pytest.param("pair_sentence", marks=pytest.mark.study),
        pytest.param("joint", marks=pytest.mark.study),
    ],
)
def model(request, bert, tmp_path_factory):
    """Return a saved trained pipeline for each type of relation model."""
    nlp = spacy.blank("zh")
    if request.param == "joint":
        nlp.add_pipe("joint_extractor", config=focused_config(bert))
    else:
        nlp.add_pipe("tok2vec", config={"model": tok2vec()})
        nlp.add_pipe("clinical_ner", config=ner_config(listener()))
        nlp.add_pipe("relation_classifier", config=RELATIONS[request.param])
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6)), steps=60)
    path = tmp_path_factory.mktemp("processes") / "model"
    nlp.to_disk(path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("method", [pytest.param("fork", marks=pytest.mark.study), "spawn"])
def test_two_processes_predict_the_same_relations(model, tmp_path, method):
    notes = make_notes(spacy.blank("zh"), 6)
    texts = [*(note.text for note in notes), "", "无殊。"]
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    output = run_python(script, method, model, json.dumps(texts))
    assert f"relations: {sum(len(edges(note)) for note in notes)}" in output
