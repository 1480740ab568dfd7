"""Encoder windows of one sentence each."""

import pytest

from spacy_clinrel.ml.spans import SentenceSpans


def bounds(zh, text, **options):
    doc = zh.make_doc(text)
    [spans] = SentenceSpans(**options)([doc])
    return [(span.start, span.end) for span in spans]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        ("咳嗽", [(0, 2)]),
        ("咳嗽。", [(0, 3)]),
        ("咳嗽。发热\n头痛；", [(0, 3), (3, 6), (6, 9)]),
        ("咳嗽。头", [(0, 3), (3, 4)]),
    ],
)
def test_windows_are_sentences(zh, text, expected):
    assert bounds(zh, text) == expected


def test_long_sentences_have_overlapping_windows(zh):
    assert bounds(zh, "一" * 10 + "。二", window=4, stride=3) == [
        (0, 4),
        (3, 7),
        (6, 10),
        (9, 11),
        (11, 12),
    ]


@pytest.mark.parametrize("length", range(1, 24))
@pytest.mark.parametrize("window, stride", [(6, 6), (6, 3), (5, 2), (7, 1)])
def test_nearby_tokens_share_a_window(zh, length, window, stride):
    spans = bounds(zh, "一" * length, window=window, stride=stride)
    assert spans[0][0] == 0 and spans[-1][1] == length
    assert all(end - start <= window for start, end in spans)
    assert len(set(spans)) == len(spans) and [end for _, end in spans].count(length) == 1
    near = window - stride + 1
    for start in range(length):
        end = min(start + near, length)
        assert any(first <= start and end <= last for first, last in spans)


@pytest.mark.parametrize("stride", [0, 9])
def test_stride_out_of_range_is_an_error(stride):
    with pytest.raises(ValueError, match="M004"):
        SentenceSpans(window=8, stride=stride)
