"""Lexicon features of characters, after SoftLexicon (Ma et al. 2020, "Simplify the Usage of Lexicon
in Chinese NER")."""

from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple, Union, cast

import numpy as np
import torch
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import (
    Dropout,
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    torch2xp,
    with_array,
    xp2torch,
)
from thinc.types import Floats2d, Ints1d, Ragged
from torch.nn.functional import embedding_bag

from ..errors import Errors
from ..terminology.lexicon import LexiconWord, read_lexicon
from .embed import use_numpy_products
from .lexicon import (
    FULL_SCORE,
    Lexicon,
    Matches,
    create_lexicon,
    find_words,
    hide_own_words,
)

# The sets of a character: words that begin there, pass through, end, and stand alone.
BEGIN, MIDDLE, END, SINGLE = range(4)
N_SETS = 4
# Random embeddings are drawn from [-SCALE, SCALE].
SCALE = 0.2
# Row of the embedding of an empty set.
EMPTY = 0


def LexiconEmbed(
    embed: Model[List[Doc], List[Floats2d]],
    lexicons: Union[str, List[str]],
    width: int = 100,
    rows: int = 50000,
    output_width: int = 128,
    max_length: int = 10,
) -> Model[List[Doc], List[Floats2d]]:
    """Create an embedding layer that adds the lexicon words around each character to another
    embedding layer, for tokens that are characters.

    The words that begin at a character, pass through it, end there and stand alone there are four
    sets. The embeddings of the words of a set are averaged with weights, 1 + log(frequency); an
    empty set has an embedding of its own. Words also have types. For each type, the best score in
    each set and the length of the longest word at the character are added.

    Words come from the lexicons once, at initialization, and are saved with the model. Embeddings
    of words are trained. They are initialized from the vocab's vector of the word, else the mean of
    its character pairs' vectors, else of its characters' vectors, else at random.

    In training, a word of a .spacy file does not have the types that it has only because of the
    document that is being read, which is recognized by its text. So the file may be the training
    data.

    embed (Model[List[Doc], List[Floats2d]]): The other layer, such as CharEmbed.
    lexicons (Union[str, List[str]]): One or more of: a word list, with a word on each line, and
        optionally its frequency and type, separated by tabs; a folder that `build-terminology`
        wrote; a .spacy file, whose mentions are the words; "jieba" for jieba's dictionary.
    width (int): Width of a word's embedding, equal to the width of the vectors if there are any.
    rows (int): Maximum number of embeddings. If there are more words, those with a vector or the
        highest frequency have half of them; all others share the other half by their hash.
    output_width (int): Width of the lexicon features, which follow the other layer's output.
    max_length (int): Maximum number of characters of a word. Longer words are left out.
    RETURNS (Model[List[Doc], List[Floats2d]]): The embedding layer.
    RAISES (ValueError): If a size is out of range, or there are no lexicons. At initialization, if
        a lexicon cannot be read, or the vectors have another width.
    RAISES (ImportError): At initialization, if jieba is needed but not installed.
    """
    sizes = {"width": width, "output_width": output_width, "max_length": max_length, "rows": rows}
    for name, value in sizes.items():
        least = 2 if name == "rows" else 1
        if value < least:
            need = f"{least} or more"
            raise ValueError(Errors.M004.format(what=name, need=need, value=value))
    sources = [lexicons] if isinstance(lexicons, str) else list(lexicons or ())
    if not sources:
        raise ValueError(Errors.M061)
    mix: Model = chain(Dropout(), Maxout(output_width, nP=2, normalize=True))
    words: Model[List[Doc], Ragged] = chain(
        lexicon_lookup(sources, width, rows, max_length), cast(Model, with_array(mix))
    )
    use_numpy_products(words)
    other: Model[List[Doc], Ragged] = chain(
        embed, cast(Model[List[Floats2d], Ragged], list2ragged())
    )
    return chain(concatenate(other, words), ragged2list())


