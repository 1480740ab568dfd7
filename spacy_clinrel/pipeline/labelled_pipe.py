"""The labels of the trainable components, and models with additional labels."""

import warnings
from typing import Any, Callable, Dict, Iterable, List, Tuple

import numpy as np
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model

from ..errors import Errors, Warnings
from ..tokens.bieos import n_tags
from ..types import Resize
from .label_space import LabelData, LabelSpace, collect_labels

GetExamples = Callable[[], Iterable[Example]]


class LabelledPipe(TrainablePipe):
    """A trainable component with a label space, which can be extended after the model is
    initialized.

    Subclasses define their labels (`labels`, `read_labels`) and the layers whose output size
    depends on them (`output_sizes`). A model that can be resized has `attrs["resize"]`, a function
    that takes the model and a `Resize`.

    cfg (Dict[str, Any]): The options, and the label space as lists. It is saved with the component.
    space (LabelSpace): The label space. Replace it with `set_space` or `extend_space`.
    is_resumed (bool): Whether the component was loaded, so that training continues and adds the
        labels that are new in the data.
    """

    cfg: Dict[str, Any]
    space: LabelSpace
    is_resumed: bool = False

    @property
    def labels(self) -> Tuple[str, ...]:  # type: ignore[override]
        """Return the labels of this component in the label space."""
        return self.space.labels

    def space_with_label(self, label: str) -> LabelSpace:
        """Return the label space with an additional label.

        label (str): The label.
        RETURNS (LabelSpace): The new label space.
        """
        return self.space.with_label(label)

    def space_to_cfg(self) -> Dict[str, List]:
        """Return the label space as it is saved in `cfg`."""
        return self.space.to_data()

    def space_from_cfg(self) -> LabelSpace:
        """Return the label space that is saved in `cfg`."""
        return LabelSpace.from_data(self.cfg, self.cfg["typed"])

    def read_labels(self, get_examples: GetExamples, labels: Any) -> None:
        """Set the label space from training examples or from the output of `spacy init labels`.

        get_examples (Callable[[], Iterable[Example]]): Returns the examples.
        labels (Any): The output of `spacy init labels`. None to collect labels from the examples.
        RAISES (ValueError): If there are no labels.
        """
        raise NotImplementedError

    def set_space(self, space: LabelSpace) -> None:
        """Replace the label space.

        space (LabelSpace): The new label space.
        """
        self.space = space
        self.cfg.update(self.space_to_cfg())
        for name in (*space.labels, *space.types):
            self.vocab.strings.add(name)

    def add_label(self, label: str) -> int:
        """Add a label. If the model is already initialized, it gets new output rows, and the old
        ones keep their weights.

        label (str): The label.
        RETURNS (int): 1 if the label was added, 0 if it was already present.
        RAISES (ValueError): If the model is already initialized and cannot be resized.
        """
        if label in self.labels:
            return 0
        self.extend_space(self.space_with_label(label))
        return 1

    def extend_space(self, space: LabelSpace) -> None:
        """Replace the label space by one with additional labels or types at the end, and resize the
        model if it is initialized.

        space (LabelSpace): The new label space.
        RAISES (ValueError): If the model is already initialized and cannot be resized.
        """
        if not self.is_initialized:
            self.set_space(space)
            return
        before = self.space
        new = [*space.labels[len(before.labels) :], *space.types[len(before.types) :]]
        resize = self.model.attrs.get("resize")
        if new and resize is None:
            n = len(self.labels)
            raise ValueError(Errors.C002.format(label=", ".join(new), name=self.name, n=n))
        self.set_space(space)
        if new:
            assert resize is not None
            resize(self.model, self.resized(before))

    def resized(self, before: LabelSpace) -> Resize:
        """Return the sizes of the model for the current label space.

        before (LabelSpace): The previous label space.
        RETURNS (Resize): The sizes.
        """
        n_types = len(self.space.types)
        sizes = {"n_labels": n_types, "n_tags": n_tags(n_types), "n_types": 1 + n_types}
        return Resize(sizes, np.zeros(0, dtype="int64"))

    def gold_labels_of(self, docs: Iterable[Doc]) -> LabelData:
        """Return the labels of gold documents, as `LabelSpace.extended` takes them.

        docs (Iterable[Doc]): The documents.
        RETURNS (Dict[str, List]): "labels", "types" and "signatures".
        """
        return collect_labels(docs)

    def add_missing_labels(self, examples: Iterable[Example]) -> None:
        """Add the labels of a training batch that the component does not have, if it was loaded and
        training continues. A component that was initialized in this process has seen the training
        data, so that an unknown label is an error there.

        examples (Iterable[Example]): The batch.
        """
        if not self.is_resumed:
            return
        data = self.gold_labels_of(eg.reference for eg in examples)
        space = self.space.extended(data)
        new = [*space.labels[len(self.space.labels) :], *space.types[len(self.space.types) :]]
        self.extend_space(space)
        if new:
            message = Warnings.W041.format(name=self.name, labels=", ".join(new))
            warnings.warn(message, stacklevel=3)

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """Return the layers whose nO depends on the labels, each with its nO."""
        raise NotImplementedError

    @property
    def is_initialized(self) -> bool:
        """Return whether the sizes of the output layers are set."""
        return all(layer.has_dim("nO") for layer, _ in self.output_sizes())

    def check_initialized(self) -> None:
        """Raise an error if the component is not initialized.

        RAISES (ValueError): If it is not initialized.
        """
        if not self.is_initialized:
            raise ValueError(Errors.C003.format(name=self.name))
