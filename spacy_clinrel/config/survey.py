"""Properties of a corpus on which its config depends: labels, distances, attributes and size."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence

import numpy as np
from spacy import util
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from ..data.check.assertion import describe_assertion
from ..data.check.ceiling import recall_ceiling
from ..data.check.findings import SPLIT_INTO_LETTERS
from ..data.check.mentions import describe_mentions
from ..data.check.relations import describe_relations
from ..data.check.table import Part, read_part
from ..errors import Errors
from ..pipeline.training_data import MIN_DOCUMENTS, MIN_EXAMPLES, list_first
from ..reading.documents import stream_docs
from ..tokens import Sentences, guess_language, is_split_into_letters
from .build import BY_CHARACTER, FIND_ENTITIES, FIND_RELATIONS, SENTENCES
from .sizes import Sizes


class Finding(NamedTuple):
    """What a user should know about the corpus.

    level (str): "warning" or "info".
    text (str): The message.
    """

    level: str
    text: str


def read_corpora(train: Optional[Path], dev: Optional[Path]) -> Dict[str, List[Doc]]:
    """Read the training and dev documents.

    train (Optional[Path]): A .spacy file, the output of `apply`, or a folder of such files.
    dev (Optional[Path]): The same for the dev documents.
    RETURNS (Dict[str, List[Doc]]): The documents by name of the part, "train" first.
    RAISES (ValueError): If a file is missing or cannot be read.
    """
    vocab = Vocab()
    paths = {"train": train, "dev": dev}
    return {
        name: list(stream_docs([path], vocab=vocab))
        for name, path in paths.items()
        if path is not None
    }


def corpus_language(corpora: Mapping[str, Sequence[Doc]]) -> Optional[str]:
    """Guess the language of the documents from their texts: .spacy files do not store it.

    corpora (Mapping[str, Sequence[Doc]]): The documents by name of the part.
    RETURNS (Optional[str]): "zh" or "en"; None if there are too few letters.
    """
    return guess_language(doc.text for docs in corpora.values() for doc in docs)


def language_findings(corpora: Mapping[str, Sequence[Doc]], lang: str) -> Iterator[Finding]:
    """Report tokens that do not fit the texts, and texts that do not fit the language.

    corpora (Mapping[str, Sequence[Doc]]): The documents by name of the part.
    lang (str): Language of the config.
    YIELDS (Finding): The findings.
    """
    found = corpus_language(corpora)
    if {lang, found} == {"zh", "en"}:
        script = "Chinese" if found == "zh" else "Latin letters"
        text = f"the texts are mostly {script}, but --lang is {lang}. For texts in "
        text += f"{'Chinese' if found == 'zh' else 'English'}, use --lang {found}"
        yield Finding("warning", text)
    for name, docs in corpora.items():
        if is_split_into_letters(docs):
            yield Finding("warning", f"{name}: {SPLIT_INTO_LETTERS}")


def make_parts(corpora: Mapping[str, Sequence[Doc]], lang: str) -> List[Part]:
    """Collect the mentions and relations of the documents.

    corpora (Mapping[str, Sequence[Doc]]): The documents by name of the part.
    lang (str): Language of the documents. Unless it is Chinese, documents are split into sentences
        as the pipeline will do.
    RETURNS (List[Part]): The parts.
    """
    splits = lang not in BY_CHARACTER
    sentencizer = util.get_lang_class(lang)().add_pipe(SENTENCES) if splits else None
    parts = []
    for name, docs in corpora.items():
        if sentencizer is not None:
            docs = [doc if doc.has_annotation("SENT_START") else sentencizer(doc) for doc in docs]
        parts.append(read_part(name, docs, Sentences(use_sents=splits)))
    return parts


def describe(part: Part, sizes: Sizes) -> Dict[str, Any]:
    """Count what a part has, for the report.

    part (Part): The part.
    sizes (Sizes): The limits of the candidate pairs.
    RETURNS (Dict[str, Any]): Counts of documents, tokens, mentions, relations and attributes; and
        the recall ceiling of the candidates.
    """
    mentions, relations = describe_mentions(part), describe_relations(part)
    assertion = describe_assertion(part)
    strategy = registry.misc.get("spacy-clinrel.SentencePairs.v1")(
        use_sents=part.docs[0].has_annotation("SENT_START"),
        max_sentences=sizes.max_sentences,
        max_distance=sizes.max_distance,
    )
    keys = ("documents", "tokens", "mentions", "without_mentions", "without_relations")
    return {
        **{key: mentions[key] for key in keys},
        "not_annotated_for_relations": mentions["not_annotated"],
        "nested_mentions": mentions["inside_another"] + mentions["across_another"],
        "mentions_per_type": mentions["per_type"],
        "unrelated_mentions": mentions["mentions"] - _related(part),
        "relations": relations["relations"],
        "relations_per_label": relations["per_label"],
        "pairs_with_several_relations": several_relations(part),
        "documents_with_attributes": assertion["assertion_documents"],
        "mentions_per_attribute": assertion["per_attribute"],
        "candidates": recall_ceiling(part, strategy),
    }


def _related(part: Part) -> int:
    """Return the number of mentions that are in a relation."""
    edges = part.edges
    ends = np.stack([np.repeat(edges.doc, 2), edges.ends.ravel()], axis=1)
    return len(np.unique(ends, axis=0))


def several_relations(part: Part) -> int:
    """Return the number of ordered pairs of mentions that have more than one relation.

    part (Part): The part.
    RETURNS (int): The number.
    """
    rows = np.column_stack([part.edges.doc, part.edges.ends])
    labelled = np.unique(np.column_stack([rows, part.edges.signature[:, 1].view("int64")]), axis=0)
    pairs, counts = np.unique(labelled[:, :3], axis=0, return_counts=True)
    return int((counts > 1).sum()) if len(pairs) else 0


def check_labels(labels: Sequence[str], train: Dict[str, Any]) -> Iterator[Finding]:
    """Compare the labels that the user expects with those of the training data.

    labels (Sequence[str]): Expected entity types and relation labels; empty for any.
    train (Dict[str, Any]): Counts of the training part.
    YIELDS (Finding): Labels that are missing or were not expected.
    """
    found = {**train["mentions_per_type"], **train["relations_per_label"]}
    missing = [label for label in labels if label not in found]
    if missing:
        text = "labels without an example in the training data, which cannot be learned: "
        yield Finding("warning", f"{text}{list_first(missing)}. Check their spelling")
    others = [f"{label} ({n})" for label, n in found.items() if label not in labels]
    if labels and others:
        text = "labels of the training data that are not in --labels, but are learned: "
        text += f"{list_first(others)}. `convert --keep-type` and `--keep-label` leave labels out"
        yield Finding("warning", text)


def survey_findings(
    parts: Dict[str, Dict[str, Any]], factories: Sequence[str]
) -> Iterator[Finding]:
    """Report what limits the training of a pipeline on the corpus.

    parts (Dict[str, Dict[str, Any]]): Counts by part, with a part "train".
    factories (Sequence[str]): The components.
    YIELDS (Finding): The findings.
    """
    train = parts["train"]
    yield from _amount(train, factories)
    finds_entities = any(name in FIND_ENTITIES for name in factories)
    if finds_entities and "span_ner" not in factories and train["nested_mentions"]:
        n, total = train["nested_mentions"], train["mentions"]
        text = f"nested or overlapping mentions: {n} of {total}. Predicted entities are flat: only "
        text += "the longest mention at a place is learned. "
        yield Finding("warning", f"{text}Use spans instead of ner in --pipeline to learn all")
    if any(name in FIND_RELATIONS for name in factories):
        yield from _relations(train)
    if "assertion_classifier" in factories:
        missing = train["documents"] - train["documents_with_attributes"]
        if missing:
            text = f"documents not annotated with assertion attributes: {missing}. "
            yield Finding("warning", f"{text}assertion_classifier does not learn from them")
    if "assertion_rules" in factories and train["documents_with_attributes"]:
        text = "the corpus has assertion attributes, but assertion_rules does not learn from them. "
        yield Finding("info", f"{text}Use assertion_classifier in --pipeline to learn them")
    for key in ("mentions_per_type", "relations_per_label"):
        unseen = [name for name in parts.get("dev", train)[key] if name not in train[key]]
        if unseen:
            text = "labels of the dev data that the training data does not have"
            yield Finding("warning", f"{text}: {list_first(unseen)}. They count as missed")


def _amount(train: Dict[str, Any], factories: Sequence[str]) -> Iterator[Finding]:
    """Report labels and corpora that are too small."""
    if train["documents"] < MIN_DOCUMENTS:
        text = f"the training data has only {train['documents']} documents. Expect low and unstable"
        yield Finding("warning", f"{text} scores with fewer than {MIN_DOCUMENTS}; annotate more")
    counts: Dict[str, int] = {}
    if any(name in FIND_ENTITIES for name in factories):
        counts.update(train["mentions_per_type"])
    if any(name in FIND_RELATIONS for name in factories):
        counts.update(train["relations_per_label"])
    if "assertion_classifier" in factories:
        counts.update(train["mentions_per_attribute"])
    rare = [f"{label} ({n})" for label, n in counts.items() if n < MIN_EXAMPLES]
    if rare:
        text = f"labels with fewer than {MIN_EXAMPLES} examples: {list_first(rare)}. Annotate more,"
        yield Finding("warning", f"{text} or merge them with other labels (`convert --rename`)")


def _relations(train: Dict[str, Any]) -> Iterator[Finding]:
    missing = train["not_annotated_for_relations"]
    if missing:
        text = f"documents not annotated for relations: {missing}. No relations are learned there"
        yield Finding("warning", text)
    without = train["without_relations"] - missing
    if without:
        text = f"annotated documents without a relation: {without} of {train['documents']}. "
        yield Finding("info", f"{text}They teach which mentions are not related")
    unrelated, total = train["unrelated_mentions"], train["mentions"]
    share = round(100 * unrelated / max(total, 1))
    yield Finding("info", f"mentions without a relation: {unrelated} of {total} ({share} %)")
    if train["pairs_with_several_relations"]:
        text = f"pairs with more than one relation: {train['pairs_with_several_relations']}. "
        yield Finding("info", f"{text}relation_classifier has exclusive = false, so it finds them")


def check_learnable(train: Dict[str, Any], factories: Sequence[str], path: Path) -> None:
    """Check that the training data has something to learn for each component.

    train (Dict[str, Any]): Counts of the training part.
    factories (Sequence[str]): The components.
    path (Path): The training data, for the error.
    RAISES (ValueError): If a component has nothing to learn.
    """
    needs = {
        "clinical_ner": ("mentions", "entities"),
        "span_ner": ("mentions", "entities"),
        "joint_extractor": ("relations", "relations"),
        "relation_classifier": ("relations", "relations"),
        "assertion_classifier": ("documents_with_attributes", "assertion attributes"),
    }
    for name in factories:
        key, what = needs.get(name, ("documents", ""))
        if not train[key]:
            raise ValueError(Errors.F183.format(path=path, what=what, name=name))
