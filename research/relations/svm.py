"""The SVM of the papers: a linear support-vector machine on features of the pair, trained with
scikit-learn."""

from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence

import numpy as np
import spacy
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.svm import LinearSVC
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Linear, Model

from research.common.cells import Cell
from research.common.corpora import COMPONENT, CORPORA
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.pipeline.gold import read_gold
from spacy_clinrel.pipeline.predictions import PairPredictions
from spacy_clinrel.pipeline.relation_classifier import RelationClassifier
from spacy_clinrel.types import Candidates

FEATURES = 2**17
# Characters on either side of the pair, and between its mentions, that become features.
AROUND, BETWEEN = 10, 60
SIZES = (1, 2, 3)  # of character n-grams


def ngrams(name: str, text: str) -> Iterator[str]:
    """Yield features for the character n-grams of a segment of the text.

    name (str): Name of the segment.
    text (str): Text of the segment.
    YIELDS (str): Names of features.
    """
    for size in SIZES:
        for i in range(len(text) - size + 1):
            yield f"{name}={text[i : i + size]}"


def pair_features(
    doc: Doc, head: Sequence[int], tail: Sequence[int], mention_distance: int
) -> List[str]:
    """Return the features of a pair.

    They are both mentions and their types, the text before, between and after them, and their
    distance.

    doc (Doc): The document.
    head (Sequence[int]): Start, end (exclusive) and type index of the head.
    tail (Sequence[int]): Start, end (exclusive) and type index of the tail.
    mention_distance (int): Number of mentions from head to tail, signed.
    RETURNS (List[str]): Names of features.
    """
    first, second = sorted((head, tail))
    end = max(head[1], tail[1])
    distance = second[0] - first[1]
    between = doc[first[1] : min(max(second[0], first[1]), first[1] + BETWEEN)].text
    features = [
        f"types={head[2]}-{tail[2]}",
        f"forwards={head[0] <= tail[0]}",
        f"distance={int(np.log2(max(distance, 1)))}",
        f"steps={max(-5, min(5, mention_distance))}",
    ]
    parts = {
        "head": doc[head[0] : head[1]].text,
        "tail": doc[tail[0] : tail[1]].text,
        "before": doc[max(0, first[0] - AROUND) : first[0]].text,
        "between": between,
        "after": doc[end : end + AROUND].text,
    }
    for name, text in parts.items():
        features.extend(ngrams(name, text))
    return features


def vectorize(docs: Sequence[Doc], candidates: Candidates) -> Any:
    """Return the feature matrix of a batch.

    docs (Sequence[Doc]): The documents.
    candidates (Candidates): Their candidate pairs.
    RETURNS (csr_matrix): Shape: (pairs, FEATURES)
    """
    rows: List[List[str]] = []
    types = candidates.types.tolist()
    n_read = 0
    for doc, (bounds, part) in zip(docs, candidates.by_doc()):
        of_doc = types[n_read : n_read + len(bounds.starts)]
        mentions = list(zip(bounds.starts.tolist(), bounds.ends.tolist(), of_doc))
        for head, tail in candidates.pairs[part].tolist():
            rows.append(pair_features(doc, mentions[head], mentions[tail], tail - head))
        n_read += len(mentions)
    hashing = HashingVectorizer(n_features=FEATURES, analyzer=list, alternate_sign=False)
    return hashing.transform(rows)


@Language.factory("pair_svm")
class PairSVM(RelationClassifier):
    """A relation classifier with a linear one-vs-rest SVM.

    The weights are stored in a Thinc layer, so that the pipeline saves and loads them.
    """

    def __init__(self, nlp: Language, name: str, candidates: Dict[str, int]):
        """Create the component.

        nlp (Language): The pipeline.
        name (str): Name in the pipeline.
        candidates (Dict[str, int]): Options of `SentencePairs`.
        """
        strategy = spacy.registry.misc.get("spacy-clinrel.SentencePairs.v1")(**candidates)
        model: Model = Linear(nI=FEATURES)
        super().__init__(nlp.vocab, model, strategy, name)

    def fit(self, examples: Iterable[Example], c: float = 1.0) -> None:
        """Train the SVM.

        examples (Iterable[Example]): Examples with gold mentions.
        c (float): The SVM's C. A larger value regularises less.
        """
        examples = list(examples)
        self.read_labels(lambda: examples, None)
        docs = [example.predicted for example in examples]
        candidates = self.make_candidates(docs)
        gold = read_gold(examples, candidates, self.space, self.name).labels
        classes = np.where(gold.any(axis=1), gold.argmax(axis=1) + 1, 0)
        svm = LinearSVC(C=c, random_state=0).fit(vectorize(docs, candidates), classes)
        weights = np.zeros((len(self.labels) + 1, FEATURES), dtype="float32")
        # A class without an example must never be predicted.
        bias = np.full(len(self.labels) + 1, -1e9, dtype="float32")
        # With two classes, scikit-learn has a single row, for the second class.
        rows = svm.coef_ if len(svm.classes_) > 2 else np.vstack([-svm.coef_, svm.coef_])
        offsets = svm.intercept_ if len(svm.classes_) > 2 else np.tile(svm.intercept_, 2) * [-1, 1]
        weights[svm.classes_], bias[svm.classes_] = rows, offsets
        self.model.set_dim("nO", len(bias))
        self.model.set_param("W", weights)
        self.model.set_param("b", bias)

    def predict(self, docs: Iterable[Doc]) -> PairPredictions:
        """Predict the label of each candidate pair.

        docs (Iterable[Doc]): The documents.
        RETURNS (PairPredictions): The pairs, with score 1 for the predicted class and 0 for the
            other classes.
        """
        docs = list(docs)
        candidates = self.make_candidates(docs)
        p = np.zeros((len(candidates), 1 + len(self.labels)), dtype="float32")
        if len(candidates):
            values = vectorize(docs, candidates) @ self.model.get_param("W").T
            values = values + self.model.get_param("b")
            best = self.head.probabilities(values, candidates).argmax(axis=1)
            p[np.arange(len(p)), best] = 1.0
        return PairPredictions(candidates, p, is_exclusive=True)


def train_svm(cell: Cell, folder: Path, limit: int) -> None:
    """Train and save a pipeline.

    cell (Cell): The training run.
    folder (Path): Folder for the pipeline.
    limit (int): Maximum number of documents read; 0 for all.
    """
    corpus = CORPORA[cell.corpus]
    nlp = spacy.blank("zh")
    svm = nlp.add_pipe("pair_svm", name=COMPONENT, config={"candidates": corpus.pairs})
    path = corpus.file(cell.data, "train")
    reader = Corpus(path, gold_entities=True, limit=limit, scheme=corpus.scheme)
    assert isinstance(svm, PairSVM)
    svm.fit(reader(nlp))
    nlp.to_disk(folder)
