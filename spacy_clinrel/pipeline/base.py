"""The base class of the trainable components."""

from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

import numpy as np
import srsly
from spacy.language import Language
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate

from ..errors import Errors
from ..types import TagProbabilities
from .label_space import LabelSpace
from .labelled_pipe import GetExamples as GetExamples
from .labelled_pipe import LabelledPipe
from .storage import load_model, loading, parse_cfg, read_cfg, read_file
from .stored_options import check_cfg
from .training_data import check_training_data

# Number of documents from which the model's sizes are inferred.
SAMPLE_SIZE = 10


def option_error(component: str, option: str, value: Any, allowed: Any) -> ValueError:
    """Create the error for an option value that the model does not support.

    component (str): The component's name.
    option (str): The option's name.
    value (Any): The value.
    allowed (Any): The values that the model supports.
    RETURNS (ValueError): The error.
    """
    return ValueError(
        Errors.C006.format(option=option, name=component, allowed=allowed, value=value)
    )


class TrainingBatch(NamedTuple):
    """Input of the model and gold annotation of a training batch.

    inputs (Any): The model's input.
    tags (Optional[ndarray]): Gold BIEOS tag of each token. Shape: (tokens,)
    gold (Optional[ndarray]): Gold labels of the pairs that the model scores, bool. Shape:
        (pairs, labels)
    counted (Optional[ndarray]): Pairs to learn from, bool; None for all. Shape: (pairs,)
    spans (Optional[ndarray]): Gold labels of the spans that the model scores; see `span_ner`.
    silver (Optional[List[Optional[TagProbabilities]]]): Probabilities of the tags of each silver
        document, None for other documents; None if there are only others.
    """

    inputs: Any
    tags: Optional[np.ndarray] = None
    gold: Optional[np.ndarray] = None
    counted: Optional[np.ndarray] = None
    spans: Optional[np.ndarray] = None
    silver: Optional[List[Optional[TagProbabilities]]] = None


