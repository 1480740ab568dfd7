"""The component `span_ner`: mentions that may nest and overlap, by scores of spans."""

import warnings
from collections import Counter
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model

from ..errors import Warnings
from ..tokens import all_mentions, span_key
from ..types import ScoredSpans, SpanTerms
from .base import GetExamples, TrainingBatch
from .constraints import warn_of_forbidden
from .defaults import SPAN_MODEL
from .entities import set_entities
from .label_space import LabelData
from .options import Count, Probability
from .score_weights import MENTIONS
from .span_mentions import (
    drop_crossing,
    gold_spans,
    has_gold_mentions,
    longest_spans,
    segment_ids,
    select_reachable,
    set_mentions,
    split_spans,
    to_mentions,
    token_limits,
)
from .typed import TypedPipe


@Language.factory(
    "span_ner",
    assigns=["doc.spans", "doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": SPAN_MODEL,
        "threshold": 0.5,
        "max_length": 40,
        "within_sentences": False,
        "allow_crossing": False,
        "set_ents": True,
        "overwrite_ents": False,
        "scorer": {"@scorers": "spacy-clinrel.mention_scorer.v1"},
    },
    default_score_weights=MENTIONS,
)
def make_span_ner(
    nlp: Language,
    name: str,
    model: Model[List[Doc], SpanTerms],
    threshold: Probability,
    max_length: Count,
    within_sentences: bool,
    allow_crossing: bool,
    set_ents: bool,
    overwrite_ents: bool,
    scorer: Optional[Callable],
) -> "SpanNER":
    """Create a SpanNER component.

    model (Model[List[Doc], SpanTerms]): The model, e.g. `spacy-clinrel.GlobalPointer.v1`.
    threshold (float): Minimum probability of a predicted mention, 0 to 1. The loss separates
        mentions from other spans at 0.5. The probabilities are not calibrated.
    max_length (int): Maximum number of tokens of a mention. Memory and time grow with it.
    within_sentences (bool): Whether a mention is within one sentence: of the Doc if it has any,
        else by the default sentence rule.
    allow_crossing (bool): Whether mentions of one type may cross each other, so that each has
        tokens that the other does not have. By default the one with the lower score is left out,
        since two such predictions are most often two guesses at the boundaries of one mention.
        Nested mentions, and mentions of different types, are always kept.
    set_ents (bool): Whether to write the longest mentions that do not overlap to `doc.ents` as
        well. All mentions are in `doc.spans["clinrel"]`.
    overwrite_ents (bool): Whether to replace the entities and the mentions that a Doc already has.
        By default they are kept.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (SpanNER): The component.
    """
    return SpanNER(
        nlp.vocab,
        model,
        name,
        threshold=threshold,
        max_length=max_length,
        within_sentences=within_sentences,
        allow_crossing=allow_crossing,
        set_ents=set_ents,
        overwrite_ents=overwrite_ents,
        scorer=scorer,
    )


