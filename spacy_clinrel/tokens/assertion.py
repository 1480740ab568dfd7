"""The assertion attributes of mentions: `span._.is_negated` and so on, and `span._.assertion`.

An attribute that a mention does not have is false if the document is annotated with attributes, and
otherwise unknown. The views return False in both cases; `has_assertion` tells them apart.
"""

from dataclasses import dataclass
from numbers import Real
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..types import ASSERTIONS
from .attributes import attribute_rows
from .group import ASSERTION, ATTRIBUTES, GROUP, MentionIndex, group_mentions, span_key, span_rows
from .relation import relation_edges, store_relations


@dataclass(frozen=True)
class FlagGetter:
    """Getter of an extension such as `span._.is_negated`. Equal getters have equal names, also
    after pickling.

    name (str): Name of the attribute, e.g. "negated".
    """

    name: str

    def __call__(self, span: Span) -> bool:
        """Return whether a mention has the attribute."""
        return any(name == self.name for name, _ in span_rows(span, ATTRIBUTES))


@dataclass(frozen=True)
class FlagSetter:
    """Setter of an extension such as `span._.is_negated`, with which other components, such as
    medspaCy's ConText, write to the store.

    name (str): Name of the attribute, e.g. "negated".
    """

    name: str

    def __call__(self, span: Span, value: Any) -> None:
        """Set or remove the attribute of a mention."""
        scores = span_assertion(span)
        if bool(value) != (self.name in scores):
            scores.pop(self.name, None)
            set_span_assertion(span, {**scores, **({self.name: 1.0} if value else {})})


# Names of the extensions of Span by attribute. They are medspaCy's names.
FLAGS = {name: f"is_{name}" for name in ASSERTIONS}


def has_assertion(doc: Doc) -> bool:
    """Return whether a document is annotated with assertion attributes, by hand or by a component.

    doc (Doc): The document.
    RETURNS (bool): False if nothing is known of its mentions.
    """
    if GROUP not in doc.spans:
        return False
    is_annotated = doc.spans[GROUP].attrs.get(ASSERTION)
    if is_annotated is None:
        return any(name in ASSERTIONS for _, name, _ in attribute_rows(doc))
    return bool(is_annotated)


def span_assertion(span: Span) -> Dict[str, float]:
    """Return the assertion attributes of a mention. This is the getter of `span._.assertion`.

    span (Span): The mention: an entity, a mention of the span group, or any Span with the same
        boundaries and type.
    RETURNS (Dict[str, float]): The scores of the attributes that hold, by name. Gold attributes
        have the score 1.0.
    """
    scores = dict(span_rows(span, ATTRIBUTES))
    return {name: scores[name] for name in ASSERTIONS if name in scores}


def set_span_assertion(span: Span, value: Union[Mapping[str, float], Sequence[str]]) -> None:
    """Replace the assertion attributes of a mention. This is the setter of `span._.assertion`.

    span (Span): The mention.
    value (Union[Mapping[str, float], Sequence[str]]): Scores by name, or the names. A score can
        also be True, which is 1.0. Attributes with False or None are left out.
    RAISES (ValueError): If a name is not an assertion attribute, or a score is not from 0 to 1.
    """
    if not isinstance(value, (Mapping, list, tuple, set, frozenset)):
        raise ValueError(Errors.R015.format(found=f"a {type(value).__name__}"))
    scores = dict(value) if isinstance(value, Mapping) else dict.fromkeys(value, 1.0)
    for name, score in scores.items():
        check_assertion_name(name)
        if score is not None and not (isinstance(score, Real) and 0 <= score <= 1):
            raise ValueError(Errors.R015.format(found=f"an invalid score of '{name}'"))
    held = {name: x for name, x in scores.items() if x is not None and x is not False}
    row = np.asarray([[held.get(name, np.nan) for name in ASSERTIONS]], dtype="float64")
    write_assertion(span.doc, [span], ~np.isnan(row), row, keep_others=True)


