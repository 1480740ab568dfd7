"""The mentions of unlabelled documents: those they have, or those that a pipeline finds."""

from typing import Callable, Iterable, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ...errors import Errors
from ...evaluation.evaluate import entity_components
from ...tokens import GROUP, bare_doc, relation_edges, store_relations
from ...tokens.silver import SILVER


def with_mentions(
    docs: Sequence[Doc],
    ner: Optional[Language] = None,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Iterable[Doc]:
    """Leave documents with their mentions alone, gold ones or found ones.

    docs (Sequence[Doc]): The documents, changed in place: relations and silver marks are removed.
    ner (Optional[Language]): Finds the mentions, in place of those that are there. None keeps
        these.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    YIELDS (Doc): The documents.
    RAISES (ValueError): If the pipeline finds no mentions.
    """
    if ner is not None:
        with ner.select_pipes(disable=_others(ner)):
            found = ner.pipe(bare_doc(doc, ner.vocab) for doc in docs)
            for doc, other in zip(progress(docs), found):
                ents = [doc.char_span(e.start_char, e.end_char, e.label_) for e in other.ents]
                doc.set_ents([ent for ent in ents if ent is not None], default="outside")
                if GROUP in doc.spans:
                    store_relations(doc, [], [])
    for doc in docs:
        if GROUP in doc.spans:
            if relation_edges(doc):
                store_relations(doc, list(doc.spans[GROUP]), [])
            doc.spans[GROUP].attrs.pop(SILVER, None)
        yield doc


def _others(ner: Language) -> List[str]:
    """Components after the last that finds mentions."""
    writers = entity_components(ner)
    if not writers:
        raise ValueError(Errors.B007.format(names=", ".join(ner.pipe_names) or "none"))
    last = ner.pipe_names.index(writers[-1])
    return ner.pipe_names[last + 1 :]