def lexicon_lookup(
    lexicons: Sequence[str], width: int, rows: int, max_length: int
) -> Model[List[Doc], Ragged]:
    """Create the layer that finds the words of a lexicon and pools their embeddings.

    lexicons (Sequence[str]): As in `LexiconEmbed`.
    width (int): Width of a word's embedding.
    rows (int): Maximum number of embeddings.
    max_length (int): Maximum number of characters of a word.
    RETURNS (Model[List[Doc], Ragged]): The layer. Its output has the embeddings of the four sets,
        then the features of the types.
    """
    return Model(
        "lexicon_lookup",
        _forward,
        init=_Initializer(list(lexicons), rows, max_length),
        dims={"nO": None, "nM": width, "nV": None},
        params={"E": None},
        attrs={"lexicon": {}, "rows": np.zeros(0, dtype="int32")},
    )


class _Initializer:
    """Reads the lexicon at initialization. A class, since spawned processes receive models by
    pickling.
    """

    def __init__(self, lexicons: List[str], rows: int, max_length: int):
        self.lexicons = lexicons
        self.rows = rows
        self.max_length = max_length

    def __call__(self, model: Model, X: Any = None, Y: Any = None) -> None:
        if model.has_param("E"):
            return
        words = read_lexicon(self.lexicons, self.max_length)
        types = sorted({name for word in words for name in word.scores})
        lexicon, words = create_lexicon(words, types)
        width = model.get_dim("nM")
        vocab = X[0].vocab if X and X[0].vocab.vectors.shape[1] else None
        if vocab is not None and vocab.vectors.shape[1] != width:
            got = vocab.vectors.shape[1]
            raise ValueError(Errors.M006.format(name=model.name, got=got, wanted=width))
        rows, table = init_table(words, lexicon.keys, vocab, width, self.rows)
        model.attrs["lexicon"] = lexicon.to_attrs()
        model.attrs["rows"] = rows
        model.set_dim("nV", len(table))
        model.set_dim("nO", N_SETS * width + (N_SETS + 1) * len(types))
        model.set_param("E", model.ops.asarray2f(cast(Any, table)))


def init_table(
    words: Sequence[LexiconWord],
    keys: np.ndarray,
    vocab: Union[Vocab, None],
    width: int,
    max_rows: int,
) -> Tuple[np.ndarray, np.ndarray]:
    """Assign words to rows of the table, and initialize it.

    words (Sequence[LexiconWord]): The words.
    keys (ndarray): Their hashes, uint64. Shape: (words,)
    vocab (Optional[Vocab]): A vocab with vectors; None for random embeddings.
    width (int): Width of an embedding.
    max_rows (int): Maximum number of rows, without that of empty sets.
    RETURNS (Tuple[ndarray, ndarray]): The row of each word, int32, shape (words,), and the table,
        float32, shape (1 + rows, width).
    """
    texts = [word.text for word in words]
    own = len(words) if len(words) <= max_rows else max_rows // 2
    has_vector = np.zeros(len(words), dtype=bool)
    if vocab is not None:
        has_vector = _find(vocab, texts) >= 0
    weights = np.asarray([word.weight for word in words])
    order = np.lexsort([-weights, ~has_vector])[:own]
    rows = np.zeros(len(words), dtype="int64")
    if own < len(words):
        rows = 1 + own + (keys % np.uint64(max_rows - own)).astype("int64")
    rows[order] = 1 + np.arange(own)
    n_rows = 1 + own + (max_rows - own if own < len(words) else 0)
    table = np.random.uniform(-SCALE, SCALE, (n_rows, width)).astype("float32")
    if vocab is not None:
        vectors, is_found = mean_vectors(vocab, [texts[i] for i in order])
        if is_found.any():
            # Scale vectors to the standard deviation of the random embeddings.
            vectors *= table.std() / max(vectors[is_found].std(), 1e-9)
            table[1 : 1 + own][is_found] = vectors[is_found]
    return rows.astype("int32"), table