def check_assertion_name(name: str) -> None:
    """Check that an assertion attribute exists.

    name (str): The name.
    RAISES (ValueError): If there is no attribute with this name.
    """
    if name not in ASSERTIONS:
        raise ValueError(Errors.R014.format(name=name, known=", ".join(ASSERTIONS)))


def discard_assertion(doc: Doc) -> None:
    """Mark a document as not annotated with assertion attributes, because it has mentions that were
    not judged. Existing attributes stay in the store.

    doc (Doc): The document.
    """
    if GROUP in doc.spans:
        doc.spans[GROUP].attrs[ASSERTION] = False


def assertion_matrix(doc: Doc, mentions: Sequence[Span]) -> np.ndarray:
    """Return the assertion attributes of mentions as an array.

    doc (Doc): The document.
    mentions (Sequence[Span]): Its mentions.
    RETURNS (ndarray): Whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape:
        (mentions, 5)
    """
    holds = np.zeros((len(mentions), len(ASSERTIONS)), dtype=bool)
    rows = attribute_rows(doc)
    if not rows:
        return holds
    keys = [span_key(span) for span in group_mentions(doc)]
    found: Dict[Tuple[int, int, int], List[int]] = {}
    for i, name, _ in rows:
        if name in ASSERTIONS:
            found.setdefault(keys[i], []).append(ASSERTIONS.index(name))
    for i, span in enumerate(mentions):
        holds[i, found.get(span_key(span), [])] = True
    return holds


def write_assertion(
    doc: Doc,
    mentions: Sequence[Span],
    holds: np.ndarray,
    scores: Optional[np.ndarray] = None,
    *,
    keep_others: bool = False,
    names: Sequence[str] = ASSERTIONS,
) -> None:
    """Replace the assertion attributes of a document, and mark it as annotated with attributes.

    Other attributes and relations are kept. Mentions that have an attribute are added to
    `doc.spans["clinrel"]` if they are missing. Extensions that another package registered with a
    default value under the same names (`span._.is_negated` and so on) get the values as well.

    doc (Doc): The document.
    mentions (Sequence[Span]): The mentions that were judged.
    holds (ndarray): Whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape:
        (mentions, 5)
    scores (Optional[ndarray]): The probabilities. None for 1.0. Shape: (mentions, 5)
    keep_others (bool): Whether the attributes of other mentions of the document are kept.
    names (Sequence[str]): The attributes that were judged. The others of the five are kept.
    RAISES (ValueError): If a mention is not a Span of this Doc.
    """
    if GROUP not in doc.spans:
        store_relations(doc, [], [], from_ents=True)
    index = MentionIndex(doc)
    keys = {span_key(span) for span in mentions}
    stored = [span_key(span) for span in index.mentions]
    rows: List[List] = [
        [i, name, score]
        for i, name, score in attribute_rows(doc)
        if name not in ASSERTIONS or name not in names or (keep_others and stored[i] not in keys)
    ]
    for row, column in np.argwhere(holds).tolist():
        if ASSERTIONS[column] not in names:
            continue
        score = 1.0 if scores is None else float(scores[row, column])
        i = index.add(mentions[row], "mention of an attribute")
        rows.append([i, ASSERTIONS[column], score])
    if len(index.mentions) > len(stored):
        store_relations(doc, index.mentions, relation_edges(doc), from_ents=index.from_ents)
    doc.spans[GROUP].attrs.update({ATTRIBUTES: rows, ASSERTION: True})
    _share(doc, mentions)


def _share(doc: Doc, mentions: Sequence[Span]) -> None:
    """Set the extensions that another package registered under the same names."""
    for column, (name, flag) in enumerate(FLAGS.items()):
        _, method, getter, setter = Span.get_extension(flag)
        is_plain = method is None and getter is None
        if getter == FlagGetter(name) or not (is_plain or setter):
            continue
        for span, value in zip(mentions, assertion_matrix(doc, mentions)[:, column].tolist()):
            span._.set(flag, value)
