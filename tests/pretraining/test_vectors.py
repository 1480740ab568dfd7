"""Training of character vectors."""

import spacy
from spacy.cli._util import app
from typer.testing import CliRunner

import spacy_clinrel.cli  # noqa: F401 - joins spaCy's command line
from spacy_clinrel.pretraining.vectors import Units, train_vectors

TEXT = "患者头痛，头晕，伴恶心。\n患者头晕、头痛明显。\n\nＣＴ示头部未见异常。\n" * 20


def test_units_are_normalised_characters_and_pairs(raw):
    assert list(Units([raw], 1))[2][:4] == ["c", "t", "示", "头"]
    assert next(iter(Units([raw], 2)))[:3] == ["患者", "者头", "头痛"]


def test_vectors_are_found_by_character_and_by_pair(raw, tmp_path):
    nlp = train_vectors([raw], width=8, min_count=5)
    nlp.to_disk(tmp_path / "vectors")
    vocab = spacy.load(tmp_path / "vectors").vocab
    assert vocab.vectors.shape[1] == 8
    for unit in ("头", "头痛", "t"):
        assert vocab.has_vector(unit) and vocab.get_vector(unit).any()
    assert not vocab.has_vector("肝")
    units = {vocab.strings[key] for key in vocab.vectors.key2row}
    assert {"头", "头痛", "t"} <= units and all(len(unit) in (1, 2) for unit in units)
    without = train_vectors([raw], width=8, pairs=False).vocab
    assert without.has_vector("头") and not without.has_vector("头痛")


def test_the_command_writes_them_and_names_what_is_wrong(raw, tmp_path):
    out = tmp_path / "out"
    args = ["clinrel", "init-vectors", str(raw), str(out), "--width", "8"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert spacy.load(out).vocab.vectors.shape[1] == 8
    result = CliRunner().invoke(app, ["clinrel", "init-vectors", "nowhere.txt", str(out)])
    assert result.exit_code == 1 and "F001" in result.output
    result = CliRunner().invoke(app, [*args, "--min-count", "5000"])
    assert result.exit_code == 1 and "F015" in result.output