def mean_vectors(vocab: Vocab, texts: Sequence[str]) -> Tuple[np.ndarray, np.ndarray]:
    """Return a vector for each word: its own, else the mean of those of its character pairs, else
    of its characters.

    vocab (Vocab): A vocab with vectors.
    texts (Sequence[str]): The words.
    RETURNS (Tuple[ndarray, ndarray]): The vectors, shape (words, width), and whether a word has
        one, bool, shape (words,).
    """
    data = vocab.vectors.data
    data = np.asarray(data.get() if hasattr(data, "get") else data)
    result = np.zeros((len(texts), data.shape[1]), dtype="float32")
    is_found = np.zeros(len(texts), dtype=bool)
    for size in (0, 2, 1):
        todo = np.flatnonzero(~is_found).tolist()
        grams = [_n_grams(texts[i], size) for i in todo]
        owner = np.repeat(todo, [len(units) for units in grams]).astype("int64")
        rows = _find(vocab, [unit for units in grams for unit in units])
        total = np.bincount(owner[rows >= 0], minlength=len(texts))
        np.add.at(result, owner[rows >= 0], data[rows[rows >= 0]])
        is_new = total > 0
        result[is_new] /= total[is_new, None]
        is_found |= is_new
    return result, is_found


def _n_grams(text: str, size: int) -> List[str]:
    """Return the overlapping n-grams of a word; the whole word for size 0."""
    size = size or len(text)
    return [text[i : i + size] for i in range(len(text) - size + 1)]


def _find(vocab: Vocab, texts: Sequence[str]) -> np.ndarray:
    """Return the row of each text in the vectors; -1 if it has none."""
    if not texts:
        return np.zeros(0, dtype="int64")
    key2row = vocab.vectors.key2row
    strings = vocab.strings
    return np.asarray(
        [key2row.get(strings[text], -1) if text in strings else -1 for text in texts], dtype="int64"
    )


class Entries(NamedTuple):
    """The words in the sets of each character, in the order of the bags.

    bags (ndarray): 4 · position + set; ascending, int64. Shape: (entries,)
    matches (ndarray): Index of the match, int64. Shape: (entries,)
    """

    bags: np.ndarray
    matches: np.ndarray


