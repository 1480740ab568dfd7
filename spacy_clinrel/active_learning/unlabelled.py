"""Unlabelled documents: their mentions, and which of them have the same text."""

from typing import Callable, Collection, Dict, Iterable, List, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..evaluation.evaluate import entity_components
from ..tokens import GROUP, bare_doc, group_mentions, relation_edges, store_relations
from ..tokens.group import ASSERTION, SILVER_TAGS
from ..tokens.normalize import single_spaces
from ..tokens.silver import SILVER


def predict_mentions(
    docs: Sequence[Doc],
    ner: Language,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> None:
    """Replace the mentions of documents with those that a pipeline predicts, and remove relations
    and attributes.

    docs (Sequence[Doc]): The documents, changed in place.
    ner (Language): The pipeline. Components after the last one that sets entities do not run.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RAISES (ValueError): If no component of the pipeline sets entities.
    """
    with ner.select_pipes(disable=_components_after_ner(ner)):
        predictions = ner.pipe(bare_doc(doc, ner.vocab) for doc in docs)
        for doc, predicted in zip(progress(docs), predictions):
            # The tokens may differ.
            ents = [doc.char_span(e.start_char, e.end_char, e.label_) for e in predicted.ents]
            doc.set_ents([ent for ent in ents if ent is not None], default="outside")
            if GROUP in doc.spans:
                store_relations(doc, [], [])
                # Nothing is known of the attributes of the new mentions.
                doc.spans[GROUP].attrs.pop(ASSERTION, None)
                doc.spans[GROUP].attrs.pop(SILVER_TAGS, None)


def _components_after_ner(ner: Language) -> List[str]:
    writers = entity_components(ner)
    if not writers:
        raise ValueError(Errors.B007.format(names=", ".join(ner.pipe_names) or "none"))
    last = ner.pipe_names.index(writers[-1])
    return ner.pipe_names[last + 1 :]


def remove_relations(docs: Iterable[Doc]) -> None:
    """Remove relations and silver annotation from documents. Mentions are kept.

    docs (Iterable[Doc]): The documents, changed in place.
    """
    for doc in docs:
        if GROUP in doc.spans:
            if relation_edges(doc):
                store_relations(doc, group_mentions(doc), [])
            doc.spans[GROUP].attrs.pop(SILVER, None)


def unique_docs(docs: Iterable[Doc], exclude: Collection[str] = ()) -> List[Doc]:
    """Return the first document of each text. Texts that differ in white space only are the same.

    docs (Iterable[Doc]): The documents.
    exclude (Collection[str]): Texts to leave out, with single spaces.
    RETURNS (List[Doc]): The documents, in order.
    """
    unique: Dict[str, Doc] = {}
    for doc in docs:
        key = single_spaces(doc.text)
        if key not in exclude:
            unique.setdefault(key, doc)
    return list(unique.values())
