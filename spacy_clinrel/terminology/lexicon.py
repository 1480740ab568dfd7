"""The words of a lexicon, from word lists, terminologies, annotated documents and jieba."""

import importlib.util
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple, Union

from spacy.strings import StringStore
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors
from ..files import read_docbin, read_text_lines, show_path
from ..tokens import all_mentions
from ..tokens.normalize import lookup_form
from .storage import is_terminology, load_terminology

JIEBA = "jieba"
SPACY = ".spacy"


class LexiconWord(NamedTuple):
    """A word of a lexicon.

    text (str): The word, in the form in which embeddings look it up.
    weight (float): Its weight among the words at a character: 1 + log(frequency).
    scores (Dict[str, float]): Score of each of its types, above 0, at most 1.
    owners (Dict[str, int]): Types that the word has in only one annotated document, with the hash
        of that document's text.
    """

    text: str
    weight: float
    scores: Dict[str, float]
    owners: Dict[str, int]


class Entry(NamedTuple):
    """An entry of a source: a word with a type, and its frequency."""

    text: str
    type: str
    frequency: int = 1
    score: float = 1.0
    owner: int = 0


def read_lexicon(sources: Sequence[Union[str, Path]], max_length: int) -> List[LexiconWord]:
    """Read the words of a lexicon.

    sources (Sequence[Union[str, Path]]): "jieba" for jieba's dictionary; folders that
        `build-terminology` wrote; .spacy files, whose mentions are the words; and word lists. A
        line of a word list has a word, optionally its frequency, and optionally its type, separated
        by tabs (or a word and its frequency, separated by a space). Words without a type have the
        name of their file as type.
    max_length (int): Maximum number of characters of a word; longer words are left out.
    RETURNS (List[LexiconWord]): The words. Each text occurs once.
    RAISES (ValueError): If a source does not exist or cannot be read, or there are no words.
    RAISES (ImportError): If jieba is not installed (extra: jieba).
    """
    weights: Dict[str, float] = {}
    scores: Dict[str, Dict[str, float]] = defaultdict(dict)
    owners: Dict[str, Dict[str, int]] = defaultdict(dict)
    for source in sources:
        for entry in _read_source(source, max_length):
            text = lookup_form(entry.text).strip()
            if not 0 < len(text) <= max_length:
                continue
            weight = 1.0 + math.log(max(entry.frequency, 1))
            weights[text] = max(weight, weights.get(text, 0.0))
            known = scores[text].get(entry.type, 0.0)
            if entry.owner and not known:
                owners[text][entry.type] = entry.owner
            else:  # the word has the type without this document
                owners[text].pop(entry.type, None)
            scores[text][entry.type] = max(known, entry.score)
    if not weights:
        raise ValueError(Errors.M062.format(sources=", ".join(map(str, sources)), n=max_length))
    return [
        LexiconWord(text, weight, scores[text], owners.get(text, {}))
        for text, weight in weights.items()
    ]


def _read_source(source: Union[str, Path], max_length: int) -> Iterator[Entry]:
    if str(source) == JIEBA:
        return _read_words(jieba_dictionary(), JIEBA, is_tagged=True)
    path = Path(source)
    if not path.exists():
        raise ValueError(Errors.F001.format(path=show_path(path)))
    if path.is_dir():
        if not is_terminology(path):
            raise ValueError(Errors.M063.format(path=show_path(path)))
        return _read_concepts(path)
    if path.suffix.lower() == SPACY:
        return _read_mentions(path, max_length)
    return _read_words(path, path.stem)


def jieba_dictionary() -> Path:
    """Return the path of jieba's dictionary, without importing jieba.

    RETURNS (Path): The file.
    RAISES (ImportError): If jieba is not installed (extra: jieba).
    """
    spec = importlib.util.find_spec(JIEBA)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        if (Path(folder) / "dict.txt").is_file():
            return Path(folder) / "dict.txt"
    raise ImportError(Errors.P001.format(package=JIEBA, extra=JIEBA))


def _read_words(path: Path, name: str, is_tagged: bool = False) -> Iterator[Entry]:
    for line in read_text_lines([path]):
        if is_tagged:  # word, frequency and part of speech
            text, _, rest = line.partition(" ")
            frequency, kind = rest.split(" ")[0], name
        elif "\t" in line:
            text, frequency, kind = (*line.split("\t"), "", "")[:3]
        else:
            text, _, frequency = line.strip().rpartition(" ")
            kind = ""
            if not (text and frequency.isdecimal()):
                text, frequency = line, ""
        number = int(frequency) if frequency.strip().isdecimal() else 1
        yield Entry(text, kind.strip() or name, number)


def _read_concepts(path: Path) -> Iterator[Entry]:
    for concept in load_terminology(path).concepts:
        for text in (concept.name, *concept.synonyms):
            yield Entry(text, concept.type or path.name)


def _read_mentions(path: Path, max_length: int) -> Iterator[Entry]:
    """Yield the mentions of annotated documents, with the share of the word's occurrences in the
    texts that are mentions of the type as score.
    """
    docs = list(read_docbin(path, Vocab()))
    counts: Counter = Counter()
    seen: Dict[Tuple[str, str], Set[int]] = defaultdict(set)
    strings = StringStore()
    for doc in docs:
        owner = strings.add(doc.text) if doc.text else 0
        for mention in all_mentions(doc):
            key = (lookup_form(mention.text).strip(), mention.label_)
            counts[key] += 1
            seen[key].add(owner)
    occurrences = _count_words({text for text, _ in counts}, docs, max_length)
    for (text, kind), count in counts.items():
        owner = next(iter(seen[text, kind])) if len(seen[text, kind]) == 1 else 0
        total = max(occurrences[text], count)
        yield Entry(text, kind, count, count / total, owner)


def _count_words(words: Set[str], docs: Iterable[Doc], max_length: int) -> Counter:
    counts: Counter = Counter()
    lengths = sorted({len(word) for word in words if len(word) <= max_length})
    for doc in docs:
        text = lookup_form(doc.text)
        for length in lengths:
            grams = (text[i : i + length] for i in range(len(text) - length + 1))
            counts.update(gram for gram in grams if gram in words)
    return counts
