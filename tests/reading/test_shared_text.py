"""Unlabelled text that repeats documents kept for evaluation."""

import pytest

from spacy_clinrel import write_corpus
from spacy_clinrel.reading.shared_text import SharedText, shared_lines

KEPT_APART = "患者三天前受凉后出现咳嗽咳痰，伴发热，最高体温三十九度。"
OTHER = "一周前无明显诱因出现左侧肢体无力，言语不清，无头痛及呕吐。"


@pytest.fixture
def part(zh, tmp_path):
    write_corpus([zh.make_doc(KEPT_APART), zh.make_doc(" ")], tmp_path / "test.spacy")
    return tmp_path / "test.spacy"


def test_lines_that_repeat_a_document_are_found(part):
    spaced = KEPT_APART.replace("，", "， ")
    lines = [f"{KEPT_APART}入院。", OTHER, spaced, f"短句。{OTHER}", "", KEPT_APART[:15]]
    assert shared_lines(lines, [part]) == {0, 2}
    assert shared_lines(lines, []) == set()


def test_a_phrase_of_a_template_may_be_shared(part):
    line = OTHER + KEPT_APART[:20]
    stretches = len(line) - 19
    assert SharedText([part]).share(line) == 1 / stretches < 0.1
    assert shared_lines([line], [part]) == set()


def test_nothing_is_shared_with_no_text(zh, tmp_path):
    write_corpus([zh.make_doc(" ")], tmp_path / "empty.spacy")
    assert SharedText([tmp_path / "empty.spacy"]).share(KEPT_APART) == 0.0
