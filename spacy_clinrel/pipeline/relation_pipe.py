"""The base class of the components that predict relations."""

import warnings
from collections import Counter
from functools import partial
from typing import Any, Dict, Iterable, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors, Warnings
from ..tokens.sentences import Sentences
from ..types import Candidates, CandidateStrategy, Mentions, PairHead, Resize
from .base import ClinicalPipe, GetExamples
from .candidates import make_candidates
from .gold import recall_ceiling
from .heads import make_head
from .label_space import LabelData, LabelSpace, collect_labels


class RelationPipe(ClinicalPipe):
    """A component with relation labels, entity types and signatures.

    strategy (CandidateStrategy): Proposes candidate pairs.
    head (PairHead): The pair head for the model and the label space.
    default_head (str): Registered name of the head if the model's attributes do not give one.
    gold_source (Optional[str]): Source of gold mentions, see `read_mentions`. None to use the
        option `mentions`.
    """

    strategy: CandidateStrategy
    head: PairHead
    default_head: str
    gold_source: Optional[str] = None
    learns: Tuple[str, ...] = ("relations",)
    _has_warned: bool = False

    @property
    def label_data(self) -> LabelData:  # type: ignore[override]
        """Return the labels, entity types and (head type, label, tail type) signatures, as `spacy
        init labels` writes them.
        """
        return self.space.to_data()

    @property
    def sentences(self) -> Sentences:
        """Return the sentence rule of the candidate strategy."""
        return getattr(self.strategy, "sentences", Sentences())

    def set_space(self, space: LabelSpace) -> None:
        """Replace the label space and update the head.

        space (LabelSpace): The new label space.
        """
        super().set_space(space)
        self.head = make_head(self.model, self.default_head, space.allowed)

    def read_labels(self, get_examples: GetExamples, labels: Optional[LabelData]) -> None:
        """Set labels, types and signatures.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        labels (Optional[Dict[str, List]]): The output of `spacy init labels`. None to collect them
            from the examples.
        RAISES (ValueError): If there are no relations.
        """
        data = labels or collect_labels(eg.reference for eg in get_examples())
        if self.is_initialized:
            self.extend_space(self.space.extended(data))
            return
        for label in data["labels"]:
            self.add_label(label)
        self.set_space(
            LabelSpace.from_data({**data, "labels": list(self.labels)}, self.space.is_typed)
        )
        if not self.labels:
            raise ValueError(Errors.C001.format(name=self.name, what="doc._.relations"))

    def add_missing_labels(self, examples: Iterable[Example]) -> None:
        """Add the labels of a training batch, see `ClinicalPipe.add_missing_labels`, and the
        signatures of labels that `add_label` has added.

        examples (Iterable[Example]): The batch.
        """
        examples = list(examples)
        super().add_missing_labels(examples)
        added = {*self.labels}.difference(label for _, label, _ in self.space.signatures)
        if not added:
            return
        data = collect_labels(eg.reference for eg in examples)
        signatures = [signature for signature in data["signatures"] if signature[1] in added]
        types = sorted({name for head, _, tail in signatures for name in (head, tail)})
        self.extend_space(self.space.extended({"signatures": signatures, "types": types}))

    def resized(self, before: LabelSpace) -> Resize:
        """Return the sizes of the model for the current label space.

        before (LabelSpace): The previous label space.
        RETURNS (Resize): The sizes.
        """
        n_before, n_after = len(before.labels), len(self.labels)
        kept = np.arange(self.head.n_outputs(n_before))
        if hasattr(self.head, "kept_outputs"):
            kept = self.head.kept_outputs(n_before, n_after)
        sizes = {**super().resized(before).sizes, "n_out": self.head.n_outputs(n_after)}
        return Resize(sizes, kept)

    def make_candidates(
        self,
        docs: Sequence[Doc],
        source: Optional[str] = None,
        *,
        mentions: Optional[Sequence[Mentions]] = None,
        encoded: Any = None,
        warn: bool = False,
    ) -> Candidates:
        """Create the candidate pairs of a batch, without pairs that the model cannot score.

        docs (Sequence[Doc]): The documents.
        source (Optional[str]): Source of the mentions, see `read_mentions`. None to use the option
            `mentions`.
        mentions (Optional[Sequence[Mentions]]): The mentions of each document. None to read them.
        encoded (Any): Output of the model's encoder, if it has already run.
        warn (bool): Whether to warn, once, about pairs that the model cannot score.
        RETURNS (Candidates): Mentions and pairs.
        """
        candidates = make_candidates(
            docs,
            self.strategy,
            mentions=mentions,
            source=source or self.cfg.get("mentions", "auto"),
            types=self.space.types,
            allowed=self.space.allowed_pairs,
        )
        can_score = self.model.attrs.get("can_score")
        if can_score is None or not len(candidates):
            return candidates
        keep = np.flatnonzero(can_score(self.model, docs, candidates, encoded))
        lost = len(candidates) - len(keep)
        if lost and warn and not self._has_warned:
            self._has_warned = True
            message = Warnings.W004.format(name=self.name, lost=lost, total=len(candidates))
            warnings.warn(message, stacklevel=2)
        return candidates.select(keep)

    def recall_ceiling(self, examples: Iterable[Example]) -> Dict[str, Any]:
        """Count the gold relations that are among the candidates: the recall ceiling of the model.

        examples (Iterable[Example]): Examples whose predicted Doc has mentions.
        RETURNS (Dict[str, Any]): "gold": number of gold relations; "reached": number of those among
            the candidates; "recall": their share, None without gold relations; "lost": number of
            gold relations that are not among the candidates, by reason.
        """
        return recall_ceiling(examples, self.make_candidates, self.space, self.name)

    def check_examples(self, get_examples: GetExamples) -> None:
        """Warn about gold relations that are not among the candidates.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        """
        examples = (Example(eg.reference, eg.reference) for eg in get_examples())
        make = partial(self.make_candidates, source=self.gold_source)
        counts = recall_ceiling(examples, make, self.space, self.name)
        if counts["lost"]:
            reasons = [f"{reason}: {n}" for reason, n in Counter(counts["lost"]).most_common()]
            lost, total = counts["gold"] - counts["reached"], counts["gold"]
            message = Warnings.W002.format(
                name=self.name, lost=lost, total=total, reasons=", ".join(reasons)
            )
            warnings.warn(message, stacklevel=2)
