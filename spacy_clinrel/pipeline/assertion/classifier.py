"""The component `assertion_classifier`: whether mentions are negated, uncertain and so on."""

import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.backends import get_array_ops
from thinc.types import Floats2d

from ...errors import Errors, Warnings
from ...tokens import write_assertion
from ...types import ASSERTIONS, MentionBatch, Resize
from ..base import SAMPLE_SIZE, ClinicalPipe, GetExamples, TrainingBatch
from ..defaults import ASSERTION_MODEL
from ..label_space import LabelData, LabelSpace
from ..options import MentionSource, Positive, Probability
from ..score_weights import ASSERTION
from ..stored_options import ASSERTION_CHECKS, check_cfg
from ..temperature import temper
from .agreement import rule_weights
from .features import MentionFeatures
from .labels import assertion_labels, check_attributes
from .mentions import (
    AssertionPredictions,
    GoldAssertion,
    make_batch,
    mention_spans,
    read_gold,
    sigmoid,
    thresholds,
)
from .rules import CueRules

# Maps documents and their mentions to scores of shape (mentions, attributes).
AssertionModel = Model[Tuple[List[Doc], MentionBatch], Floats2d]
Threshold = Union[float, Mapping[str, float]]
MIN_PROBABILITY = 1e-9


@Language.factory(
    "assertion_classifier",
    assigns=["span._.assertion"],
    default_config={
        "model": ASSERTION_MODEL,
        "types": None,
        "attributes": list(ASSERTIONS),
        "threshold": 0.5,
        "cues": True,
        "sections": True,
        "mentions": "auto",
        "temperature": 1.0,
        "scorer": {"@scorers": "spacy-clinrel.assertion_scorer.v1"},
    },
    default_score_weights=ASSERTION,
)
def make_assertion_classifier(
    nlp: Language,
    name: str,
    model: AssertionModel,
    types: Optional[List[str]],
    attributes: List[str],
    threshold: Union[Probability, Dict[str, Probability]],
    cues: bool,
    sections: bool,
    mentions: MentionSource,
    temperature: Positive,
    scorer: Optional[Callable],
) -> "AssertionClassifier":
    """Create an AssertionClassifier component.

    model (Model[Tuple[List[Doc], MentionBatch], Floats2d]): Maps documents and mentions to scores,
        e.g. `spacy-clinrel.MentionAssertion.v1`.
    types (Optional[List[str]]): Entity types of the mentions that get attributes. None for the
        types that have an attribute in the training data.
    attributes (List[str]): The attributes that are set, of the five in `ASSERTIONS`. Those that the
        training data does not show are set by the cue rules; without `cues`, they are not set.
    threshold (Union[float, Dict[str, float]]): Minimum probability of an attribute, 0 to 1: one
        number, or a number by attribute (0.5 for those that are missing).
    cues (bool): Whether the model gets features from the cue rules of the pipeline's language. To
        add rules, set cue_rules in [initialize.components.assertion_classifier] to a file.
    sections (bool): Whether the model gets the section of a mention, which `clinical_sectionizer`
        sets.
    mentions (str): Source of the mentions: "auto", "ents" or "group", see `read_mentions`.
    temperature (float): Temperature of the probabilities, see `temper`; 1.0 leaves them unchanged.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (AssertionClassifier): The component.
    """
    return AssertionClassifier(
        nlp.vocab,
        model,
        name,
        lang=nlp.lang or "",
        types=types,
        attributes=attributes,
        threshold=threshold,
        cues=cues,
        sections=sections,
        mentions=mentions,
        temperature=temperature,
        scorer=scorer,
    )


