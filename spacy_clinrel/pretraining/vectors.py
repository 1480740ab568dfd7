"""Character vectors from raw text, by word2vec (Mikolov et al. 2013), as gensim trains it."""

from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Sequence

import numpy as np
import spacy
from spacy.language import Language
from spacy.vectors import Vectors

from ..errors import Errors
from ..files import text_lines
from ..tokens.normalize import lookup_form

# A longer line is cut, as gensim would silently drop what goes beyond 10,000 units.
MAX_LINE = 5000


class Units:
    """A text as sentences of characters, or of overlapping character pairs; may be read again.

    paths (Sequence[Path]): Text files in UTF-8.
    size (int): Characters of a unit: 1 or 2.
    progress (Callable[[Iterable[str]], Iterable[str]]): Wraps the stream of lines.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        size: int,
        progress: Callable[[Iterable[str]], Iterable[str]] = iter,
    ):
        self.paths = paths
        self.size = size
        self.progress = progress

    def __iter__(self) -> Iterator[List[str]]:
        """YIELDS (List[str]): The units of a line, in NFKC form and lower case."""
        for line in self.progress(read_lines(self.paths)):
            for start in range(0, len(line), MAX_LINE):
                piece = line[start : start + MAX_LINE]
                yield [piece[i : i + self.size] for i in range(len(piece) - self.size + 1)]


def read_lines(paths: Sequence[Path]) -> Iterator[str]:
    """The lines of text files, as `CharEmbed` normalises characters.

    paths (Sequence[Path]): Text files in UTF-8.
    YIELDS (str): A line that is not blank.
    RAISES (ValueError): As `text_lines` has it.
    """
    for line in text_lines(paths):
        line = lookup_form(line).strip()
        if line:
            yield line


def train_vectors(
    paths: Sequence[Path],
    *,
    lang: str = "zh",
    width: int = 100,
    pairs: bool = True,
    min_count: int = 5,
    max_units: int = 60000,
    epochs: int = 3,
    threads: int = 1,
    seed: int = 0,
    progress: Callable[[Iterable[str]], Iterable[str]] = iter,
) -> Language:
    """Train vectors of characters and of character pairs into one table.

    Characters and pairs are trained apart and never compared, so that each keeps to its own
    neighbours. With one thread and PYTHONHASHSEED set, the same input gives the same vectors.

    paths (Sequence[Path]): Text files in UTF-8.
    lang (str): Language of the pipeline that carries the vectors.
    width (int): Width of the vectors.
    pairs (bool): Whether to train vectors of pairs as well.
    min_count (int): How often a unit must occur.
    max_units (int): The most characters, and the most pairs, kept.
    epochs (int): Passes over the text.
    threads (int): Threads of gensim.
    seed (int): Seed.
    progress (Callable[[Iterable[str]], Iterable[str]]): Wraps the stream of lines of each pass.
    RETURNS (Language): A blank pipeline with the vectors, as `spacy init vectors` makes it.
    RAISES (ImportError): If gensim is not installed.
    RAISES (ValueError): If no character occurs often enough.
    """
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise ImportError(Errors.F014) from error
    found: Dict[str, np.ndarray] = {}
    for size in (1, 2) if pairs else (1,):
        model = Word2Vec(
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
        units = Units(paths, size, progress)
        model.build_vocab(units)
        if not len(model.wv):
            raise ValueError(Errors.F015.format(paths=", ".join(map(str, paths)), n=min_count))
        model.train(units, total_examples=model.corpus_count, epochs=epochs)
        found.update((unit, model.wv[unit]) for unit in model.wv.index_to_key)
    nlp = spacy.blank(lang)
    # As `spacy init vectors` does, so that the units can be read back from the vectors' keys.
    for unit in found:
        nlp.vocab.strings.add(unit)
    data = np.asarray(list(found.values()), dtype="float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=list(found))
    return nlp
