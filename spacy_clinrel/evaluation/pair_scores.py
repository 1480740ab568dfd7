"""Class probabilities and gold classes of all candidate pairs of a corpus, as arrays."""

from typing import Any, Callable, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch

from ..data.readers import gold_mentions_doc
from ..errors import Errors
from ..types import Signatures
from .evaluate import entity_components

FACTORY = "relation_classifier"
BATCH_SIZE = 16


class ScoredPairs(NamedTuple):
    """Candidate pairs of a corpus with their class probabilities.

    docs (ndarray): Index of each pair's document. Shape: (pairs,)
    pairs (ndarray): Indices of head and tail among the document's mentions. Shape: (pairs, 2)
    p (ndarray): Probability of "no relation" and of each label. Shape: (pairs, 1 + labels)
    """

    docs: np.ndarray
    pairs: np.ndarray
    p: np.ndarray

    def select(self, keep: np.ndarray) -> "ScoredPairs":
        """Return the selected pairs.

        keep (ndarray): Boolean mask over the pairs, or their indices.
        RETURNS (ScoredPairs): A copy with these pairs only.
        """
        return ScoredPairs(*(values[keep] for values in self))

    @property
    def confidence(self) -> np.ndarray:
        """Return the probability of each pair's best class. Shape: (pairs,)"""
        return self.p.max(axis=1, initial=0.0)

    @property
    def classes(self) -> np.ndarray:
        """Return the best class of each pair, 0 for "no relation". Shape: (pairs,)"""
        return self.p.argmax(axis=1) if self.p.size else np.zeros(0, dtype="int64")


class ClassifierSettings(NamedTuple):
    """Settings of a `relation_classifier`.

    labels (Sequence[str]): Relation labels.
    types (Sequence[str]): Entity types.
    signatures (Signatures): Triples of head type, label and tail type seen in training.
    mentions (str): Source of the mentions, see `read_mentions`.
    exclusive (bool): Whether a pair has at most one label.
    """

    labels: Sequence[str]
    types: Sequence[str]
    signatures: Signatures
    mentions: str
    exclusive: bool


def has_component(nlp: Language) -> bool:
    """Return whether a pipeline has a `relation_classifier`.

    nlp (Language): The pipeline.
    RETURNS (bool): Whether there is at least one.
    """
    return any(nlp.get_pipe_meta(name).factory == FACTORY for name in nlp.pipe_names)


def find_component(nlp: Language) -> str:
    """Find the relation component of a pipeline.

    nlp (Language): The pipeline.
    RETURNS (str): The component's name.
    RAISES (ValueError): If the pipeline does not have exactly one `relation_classifier`.
    """
    names = [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY]
    if len(names) != 1:
        raise ValueError(Errors.B001.format(n=len(names), factory=FACTORY))
    return names[0]


def classifier_settings(nlp: Language) -> ClassifierSettings:
    """Read the settings of a pipeline's relation component.

    nlp (Language): A pipeline with one `relation_classifier`.
    RETURNS (ClassifierSettings): The settings.
    """
    component = _component(nlp)
    space, cfg = component.space, component.cfg
    return ClassifierSettings(
        space.labels, space.types, list(space.signatures), cfg["mentions"], cfg["exclusive"]
    )


def _component(nlp: Language) -> Any:
    return nlp.get_pipe(find_component(nlp))


