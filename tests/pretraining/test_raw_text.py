"""Raw text for `spacy pretrain`."""

import pytest
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.cli._util import app
from typer.testing import CliRunner

import spacy_clinrel
import spacy_clinrel.cli
from spacy_clinrel import write_corpus
from spacy_clinrel.pretraining.raw_text import raw_text, split_text


def run(*args):
    return CliRunner().invoke(app, ["clinrel", "raw-text", *(str(arg) for arg in args)])


@pytest.fixture
def texts(tmp_path):
    """Return two files of numbered lines."""
    paths = []
    for name, count in (("a", 30), ("b", 300)):
        paths.append(tmp_path / f"{name}.txt")
        lines = [f"{name}{i}：患者头痛，未见异常。" for i in range(count)]
        paths[-1].write_text("\n".join(["标题", "", *lines]), encoding="utf-8")
    return paths


@given(st.text(alphabet="头痛。；\n ", max_size=80), st.integers(1, 9), st.integers(0, 9))
def test_split_text_keeps_the_text(text, target_length, extra):
    parts = list(split_text(text, target_length, target_length + extra))
    assert "".join(parts) == text
    assert all(0 < len(part) <= target_length + extra for part in parts)


def test_split_text_at_sentence_ends():
    assert list(split_text("一二。三四。五六；七", target_length=6, max_length=9)) == [
        "一二。三四。",
        "五六；七",
    ]
    assert list(split_text("一二三四五六七八", target_length=2, max_length=3)) == [
        "一二三",
        "四五六",
        "七八",
    ]


def test_raw_text_takes_each_long_line_once(texts):
    parts = raw_text(texts)
    assert len(parts) == len(set(parts)) == 330 and "标题" not in parts
    assert parts == raw_text(texts) and parts != raw_text(texts, seed=1)
    assert parts != sorted(parts)


def test_raw_text_samples_characters(texts):
    parts = raw_text(texts, characters=[0, 500])
    of_b = [part for part in parts if part.startswith("b")]
    assert len(parts) - len(of_b) == 30
    assert 500 < sum(map(len, of_b)) < 530


def test_raw_text_command(texts, tmp_path):
    out = tmp_path / "raw.jsonl"
    result = run(*texts, out, "--characters", 0, "--characters", 500)
    assert result.exit_code == 0, result.output
    assert [line["text"] for line in srsly.read_jsonl(out)] == raw_text(texts, characters=[0, 500])


def test_lines_that_occur_in_a_part_kept_apart_are_left_out(texts, zh, tmp_path):
    kept_apart = "患者三天前受凉后出现咳嗽咳痰，伴发热，最高体温三十九度。"
    write_corpus([zh.make_doc(kept_apart)], tmp_path / "test.spacy")
    texts[0].write_text(f"{kept_apart}\n{texts[0].read_text('utf-8')}", encoding="utf-8")
    result = run(*texts, tmp_path / "raw.jsonl", "--without", tmp_path / "test.spacy")
    assert result.exit_code == 0, result.output
    parts = [line["text"] for line in srsly.read_jsonl(tmp_path / "raw.jsonl")]
    assert sorted(parts) == sorted(set(raw_text(texts)) - {kept_apart}) and len(parts) == 330
    # The documents are not overwritten.
    result = run(*texts, tmp_path / "test.spacy", "--without", tmp_path / "test.spacy")
    assert result.exit_code == 1 and "F017" in result.output


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("a.txt", "nowhere.txt", "x.jsonl"), "F001"),
        (("a.txt", "x.jsonl", "--characters", 1, "--characters", 2), "F026"),
        (("latin.txt", "x.jsonl"), "F071"),
        (("empty.txt", "x.jsonl"), "F002"),
        ((".", "x.jsonl"), "F020"),
        (("a.txt", "a.txt"), "F017"),
    ],
)
def test_raw_text_command_reports_errors(texts, tmp_path, monkeypatch, args, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latin.txt").write_bytes("größer als".encode("latin-1"))
    (tmp_path / "empty.txt").write_text("\n\n", encoding="utf-8")
    before = (tmp_path / "a.txt").read_bytes()
    result = run(*args)
    assert result.exit_code == 1 and code in result.output
    assert not (tmp_path / "x.jsonl").exists() and (tmp_path / "a.txt").read_bytes() == before


def test_raw_text_from_python(texts, tmp_path, capfd):
    out = tmp_path / "raw.jsonl"
    parts = spacy_clinrel.raw_text([str(path) for path in texts], str(out), characters=[0, 500])
    assert [line["text"] for line in srsly.read_jsonl(out)] == parts
    assert spacy_clinrel.raw_text(texts, characters=[0, 500]) == parts
    assert capfd.readouterr() == ("", "")
