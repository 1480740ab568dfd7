"""`make_encoder` from Python."""

import pytest
from transformers import AutoModel, AutoTokenizer

import spacy_clinrel

TEXT = "患者头痛3天，予CT检查。\n"


def test_make_encoder_from_python(raw, tmp_path, capfd):
    out = tmp_path / "encoder"
    sizes = {"layers": 1, "width": 8, "heads": 2}
    encoder = spacy_clinrel.make_encoder([str(raw)], str(out), seed=1, **sizes)
    assert capfd.readouterr() == ("", "")
    assert AutoTokenizer.from_pretrained(out).vocab == encoder.tokenizer.vocab
    weight = encoder.transformer.embeddings.word_embeddings.weight
    assert AutoModel.from_pretrained(out).embeddings.word_embeddings.weight.equal(weight)
    again = spacy_clinrel.make_encoder([raw], seed=1, **sizes)
    assert again.transformer.embeddings.word_embeddings.weight.equal(weight)


def test_make_encoder_checks_its_input(raw, tmp_path):
    with pytest.raises(ValueError, match="M004"):
        spacy_clinrel.make_encoder([raw], width=10, heads=4)
    with pytest.raises(ValueError, match="F001"):
        spacy_clinrel.make_encoder([tmp_path / "missing.txt"])
