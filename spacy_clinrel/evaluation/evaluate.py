"""Evaluation of a pipeline: what is measured, in which setting, and on what."""

from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional

from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example

from ..tokens import relabel_relations

# The option of a joint component that takes the entities which are there.
KEEP_ENTITIES = "keep_entities"

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


@contextmanager
def _keeping_entities(nlp: Language, names: Iterable[str]) -> Iterator[None]:
    """Let joint components take the entities that are there."""
    options: List[Dict[str, Any]] = [nlp.get_pipe(name).cfg for name in names]  # type: ignore[attr-defined]
    before = [cfg[KEEP_ENTITIES] for cfg in options]
    for cfg in options:
        cfg[KEEP_ENTITIES] = True
    try:
        yield
    finally:
        for cfg, value in zip(options, before):
            cfg[KEEP_ENTITIES] = value


def _in_own_labels(
    examples: Iterable[Example], component: Any, labels: Mapping[str, str]
) -> List[Example]:
    """Examples with gold relations as a component calls them that knows more than a scheme.

    examples (Iterable[Example]): With gold relations in the scheme.
    component (Any): The component.
    labels (Mapping[str, str]): The scheme.
    RETURNS (List[Example]): Copies. A label that the component does not know stays.
    """
    back = {new: new for new in labels.values()}
    back.update({labels[label]: label for label in component.labels if label in labels})
    copies = [Example(eg.predicted, eg.reference.copy()) for eg in examples]
    for example in copies:
        relabel_relations(example.reference, back)
    return copies


def evaluate(
    nlp: Language,
    examples: List[Example],
    *,
    gold_entities: bool = False,
    batch_size: int = 64,
    labels: Optional[Mapping[str, str]] = None,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Dict[str, Any]:
    """Annotate the predicted side of examples and score it.

    nlp (Language): The pipeline.
    examples (List[Example]): The documents. For gold entities their predicted side has the
        mentions already (`spacy-clinrel.Corpus.v1`).
    gold_entities (bool): Leave out the components that find entities, or let them keep those that
        are there where they find relations too, so that relations are scored between gold ones.
    batch_size (int): Documents at a time.
    labels (Optional[Mapping[str, str]]): A label scheme that predicted relations are projected to,
        where the pipeline knows more than it.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Dict[str, Any]): What was measured, with the scores under "gold_entities" or
        "end_to_end", so that the two never share a name.
    """
    writers = entity_components(nlp) if gold_entities else []
    joint = [name for name in writers if KEEP_ENTITIES in getattr(nlp.get_pipe(name), "cfg", {})]
    left_out = [name for name in writers if name not in joint]
    with nlp.select_pipes(disable=left_out), _keeping_entities(nlp, joint):
        docs = nlp.pipe((eg.predicted for eg in examples), batch_size=batch_size)
        for example, doc in zip(examples, progress(docs)):
            example.predicted = doc
            if labels is not None:
                relabel_relations(doc, {**{new: new for new in labels.values()}, **labels})
        scores = Scorer(nlp=nlp).score(examples)
        wanted = {key: value for key, value in scores.items() if key.startswith(("ents_", "rel_"))}
        if gold_entities:
            wanted = {key: value for key, value in wanted.items() if key.startswith("rel_")}
        for name, component in nlp.pipeline:
            if hasattr(component, "recall_ceiling"):
                own = examples
                if labels is not None:
                    own = _in_own_labels(examples, component, labels)
                wanted.setdefault("candidates", {})[name] = component.recall_ceiling(own)
    return {
        "model": f"{nlp.meta['lang']}_{nlp.meta['name']}",
        "model_version": nlp.meta["version"],
        "spacy_clinrel": version("spacy-clinrel"),
        "seed": nlp.config.interpolate().get("training", {}).get("seed"),
        "documents": len(examples),
        GOLD_ENTITIES if gold_entities else END_TO_END: wanted,
    }
