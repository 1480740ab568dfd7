"""Candidate pairs, compared with a loop over all pairs."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates
from spacy_clinrel.tokens import read_mentions, set_sections
from spacy_clinrel.tokens.sentences import SENTENCE_ENDS, Sentences
from spacy_clinrel.types import Candidates, Mentions

from ..util import make_doc, make_notes

VOCAB = Vocab()


def rows_of(batch):
    """Return start, end and type index of each mention."""
    starts, ends, _ = batch.mentions
    return list(zip(starts.tolist(), ends.tolist(), batch.types.tolist()))


def pairs(doc, **options):
    return SentencePairs(**options)(doc, read_mentions(doc)).tolist()


def naive(words, bounds, ends, line_breaks, max_sentences, max_distance):
    """Return the candidate pairs by a loop over all ordered pairs."""
    chosen = []
    for i, (first, _) in enumerate(bounds):
        for j, (second, _) in enumerate(bounds):
            low, high = sorted((first, second))
            between = sum(
                word in ends or (line_breaks and ("\n" in word or "\r" in word))
                for word in words[low:high]
            )
            near = max_distance is None or high - low <= max_distance
            if i != j and between <= max_sentences and near:
                chosen.append([i, j])
    return chosen


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_pairs_equal_the_naive_loop(data):
    words = data.draw(st.lists(st.sampled_from([*"痛热咳。；", "\n", "\r\n"]), max_size=25))
    doc = Doc(VOCAB, words=words, spaces=[False] * len(words))
    tokens = st.integers(0, max(len(words) - 1, 0))
    starts = sorted(data.draw(st.lists(tokens, max_size=8))) if words else []
    ends = [data.draw(st.integers(start + 1, len(words))) for start in starts]
    bounds = sorted(zip(starts, ends))
    columns = np.asarray(bounds, dtype="int64").reshape(-1, 2).T
    mentions = Mentions(columns[0], columns[1], np.zeros(len(bounds), dtype="uint64"))
    options = {
        "ends": data.draw(st.sampled_from([SENTENCE_ENDS, "。", ""])),
        "line_breaks": data.draw(st.booleans()),
        "max_sentences": data.draw(st.integers(0, 2)),
        "max_distance": data.draw(st.one_of(st.none(), st.integers(0, 10))),
    }
    proposed = SentencePairs(**options)(doc, mentions)
    assert proposed.shape == (len(proposed), 2)
    assert proposed.tolist() == naive(words, bounds, **options)


@pytest.mark.parametrize("end", [*"。；;！？!?", "\n", "\r\n"])
def test_sentence_ends_separate_mentions(zh, end):
    doc = make_doc(zh, f"[头痛|症状]{end}[发热|症状]")
    assert pairs(doc) == []
    assert pairs(doc, max_sentences=1) == [[0, 1], [1, 0]]
    assert pairs(doc, ends="", line_breaks=False) == [[0, 1], [1, 0]]


@pytest.mark.parametrize("inside", ["，", "、", "：", " ", "."])
def test_other_characters_do_not_end_a_sentence(zh, inside):
    assert pairs(make_doc(zh, f"[头痛|症状]{inside}[发热|症状]")) == [[0, 1], [1, 0]]


def test_use_sents_reads_sentence_boundaries_of_the_doc(zh):
    doc = make_doc(zh, "[头痛|症状]。[发热|症状]，[咳|症状]")
    assert (
        pairs(doc, use_sents=True) == pairs(doc) == [[1, 2], [2, 1]]
    )  # the Doc has no boundaries yet
    for token in doc:
        token.is_sent_start = token.text == "，"
    assert pairs(doc, use_sents=True) == [[0, 1], [1, 0]]
    assert pairs(doc) == [[1, 2], [2, 1]]


def test_nested_mentions_are_paired(zh):
    doc = make_doc(zh, "[[左侧|方位]股骨|部位]")
    assert pairs(doc) == [[0, 1], [1, 0]]


def test_strategies_can_be_pickled(zh):
    """Spawned worker processes get components by pickling."""
    doc = make_doc(zh, "[头痛|症状]。[发热|症状]")
    strategy = pickle.loads(pickle.dumps(SentencePairs(max_sentences=1)))
    assert strategy(doc, read_mentions(doc)).tolist() == [[0, 1], [1, 0]]


TYPES = ["治疗", "检查", "疾病", "症状"]


def test_candidates_of_a_batch(zh):
    docs = [*make_notes(zh, 2), zh(""), zh("无殊"), make_doc(zh, "[头痛|别的]，[热|症状]")]
    batch = make_candidates(docs, SentencePairs(), types=TYPES)
    assert batch.n_types == 5 and batch.mention_lengths.tolist() == [5, 5, 0, 0, 2]
    assert batch.pair_lengths.tolist() == [8, 8, 0, 0, 2] and len(batch) == 18
    assert rows_of(batch)[-2:] == [(0, 2, 0), (3, 4, 4)]  # 0 for an unknown type
    alone = make_candidates(docs[1:2], SentencePairs(), types=TYPES)
    assert rows_of(batch)[5:10] == rows_of(alone)
    assert batch.pairs[8:16].tolist() == alone.pairs.tolist()
    assert batch.batch_pairs()[8:16].tolist() == (alone.pairs + 5).tolist()
    lengths = np.asarray([len(doc) for doc in docs])
    tokens = [token for doc in docs for token in doc]
    texts = [m.text for doc in docs for m in doc.ents]
    for (start, end, _), text in zip(batch.batch_mentions(lengths).tolist(), texts, strict=True):
        assert "".join(token.text for token in tokens[start:end]) == text


def test_only_allowed_type_pairs_are_kept(zh):
    docs = [make_doc(zh, "[头痛|症状]，[肺炎|疾病]，[痰|别的]")]
    allowed = np.zeros((5, 5), dtype=bool)
    allowed[3, 4] = True  # 疾病 → 症状
    batch = make_candidates(docs, SentencePairs(), types=TYPES, allowed=allowed)
    assert batch.pairs.tolist() == [[1, 0]] and batch.mention_lengths.tolist() == [3]


def test_batch_without_documents():
    batch = make_candidates([], SentencePairs())
    assert (len(batch), batch.types.shape, batch.pairs.shape) == (0, (0,), (0, 2))
    assert rows_of(batch) == [] and batch.owners().tolist() == batch.by_doc() == []
    assert batch.batch_pairs().shape == (0, 2)


def test_strategy_may_return_a_list(zh):
    docs = [make_doc(zh, "[头痛|症状]，[热|症状]"), zh("无")]
    batch = make_candidates(docs, lambda doc, mentions: [(1, 0)] if doc.ents else [])
    assert batch.pairs.tolist() == [[1, 0]] and batch.pair_lengths.tolist() == [1, 0]


def test_select_keeps_mentions():
    mentions = Mentions(np.arange(6), np.arange(6) + 1, np.zeros(6, dtype="uint64"))
    batch = Candidates(
        mentions=mentions,
        types=np.zeros(6, dtype="int64"),
        mention_lengths=np.asarray([3, 0, 3]),
        pairs=np.arange(10).reshape(5, 2),
        pair_lengths=np.asarray([2, 0, 3]),
        n_types=1,
        sentences=Sentences(),
    )
    assert batch.owners().tolist() == [0, 0, 2, 2, 2]
    of_docs, slices = zip(*batch.by_doc())
    assert slices == (slice(0, 2), slice(2, 2), slice(2, 5))
    assert [part.starts.tolist() for part in of_docs] == [[0, 1, 2], [], [3, 4, 5]]
    selected = batch.select(np.asarray([1, 2, 4]))
    assert selected.pairs.tolist() == [[2, 3], [4, 5], [8, 9]]
    assert selected.pair_lengths.tolist() == [1, 0, 2] and selected.mentions is mentions
    none = batch.select(np.asarray([], dtype="int64"))
    assert len(none) == 0 and none.pair_lengths.tolist() == [0, 0, 0]


@pytest.fixture
def sectioned(zh):
    """Return a Doc with a mention before the first section and in each of three sections."""
    doc = make_doc(
        zh, "[头痛|症状]，主诉[发热|症状]，查体[咽红|体征]，检查[肺炎|疾病]，查体[罗音|体征]"
    )
    labels = {"主诉": "chief_complaint", "查体": "exam", "检查": "tests"}
    starts = [i for i in range(len(doc)) if doc.text[i : i + 2] in labels]
    rows = zip(starts, [*starts[1:], len(doc.text)])
    set_sections(doc, [(labels[doc.text[a : a + 2]], a, a + 2, b) for a, b in rows])
    return doc


def test_pairs_within_sections(sectioned):
    assert len(pairs(sectioned)) == 20
    assert pairs(sectioned, within_sections=True) == [[2, 4], [4, 2]]


@pytest.mark.parametrize(
    "section_pairs, expected",
    [
        ([["tests", "exam"]], [[2, 3], [2, 4], [3, 2], [3, 4], [4, 2], [4, 3]]),
        ([["", "chief_complaint"]], [[0, 1], [1, 0], [2, 4], [4, 2]]),
        ([["unknown", "exam"]], [[2, 4], [4, 2]]),
    ],
)
def test_pairs_between_allowed_sections(sectioned, section_pairs, expected):
    options = {"within_sections": True, "section_pairs": section_pairs}
    assert pairs(sectioned, **options) == expected


def test_documents_without_sections_have_all_pairs(zh, sectioned):
    del sectioned.spans["sections"]
    assert len(pairs(sectioned, within_sections=True)) == 20
    assert pairs(zh.make_doc(""), within_sections=True) == []


def test_documents_in_which_no_section_was_found_have_all_pairs(sectioned):
    set_sections(sectioned, [])
    assert len(pairs(sectioned, within_sections=True)) == 20


@pytest.mark.parametrize("value", [["exam", "tests"], [["exam"]], [["exam", 1]], "exam"])
def test_invalid_section_pairs(value):
    with pytest.raises(ValueError, match=r"\[C072\]"):
        SentencePairs(within_sections=True, section_pairs=value)


def test_strategy_of_an_older_version_can_be_unpickled():
    strategy = SentencePairs()
    state = {key: vars(strategy)[key] for key in ("sentences", "max_sentences", "max_distance")}
    older = object.__new__(type(strategy))
    older.__dict__.update(state)
    assert older == pickle.loads(pickle.dumps(strategy))