class ClinicalPipe(LabelledPipe):
    """A trainable component with a label space.

    Subclasses define their labels (see `LabelledPipe`), training (`make_batch`, `get_loss`) and
    prediction (`predict`, `set_annotations`).

    learns (Tuple[str, ...]): What the component learns: "entities", "mentions",
        "relations", "attributes".
    """

    learns: Tuple[str, ...] = ()

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
        # Scorers are found by name, since components may not import them.
        self.scorer = registry.scorers.get(scorer)() if isinstance(scorer, str) else scorer
        self.cfg = options
        self.set_space(LabelSpace(is_typed=options.get("typed", True)))

    def initialize(
        self,
        get_examples: GetExamples,
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Any] = None,
    ) -> None:
        """Collect the labels and initialize the model.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Any]): The output of `spacy init labels`. None to collect the labels.
        RAISES (ValueError): If there are no labels, or nothing to learn from.
        """
        validate_get_examples(get_examples, f"{type(self).__name__}.initialize")
        self.read_labels(get_examples, labels)
        self.is_resumed = False
        sample = self.sample_inputs(get_examples)
        for layer, size in self.output_sizes():
            layer.set_dim("nO", size)
        self.model.initialize(X=sample)
        self.check_examples(get_examples)
        check_training_data(self.name, self.learns, get_examples(), nlp)

    def sample_inputs(self, get_examples: GetExamples) -> Any:
        """Return a sample of the model's input, from which its sizes are inferred.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        RETURNS (Any): Up to 10 gold documents with tokens.
        """
        nonempty = (eg.reference for eg in get_examples() if len(eg.reference))
        return list(islice(nonempty, SAMPLE_SIZE))

    def check_examples(self, get_examples: GetExamples) -> None:
        """Warn about gold annotations that the component cannot learn. The default does nothing.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        """

    # Training

    def make_batch(self, examples: List[Example]) -> TrainingBatch:
        """Create the model's input and the gold annotation of a batch.

        examples (List[Example]): The batch.
        RETURNS (TrainingBatch): Input and gold annotation.
        """
        raise NotImplementedError

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, Any]:
        """Return the loss of a batch, averaged over its documents, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Any): Output of the model.
        batch (Optional[TrainingBatch]): The batch that the model was run on. None to create it from
            the examples.
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
        """Update the model with a batch.

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
        self.add_missing_labels(examples)
        batch = self.make_batch(examples)
        set_dropout_rate(self.model, drop)
        # Also run batches without candidate pairs: a shared tok2vec expects a gradient from each of
        # its listeners.
        scores, backprop = self.model.begin_update(batch.inputs)
        loss, gradient = self.get_loss(examples, scores, batch)
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    # Storage

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "ClinicalPipe":
        """Load the component from a folder.

        path (Union[str, Path]): A folder.
        exclude (Iterable[str]): Names of parts to exclude.
        RETURNS (ClinicalPipe): The component.
        RAISES (ValueError): If a file is missing or damaged, or does not fit the config.
        """
        folder = Path(path)
        readers: Dict[str, Callable[[], None]] = {
            "cfg": lambda: self._load_cfg(read_cfg(folder / "cfg")),
            "vocab": lambda: self._load_vocab(folder / "vocab", exclude),
            "model": lambda: load_model(self.model, read_file(folder / "model")),
        }
        self._load({part: (str(folder / part), read) for part, read in readers.items()}, exclude)
        return self

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "ClinicalPipe":
        """Load the component from bytes.

        bytes_data (bytes): Output of `to_bytes`.
        exclude (Iterable[str]): Names of parts to exclude.
        RETURNS (ClinicalPipe): The component.
        RAISES (ValueError): If the bytes are damaged or do not fit the config.
        """
        with loading(self.name, "the bytes of the pipeline"):
            parts = srsly.msgpack_loads(bytes_data)
            if not isinstance(parts, dict):
                raise ValueError("expected a dictionary")
        readers: Dict[str, Callable[[], None]] = {
            "cfg": lambda: self._load_cfg(parse_cfg(parts["cfg"])),
            "vocab": lambda: self._load_vocab(parts["vocab"], exclude),
            "model": lambda: load_model(self.model, parts["model"]),
        }
        self._load(
            {part: (f"the bytes of {part}", read) for part, read in readers.items()}, exclude
        )
        return self

    def _load(
        self, readers: Dict[str, Tuple[str, Callable[[], None]]], exclude: Iterable[str]
    ) -> None:
        """Load the parts of the component, and check that labels and model fit together.

        readers (Dict[str, Tuple[str, Callable[[], None]]]): Where each part comes from, and the
            function that loads it.
        exclude (Iterable[str]): Names of parts to exclude.
        RAISES (ValueError): If a part is missing or damaged, or does not fit the config.
        """
        excluded = set(exclude)
        for part, (place, read) in readers.items():
            if part not in excluded:
                with loading(self.name, place):
                    read()
        with loading(self.name, readers["cfg"][0]):
            self.set_space(self.space_from_cfg())
            if not {"cfg", "model"} & excluded:
                self._check_sizes()
        self.is_resumed = self.is_initialized

    def _load_cfg(self, cfg: Dict[str, Any]) -> None:
        check_cfg(cfg, list(self.space_to_cfg()))
        self.cfg.update(cfg)

    def _load_vocab(self, source: Union[Path, bytes], exclude: Iterable[str]) -> None:
        if isinstance(source, Path):
            self.vocab.from_disk(source, exclude=exclude)
        else:
            self.vocab.from_bytes(source, exclude=exclude)

    def _check_sizes(self) -> None:
        """Check that the output layers have the sizes of the label space.

        RAISES (ValueError): If a size differs.
        """
        for layer, size in self.output_sizes():
            if layer.has_dim("nO") and layer.get_dim("nO") != size:
                n_outputs = layer.get_dim("nO")
                raise ValueError(f"the labels need {size} outputs, the model has {n_outputs}")
