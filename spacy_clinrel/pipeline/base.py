"""The component that the trainable components of this package derive from."""

from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate

from ..errors import Errors
from .label_space import LabelSpace

GetExamples = Callable[[], Iterable[Example]]
# The number of documents that give the model its sizes.
SAMPLE = 10


def option_error(component: str, option: str, value: Any, allowed: Any) -> ValueError:
    """Create the error of an option that does not fit the model.

    component (str): The component's name.
    option (str): The option's name.
    value (Any): Its value.
    allowed (Any): The values that fit.
    RETURNS (ValueError): To be raised.
    """
    return ValueError(
        Errors.C006.format(option=option, name=component, allowed=allowed, value=value)
    )


class TrainingBatch(NamedTuple):
    """A batch to learn from.

    inputs (Any): The model's input.
    tags (Optional[ndarray]): Gold BIEOS tags of the batch. Shape: (tokens,)
    gold (Optional[ndarray]): Gold labels of the pairs that the model scores, bool. Shape:
        (pairs, labels)
    counted (Optional[ndarray]): Pairs that count, bool; None for all. Shape: (pairs,)
    """

    inputs: Any
    tags: Optional[np.ndarray] = None
    gold: Optional[np.ndarray] = None
    counted: Optional[np.ndarray] = None


class ClinicalPipe(TrainablePipe):
    """A trainable component with a label space.

    A subclass says what its labels are (`names`, `read_labels`), which layers' output sizes they
    determine (`output_sizes`), what it learns from a batch (`make_batch`, `get_loss`), and how it
    predicts (`predict`, `set_annotations`).

    cfg (Dict[str, Any]): The options, and the label space as lists: what is saved.
    space (LabelSpace): The label space. Replace it with `set_space`.
    """

    cfg: Dict[str, Any]
    space: LabelSpace

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str,
        scorer: Union[Callable, str, None],
        options: Dict[str, Any],
    ):
        """Initialize the component without labels.

        vocab (Vocab): The shared vocabulary.
        model (Model): The model.
        name (str): The component's name in the pipeline.
        scorer (Union[Callable, str, None]): The scoring method, or its registered name.
        options (Dict[str, Any]): Options that are saved with the component.
        """
        self.vocab = vocab
        self.model = model
        self.name = name
        # By name, as scorers depend on more than components do.
        self.scorer = registry.scorers.get(scorer)() if isinstance(scorer, str) else scorer
        self.cfg = options
        self.set_space(LabelSpace(is_typed=options.get("typed", True)))

    # Labels

    @property
    def names(self) -> Tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The label space's names that are this component's labels."""
        return self.space.labels

    def with_name(self, label: str) -> LabelSpace:
        """Return the label space with one more label.

        label (str): The label.
        RETURNS (LabelSpace): The value.
        """
        return self.space.with_label(label)

    def space_to_cfg(self) -> Dict[str, List]:
        """RETURNS (Dict[str, List]): The label space as it is saved in `cfg`."""
        return self.space.to_data()

    def space_from_cfg(self) -> LabelSpace:
        """RETURNS (LabelSpace): The label space that `cfg` holds."""
        return LabelSpace.from_data(self.cfg, self.cfg["typed"])

    def read_labels(self, get_examples: GetExamples, labels: Any) -> None:
        """Set the label space from training examples, or from what `spacy init labels` wrote.

        get_examples (Callable[[], Iterable[Example]]): Returns the examples.
        labels (Any): The labels; None to collect them.
        RAISES (ValueError): If there are none.
        """
        raise NotImplementedError

    @property
    def labels(self) -> Tuple[str, ...]:  # type: ignore[override]
        """RETURNS (Tuple[str, ...]): The labels."""
        return self.names

    def set_space(self, space: LabelSpace) -> None:
        """Replace the label space.

        space (LabelSpace): The new value.
        """
        self.space = space
        self.cfg.update(self.space_to_cfg())
        for name in (*space.labels, *space.types):
            self.vocab.strings.add(name)

    def add_label(self, label: str) -> int:
        """Add a label before the model has its output layer.

        label (str): The label.
        RETURNS (int): 1 if it was added, 0 if it was known.
        RAISES (ValueError): If the model is already initialized.
        """
        if label in self.names:
            return 0
        if self.is_initialized:
            n = len(self.names)
            raise ValueError(Errors.C002.format(label=label, name=self.name, n=n))
        self.set_space(self.with_name(label))
        return 1

    # Sizes

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """RETURNS (List[Tuple[Model, int]]): Layers whose nO the labels determine, and nO."""
        raise NotImplementedError

    @property
    def is_initialized(self) -> bool:
        """RETURNS (bool): Whether the model has its output layers."""
        return all(layer.has_dim("nO") for layer, _ in self.output_sizes())

    def check_initialized(self) -> None:
        """RAISES (ValueError): If the component is not initialized."""
        if not self.is_initialized:
            raise ValueError(Errors.C003.format(name=self.name))

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Any] = None,
    ) -> None:
        """Collect the labels and give the model its sizes.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Any]): What `spacy init labels` wrote.
        RAISES (ValueError): If there are no labels, or nothing to learn from.
        """
        validate_get_examples(get_examples, f"{type(self).__name__}.initialize")
        self.read_labels(get_examples, labels)
        sample = self.sample_inputs(get_examples)
        for layer, size in self.output_sizes():
            layer.set_dim("nO", size)
        self.model.initialize(X=sample)
        self.check_examples(get_examples)

    def sample_inputs(self, get_examples: GetExamples) -> Any:
        """Return a sample of the model's input, which gives it its sizes.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        RETURNS (Any): A few gold documents with tokens.
        """
        filled = (eg.reference for eg in get_examples() if len(eg.reference))
        return list(islice(filled, SAMPLE))

    def check_examples(self, get_examples: GetExamples) -> None:
        """Warn about gold annotations that the component cannot learn. By default there are none.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        """

    # Training

    def make_batch(self, examples: List[Example]) -> TrainingBatch:
        """Read what to learn from a batch.

        examples (List[Example]): The batch.
        RETURNS (TrainingBatch): The model's input and the gold annotations.
        """
        raise NotImplementedError

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, Any]:
        """Return the loss of a batch, averaged over its documents, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Any): What the model returned.
        batch (Optional[TrainingBatch]): What the model got. None for all pairs.
        RETURNS (Tuple[float, Any]): The loss, and the gradient with respect to the scores.
        """
        raise NotImplementedError

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout rate.
        sgd (Optional[Optimizer]): The optimizer.
        losses (Optional[Dict[str, float]]): Losses by component, updated in place.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        batch = self.make_batch(examples)
        set_dropout_rate(self.model, drop)
        # A batch without candidate pairs is run too: a shared encoder counts on every listener.
        scores, backprop = self.model.begin_update(batch.inputs)
        loss, gradient = self.get_loss(examples, scores, batch)
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    # Storage

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "ClinicalPipe":
        """Load the component.

        path (Union[str, Path]): A folder.
        exclude (Iterable[str]): Names of parts to leave out.
        RETURNS (ClinicalPipe): The component.
        """
        super().from_disk(path, exclude=tuple(exclude))
        self.set_space(self.space_from_cfg())
        return self

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "ClinicalPipe":
        """Load the component.

        bytes_data (bytes): What `to_bytes` returned.
        exclude (Iterable[str]): Names of parts to leave out.
        RETURNS (ClinicalPipe): The component.
        """
        super().from_bytes(bytes_data, exclude=tuple(exclude))
        self.set_space(self.space_from_cfg())
        return self
