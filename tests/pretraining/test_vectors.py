"""Training of character vectors."""

import sys

import pytest
import spacy
from spacy.cli._util import app
from typer.testing import CliRunner

import spacy_clinrel
import spacy_clinrel.cli
from spacy_clinrel import write_corpus
from spacy_clinrel.pretraining.vectors import CharacterNGrams, init_vectors

TEXT = "患者头痛，头晕，伴恶心。\n患者头晕、头痛明显。\n\nＣＴ示头部未见异常。\n" * 20


def test_ngrams_are_normalised_characters_and_pairs(raw):
    assert list(CharacterNGrams([raw], 1))[2][:4] == ["c", "t", "示", "头"]
    assert next(iter(CharacterNGrams([raw], 2)))[:3] == ["患者", "者头", "头痛"]


def test_init_vectors_trains_characters_and_pairs(raw, tmp_path):
    nlp = init_vectors([raw], width=8, min_count=5)
    nlp.to_disk(tmp_path / "vectors")
    vocab = spacy.load(tmp_path / "vectors").vocab
    assert vocab.vectors.shape[1] == 8
    for unit in ("头", "头痛", "t"):
        assert vocab.has_vector(unit) and vocab.get_vector(unit).any()
    assert not vocab.has_vector("肝")
    units = {vocab.strings[key] for key in vocab.vectors.key2row}
    assert {"头", "头痛", "t"} <= units and all(len(unit) in (1, 2) for unit in units)
    without = init_vectors([raw], width=8, pairs=False).vocab
    assert without.has_vector("头") and not without.has_vector("头痛")


def test_init_vectors_command(raw, tmp_path):
    out = tmp_path / "out"
    args = ["clinrel", "init-vectors", str(raw), str(out), "--width", "8"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert spacy.load(out).vocab.vectors.shape[1] == 8
    result = CliRunner().invoke(app, ["clinrel", "init-vectors", "nowhere.txt", str(out)])
    assert result.exit_code == 1 and "F001" in result.output
    result = CliRunner().invoke(app, [*args, "--min-count", "5000"])
    assert result.exit_code == 1 and "F015" in result.output


def test_lines_that_occur_in_a_part_kept_apart_are_left_out(raw, zh, tmp_path):
    kept_apart = "右膝关节肿胀疼痛三月余，加重伴活动受限一周入院。"
    write_corpus([zh.make_doc(kept_apart)], tmp_path / "test.spacy")
    raw.write_text(f"{kept_apart}\n" * 9 + raw.read_text("utf-8"), encoding="utf-8")
    out = tmp_path / "out"
    args = ["clinrel", "init-vectors", str(raw), str(out), "--width", "8"]
    assert CliRunner().invoke(app, args).exit_code == 0
    assert spacy.load(out).vocab.has_vector("膝")
    result = CliRunner().invoke(app, [*args, "--without", str(tmp_path / "test.spacy")])
    assert result.exit_code == 0, result.output
    vocab = spacy.load(out).vocab
    assert vocab.has_vector("头") and not vocab.has_vector("膝")


def test_init_vectors_from_python(raw, tmp_path, capfd):
    out = tmp_path / "out"
    nlp = spacy_clinrel.init_vectors([str(raw)], str(out), width=8)
    assert spacy.load(out).vocab.vectors.shape == nlp.vocab.vectors.shape
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ValueError, match="F001"):
        spacy_clinrel.init_vectors([tmp_path / "missing.txt"])


def test_init_vectors_without_gensim(raw, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(ImportError, match=r"P001.*gensim.*spacy-clinrel\[vectors\]"):
        spacy_clinrel.init_vectors([raw])
