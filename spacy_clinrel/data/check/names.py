"""Types, labels and attributes of a corpus that a pipeline does not have."""

from collections import defaultdict
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ...tokens import all_mentions, get_attributes, get_relations
from ...types import ASSERTIONS, LabelNames
from ..converters.names import ATTRIBUTE, LABEL, TYPE
from .findings import WARNING, Finding, join_examples
from .table import Part

SECTION, UNKNOWN_NAME = "consistency", "unknown_name"


def name_findings(parts: Sequence[Part], known: Optional[LabelNames]) -> Iterator[Finding]:
    """Report types, labels and attributes that a pipeline does not have.

    parts (Sequence[Part]): The parts.
    known (Optional[LabelNames]): The names of the pipeline. An empty list of types or labels allows
        all. None checks nothing.
    YIELDS (Finding): A finding for each name.
    """
    if known is None:
        return
    allowed = {TYPE: {*known.types}, LABEL: {*known.labels}}
    allowed[ATTRIBUTE] = {*ASSERTIONS, *known.attributes}
    places: Dict[Tuple[str, str], List[str]] = defaultdict(list)
    for part in parts:
        for i, doc in enumerate(part.docs):
            for what, name in _names(doc):
                if allowed[what] and name not in allowed[what]:
                    places[what, name].append(part.title(i))
    for (what, name), titles in places.items():
        text = f"{what} that the pipeline does not have: {name} ({len(titles)}). Correct it, or "
        text += f"train a pipeline that has it. In {join_examples(titles)}"
        yield Finding(WARNING, SECTION, text, UNKNOWN_NAME, len(titles))


def _names(doc: Doc) -> Iterable[Tuple[str, str]]:
    """Yield the type, label or attribute of each annotation."""
    yield from ((TYPE, span.label_) for span in all_mentions(doc))
    yield from ((LABEL, relation.label) for relation in get_relations(doc))
    yield from ((ATTRIBUTE, attribute.name) for attribute in get_attributes(doc))
