"""The base class of components whose labels are entity types."""

from typing import Dict, List, Optional, Tuple

from ..errors import Errors
from .base import ClinicalPipe, GetExamples
from .label_space import LabelSpace


class TypedPipe(ClinicalPipe):
    """Component whose labels are entity types.

    annotation (str): What training documents must have, for errors.
    """

    annotation: str

    @property
    def labels(self) -> Tuple[str, ...]:  # type: ignore[override]
        """Return the entity types."""
        return self.space.types

    @property
    def label_data(self) -> List[str]:  # type: ignore[override]
        """Return the entity types, as `spacy init labels` writes them."""
        return list(self.labels)

    def space_with_label(self, label: str) -> LabelSpace:
        """Return the label space with an additional entity type.

        label (str): The type.
        RETURNS (LabelSpace): The new label space.
        """
        return self.space.with_type(label)

    def space_to_cfg(self) -> Dict[str, List]:
        """Return the entity types as they are saved in `cfg`."""
        return {"labels": list(self.labels)}

    def space_from_cfg(self) -> LabelSpace:
        """Return the label space that is saved in `cfg`."""
        return LabelSpace(types=tuple(self.cfg["labels"]))

    def read_labels(self, get_examples: GetExamples, labels: Optional[List[str]]) -> None:
        """Set the entity types.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        labels (Optional[List[str]]): The output of `spacy init labels`. None to collect the types
            from the examples.
        RAISES (ValueError): If there are no entity types.
        """
        if labels is None:
            labels = self.gold_labels_of(eg.reference for eg in get_examples())["types"]
        self.extend_space(self.space.extended({"types": list(labels)}))
        if not self.labels:
            raise ValueError(Errors.C001.format(name=self.name, what=self.annotation))
