"""Evaluation of a pipeline on a corpus, end to end or between gold entities."""

import warnings
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Union

import numpy as np
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..data.readers import Corpus
from ..data.schemes import get_scheme
from ..errors import Errors, Warnings
from ..files import show_path
from ..pipeline.loading import load_pipeline
from ..reading.inputs import MANIFEST
from ..tokens import GROUP, all_mentions, get_relations, relabel_relations
from ..tokens.silver import check_gold
from .assertion_scores import EXACT
from .calibration import describe_confidence
from .error_report import analyze, check_report, read_training_data, write_report
from .scorers import END_TO_END, GOLD_ENTITIES, relation_key, relation_keys

# The option by which a joint component keeps existing entities and predicts only relations.
KEEP_ENTITIES = "keep_entities"


def evaluate(
    model: Union[str, Path, Language],
    data_path: Union[str, Path],
    *,
    gold_entities: bool = False,
    scheme: Optional[str] = None,
    report: Optional[Union[str, Path]] = None,
    samples: int = 1000,
    lang: Optional[str] = None,
    train: Optional[Union[str, Path]] = None,
    batch_size: int = 64,
    progress: bool = False,
) -> Dict[str, Any]:
    """Evaluate a pipeline on gold documents.

    model (Union[str, Path, Language]): Name or path of a pipeline, or a loaded pipeline.
    data_path (Union[str, Path]): A .spacy file, the output of `apply` (a folder, or a .parquet or
        .jsonl file), or a folder of such files.
    gold_entities (bool): Score relations between the gold entities of the data, and their
        attributes. By default, both are scored end to end, on the predicted entities.
    scheme (Optional[str]): Name of a label scheme, e.g. "11-labels". Gold and predicted relations
        are projected to it.
    report (Optional[Union[str, Path]]): Folder for an error report: report.html and report.json.
    samples (int): Number of bootstrap samples for the report's confidence intervals.
    lang (Optional[str]): Language of the report's page, "zh" or "en"; None for the language of the
        pipeline.
    train (Optional[Union[str, Path]]): The .spacy file, or a folder of them, that the pipeline was
        trained on. The report then shows which strings and words the training data lacks, and the
        recall on them.
    batch_size (int): Number of documents per batch.
    progress (bool): Show a progress bar if stderr is a terminal.
    RETURNS (Dict[str, Any]): The "data", the "scheme", "model_path" (the name or path `model`; None
        for a loaded pipeline), and what `evaluate_examples` returns.
    RAISES (ValueError): If the data can't be read, has neither entities nor relations or was
        annotated by a model, if the scheme is unknown, if the report can't be written, or if
        `train` is given without a report or with gold entities.
    RAISES (OSError): If the pipeline can't be found.

    EXAMPLE:
        result = spacy_clinrel.evaluate("training/model-best", "dev.spacy", report="report")
        print(result["end_to_end"]["rel_micro_f"])
    """
    data_path = Path(data_path)
    report = None if report is None else Path(report)
    if train is not None and (report is None or gold_entities):
        raise ValueError(Errors.F061)
    if report is not None:
        check_report(report, data_path, None if train is None else Path(train))
    nlp = model if isinstance(model, Language) else load_pipeline(model)
    training = None if train is None else read_training_data(Path(train), nlp)
    _warn_predicted(data_path)
    examples = list(Corpus(data_path, gold_entities=gold_entities, scheme=scheme)(nlp))
    check_gold([example.reference for example in examples], data_path)
    result = evaluate_examples(
        nlp,
        examples,
        gold_entities=gold_entities,
        batch_size=batch_size,
        labels=None if scheme is None else get_scheme(scheme),
        progress=lambda docs: tqdm(
            docs,
            total=len(examples),
            desc="Documents",
            leave=False,
            disable=None if progress else True,
        ),
    )
    finds_entities = gold_entities or bool(entity_components(nlp))
    if not finds_entities and not any(all_mentions(eg.predicted) for eg in examples):
        warnings.warn(Warnings.W102, stacklevel=2)
    scores = result[GOLD_ENTITIES if gold_entities else END_TO_END]
    if all(scores.get(key) is None for key in ("ents_f", "rel_micro_f", EXACT)):
        raise ValueError(Errors.F009.format(path=data_path, what="evaluate"))
    model_path = None if isinstance(model, Language) else str(model)
    result = {"data": str(data_path), "scheme": scheme, "model_path": model_path, **result}
    if report is not None:
        analysis = analyze(nlp, examples, result, samples=samples, training=training)
        write_report(report, analysis, lang)
    return result


def _warn_predicted(data_path: Path) -> None:
    """Warn if the documents are the output of a pipeline."""
    folder = data_path if data_path.is_dir() else data_path.parent
    if (folder / MANIFEST).exists():
        warnings.warn(Warnings.W101.format(path=show_path(data_path)), stacklevel=3)


