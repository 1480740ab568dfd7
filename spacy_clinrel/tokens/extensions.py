"""The extensions of Doc and Span: `doc._.relations`, `span._.is_negated` and so on."""

import warnings
from typing import Any, Callable, Dict, Optional, Tuple

from spacy.tokens import Doc, Span

from ..errors import Warnings
from .assertion import FLAGS, FlagGetter, FlagSetter, set_span_assertion, span_assertion
from .candidates import set_span_candidates, span_candidates
from .relation import get_relations, set_relations
from .rows import set_span_dosage, set_span_value, span_dosage, span_value
from .sections import section_of
from .values import get_values, set_values

# Getter and setter, whose argument is a Doc or a Span. None for an extension that cannot be set.
Accessors = Tuple[Callable[[Any], Any], Optional[Callable[[Any, Any], None]]]
# Getter and setter of each extension. All must be picklable and equal after pickling, because
# worker processes receive them in this way.
DOC_EXTENSIONS: Dict[str, Accessors] = {
    "relations": (get_relations, set_relations),
    "clinrel": (get_values, set_values),
}
SPAN_EXTENSIONS: Dict[str, Accessors] = {
    "assertion": (span_assertion, set_span_assertion),
    "candidates": (span_candidates, set_span_candidates),
    "dosage": (span_dosage, set_span_dosage),
    "section": (section_of, None),
    "value": (span_value, set_span_value),
}
# Names that medspaCy registers too. If it did so first, its extensions stay, and `write_assertion`
# sets them.
SHARED_EXTENSIONS: Dict[str, Accessors] = {
    flag: (FlagGetter(name), FlagSetter(name)) for name, flag in FLAGS.items()
}


def register_extensions() -> None:
    """Register the extensions, or warn if another package has registered one of them."""
    for kind, extensions in ((Doc, DOC_EXTENSIONS), (Span, SPAN_EXTENSIONS)):
        for name, (getter, setter) in extensions.items():
            if not kind.has_extension(name):
                kind.set_extension(name, getter=getter, setter=setter)
            elif kind.get_extension(name)[2] != getter:
                functions = [function.__name__ for function in (getter, setter) if function]
                message = Warnings.W001.format(
                    object=kind.__name__.lower(),
                    name=name,
                    module=getter.__module__,
                    functions=" and ".join(functions),
                )
                warnings.warn(message, stacklevel=2)
    for flag, (flag_getter, flag_setter) in SHARED_EXTENSIONS.items():
        if not Span.has_extension(flag):
            Span.set_extension(flag, getter=flag_getter, setter=flag_setter)


register_extensions()
