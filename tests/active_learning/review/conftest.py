"""A tiny model, unlabelled notes, and what was chosen of them."""

import json
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinrel.active_learning.review import FORMATS, ReviewOptions, review
from spacy_clinrel.tokens import concat_docs, set_doc_id

from ...util import fit, gold_examples, make_doc, make_notes, relation_config, write_docs


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """RETURNS (Path): Relations between mentions, learned from few notes."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=10, rate=0.003)
    path = tmp_path_factory.mktemp("relations") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="session")
def unlabelled(tmp_path_factory) -> Path:
    """RETURNS (Path): 30 notes with ids, one of them again with a line break, and one without a
    candidate pair."""
    nlp = spacy.blank("zh")
    docs = make_notes(nlp, 29, seed=5)
    again = concat_docs([docs[0], Doc(nlp.vocab, words=["\n"], spaces=[False])])
    docs = [*docs, make_doc(nlp, "仍有[头痛|症状]。"), again]
    for number, doc in enumerate(docs):
        set_doc_id(doc, f"ward/1:{number}")
    return write_docs(tmp_path_factory.mktemp("unlabelled") / "u.spacy", docs)


@pytest.fixture(scope="session")
def given(model, unlabelled, tmp_path_factory) -> Path:
    """RETURNS (Path): What was given out of them, in all formats."""
    folder = tmp_path_factory.mktemp("given") / "round1"
    review(str(model), unlabelled, folder, ReviewOptions(n_docs=6), formats=tuple(FORMATS))
    return folder


def ranking(folder):
    """RETURNS (List[Dict]): The chosen documents."""
    lines = (folder / "ranking.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