def evaluate_examples(
    nlp: Language,
    examples: List[Example],
    *,
    gold_entities: bool = False,
    batch_size: int = 64,
    labels: Optional[Mapping[str, str]] = None,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Dict[str, Any]:
    """Run a pipeline on examples and score its predictions.

    nlp (Language): The pipeline.
    examples (List[Example]): The documents. For gold entities, their predicted side must already
        have the mentions (`spacy-clinrel.Corpus.v1`).
    gold_entities (bool): Disable the components that predict entities, and let joint components
        keep the existing ones, so that relations and attributes are scored on gold entities.
    batch_size (int): Number of documents per batch.
    labels (Optional[Mapping[str, str]]): A label scheme that the predicted relations are projected
        to. The gold relations must already be in the scheme.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Dict[str, Any]): The pipeline's "model", "model_version" and "seed", the version of
        "spacy_clinrel", the number of "documents", and the scores under "gold_entities" or
        "end_to_end", so that scores with gold and with predicted entities are not confused. They
        include "rel_confidence", see `describe_confidence`, if relations are predicted.
    """
    entity_names = entity_components(nlp) if gold_entities else []
    joint = [name for name in entity_names if _is_joint(nlp, name)]
    disabled = [name for name in entity_names if name not in joint]
    with nlp.select_pipes(disable=disabled), _keep_entities(nlp, joint):
        docs = nlp.pipe((example.predicted for example in examples), batch_size=batch_size)
        for example, doc in zip(examples, progress(docs)):
            example.predicted = doc
            if labels is not None:
                relabel_relations(doc, {**{new: new for new in labels.values()}, **labels})
        scores = Scorer(nlp=nlp).score(examples)
        reported = {key: scores[key] for key in scores if _is_reported(key, gold_entities)}
        ceilings = _recall_ceilings(nlp, examples, labels)
    confidence = _relation_confidence(examples)
    if confidence is not None:
        reported["rel_confidence"] = confidence
    if ceilings:
        reported["candidates"] = ceilings
    return {
        "model": f"{nlp.meta['lang']}_{nlp.meta['name']}",
        "model_version": nlp.meta["version"],
        "spacy_clinrel": version("spacy-clinrel"),
        "seed": nlp.config.interpolate().get("training", {}).get("seed"),
        "documents": len(examples),
        GOLD_ENTITIES if gold_entities else END_TO_END: reported,
    }


def _relation_confidence(examples: Iterable[Example]) -> Optional[Dict[str, Any]]:
    """Compare the scores of predicted relations with the share that is correct, strictly."""
    scores: List[float] = []
    is_right: List[bool] = []
    for example in examples:
        if GROUP not in example.reference.spans:
            continue
        gold = relation_keys(example.reference)["micro"]
        relations = get_relations(example.predicted)
        scores.extend(relation.score for relation in relations)
        is_right.extend(relation_key(relation) in gold for relation in relations)
    return describe_confidence(np.asarray(scores), np.asarray(is_right))


def _is_reported(key: str, gold_entities: bool) -> bool:
    """Return whether a score is reported. Between gold entities, those of entities and the
    end-to-end scores of attributes mean nothing."""
    if gold_entities:
        return key.startswith(("rel_", "assertion_")) and not key.startswith("assertion_e2e_")
    return key.startswith(("ents_", "mentions_", "rel_", "assertion_"))


def entity_components(nlp: Language) -> List[str]:
    """Return the names of the components that write `doc.ents`.

    nlp (Language): The pipeline.
    RETURNS (List[str]): The names, in the order of the pipeline.
    """
    return [name for name in nlp.pipe_names if "doc.ents" in nlp.get_pipe_meta(name).assigns]


def _is_joint(nlp: Language, name: str) -> bool:
    return KEEP_ENTITIES in getattr(nlp.get_pipe(name), "cfg", {})


@contextmanager
def _keep_entities(nlp: Language, names: Iterable[str]) -> Iterator[None]:
    """Make joint components keep existing entities within the context."""
    options: List[Dict[str, Any]] = [nlp.get_pipe(name).cfg for name in names]  # type: ignore[attr-defined]
    previous = [cfg[KEEP_ENTITIES] for cfg in options]
    for cfg in options:
        cfg[KEEP_ENTITIES] = True
    try:
        yield
    finally:
        for cfg, value in zip(options, previous):
            cfg[KEEP_ENTITIES] = value


def _recall_ceilings(
    nlp: Language, examples: List[Example], labels: Optional[Mapping[str, str]]
) -> Dict[str, Dict[str, Any]]:
    """Return the recall ceiling of each component that prunes candidates."""
    ceilings = {}
    for name, component in nlp.pipeline:
        if hasattr(component, "recall_ceiling"):
            relabelled = examples
            if labels is not None:
                relabelled = _with_component_labels(examples, component, labels)
            ceilings[name] = component.recall_ceiling(relabelled)
    return ceilings


def _with_component_labels(
    examples: Iterable[Example], component: Any, labels: Mapping[str, str]
) -> List[Example]:
    """Copy examples and map their gold relation labels from a scheme to a component's label set.

    examples (Iterable[Example]): Examples with gold relations in the scheme.
    component (Any): The component.
    labels (Mapping[str, str]): The scheme.
    RETURNS (List[Example]): The copies. Labels that the component does not know are kept.
    """
    mapping = {new: new for new in labels.values()}
    mapping.update({labels[label]: label for label in component.labels if label in labels})
    copies = [Example(example.predicted, example.reference.copy()) for example in examples]
    for example in copies:
        relabel_relations(example.reference, mapping)
    return copies
