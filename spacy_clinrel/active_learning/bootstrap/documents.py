"""Read the documents of a run, check them, and store the form that the rounds use."""

import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Set

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from ...data.readers import Corpus
from ...errors import Errors, Warnings
from ...files import write_docs
from ...reading.documents import stream_docs
from ...tokens import GROUP, all_mentions, get_relations, relation_edges
from ...tokens.normalize import single_spaces
from ...tokens.silver import check_gold
from ..unlabelled import predict_mentions, remove_relations, unique_docs
from .run_folder import RunFolder
from .settings import BootstrapData

# Settings of the config's readers that also apply to the run's gold documents.
READER_SETTINGS = ("scheme", "limit", "max_length")


def write_documents(
    folder: RunFolder,
    config: Config,
    data: BootstrapData,
    ner: Optional[Language],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]],
) -> Dict[str, int]:
    """Write the documents of a run to its folder: gold documents in the config's label scheme, and
    unlabelled documents with mentions only.

    Unlabelled documents are dropped if they repeat another text, have the text of a gold document,
    or are longer than `max_length` of the training corpus. Texts that differ in white space only
    are the same.

    folder (RunFolder): The run's folder.
    config (Config): The config.
    data (BootstrapData): The documents.
    ner (Optional[Language]): Predicts the mentions of the unlabelled documents. None if they
        already have mentions.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Dict[str, int]): Number of documents of each part (labelled, unlabelled, dev, test), of
        unlabelled documents dropped because they have the text of a gold document ("left_out"), and
        of those dropped because they repeat another text ("repeated").
    RAISES (ValueError): If a file cannot be read, gold documents are missing or carry silver
        annotation, dev is unannotated, or no unlabelled document has two mentions.
    """
    interpolated = config.interpolate()
    nlp = _tokenizing_pipeline(interpolated["nlp"])
    gold = _read_gold(nlp, interpolated["corpora"], data)
    for part, docs in gold.items():
        write_docs(docs, folder.data_path(part))
    if not any(GROUP in doc.spans for doc in gold["dev"]):
        raise ValueError(Errors.B010)
    max_length = interpolated["corpora"]["train"].get("max_length", 0)
    read = stream_docs([Path(data.unlabelled)], nlp, raw=True, texts=data.texts)
    given = [doc for doc in read if not max_length or len(doc) <= max_length]
    gold_texts = {single_spaces(doc.text) for docs in gold.values() for doc in docs}
    new = [doc for doc in given if single_spaces(doc.text) not in gold_texts]
    unlabelled = unique_docs(new)
    if ner is not None:
        predict_mentions(unlabelled, ner, progress)
    remove_relations(unlabelled)
    if not any(len(all_mentions(doc)) > 1 for doc in unlabelled):
        all_are_gold = given and not unlabelled
        hint = "All of them are gold documents." if all_are_gold else "Give --ner PIPELINE."
        raise ValueError(Errors.B005.format(path=data.unlabelled, n=len(given), hint=hint))
    _warn_unseen_labels(gold["labelled"], gold["dev"])
    _warn_unseen_types(gold["labelled"], unlabelled)
    write_docs(unlabelled, folder.data_path("unlabelled"))
    return {
        **{part: len(docs) for part, docs in gold.items()},
        "unlabelled": len(unlabelled),
        "left_out": len(given) - len(new),
        "repeated": len(new) - len(unlabelled),
    }


def _tokenizing_pipeline(settings: Mapping[str, Any]) -> Language:
    """Return a pipeline without components that has the tokenizer of a config."""
    tokenizer = settings.get("tokenizer")
    options = {"nlp": {"tokenizer": tokenizer}} if tokenizer else {}
    return spacy.blank(settings["lang"], config=options)


def _read_gold(
    nlp: Language, readers: Mapping[str, Any], data: BootstrapData
) -> Dict[str, List[Doc]]:
    """Read the labelled, dev and test documents with the settings of the config's readers."""
    gold: Dict[str, List[Doc]] = {}
    for part in ("labelled", "dev", "test"):
        if getattr(data, part) is None:
            continue
        path = Path(getattr(data, part))
        reader = readers["train" if part == "labelled" else "dev"]
        # All test documents are read, so limits do not apply.
        names = ("scheme",) if part == "test" else READER_SETTINGS
        settings = {name: reader[name] for name in names if name in reader}
        docs = [eg.reference for eg in Corpus(path, **settings)(nlp)]
        if not docs:  # all are longer than max_length
            raise ValueError(Errors.F004.format(path=path))
        check_gold(docs, path)
        gold[part] = docs
    return gold


def _warn_unseen_labels(labelled: List[Doc], dev: List[Doc]) -> None:
    """Warn of dev labels that no labelled document has."""
    missing = _relation_labels(dev) - _relation_labels(labelled)
    if missing:
        warnings.warn(Warnings.W005.format(labels=", ".join(sorted(missing))), stacklevel=4)


def _relation_labels(docs: List[Doc]) -> Set[str]:
    return {label for doc in docs for _, _, label, _ in relation_edges(doc)}


def _warn_unseen_types(labelled: List[Doc], unlabelled: List[Doc]) -> None:
    """Warn if no unlabelled document has mentions of the types that labelled relations connect."""
    joined = {
        (relation.head.label_, relation.tail.label_)
        for doc in labelled
        for relation in get_relations(doc)
    }
    types = [{span.label_ for span in all_mentions(doc)} for doc in unlabelled]
    if not any(pair <= doc_types for pair in map(set, joined) for doc_types in types):
        pairs = ", ".join(f"{head}–{tail}" for head, tail in sorted(joined)) or "none"
        names = ", ".join(sorted(set().union(*types)))
        warnings.warn(Warnings.W006.format(pairs=pairs, types=names), stacklevel=4)
