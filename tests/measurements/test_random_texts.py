"""Dosages and times in random texts: nothing fails, and all offsets are valid."""

import itertools
import random

import pytest

from .test_dates import parser as date_parser
from .test_dosage import parser as dosage_parser

CHARACTERS = (
    "0123456789.,/-~:+×%(（)）年月日天周时小h d个半一二两三十百前后每第术入院qdbidpoivmgl μ片支#"
    " \n共用①½１２。，、；ago days week PRN HD POD in of 2024 02 13 Feb May"
)
SIZE = 400


def random_texts(seed):
    """Yield texts, and start and end of mentions."""
    generator = random.Random(seed)
    for _ in range(SIZE):
        text = "".join(generator.choices(CHARACTERS, k=generator.randint(1, 60)))
        starts = sorted(generator.randrange(len(text)) for _ in range(3))
        yield text, [(start, min(len(text), start + generator.randint(1, 6))) for start in starts]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_dosages(lang):
    for text, mentions in random_texts(0):
        dosages = [
            dosage for _, dosage in dosage_parser(lang).bind(text, mentions[:2], mentions[2:])
        ]
        for dosage in [*dosages, *dosage_parser(lang).find(text)]:
            assert 0 <= dosage.start < dosage.end <= len(text)
            assert all(text[part.start : part.end] == part.text for part in dosage.parts)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_times(lang):
    for text, _ in random_texts(1):
        times = date_parser(lang).find(text)
        spans = sorted((item.start, item.end) for item in (*times.dates, *times.durations))
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
