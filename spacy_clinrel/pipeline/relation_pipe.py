"""What components with relation labels have in common."""

from typing import Any, Dict, Sequence

import numpy as np
from spacy.pipeline import TrainablePipe
from thinc.api import Model

from ..errors import Errors
from .relation_data import LabelData


class RelationPipe(TrainablePipe):
    """A component whose `cfg` has relation labels, entity types and signatures."""

    cfg: Dict[str, Any]

    @property
    def output_model(self) -> Model:
        """RETURNS (Model): The model whose nO is known once the component is initialized."""
        return self.model

    @property
    def labels(self) -> Sequence[str]:  # type: ignore[override]
        """RETURNS (Tuple[str]): The relation labels."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> LabelData:  # type: ignore[override]
        """RETURNS (Dict[str, List]): Labels, entity types and (head type, label, tail type)
        signatures, as `spacy init labels` writes them.
        """
        return {key: list(self.cfg[key]) for key in ("labels", "types", "signatures")}

    def add_label(self, label: str) -> int:
        """Add a relation label, before the model has its output layer.

        label (str): The label.
        RETURNS (int): 1 if it was added, 0 if it was there.
        RAISES (ValueError): If the model is already initialized.
        """
        if label in self.cfg["labels"]:
            return 0
        if self.output_model.has_dim("nO"):
            count = len(self.cfg["labels"])
            raise ValueError(Errors.C002.format(label=label, name=self.name, n=count))
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def check_initialized(self) -> None:
        """RAISES (ValueError): If the component is not initialized."""
        if not self.output_model.has_dim("nO"):
            raise ValueError(Errors.C003.format(name=self.name))

    def check_option(self, option: str, value: Any, good: bool, allowed: Any) -> None:
        """Check an option of the config.

        option (str): Its name.
        value (Any): Its value.
        good (bool): Whether it is allowed.
        allowed (Any): What is, for the message.
        RAISES (ValueError): If it is not.
        """
        if not good:
            message = Errors.C006.format(
                option=option, name=self.name, allowed=allowed, value=value
            )
            raise ValueError(message)

    def take_labels(self, data: LabelData) -> None:
        """Take labels, types and signatures.

        data (Dict[str, List]): What `collect_labels` or `spacy init labels` found.
        """
        signatures = [list(signature) for signature in data["signatures"]]
        self.cfg.update(types=list(data["types"]), signatures=signatures)
        for kind in data["types"]:
            self.vocab.strings.add(kind)
        for label in data["labels"]:
            self.add_label(label)

    @property
    def least_score(self) -> float:
        """RETURNS (float): The threshold, above zero, which is the score of labels that the types
        do not allow.
        """
        return max(self.cfg["threshold"], float(np.finfo("float32").tiny))
