"""Which documents are chosen, against naive loops."""

from collections import Counter
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.active_learning.review.diversity import choose_documents, count_vectors

contents = st.lists(st.text("abcde", max_size=8), min_size=1, max_size=8)


def cosine(one, other):
    a, b = Counter(one), Counter(other)
    lengths = sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return sum(n * b[key] for key, n in a.items()) / lengths if lengths else 0.0


@given(contents)
def test_similarity(some):
    bags = count_vectors(some)
    for number, one in enumerate(some):
        assert bags.similarity(number) == pytest.approx([cosine(one, other) for other in some])


@given(contents, st.integers(0, 9), st.sampled_from([0.0, 0.5, 1.0]), st.data())
def test_as_the_formula_says(some, count, diversity, data):
    parts = st.integers(1, 8).map(lambda n: n / 8)
    uncertainty = data.draw(st.lists(parts, min_size=len(some), max_size=len(some)))
    chosen = choose_documents(np.asarray(uncertainty), count_vectors(some), count, diversity)
    assert len(set(chosen)) == len(chosen) == min(count, len(some))
    for number, one in enumerate(chosen):
        before = chosen[:number]

        def value(i, before=before):
            nearest = max((cosine(some[i], some[j]) for j in before), default=0.0)
            return uncertainty[i] * (1 - diversity * nearest)

        left = [i for i in range(len(some)) if i not in before]
        assert value(one) == pytest.approx(max(map(value, left)))


def test_near_duplicates_are_avoided():
    some = ["aabbc", "aabbcd", "xyz", "aabb"]
    uncertainty = np.asarray([0.9, 0.8, 0.5, 0.85])
    assert choose_documents(uncertainty, count_vectors(some), 2, 0.0) == [0, 3]
    assert choose_documents(uncertainty, count_vectors(some), 2, 1.0) == [0, 2]
    assert choose_documents(np.ones(3), count_vectors(["a", "b", "c"]), 2, 0.5) == [0, 1], (
        "of equals the earlier"
    )
