"""Word pieces and windows, compared with a construction token by token."""

import warnings

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy_transformers.span_getters import configure_get_doc_spans, configure_strided_spans
from transformers import BertTokenizer

from spacy_clinrel.ml.pieces import make_pieces, place_pairs
from spacy_clinrel.ml.spans import SentenceSpans
from spacy_clinrel.pretraining.make_encoder import build_encoder
from spacy_clinrel.tokens import Sentences
from spacy_clinrel.types import Candidates, Mentions

VOCAB = spacy.blank("zh").vocab  # has the lexical attribute IS_SPACE
# Words of several pieces, an unknown word, white space, a character that the tokenizer removes.
WORDS = ("痛", "abc", "38", "CT示", "。", "龘", "\n", " \n", "\u200b")
TOKENIZER = build_encoder(["痛abct38示。"], layers=1, width=2, heads=1).tokenizer


@pytest.fixture
def limit(monkeypatch):
    """Return a function that limits the tokenizer to a number of pieces and returns it."""

    def limited(most):
        monkeypatch.setattr(TOKENIZER, "model_max_length", most)
        return TOKENIZER

    return limited


def words(*texts):
    return Doc(VOCAB, words=list(texts), spaces=[False] * len(texts))


def naive(docs, get_spans, tokenizer):
    """Yield the document, bounds, ids and pieces of each token of each window, determined character
    by character."""
    most = tokenizer.model_max_length
    for number, spans in enumerate(get_spans(docs)):
        for span in filter(len, spans):
            encoded = tokenizer(span.text, return_offsets_mapping=True)
            ids, cut = encoded["input_ids"][:most], len(encoded["input_ids"]) > most
            token_pieces = []
            for token in span:
                first = token.idx - span.start_char
                token_pieces.append(
                    [
                        piece
                        for piece, (start, end) in enumerate(encoded["offset_mapping"][:most])
                        if any(start <= first + i < end for i in range(len(token)))
                    ]
                )
            covered = [i for i, pieces in enumerate(token_pieces) if pieces]
            end = span.start + covered[-1] + 1 if cut and covered else span.end
            yield number, (span.start, end), ids, token_pieces