def set_entries(matches: Matches) -> Entries:
    """Put the words found into the sets of the characters that they cover.

    matches (Matches): The words found.
    RETURNS (Entries): The entries of the sets.
    """
    starts, lengths = matches.starts, matches.lengths
    index = np.repeat(np.arange(len(starts)), lengths)
    inside = np.arange(len(index)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    last = lengths[index] - 1
    sets = np.full(len(index), MIDDLE)
    sets[inside == last] = END
    sets[inside == 0] = BEGIN
    sets[last == 0] = SINGLE
    bags = (starts[index] + inside) * N_SETS + sets
    order = np.argsort(bags, kind="stable")
    return Entries(bags[order], index[order])


def type_features(
    entries: Entries, lengths: np.ndarray, scores: np.ndarray, n_tokens: int, longest: int
) -> np.ndarray:
    """Return the features of the types.

    entries (Entries): The entries of the sets.
    lengths (ndarray): Length of each match. Shape: (matches,)
    scores (ndarray): Type scores of each match, uint8. Shape: (matches, types)
    n_tokens (int): Number of characters.
    longest (int): Length of the longest word of the lexicon.
    RETURNS (ndarray): The best score of each set and type, then the relative length of the longest
        word of each type. Shape: (characters, 5 · types)
    """
    n_types = scores.shape[1]
    best = np.zeros((n_tokens * N_SETS, n_types), dtype="float32")
    length = np.zeros((n_tokens * N_SETS, n_types), dtype="float32")
    if len(entries.bags):
        first = np.flatnonzero(np.diff(entries.bags, prepend=-1))
        bags = entries.bags[first]
        values = scores[entries.matches]
        best[bags] = np.maximum.reduceat(values, first) / FULL_SCORE
        covered = np.where(scores > 0, lengths[:, None], 0).astype("uint8")[entries.matches]
        length[bags] = np.maximum.reduceat(covered, first) / longest
    longest_word = length.reshape(n_tokens, N_SETS, n_types).max(axis=1)
    return np.hstack([best.reshape(n_tokens, N_SETS * n_types), longest_word])


def _forward(
    model: Model[List[Doc], Ragged], docs: List[Doc], is_train: bool
) -> Tuple[Ragged, Callable]:
    lexicon = Lexicon(**cast(Dict[str, Any], model.attrs["lexicon"]))
    matches = find_words(lexicon, docs)
    scores = lexicon.scores[matches.words]
    if is_train:
        scores = hide_own_words(lexicon, docs, matches, scores)
        known = scores.any(axis=1)
        matches, scores = Matches(*(part[known] for part in matches)), scores[known]
    n_tokens = sum(map(len, docs))
    entries = set_entries(matches)
    longest = len(lexicon.offsets) - 2
    features = type_features(entries, matches.lengths, scores, n_tokens, longest)
    weights = lexicon.weights[matches.words[entries.matches]]
    rows = model.attrs["rows"][matches.words[entries.matches]]
    pooled, backprop_pool = _pool(model, entries.bags, rows, weights, n_tokens)
    output = model.ops.xp.hstack([pooled, model.ops.asarray2f(cast(Any, features))])
    lengths = cast(Ints1d, model.ops.asarray1i([len(doc) for doc in docs]))

    def backprop(d_output: Ragged) -> List:
        gradient = cast(Floats2d, d_output.dataXd)
        backprop_pool(gradient[:, : pooled.shape[1]])
        return []

    return Ragged(cast(Floats2d, output), lengths), backprop


def _pool(
    model: Model, bags: np.ndarray, rows: np.ndarray, weights: np.ndarray, n_tokens: int
) -> Tuple[Floats2d, Callable]:
    """Return the weighted means of the embeddings, as in equation 8 of the paper: all four sets of
    a character share the sum of the weights.
    """
    table = cast(Floats2d, model.get_param("E"))
    missing = np.ones(n_tokens * N_SETS, dtype=bool)
    missing[bags] = False
    empty = np.flatnonzero(missing)
    bags = np.concatenate([bags, empty])
    rows = np.concatenate([rows, np.full(len(empty), EMPTY)])
    weights = np.concatenate([weights, np.ones(len(empty), dtype="float32")])
    order = np.argsort(bags, kind="stable")
    bags, rows, weights = bags[order], rows[order], weights[order]
    sums = np.bincount(bags // N_SETS, weights=weights, minlength=n_tokens)
    weights = (N_SETS * weights / sums[bags // N_SETS]).astype("float32")
    embeddings = xp2torch(table)
    device = embeddings.device
    t_rows = torch.as_tensor(rows.astype("int64"), device=device)
    t_bags = torch.as_tensor(bags, device=device)
    t_weights = torch.as_tensor(weights, device=device)
    offsets = torch.as_tensor(np.flatnonzero(np.diff(bags, prepend=-1)), device=device)
    with torch.no_grad():
        vectors = embedding_bag(
            t_rows, embeddings, offsets, mode="sum", per_sample_weights=t_weights
        )
    width = table.shape[1]

    def backprop(d_pooled: Floats2d) -> None:
        gradient = torch.zeros_like(embeddings)
        d_vectors = xp2torch(model.ops.xp.ascontiguousarray(d_pooled)).reshape(-1, width)
        gradient.index_add_(0, t_rows, d_vectors[t_bags] * t_weights[:, None])
        model.inc_grad("E", cast(Floats2d, torch2xp(gradient)))

    return cast(Floats2d, torch2xp(vectors.reshape(n_tokens, N_SETS * width))), backprop
