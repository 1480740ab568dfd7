"""The public functions of active learning: string arguments, results, and no printed output."""

import pytest
import spacy

import spacy_clinrel
from spacy_clinrel.active_learning.bootstrap import BootstrapData, BootstrapOptions
from spacy_clinrel.data.readers import Corpus

from ..util import fit, gold_examples, make_notes, relation_config, write_docs
from .bootstrap.conftest import read_records, small_config


@pytest.mark.slow
def test_bootstrap_prints_nothing(few_labels, tmp_path, capfd):
    small_config().to_disk(tmp_path / "config.cfg", interpolate=False)
    data = BootstrapData(*map(str, few_labels))
    records = []
    result = spacy_clinrel.bootstrap(
        str(tmp_path / "config.cfg"),
        data,
        str(tmp_path / "run"),
        BootstrapOptions(max_rounds=0),
        on_round=records.append,
    )
    assert capfd.readouterr() == ("", "")
    assert result["kept"] == 0 and result["rounds"] == records
    assert [{**record, "seconds": None} for record in records] == read_records(tmp_path / "run")
    assert spacy.load(tmp_path / "run" / "model-best").pipe_names


def test_review_and_read_review_print_nothing(tmp_path, capfd):
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=5, rate=0.003)
    nlp.to_disk(tmp_path / "model")
    unlabelled = write_docs(tmp_path / "u.spacy", make_notes(nlp, 8, seed=5))
    folder, gold = tmp_path / "round1", tmp_path / "gold.spacy"
    capfd.readouterr()
    result = spacy_clinrel.review(str(tmp_path / "model"), str(unlabelled), str(folder))
    assert result["chosen"] == len(result["ranking"]) > 0
    read = spacy_clinrel.read_review(str(folder), str(folder / "brat"))
    assert len(read.docs) == result["chosen"] and not read.problems
    assert not (folder / "changes.json").exists(), "nothing is written without an output"
    spacy_clinrel.read_review(str(folder), str(folder / "brat"), str(gold))
    assert capfd.readouterr() == ("", "")
    assert (folder / "changes.json").exists()
    assert len(list(Corpus(gold)(nlp))) == result["chosen"]
    with pytest.raises(ValueError, match="F025"):
        spacy_clinrel.read_review(folder, folder / "brat", gold)
    spacy_clinrel.read_review(folder, folder / "brat", gold, force=True)
