"""Fixtures: a tiny model, unlabelled notes, and an output folder of `review`."""

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinrel.active_learning.review import FORMATS, ReviewOptions, review
from spacy_clinrel.tokens import concat_docs, set_doc_id

from ...util import fit, gold_examples, make_doc, make_notes, relation_config, write_docs


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """Return a briefly trained relation model without a component that sets entities."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=10, rate=0.003)
    path = tmp_path_factory.mktemp("relations") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="session")
def unlabelled(tmp_path_factory) -> Path:
    """Return 31 notes with ids. The second to last has no candidate pair. The last is the first
    with a line break added."""
    nlp = spacy.blank("zh")
    docs = make_notes(nlp, 29, seed=5)
    repeated = concat_docs([docs[0], Doc(nlp.vocab, words=["\n"], spaces=[False])])
    docs = [*docs, make_doc(nlp, "仍有[头痛|症状]。"), repeated]
    for number, doc in enumerate(docs):
        set_doc_id(doc, f"ward/1:{number}")
    return write_docs(tmp_path_factory.mktemp("unlabelled") / "u.spacy", docs)


@pytest.fixture(scope="session")
def exported(model, unlabelled, tmp_path_factory) -> Path:
    """Return a folder with 6 of the notes in all formats. Tests must not change it."""
    folder = tmp_path_factory.mktemp("exported") / "round1"
    review(model, unlabelled, folder, ReviewOptions(n_docs=6), formats=tuple(FORMATS))
    return folder


def read_ranking(folder: Path) -> List[Dict[str, Any]]:
    """Read the ranking in a review folder."""
    lines = (folder / "ranking.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
