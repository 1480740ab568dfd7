"""The base class of the components that predict relations."""

import warnings
from collections import Counter
from functools import partial
from typing import Any, Dict, Iterable, Optional, Sequence

import numpy as np
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors, Warnings
from ..tokens.sentences import Sentences
from ..types import Candidates, CandidateStrategy, Mentions, PairHead
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
        for label in data["labels"]:
            self.add_label(label)
        self.set_space(
            LabelSpace.from_data({**data, "labels": list(self.labels)}, self.space.is_typed)
        )
        if not self.labels:
            raise ValueError(Errors.C001.format(name=self.name, what="doc._.relations"))

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
