"""Evaluation of a pipeline: what is measured, in which setting, and on what."""

from importlib.metadata import version
from typing import Any, Callable, Dict, Iterable, List

from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example

GOLD_ENTITIES = "gold_entities"
END_TO_END = "end_to_end"

ENTITY_SCORES = ("ents_p", "ents_r", "ents_f")
ENTITY_BOUNDARY_SCORES = ("ents_boundary_p", "ents_boundary_r", "ents_boundary_f")
RELATION_SCORES = ("rel_micro_p", "rel_micro_r", "rel_micro_f")
BOUNDARY_SCORES = ("rel_boundary_p", "rel_boundary_r", "rel_boundary_f")
TEXT_SCORES = ("rel_text_p", "rel_text_r", "rel_text_f")


def entity_components(nlp: Language) -> List[str]:
    """Components that write `doc.ents`, which gold entities stand in for.

    nlp (Language): The pipeline.
    RETURNS (List[str]): Their names.
    """
    return [name for name in nlp.pipe_names if "doc.ents" in nlp.get_pipe_meta(name).assigns]


def evaluate(
    nlp: Language,
    examples: List[Example],
    *,
    gold_entities: bool = False,
    batch_size: int = 64,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Dict[str, Any]:
    """Annotate the predicted side of examples and score it.

    nlp (Language): The pipeline.
    examples (List[Example]): The documents. For gold entities their predicted side has the
        mentions already (`spacy-clinrel.Corpus.v1`).
    gold_entities (bool): Leave out the components that find entities, so that relations are
        scored between gold ones.
    batch_size (int): Documents at a time.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Dict[str, Any]): What was measured, with the scores under "gold_entities" or
        "end_to_end", so that the two never share a name.
    """
    left_out = entity_components(nlp) if gold_entities else []
    with nlp.select_pipes(disable=left_out):
        docs = nlp.pipe((eg.predicted for eg in examples), batch_size=batch_size)
        for example, doc in zip(examples, progress(docs)):
            example.predicted = doc
        scores = Scorer(nlp=nlp).score(examples)
        wanted = {key: value for key, value in scores.items() if key.startswith(("ents_", "rel_"))}
        if gold_entities:
            wanted = {key: value for key, value in wanted.items() if key.startswith("rel_")}
        for name, component in nlp.pipeline:
            if hasattr(component, "recall_ceiling"):
                wanted.setdefault("candidates", {})[name] = component.recall_ceiling(examples)
    return {
        "model": f"{nlp.meta['lang']}_{nlp.meta['name']}",
        "model_version": nlp.meta["version"],
        "spacy_clinrel": version("spacy-clinrel"),
        "seed": nlp.config.get("training", {}).get("seed"),
        "documents": len(examples),
        GOLD_ENTITIES if gold_entities else END_TO_END: wanted,
    }
