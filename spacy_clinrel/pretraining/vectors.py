"""Character vectors from raw text, trained with gensim's word2vec (Mikolov et al. 2013)."""

from pathlib import Path
from typing import Callable, Collection, Dict, Iterable, Iterator, List, Optional, Sequence, Union

import numpy as np
from spacy.language import Language
from spacy.vectors import Vectors

from ..errors import Errors, require
from ..files import read_text_lines
from ..reading.shared_text import shared_lines
from ..tokens.normalize import lookup_form
from ..tokens.tokenizer import blank_pipeline

# Longer lines are split: gensim silently drops units beyond the first 10,000 of a line.
MAX_LINE = 5000

Progress = Callable[[Iterable[str]], Iterable[str]]


class CharacterNGrams:
    """A corpus for gensim: each line of a text as its overlapping character n-grams. Can be
    iterated several times, as training needs several passes.

    paths (Sequence[Path]): Text files.
    size (int): Number of characters of an n-gram: 1 or 2.
    progress (Callable[[Iterable[str]], Iterable[str]]): Wraps the stream of lines.
    encoding (Optional[str]): Encoding of the files; None to detect it for each file.
    left_out (Collection[int]): Indices of lines that are left out, counted over all files.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        size: int,
        progress: Progress = iter,
        encoding: Optional[str] = None,
        left_out: Collection[int] = (),
    ):
        self.paths = paths
        self.encoding = encoding
        self.size = size
        self.progress = progress
        self.left_out = left_out

    def __iter__(self) -> Iterator[List[str]]:
        """Yield the n-grams of each line, in the form in which embeddings look them up.

        RAISES (ValueError): If a file is missing or not UTF-8.
        """
        lines = self.progress(read_text_lines(self.paths, self.encoding))
        for number, line in enumerate(lines):
            if number in self.left_out:
                continue
            text = lookup_form(line).strip()
            for start in range(0, len(text), MAX_LINE):
                part = text[start : start + MAX_LINE]
                yield [part[i : i + self.size] for i in range(len(part) - self.size + 1)]


def init_vectors(
    texts: Sequence[Union[str, Path]],
    output: Optional[Union[str, Path]] = None,
    *,
    without: Sequence[Union[str, Path]] = (),
    lang: str = "zh",
    width: int = 100,
    pairs: bool = True,
    min_count: int = 5,
    max_units: int = 60000,
    epochs: int = 3,
    threads: int = 1,
    seed: int = 0,
    progress: Progress = iter,
    encoding: Optional[str] = None,
) -> Language:
    """Train vectors of characters and of character pairs in one table.

    Characters and pairs are trained separately: skip-gram for characters, CBOW for pairs. With one
    thread and PYTHONHASHSEED set, the same input gives the same vectors.

    texts (Sequence[Union[str, Path]]): Text files.
    output (Optional[Union[str, Path]]): Folder to write the pipeline to, for `--paths.vectors` of
        `spacy train`; None to return it only.
    without (Sequence[Union[str, Path]]): Files or folders of documents, e.g. dev and test parts.
        Lines that share more than a tenth of their runs of 20 characters with them are left out.
    lang (str): Language of the pipeline.
    width (int): Width of the vectors.
    pairs (bool): Train vectors of pairs as well.
    min_count (int): Minimum number of occurrences of a character or pair.
    max_units (int): Maximum number of characters, and maximum number of pairs.
    epochs (int): Number of passes over the text.
    threads (int): Number of threads used by gensim.
    seed (int): Random seed.
    progress (Callable[[Iterable[str]], Iterable[str]]): Wraps the stream of lines of each pass,
        e.g. `tqdm`.
    encoding (Optional[str]): Encoding of the files, e.g. "gb18030". None detects UTF-8 and UTF-16
        for each file.
    RETURNS (Language): A blank pipeline with the vectors, as from `spacy init vectors`.
    RAISES (ImportError): If gensim is not installed (extra: vectors).
    RAISES (ValueError): If a file is missing or not UTF-8, or no character occurs often enough.
    """
    word2vec = require("gensim.models", "vectors").Word2Vec
    paths = [Path(path) for path in texts]
    left_out = shared_lines(read_text_lines(paths, encoding), map(Path, without))
    vectors: Dict[str, np.ndarray] = {}
    for size in (1, 2) if pairs else (1,):
        model = word2vec(
            vector_size=width,
            window=5,
            min_count=min_count,
            max_final_vocab=max_units,
            sg=int(size == 1),
            negative=5,
            workers=threads,
            epochs=epochs,
            seed=seed,
        )
        corpus = CharacterNGrams(paths, size, progress, encoding, left_out)
        model.build_vocab(corpus)
        if not len(model.wv):
            raise ValueError(Errors.F015.format(paths=", ".join(map(str, paths)), n=min_count))
        model.train(corpus, total_examples=model.corpus_count, epochs=epochs)
        vectors.update((unit, model.wv[unit]) for unit in model.wv.index_to_key)
    nlp = blank_pipeline(lang)
    # Like `spacy init vectors`, so that the vectors' keys can be mapped back to strings.
    for unit in vectors:
        nlp.vocab.strings.add(unit)
    data = np.asarray(list(vectors.values()), dtype="float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=list(vectors))
    if output is not None:
        Path(output).mkdir(parents=True, exist_ok=True)
        nlp.to_disk(output)
    return nlp
