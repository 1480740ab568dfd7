"""Pipelines that label documents with the mean of their probabilities."""

from typing import Any, List, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ...data.readers import gold_mentions_doc
from ...errors import Errors
from ...evaluation.evaluate import entity_components
from ...evaluation.pair_scores import classifier_settings, has_component, score_pairs
from ...pipeline.entities import set_tagged_entities
from ...tokens import bare_doc
from ...tokens.silver_tags import SilverTags, store_silver_tags
from ...types import TagProbabilities
from ..bootstrap.ensemble import mean_scores
from ..bootstrap.silver import NO_SILVER, silver_docs

FACTORY = "clinical_ner"


class Teachers:
    """Pipelines whose mean probabilities label documents.

    pipelines (Sequence[Language]): The pipelines, each with one `clinical_ner`.
    threshold (float): Minimum probability of a silver pair, with or without a relation.
    types (Sequence[str]): The entity types of the first pipeline.
    """

    def __init__(self, pipelines: Sequence[Language], threshold: float):
        """Check that the pipelines fit together.

        pipelines (Sequence[Language]): The pipelines.
        threshold (float): Minimum probability of a silver pair.
        RAISES (ValueError): If a pipeline does not have exactly one `clinical_ner`, or their entity
            types or relation labels differ.
        """
        self.pipelines = pipelines
        self.threshold = threshold
        self.types = tuple(_tagger(pipelines[0]).labels)
        for nlp in pipelines[1:]:
            if set(_tagger(nlp).labels) != set(self.types):
                raise ValueError(Errors.B051.format(what="entity types"))
        self.relation_models = [nlp for nlp in pipelines if has_component(nlp)]
        settings = [classifier_settings(nlp) for nlp in self.relation_models]
        if any(tuple(s.labels) != tuple(settings[0].labels) for s in settings):
            raise ValueError(Errors.B051.format(what="relation labels"))
        if any(not s.exclusive for s in settings):
            raise ValueError(Errors.B013)

    def label(self, docs: Sequence[Doc]) -> List[Doc]:
        """Label documents: entities and the probabilities of their tags and, if a pipeline has a
        `relation_classifier`, silver pairs.

        docs (Sequence[Doc]): The documents, without annotation. Their tokens are used.
        RETURNS (List[Doc]): The silver documents. Those without tokens have no entities.
        """
        probabilities = self.tag_probabilities(docs)
        tags = _tagger(self.pipelines[0]).decode_probabilities(probabilities)
        set_tagged_entities(docs, tags, self.types, overwrite=True)
        for doc, found in zip(docs, probabilities):
            store_silver_tags(doc, self.types, found)
        return self._label_pairs(docs) if self.relation_models else list(docs)

    def tag_probabilities(self, docs: Sequence[Doc]) -> List[TagProbabilities]:
        """Return the mean probabilities of the tags.

        docs (Sequence[Doc]): The documents.
        RETURNS (List[TagProbabilities]): The means over the pipelines, in the order of `types`.
        """
        by_model = [_tag_probabilities(nlp, docs, self.types) for nlp in self.pipelines]
        return [
            TagProbabilities(*(np.mean(parts, axis=0) for parts in zip(*found)))
            for found in zip(*by_model)
        ]

    def _label_pairs(self, docs: Sequence[Doc]) -> List[Doc]:
        """Add the pairs whose mean probability reaches the threshold."""
        scored = mean_scores(
            self.relation_models,
            [
                score_pairs(nlp, [gold_mentions_doc(nlp, doc) for doc in docs])
                for nlp in self.relation_models
            ],
        )
        chosen = scored.select(scored.confidence >= self.threshold)
        settings = classifier_settings(self.relation_models[0])
        silver = NO_SILVER.add(chosen, 1)
        owners = sorted(set(silver.docs.tolist()))
        labelled = silver_docs(docs, silver, settings.labels, settings.mentions)
        with_pairs = dict(zip(owners, labelled))
        return [with_pairs.get(i, doc) for i, doc in enumerate(docs)]


def _tagger(nlp: Language) -> Any:
    """Return the `clinical_ner` of a pipeline.

    RAISES (ValueError): If there is not exactly one.
    """
    names = [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY]
    if len(names) != 1:
        raise ValueError(Errors.B050.format(n=len(names), name=nlp.meta["name"], factory=FACTORY))
    return nlp.get_pipe(names[0])


def _tag_probabilities(
    nlp: Language, docs: Sequence[Doc], types: Sequence[str]
) -> List[TagProbabilities]:
    """Return the probabilities that one pipeline gives the tags, in the order of given types."""
    component = _tagger(nlp)
    previous = nlp.pipe_names[: nlp.pipe_names.index(component.name)]
    enabled = [name for name in previous if name not in entity_components(nlp)]
    copies = [bare_doc(doc, nlp.vocab) for doc in docs]
    with nlp.select_pipes(enable=enabled):
        copies = list(nlp.pipe(copies, batch_size=len(copies)))
    silver = (
        SilverTags(tuple(component.labels), p) for p in component.predict_probabilities(copies)
    )
    return [tags.with_types(types) for tags in silver]
