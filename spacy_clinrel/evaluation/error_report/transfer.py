"""Transfer gaps: strings, words and labels of the evaluated documents that training lacks.

The strings and words are text of the documents. They are on the report's page, and not in its
statistics.
"""

from collections import Counter, defaultdict
from pathlib import Path
from typing import (
    Any,
    DefaultDict,
    Dict,
    Iterable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ...data.readers import Corpus
from ...tokens import get_relations
from ...tokens.normalize import fold_text
from .budget import RIGHT
from .mentions import GOLD_CAUSES, JudgedMention, JudgedMentions, StringRow, rank_strings

ANNOTATED, OTHER_TYPE, UNANNOTATED, NEW = GROUPS = (
    "annotated",
    "other_type",
    "unannotated",
    "new",
)
# Text and type of a mention → one of GROUPS
FoundGroups = Dict[Tuple[str, str], str]
# Maximum number of strings and of words that a report lists.
MAX_STRINGS = 40
MAX_WORDS = 40
# Separates the texts of documents. Folded texts do not contain it.
SEPARATOR = "\n"


class TrainingData(NamedTuple):
    """Strings and words of the training data of a pipeline, all of them folded.

    name (str): Name of the file or folder.
    documents (int): Number of documents.
    types (Dict[str, Set[str]]): The types that each string is annotated with.
    text (str): The texts of all documents.
    texts (Set[str]): The texts of the documents.
    words (Set[str]): The tokens of the pipeline.
    """

    name: str
    documents: int
    types: Dict[str, Set[str]]
    text: str
    texts: Set[str]
    words: Set[str]

    def find(self, text: str, label: str) -> str:
        """Find out how a mention occurs in the training data.

        text (str): The text of the mention.
        label (str): Its type.
        RETURNS (str): One of GROUPS.
        """
        folded = fold_text(text)
        types = self.types.get(folded)
        if types:
            return ANNOTATED if label in types else OTHER_TYPE
        return UNANNOTATED if folded in self.text else NEW


class GapString(NamedTuple):
    """A missed string that the training data does not annotate with its type.

    type (str): The entity type.
    group (str): How it occurs in the training data, one of GROUPS.
    row (StringRow): The counts.
    """

    type: str
    group: str
    row: StringRow


class Gaps(NamedTuple):
    """The strings and words that the training data lacks. These are text of the documents.

    strings (List[GapString]): Missed strings, by decreasing number of errors.
    n_strings (int): Number of missed strings, of which `strings` has the first ones.
    words (List[Tuple[str, int]]): Words and their frequency, by decreasing frequency.
    n_words (int): Number of words, of which `words` has the first ones.
    """

    strings: List[GapString]
    n_strings: int
    words: List[Tuple[str, int]]
    n_words: int


NO_GAPS = Gaps([], 0, [], 0)


def read_training_data(path: Path, nlp: Language) -> TrainingData:
    """Read the training data of a pipeline.

    path (Path): A .spacy file, or a folder of them.
    nlp (Language): The pipeline, which splits the texts into words.
    RETURNS (TrainingData): Its strings and words.
    RAISES (ValueError): If the data can't be read.
    """
    types: DefaultDict[str, Set[str]] = defaultdict(set)
    texts: List[str] = []
    words: Set[str] = set()
    for example in Corpus(path)(nlp):
        texts.append(fold_text(example.reference.text))
        words.update(_words(example.predicted))
        for ent in example.reference.ents:
            types[fold_text(ent.text)].add(ent.label_)
    text = SEPARATOR.join(texts)
    return TrainingData(path.name, len(texts), dict(types), text, set(texts), words)


def analyze_transfer(
    nlp: Language,
    examples: Sequence[Example],
    docs: Sequence[JudgedMentions],
    training: Optional[TrainingData],
    *,
    has_scheme: bool = False,
) -> Tuple[Dict[str, Any], Gaps]:
    """Compare the evaluated documents with the pipeline and with its training data.

    nlp (Language): The pipeline.
    examples (Sequence[Example]): The evaluated documents.
    docs (Sequence[JudgedMentions]): Their mentions, see `judge_mentions`.
    training (Optional[TrainingData]): The training data; None if it is unknown.
    has_scheme (bool): Whether the gold relations are projected to a label scheme. Their labels then
        are not compared with those of the pipeline.
    RETURNS (Tuple[Dict[str, Any], Gaps]): The statistics: "unknown_types" and "unknown_labels",
        which the pipeline cannot predict, with the number of gold mentions and relations; and
        "training", None if the training data is unknown. And the strings and words.
    """
    figures: Dict[str, Any] = {
        "unknown_types": _count_unknown(
            known_labels(nlp, "doc.ents"),
            (ent.label_ for example in examples for ent in example.reference.ents),
        ),
        "unknown_labels": _count_unknown(
            None if has_scheme else known_labels(nlp, "doc._.relations"),
            (rel.label for example in examples for rel in get_relations(example.reference)),
        ),
        "training": None,
    }
    if training is None:
        return figures, NO_GAPS
    groups = {
        key: training.find(*key)
        for key in {(mention.text, mention.type) for doc in docs for mention in doc.gold}
    }
    counts = Counter(word for doc in docs for word in _words(doc.example.predicted))
    new_words = Counter({word: n for word, n in counts.items() if word not in training.words})
    figures["training"] = {
        "name": training.name,
        "documents": training.documents,
        "copies": sum(fold_text(doc.example.reference.text) in training.texts for doc in docs),
        "recall": _score_groups(docs, groups),
        "words": {
            "total": sum(counts.values()),
            "unseen": sum(new_words.values()),
            **_score_words(docs, set(new_words)),
        },
    }
    strings = _list_strings(docs, groups)
    ranked = sorted(new_words.items(), key=lambda item: (-item[1], item[0]))
    return figures, Gaps(strings[:MAX_STRINGS], len(strings), ranked[:MAX_WORDS], len(ranked))


def known_labels(nlp: Language, attribute: str) -> Optional[Set[str]]:
    """Return the labels that the components of a pipeline can predict.

    nlp (Language): The pipeline.
    attribute (str): What the components assign, e.g. "doc.ents".
    RETURNS (Optional[Set[str]]): The labels; None if a component does not list its labels.
    """
    names = [name for name in nlp.pipe_names if attribute in nlp.get_pipe_meta(name).assigns]
    labels: List[Set[str]] = []
    for name in names:
        # The labels of a joint component are those of its relations.
        types: Any = getattr(getattr(nlp.get_pipe(name), "space", None), "types", None)
        if attribute != "doc.ents" or types is None:
            types = nlp.pipe_labels.get(name, ())
        labels.append(set(types))
    return set().union(*labels) if labels and all(labels) else None


def _count_unknown(known: Optional[Set[str]], labels: Iterable[str]) -> Dict[str, int]:
    if known is None:
        return {}
    return dict(Counter(label for label in labels if label not in known).most_common())


def _words(doc: Doc) -> List[str]:
    """Return the folded tokens of a document, without white space and numbers."""
    tokens = (token for token in doc if not (token.is_space or token.like_num))
    return [fold_text(token.text) for token in tokens]


def _score_groups(docs: Sequence[JudgedMentions], groups: FoundGroups) -> List[Dict[str, Any]]:
    """Count gold and correct mentions by type and by occurrence in the training data."""
    counts: DefaultDict[str, Counter] = defaultdict(Counter)
    for mention in (mention for doc in docs for mention in doc.gold):
        group = groups[mention.text, mention.type]
        counts[mention.type].update([(group, "gold")])
        if mention.cause == RIGHT:
            counts[mention.type].update([(group, "right")])
    totals: Counter = Counter()
    for counter in counts.values():
        totals.update(counter)

    def describe(label: Optional[str], counter: Counter) -> Dict[str, Any]:
        groups = {
            group: {side: counter[group, side] for side in ("gold", "right")} for group in GROUPS
        }
        return {"type": label, "groups": groups}

    def size(item: Tuple[str, Counter]) -> Tuple[int, str]:
        return -sum(item[1][group, "gold"] for group in GROUPS), item[0]

    rows = [describe(label, counter) for label, counter in sorted(counts.items(), key=size)]
    return [describe(None, totals), *rows]


def _score_words(docs: Sequence[JudgedMentions], new_words: Set[str]) -> Dict[str, int]:
    """Count gold and correct mentions with and without words that the training data lacks."""
    counts: Counter = Counter()
    for doc in docs:
        new_starts = [
            token.idx for token in doc.example.predicted if fold_text(token.text) in new_words
        ]
        for mention in doc.gold:
            start, end, _ = mention.key
            name = "with" if any(start <= new < end for new in new_starts) else "without"
            counts[f"{name}_gold"] += 1
            counts[f"{name}_right"] += mention.cause == RIGHT
    names = (f"{name}_{side}" for name in ("with", "without") for side in ("gold", "right"))
    return {name: counts[name] for name in names}


def _list_strings(docs: Sequence[JudgedMentions], groups: FoundGroups) -> List[GapString]:
    by_type: DefaultDict[str, List[JudgedMention]] = defaultdict(list)
    for mention in (mention for doc in docs for mention in doc.gold):
        by_type[mention.type].append(mention)
    strings = [
        GapString(label, groups[row.text, label], row)
        for label, mentions in by_type.items()
        for row in rank_strings(mentions, GOLD_CAUSES)
        if groups[row.text, label] != ANNOTATED
    ]
    return sorted(strings, key=lambda s: (s.row.right - s.row.total, s.type, s.row.text))