def check_pieces(docs, get_spans, tokenizer):
    """Check `make_pieces` against the naive construction, and return its result."""
    expected = list(naive(docs, get_spans, tokenizer))
    text = [(i, token.i) for i, doc in enumerate(docs) for token in doc if not token.is_space]
    covered = {(doc, i) for doc, bounds, _, _ in expected for i in range(*bounds)}
    lost = sum(token not in covered for token in text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pieces = make_pieces(docs, get_spans, tokenizer)
    messages = [str(warning.message) for warning in caught if "W003" in str(warning.message)]
    numbers = f"{lost} of {len(text)} tokens", f"of {tokenizer.model_max_length} word pieces"
    assert len(messages) == bool(lost)
    assert all(number in message for message in messages for number in numbers)

    longest = max(len(ids) for _, _, ids, _ in expected)
    padded = [[*ids, *[tokenizer.pad_token_id] * (longest - len(ids))] for _, _, ids, _ in expected]
    assert pieces.inputs["input_ids"].tolist() == padded
    mask = np.arange(longest) < pieces.lengths[:, None]
    assert (pieces.inputs["attention_mask"] == mask).all()
    assert not pieces.inputs["token_type_ids"].any()
    assert pieces.lengths.tolist() == [len(ids) for _, _, ids, _ in expected]
    assert pieces.docs.tolist() == [doc for doc, _, _, _ in expected]
    assert [tuple(bounds) for bounds in pieces.bounds.tolist()] == [row[1] for row in expected]

    token_rows = {(i, token.i): [] for i, doc in enumerate(docs) for token in doc}
    offset, laid, starts, ends = 0, 0, [], []
    for window, (doc, bounds, ids, token_pieces) in enumerate(expected):
        assert pieces.offsets[window] == offset
        offset += len(token_pieces)
        for i, numbers in enumerate(token_pieces):
            token_rows[doc, bounds[0] + i] += [laid + piece for piece in numbers]
            following = [piece for later in token_pieces[i:] for piece in later]
            before = [piece for earlier in token_pieces[: i + 1] for piece in earlier]
            starts.append(following[0] if following else longest)
            ends.append(before[-1] + 1 if before else 1)
        laid += len(ids)
    assert pieces.starts.tolist() == starts and pieces.ends.tolist() == ends
    aligned = np.split(pieces.align.dataXd, np.cumsum(pieces.align.lengths)[:-1])
    assert [rows.tolist() for rows in aligned] == list(token_rows.values())
    return pieces


def candidates_of(mentions, pairs):
    """Convert mentions and pairs of each document to Candidates."""
    bounds = [pair for of_doc in mentions for pair in of_doc]
    starts, ends = np.asarray(bounds, dtype="int64").reshape(-1, 2).T
    return Candidates(
        mentions=Mentions(starts, ends, np.zeros(len(bounds), dtype="uint64")),
        types=np.zeros(len(bounds), dtype="int64"),
        mention_lengths=np.asarray([len(of_doc) for of_doc in mentions]),
        pairs=np.asarray([pair for of_doc in pairs for pair in of_doc], "int64").reshape(-1, 2),
        pair_lengths=np.asarray([len(of_doc) for of_doc in pairs]),
        n_types=1,
        sentences=Sentences(),
    )


def check_places(pieces, mentions, pairs):
    """Check `place_pairs` against a loop over all windows, and return the window of each pair."""
    placed = place_pairs(pieces, candidates_of(mentions, pairs))
    each = [
        (doc, mentions[doc][head], mentions[doc][tail])
        for doc, doc_pairs in enumerate(pairs)
        for head, tail in doc_pairs
    ]
    assert len(placed.windows) == len(placed.spans) == len(each)
    for (doc, *both), window, row in zip(each, placed.windows, placed.spans.tolist()):
        holding = [
            i
            for i, (owner, (start, end)) in enumerate(zip(pieces.docs, pieces.bounds))
            if owner == doc and all(start <= first and last <= end for first, last in both)
        ]
        assert window == (holding[len(holding) // 2] if holding else -1)
        if holding:
            offset = pieces.offsets[window] - pieces.bounds[window, 0]
            expected = []
            for first, last in both:
                start = pieces.starts[offset + first]
                expected += [start, max(start, pieces.ends[offset + last - 1])]
            assert row == expected
    return placed.windows.tolist()


def spans_of(doc, data):
    """Draw at least two mentions, and return them with all their pairs."""
    first = st.integers(0, len(doc) - 1)
    starts = data.draw(st.lists(first, min_size=2, max_size=4)) if len(doc) else []
    mentions = [(start, data.draw(st.integers(start + 1, len(doc)))) for start in starts]
    numbers = range(len(mentions))
    return mentions, [(i, j) for i in numbers for j in numbers if i != j]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_pieces_and_pairs_of_random_texts(data):
    texts = st.lists(st.sampled_from(WORDS), max_size=12)
    docs = [words(*doc) for doc in data.draw(st.lists(texts, min_size=1, max_size=3))]
    if not any(len(doc) for doc in docs):
        docs.append(words("痛"))
    window, stride = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 8))
    kinds = [configure_strided_spans(window, stride), SentenceSpans(window, min(stride, window))]
    kinds.append(configure_get_doc_spans())
    get_spans = data.draw(st.sampled_from(kinds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TOKENIZER, "model_max_length", data.draw(st.integers(3, 20)))
        pieces = check_pieces(docs, get_spans, TOKENIZER)
    drawn = [spans_of(doc, data) for doc in docs]
    check_places(pieces, [mentions for mentions, _ in drawn], [pairs for _, pairs in drawn])


def test_span_of_a_mention_with_white_space():
    doc = words("痛", "\n", "abc", "\n", "38", "。")
    pieces = make_pieces([doc], configure_strided_spans(4, 2), TOKENIZER)
    mentions, pairs = [(0, 1), (2, 3), (1, 4), (4, 6), (3, 4)], [(0, 1), (2, 3), (3, 1), (4, 1)]
    placed = place_pairs(pieces, candidates_of([mentions], [pairs]))
    assert placed.windows.tolist() == [0, -1, 1, 1]
    texts = []
    for window, row in zip(placed.windows, placed.spans):
        ids = pieces.inputs["input_ids"][window]
        texts.append([TOKENIZER.decode(ids[slice(*ends)]) for ends in (row[:2], row[2:])])
    assert texts[0] == ["痛", "abc"] and texts[2] == ["38 。", "abc"]
    # A mention of white space has no pieces.
    assert texts[3] == ["", "abc"]


@pytest.mark.parametrize(
    "mention, window",
    [((10, 12), 3), ((10, 13), 4), ((0, 2), 0), ((0, 4), 0), ((2, 10), 1), ((28, 30), 10)],
)
def test_pair_gets_the_middle_window(mention, window):
    """Windows have 10 tokens and a stride of 2. The middle one of 2 to 10 is 6, of 4 to 10 is 8."""
    pieces = make_pieces([words(*"痛" * 30)], configure_strided_spans(10, 2), TOKENIZER)
    assert pieces.bounds[:, 0].tolist() == list(range(0, 21, 2))
    first, last = mention
    for pair in ((0, 1), (1, 0)):
        windows = check_places(pieces, [[(first, first + 1), (last - 1, last)]], [[pair]])
        assert windows == [window]


def test_pair_outside_all_windows():
    docs = [words(*"痛" * 9), words(*"痛" * 30)]
    pieces = make_pieces(docs, configure_strided_spans(10, 5), TOKENIZER)
    near = [(0, 1), (7, 9)]
    far = [(3, 4), (13, 14), (5, 6)]
    # Windows of the first document are not used for the second.
    pairs = [[(0, 1)], [(0, 1), (1, 0), (1, 2)]]
    assert check_places(pieces, [near, far], pairs) == [0, -1, -1, 2]
    assert check_places(pieces, [near, []], [[], []]) == []


@pytest.mark.parametrize(
    "most, end", [(12, 4), (11, 4), (10, 4), (9, 4), (8, 4), (7, 3), (6, 3), (5, 2)]
)
def test_windows_are_truncated(limit, most, end):
    """The tokens have 1, 3, 2 and 3 pieces. Truncation removes [SEP] first."""
    doc = words("痛", "abc", "38", "abc")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if end < 4 else "error")
        pieces = make_pieces([doc], configure_get_doc_spans(), limit(most))
    assert pieces.bounds.tolist() == [[0, end]]
    assert pieces.lengths.tolist() == [min(most, 11)] == [pieces.inputs["input_ids"].shape[1]]
    check_pieces([doc], configure_get_doc_spans(), TOKENIZER)
    windows = check_places(pieces, [[(0, 1), (2, 3), (3, 4)]], [[(0, 1), (0, 2), (2, 1)]])
    assert windows == [0 if end > 2 else -1, *[0 if end > 3 else -1] * 2]


def test_pairs_outside_a_truncated_window_use_the_next(limit):
    """Truncation leaves 6 of 10 tokens of each window."""
    doc = words(*"痛" * 4, *["ab"] * 6, *"痛" * 4)
    limit(9)
    pieces = check_pieces([doc], configure_strided_spans(10, 2), TOKENIZER)
    assert pieces.bounds.tolist() == [[0, 6], [2, 7], [4, 8]]
    mentions, pairs = [(2, 3), (6, 7), (7, 8)], [(0, 1), (1, 2), (0, 2)]
    assert check_places(pieces, [mentions], [pairs]) == [1, 2, -1]


def test_warning_counts_tokens_without_a_window(limit):
    docs = [words(*"痛" * 3, "\n", *"痛" * 4), words("。"), words("\n")]
    limit(6)
    with pytest.warns(UserWarning, match=r"W003.* 2 of 8 tokens .* 6 word pieces"):
        make_pieces(docs, configure_get_doc_spans(), TOKENIZER)
    with pytest.warns(
        UserWarning, match=r"W003.* 1 of 8 tokens "
    ):  # the sixth token of the first document
        make_pieces(docs, configure_strided_spans(5, 6), TOKENIZER)
    limit(9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_pieces(docs, configure_get_doc_spans(), TOKENIZER)


def test_slow_tokenizer_gives_the_same_pieces(tmp_path):
    TOKENIZER.save_pretrained(tmp_path)
    slow = BertTokenizer.from_pretrained(tmp_path)
    docs = [words("痛", "abc", "\n", "CT示", "38"), words(), words("。", "abc")]
    get_spans = configure_strided_spans(3, 2)
    one, other = (make_pieces(docs, get_spans, tokenizer) for tokenizer in (TOKENIZER, slow))
    assert one.align.dataXd.tolist() == other.align.dataXd.tolist()
    for name in ("lengths", "docs", "bounds", "offsets", "starts", "ends"):
        assert (getattr(one, name) == getattr(other, name)).all(), name