class SpanNER(TypedPipe):
    """Component that finds mentions, nested ones included, by scoring all spans up to a length.

    The model provides its loss and its decoding as `attrs["loss"]` and `attrs["decode"]`.
    """

    learns = ("mentions",)
    annotation = "doc.ents or doc.spans['clinrel']"

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], SpanTerms],
        name: str = "span_ner",
        *,
        threshold: float = 0.5,
        max_length: int = 40,
        within_sentences: bool = False,
        allow_crossing: bool = False,
        set_ents: bool = True,
        overwrite_ents: bool = False,
        scorer: Union[Callable, str, None] = "spacy-clinrel.mention_scorer.v1",
    ):
        """Initialize the component. The arguments are those of `make_span_ner`."""
        options = {
            "threshold": threshold,
            "max_length": max_length,
            "within_sentences": within_sentences,
            "allow_crossing": allow_crossing,
            "set_ents": set_ents,
            "overwrite_ents": overwrite_ents,
        }
        super().__init__(vocab, model, name, scorer, options)

    def gold_labels_of(self, docs: Iterable[Doc]) -> LabelData:
        """Return the types of all mentions of gold documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (Dict[str, List]): "types".
        """
        return {"types": sorted({span.label_ for doc in docs for span in all_mentions(doc)})}

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """Return the layer of the span scores, and the number of entity types."""
        return [(self.model.get_ref("output_layer"), len(self.labels))]

    def check_examples(self, get_examples: GetExamples) -> None:
        """Warn about gold mentions that cannot be predicted.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        """
        total = 0
        reasons: Counter = Counter()

        def count_unreachable() -> Iterator[Doc]:
            """Yield the gold documents, since reading a corpus twice takes twice as long."""
            nonlocal total
            for example in get_examples():
                doc = example.reference
                rows = [(*span_key(mention)[:2], 0) for mention in all_mentions(doc)]
                total += len(rows)
                segments = segment_ids([doc], self.cfg["within_sentences"])
                spans = np.asarray(rows, dtype="int64").reshape(-1, 3)
                reasons.update(select_reachable(spans, segments, self.cfg["max_length"])[1])
                yield doc

        warn_of_forbidden(count_unreachable(), self.name)
        if reasons:
            listed = ", ".join(f"{reason}: {n}" for reason, n in reasons.items())
            n_lost = sum(reasons.values())
            message = Warnings.W050.format(name=self.name, n=n_lost, total=total, reasons=listed)
            warnings.warn(message, stacklevel=2)

    def predict(self, docs: Iterable[Doc]) -> List[ScoredSpans]:
        """Predict mentions without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[ScoredSpans]): The mentions of each document, with probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        if not any(len(doc) for doc in docs):
            none = np.zeros(0, dtype="int64")
            return [ScoredSpans(none, none, none, none.astype("float32")) for _ in docs]
        terms = self.model.predict(docs)
        limits = token_limits(docs, self.cfg["within_sentences"], self.cfg["overwrite_ents"])
        spans = self.model.attrs["decode"](
            terms,
            limits.segments,
            (limits.no_start, limits.no_end),
            self.cfg["max_length"],
            self.cfg["threshold"],
        )
        by_doc = split_spans(spans, docs)
        return by_doc if self.cfg["allow_crossing"] else list(map(drop_crossing, by_doc))

    def set_annotations(self, docs: Iterable[Doc], scores: List[ScoredSpans]) -> None:
        """Write the mentions to `doc.spans["clinrel"]`, and to `doc.ents` if `set_ents` is set.

        docs (Iterable[Doc]): The documents.
        scores (List[ScoredSpans]): Output of `predict`.
        """
        overwrite = self.cfg["overwrite_ents"]
        for doc, spans in zip(docs, scores):
            if self.cfg["set_ents"]:
                longest = longest_spans(spans)
                set_entities(doc, to_mentions(doc, longest, self.labels), overwrite)
            set_mentions(doc, to_mentions(doc, spans, self.labels), overwrite)

    def make_batch(self, examples: List[Example]) -> TrainingBatch:
        """Create the training batch from examples.

        examples (List[Example]): The batch.
        RETURNS (TrainingBatch): The documents and their gold mentions.
        """
        docs = [eg.predicted for eg in examples]
        spans = gold_spans(examples, self.labels, self.name)
        segments = segment_ids(docs, self.cfg["within_sentences"])
        spans, _ = select_reachable(spans, segments, self.cfg["max_length"])
        return TrainingBatch(docs, spans=spans)

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, SpanTerms]:
        """Return the loss of a batch, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (SpanTerms): Output of the model.
        batch (Optional[TrainingBatch]): The batch that the model was run on. None to create it from
            the examples.
        RETURNS (Tuple[float, SpanTerms]): The loss, averaged over the documents, and its gradient.
            Documents without entity annotation and without a span group add 0.
        """
        examples = list(examples)
        batch = batch or self.make_batch(examples)
        segments = segment_ids(batch.inputs, self.cfg["within_sentences"])
        weight, max_length = has_gold_mentions(examples), self.cfg["max_length"]
        return self.model.attrs["loss"](scores, batch.spans, segments, weight, max_length)
