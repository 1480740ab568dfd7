"""Checks of the training data when a component is initialized: its amount and its mentions."""

import warnings
from collections import Counter
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Warnings
from ..tokens import all_mentions, attribute_rows, is_split_into_letters, relation_edges
from ..types import ASSERTIONS

# Labels with fewer examples, and training data with fewer documents, give a warning.
MIN_EXAMPLES = 20
MIN_DOCUMENTS = 50
MAX_LISTED = 10
# Documents whose tokens are checked.
SAMPLE_SIZE = 20

# What a component learns, and the labels of a gold document for it.
LABELS: Dict[str, Callable[[Doc], Iterable[str]]] = {
    "entities": lambda doc: (ent.label_ for ent in doc.ents),
    "mentions": lambda doc: (mention.label_ for mention in all_mentions(doc)),
    "relations": lambda doc: (label for _, _, label, _ in relation_edges(doc)),
    "attributes": lambda doc: (name for _, name, _ in attribute_rows(doc) if name in ASSERTIONS),
}


def check_training_data(
    name: str,
    learns: Sequence[str],
    examples: Iterable[Example],
    nlp: Optional[Language],
) -> None:
    """Warn if a component has little to learn from, or would learn nothing.

    name (str): The component's name.
    learns (Sequence[str]): What it learns: "entities", "mentions", "relations", "attributes". A
        component that learns neither entities nor mentions needs mentions in the predicted
        documents.
    examples (Iterable[Example]): The training examples.
    nlp (Optional[Language]): The pipeline, whose config names the annotating components.
    """
    counts: Counter = Counter()
    n_documents = 0
    has_mentions = False
    sample: List[Doc] = []
    for example in examples:
        n_documents += 1
        if n_documents <= SAMPLE_SIZE:
            sample.append(example.predicted)
        has_mentions = has_mentions or bool(all_mentions(example.predicted))
        for kind in learns:
            counts.update(LABELS[kind](example.reference))
    reasons = list(_shortages(counts, n_documents))
    if reasons:
        message = Warnings.W090.format(name=name, reasons="; ".join(reasons))
        warnings.warn(message, stacklevel=3)
    if is_split_into_letters(sample):
        warnings.warn(Warnings.W093, stacklevel=3)
    if {"entities", "mentions"} & set(learns) or nlp is None:
        return
    if has_mentions:
        _check_dev_corpus(name, nlp)
    else:
        _check_annotating(name, " or ".join(learns), nlp)


def _check_dev_corpus(name: str, nlp: Language) -> None:
    """Warn if the dev documents have no entities, although no component finds any."""
    if any("doc.ents" in nlp.get_pipe_meta(other).assigns for other in nlp.pipe_names):
        return
    config = nlp.config.interpolate()
    corpus = config.get("training", {}).get("dev_corpus", "").partition(".")[2]
    reader = config.get("corpora", {}).get(corpus, {})
    is_known = reader.get("@readers") in ("spacy.Corpus.v1", "spacy-clinrel.Corpus.v1")
    # Without a path, this is the default config of a pipeline that is trained in Python.
    if is_known and reader.get("path") and not reader.get("gold_entities"):
        warnings.warn(Warnings.W094.format(name=name, corpus=corpus), stacklevel=4)


def _check_annotating(name: str, what: str, nlp: Language) -> None:
    """Warn if the component gets no entities in training."""
    annotating = nlp.config.get("training", {}).get("annotating_components", [])
    present = [other for other in annotating if other in nlp.pipe_names]
    setters = [other for other in present if "doc.ents" in nlp.get_pipe_meta(other).assigns]
    if not setters:
        warnings.warn(Warnings.W091.format(name=name, what=what), stacklevel=4)
        return
    encoders = [other for other, pipe in nlp.pipeline if hasattr(pipe, "listeners")]
    missing = [other for other in encoders if other not in present]
    if missing and any(_listens(nlp, setter) for setter in setters):
        message = Warnings.W092.format(
            name=name, what=what, missing=", ".join(missing), setters=", ".join(setters)
        )
        warnings.warn(message, stacklevel=4)


def _shortages(counts: Counter, n_documents: int) -> Iterator[str]:
    if n_documents < MIN_DOCUMENTS:
        yield f"{n_documents} documents, fewer than {MIN_DOCUMENTS}"
    rare = [f"{label} ({n})" for label, n in counts.most_common() if n < MIN_EXAMPLES]
    if rare:
        yield f"labels with fewer than {MIN_EXAMPLES} examples: {list_first(rare)}"


def list_first(names: Sequence[str]) -> str:
    """Return the first names, and the number of the others, for a message.

    names (Sequence[str]): The names.
    RETURNS (str): At most `MAX_LISTED` names, separated by commas.
    """
    more = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def _listens(nlp: Language, name: str) -> bool:
    """Return whether a component has a listener to a shared encoder."""
    model: Any = getattr(nlp.get_pipe(name), "model", None)
    return hasattr(model, "walk") and any("listener" in node.name for node in model.walk())
