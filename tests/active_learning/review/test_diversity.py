"""Selection of dissimilar documents, compared with naive loops."""

from collections import Counter
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.active_learning.review.diversity import choose_documents, count_vectors

# Each document is a string, each character a feature.
documents = st.lists(st.text("abcde", max_size=8), min_size=1, max_size=8)


def cosine(first, second):
    a, b = Counter(first), Counter(second)
    lengths = sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return sum(n * b[key] for key, n in a.items()) / lengths if lengths else 0.0


@given(documents)
def test_similarity_is_the_cosine(docs):
    vectors = count_vectors(docs)
    for i, doc in enumerate(docs):
        expected = [cosine(doc, other) for other in docs]
        assert vectors.similarity(i) == pytest.approx(expected)


@given(documents, st.integers(0, 9), st.sampled_from([0.0, 0.5, 1.0]), st.data())
def test_each_choice_has_the_highest_relevance(docs, count, diversity, data):
    values = st.integers(1, 8).map(lambda n: n / 8)
    uncertainty = data.draw(st.lists(values, min_size=len(docs), max_size=len(docs)))
    chosen = choose_documents(np.asarray(uncertainty), count_vectors(docs), count, diversity)
    assert len(set(chosen)) == len(chosen) == min(count, len(docs))
    for number, choice in enumerate(chosen):
        previous = chosen[:number]

        def relevance(i, previous=previous):
            similarity = max((cosine(docs[i], docs[j]) for j in previous), default=0.0)
            return uncertainty[i] * (1 - diversity * similarity)

        available = [i for i in range(len(docs)) if i not in previous]
        assert relevance(choice) == pytest.approx(max(map(relevance, available)))


def test_near_duplicates_are_avoided():
    vectors = count_vectors(["aabbc", "aabbcd", "xyz", "aabb"])
    uncertainty = np.asarray([0.9, 0.8, 0.5, 0.85])
    assert choose_documents(uncertainty, vectors, 2, 0.0) == [0, 3]
    assert choose_documents(uncertainty, vectors, 2, 1.0) == [0, 2]


def test_ties_go_to_the_first_document():
    vectors = count_vectors(["a", "b", "c"])
    assert choose_documents(np.ones(3), vectors, 2, 0.5) == [0, 1]
