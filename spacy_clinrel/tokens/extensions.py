"""The extensions of Doc: `doc._.relations` and `doc._.clinrel`."""

import warnings
from typing import Any, Callable, Dict, Tuple

from spacy.tokens import Doc

from ..errors import Warnings
from .relation import get_relations, set_relations
from .values import get_values, set_values

# Getter and setter of each extension. Both must be functions of a module, because worker processes
# receive them by pickling.
DOC_EXTENSIONS: Dict[str, Tuple[Callable[[Doc], Any], Callable[[Doc, Any], None]]] = {
    "relations": (get_relations, set_relations),
    "clinrel": (get_values, set_values),
}


def register_extensions() -> None:
    """Register the extensions, or warn if another package has registered one of them."""
    for name, (getter, setter) in DOC_EXTENSIONS.items():
        if not Doc.has_extension(name):
            Doc.set_extension(name, getter=getter, setter=setter)
        elif Doc.get_extension(name)[2] is not getter:
            message = Warnings.W001.format(
                name=name,
                module=getter.__module__,
                getter=getter.__name__,
                setter=setter.__name__,
            )
            warnings.warn(message, stacklevel=2)


register_extensions()