class AssertionClassifier(ClinicalPipe):
    """Component that sets the assertion attributes of mentions.

    The labels of its label space are the attributes that the model predicts: those of the option
    `attributes` that the training data shows at least once. The types are the entity types whose
    mentions are judged.
    """

    cfg: Dict[str, Any]
    learns = ("attributes",)

    def __init__(
        self,
        vocab: Vocab,
        model: AssertionModel,
        name: str = "assertion_classifier",
        *,
        lang: str = "zh",
        types: Optional[Sequence[str]] = None,
        attributes: Sequence[str] = ASSERTIONS,
        threshold: Threshold = 0.5,
        cues: bool = True,
        sections: bool = True,
        mentions: str = "auto",
        temperature: float = 1.0,
        scorer: Union[Callable, str, None] = "spacy-clinrel.assertion_scorer.v1",
    ):
        """Initialize the component. The arguments are those of `make_assertion_classifier`, and:

        lang (str): Language of the cue rules.
        RAISES (ValueError): If an attribute does not exist.
        """
        check_attributes(name, "attributes", attributes)
        if isinstance(threshold, Mapping):
            check_attributes(name, "threshold", threshold)
        self.lang = lang
        # None to collect them from the training data.
        self.fixed_types = None if types is None else tuple(dict.fromkeys(types))
        options = {
            "attributes": [attribute for attribute in ASSERTIONS if attribute in attributes],
            "threshold": dict(threshold) if isinstance(threshold, Mapping) else threshold,
            "cues": cues,
            "sections": sections,
            "mentions": mentions,
            "temperature": temperature,
        }
        super().__init__(vocab, model, name, scorer, options)
        self.set_cue_rules(None)
        if self.fixed_types:
            self.set_space(LabelSpace(types=self.fixed_types))

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[LabelData] = None,
        cue_rules: Optional[Path] = None,
    ) -> None:
        """Collect the labels and initialize the model.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Dict[str, List]]): The output of `spacy init labels`. None to collect them
            from the examples.
        cue_rules (Optional[Path]): A file with cue rules that extend those of the language. They
            are saved with the component.
        RAISES (ValueError): If there are no attributes, nothing to learn from, or no cue rules for
            the language.
        """
        if self.cfg["cues"]:
            self.set_cue_rules(CueRules.from_language(self.lang, cue_rules))
        super().initialize(get_examples, nlp=nlp, labels=labels)
        set_prior = self.model.attrs.get("set_prior_weights")
        if self.cfg["cues"] and set_prior is not None:
            weights = rule_weights(get_examples(), self.make_mentions, self.columns)
            set_prior(self.model, weights)

    def set_cue_rules(self, rules: Optional[CueRules]) -> None:
        """Set the cue rules, which are saved with the component.

        rules (Optional[CueRules]): The rules. None for no rules.
        """
        self.cfg["cue_rules"] = None if rules is None else rules.rules
        self.features = MentionFeatures(rules, has_sections=self.cfg["sections"])

    # Labels

    @property
    def label_data(self) -> LabelData:  # type: ignore[override]
        """Return the attributes and entity types, as `spacy init labels` writes them."""
        return self.space_to_cfg()

    def space_with_label(self, label: str) -> LabelSpace:
        """Return the label space with an additional attribute.

        label (str): The attribute.
        RETURNS (LabelSpace): The new label space.
        RAISES (ValueError): If the attribute does not exist.
        """
        check_attributes(self.name, "attributes", [label])
        return self.space.with_label(label)

    def space_to_cfg(self) -> Dict[str, List]:
        """Return attributes and types as they are saved in `cfg`."""
        return {"labels": list(self.labels), "types": list(self.space.types)}

    def space_from_cfg(self) -> LabelSpace:
        """Return the label space that is saved in `cfg`."""
        return LabelSpace(tuple(self.cfg["labels"]), tuple(self.cfg["types"]))

    def read_labels(self, get_examples: GetExamples, labels: Optional[LabelData]) -> None:
        """Set the attributes and types.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        labels (Optional[Dict[str, List]]): The output of `spacy init labels`. None to collect them
            from the examples.
        RAISES (ValueError): If there are no attributes.
        """
        data = labels or self.gold_labels_of(eg.reference for eg in get_examples())
        check_attributes(self.name, "labels", data["labels"])
        self.extend_space(self.space.extended(data))
        if not self.labels:
            raise ValueError(Errors.C051.format(name=self.name))
        unseen = [name for name in self.cfg["attributes"] if name not in self.labels]
        if unseen:
            source = "the cue rules" if self.cfg["cues"] else "nothing, since cues = false"
            message = Warnings.W080.format(
                name=self.name, attributes=", ".join(unseen), source=source
            )
            warnings.warn(message, stacklevel=3)

    def gold_labels_of(self, docs: Iterable[Doc]) -> LabelData:
        """Return the attributes and types of gold documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (Dict[str, List]): "labels" and "types".
        """
        return assertion_labels(docs, self.cfg["attributes"], self.fixed_types)

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """Return the model, with the number of attributes."""
        return [(self.model, len(self.labels))]

    def resized(self, before: LabelSpace) -> Resize:
        """Return the sizes of the model for the current label space.

        before (LabelSpace): The previous label space.
        RETURNS (Resize): The sizes.
        """
        sizes = {"n_types": 1 + len(self.space.types), "n_out": len(self.labels)}
        return Resize(sizes, np.arange(len(before.labels)))

    @property
    def columns(self) -> List[int]:
        """Return the index of each label among the five attributes."""
        return [ASSERTIONS.index(label) for label in self.labels]

    # Prediction

    def make_mentions(self, docs: Sequence[Doc]) -> MentionBatch:
        """Create the batch of the mentions that are judged.

        docs (Sequence[Doc]): The documents.
        RETURNS (MentionBatch): Mentions and features.
        """
        types, source = self.space.types, self.cfg["mentions"]
        return make_batch(docs, types, source, self.features, self.columns)

    def predict(self, docs: Iterable[Doc]) -> AssertionPredictions:
        """Compute the probabilities of the attributes without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (AssertionPredictions): Mentions and probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        mentions = self.make_mentions(docs)
        p = np.zeros((len(mentions), len(ASSERTIONS)), dtype="float32")
        if not len(mentions):
            return AssertionPredictions(mentions, p)
        scores = self.model.predict((docs, mentions))
        learned = sigmoid(get_array_ops(scores).to_numpy(scores))
        p[:, self.columns] = temper(learned, self.cfg["temperature"], exclusive=False)
        wanted = self.cfg["attributes"]
        by_rules = [i for i, x in enumerate(ASSERTIONS) if x in wanted and x not in self.labels]
        if by_rules:
            p[:, by_rules] = self.features.verdict(mentions.features)[:, by_rules]
        p[:, [i for i, x in enumerate(ASSERTIONS) if x not in wanted]] = 0.0
        return AssertionPredictions(mentions, p)

    def set_annotations(self, docs: Iterable[Doc], scores: AssertionPredictions) -> None:
        """Write attributes to the documents. Attributes of mentions of other types are kept, and so
        are attributes that are not in the option `attributes`.

        docs (Iterable[Doc]): The documents.
        scores (AssertionPredictions): Output of `predict`.
        """
        mentions, p = scores
        minimum = np.maximum(thresholds(self.cfg["threshold"]), np.finfo("float32").tiny)
        for doc, part in zip(docs, mentions.slices()):
            spans = mention_spans(doc, mentions, part)
            holds = p[part] >= minimum
            names = self.cfg["attributes"]
            write_assertion(doc, spans, holds, p[part], keep_others=True, names=names)

    # Training

    def sample_inputs(self, get_examples: GetExamples) -> Tuple[List[Doc], MentionBatch]:
        """Return a sample of the model's input: gold documents that have mentions.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        RETURNS (Tuple[List[Doc], MentionBatch]): Documents and their mentions.
        RAISES (ValueError): If no document has mentions of the types.
        """
        sample: List[Doc] = []
        for example in get_examples():
            if len(self.make_mentions([example.reference])):
                sample.append(example.reference)
            if len(sample) == SAMPLE_SIZE:
                break
        if not sample:
            types = ", ".join(self.space.types)
            raise ValueError(Errors.C052.format(name=self.name, types=types))
        return sample, self.make_mentions(sample)

    def gold_attributes(self, examples: Sequence[Example], mentions: MentionBatch) -> GoldAssertion:
        """Return the gold attributes of mentions of the predicted documents.

        examples (Sequence[Example]): The examples.
        mentions (MentionBatch): The mentions of their predicted documents.
        RETURNS (GoldAssertion): The attributes, and which mentions are annotated.
        """
        return read_gold(examples, mentions)

    def make_batch(self, examples: List[Example]) -> TrainingBatch:
        """Create the training batch from examples. The mentions are those of the predicted
        documents, set by a reader of gold entities or by annotating components.

        examples (List[Example]): The batch.
        RETURNS (TrainingBatch): Documents and mentions, the gold attributes, and the mentions to
            learn from.
        RAISES (ValueError): If the data has an attribute that the component was initialized
            without.
        """
        docs = [eg.predicted for eg in examples]
        mentions = self.make_mentions(docs)
        gold = self.gold_attributes(examples, mentions)
        known = {*self.labels} | {*ASSERTIONS}.difference(self.cfg["attributes"])
        for column in np.flatnonzero(gold.holds.any(axis=0)).tolist():
            if ASSERTIONS[column] not in known:
                message = Errors.C053.format(
                    label=ASSERTIONS[column], name=self.name, known=", ".join(self.labels)
                )
                raise ValueError(message)
        return TrainingBatch(
            (docs, mentions), gold=gold.holds[:, self.columns], counted=gold.annotated
        )

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, Floats2d]:
        """Return the loss of a batch, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Floats2d): Output of the model. Shape: (mentions, labels)
        batch (Optional[TrainingBatch]): The batch that the model was run on. None to create it from
            the examples.
        RETURNS (Tuple[float, Floats2d]): The binary cross-entropy, averaged over the documents, and
            its gradient, which is 0 for mentions that are not annotated.
        """
        examples = list(examples)
        batch = batch or self.make_batch(examples)
        assert batch.gold is not None and batch.counted is not None
        ops = get_array_ops(scores)
        p, gold = sigmoid(ops.to_numpy(scores)), batch.gold
        weights = batch.counted[:, None].astype("float32") / max(len(examples), 1)
        losses = -np.log(np.maximum(np.where(gold, p, 1.0 - p), MIN_PROBABILITY))
        gradient = ((p - gold.astype("float32")) * weights).astype("float32")
        return float((losses * weights).sum()), ops.asarray2f(gradient)

    # Storage

    def _load_cfg(self, cfg: Dict[str, Any]) -> None:
        check_cfg(cfg, [*self.space_to_cfg(), "cue_rules"], ASSERTION_CHECKS)
        self.cfg.update(cfg)
        rules = cfg["cue_rules"]
        self.set_cue_rules(None if rules is None else CueRules(rules, "cue_rules"))