def score_pairs(
    nlp: Language,
    docs: Sequence[Doc],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> ScoredPairs:
    """Score all candidate pairs of documents that have mentions.

    nlp (Language): A pipeline with one `relation_classifier`. The components before it run too,
        except those that set entities.
    docs (Sequence[Doc]): The documents. They are copied before scoring, so that annotations such as
        vectors take up the memory of one batch only.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (ScoredPairs): The candidate pairs, ordered by document.
    """
    component = _component(nlp)
    parts = [_no_pairs(nlp)]
    n_docs = 0
    with nlp.select_pipes(enable=_earlier_components(nlp, find_component(nlp))):
        copies = (doc.copy() for doc in progress(docs))
        for batch in minibatch(nlp.pipe(copies, batch_size=BATCH_SIZE), BATCH_SIZE):
            scored = _score_batch(component, batch)
            parts.append(scored._replace(docs=scored.docs + n_docs))
            n_docs += len(batch)
    return ScoredPairs(*(np.concatenate(values) for values in zip(*parts)))


def _earlier_components(nlp: Language, name: str) -> List[str]:
    """Return the components before a component, except those that set entities."""
    earlier = nlp.pipe_names[: nlp.pipe_names.index(name)]
    return [other for other in earlier if other not in entity_components(nlp)]


def _add_sentences(nlp: Language, name: str, docs: Sequence[Doc]) -> None:
    """Set the sentences of the components before a component, on which its pairs may depend."""
    earlier = _earlier_components(nlp, name)
    if not any("doc.sents" in nlp.get_pipe_meta(other).assigns for other in earlier):
        return
    with nlp.select_pipes(enable=earlier):
        copies = nlp.pipe((doc.copy() for doc in docs), batch_size=BATCH_SIZE)
        for doc, copy in zip(docs, copies):
            _copy_sentences(copy, doc)


def _copy_sentences(source: Doc, target: Doc) -> Doc:
    """Set the sentences of one document in another one with the same tokens, and return it."""
    for token, other in zip(target, source):
        token.is_sent_start = other.is_sent_start
    return target


def _score_batch(component: Any, docs: List[Doc]) -> ScoredPairs:
    """Score the candidate pairs of one batch, with document indices within the batch."""
    predictions = component.predict(docs)
    candidates = predictions.candidates
    return ScoredPairs(candidates.owners(), candidates.pairs, predictions.classes)


def _no_pairs(nlp: Language) -> ScoredPairs:
    """Return empty arrays with the correct widths and types, to which batches are appended."""
    width = 1 + len(_component(nlp).labels)
    return ScoredPairs(
        np.zeros(0, "int64"), np.zeros((0, 2), "int64"), np.zeros((0, width), "float32")
    )


def count_pairs(nlp: Language, docs: Iterable[Doc]) -> int:
    """Count the candidate pairs of documents that have mentions.

    nlp (Language): A pipeline with one `relation_classifier`.
    docs (Iterable[Doc]): The documents.
    RETURNS (int): The number of pairs.
    """
    component = _component(nlp)
    return sum(len(component.make_candidates([doc])) for doc in docs)


def gold_examples(nlp: Language, docs: Iterable[Doc]) -> List[Example]:
    """Create Examples whose predicted Doc has the gold mentions.

    nlp (Language): The pipeline.
    docs (Iterable[Doc]): Gold documents.
    RETURNS (List[Example]): One for each document. The predicted Doc has mentions, but no
        relations. It has the sentences that the pipeline sets before the relations.
    """
    references = list(docs)
    predicted = [gold_mentions_doc(nlp, doc) for doc in references]
    if has_component(nlp):
        _add_sentences(nlp, find_component(nlp), predicted)
    return [Example(doc, reference) for doc, reference in zip(predicted, references)]


def predicted_examples(
    nlp: Language,
    name: str,
    examples: Iterable[Example],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> List[Example]:
    """Create Examples whose predicted Doc has the mentions that the pipeline predicts.

    nlp (Language): The pipeline.
    name (str): Name of a component. The components before it are run.
    examples (Iterable[Example]): Gold documents. Their predicted side has no annotation.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (List[Example]): One for each document. The predicted Doc has mentions, but no
        relations. It has the sentences that the pipeline sets before the component.
    RAISES (ValueError): If none of the components before it predicts entities.
    """
    previous = nlp.pipe_names[: nlp.pipe_names.index(name)]
    if not set(previous).intersection(entity_components(nlp)):
        raise ValueError(Errors.B040.format(name=name))
    examples = list(examples)
    with nlp.select_pipes(enable=previous):
        copies = (example.predicted.copy() for example in examples)
        stream = progress(nlp.pipe(copies, batch_size=BATCH_SIZE))
        return [
            Example(_copy_sentences(doc, gold_mentions_doc(nlp, doc)), example.reference)
            for doc, example in zip(stream, examples)
        ]


def gold_labels(nlp: Language, examples: Sequence[Example]) -> Tuple[np.ndarray, np.ndarray]:
    """Return the gold labels of all candidate pairs, in the order of `score_pairs`.

    nlp (Language): A pipeline with one `relation_classifier`.
    examples (Sequence[Example]): The documents, with mentions on the predicted side.
    RETURNS (Tuple[ndarray, ndarray]): Whether a pair has a label, bool, shape (pairs, labels); and
        whether the pair is annotated, bool, shape (pairs,).
    """
    component = _component(nlp)
    no_pairs = np.zeros((0, len(component.labels)), dtype=bool), np.zeros(0, dtype=bool)
    parts = [no_pairs, *map(component.gold_labels, minibatch(examples, BATCH_SIZE))]
    gold, is_annotated = (np.concatenate(values) for values in zip(*parts))
    return gold, is_annotated


def gold_classes(nlp: Language, examples: Sequence[Example]) -> np.ndarray:
    """Return the gold class of all candidate pairs, in the order of `score_pairs`.

    nlp (Language): A pipeline with one `relation_classifier`.
    examples (Sequence[Example]): The documents, with mentions on the predicted side.
    RETURNS (ndarray): 0 for "no relation", else 1 + the index of the pair's first label; -1 for
        pairs without annotation, e.g. all pairs of a document without
        `doc.spans["clinrel"]`. Shape: (pairs,)
    """
    gold, is_annotated = gold_labels(nlp, examples)
    return np.where(is_annotated, (1 + gold.argmax(axis=1)) * gold.any(axis=1), -1)
