"""The concepts of a terminology to which mentions may refer: `span._.candidates` and
`span.kb_id_`.

Candidates are rows in the span group's `attrs["candidates"]`: `[mention index, code, name, score]`.
"""

from typing import Any, Dict, List, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..errors import Errors
from ..types import ConceptCandidate
from .group import CANDIDATES, GROUP, group_mentions, span_key, span_rows
from .rows import write_mention_rows


def span_candidates(span: Span) -> List[ConceptCandidate]:
    """Return the concepts to which a mention may refer. This is the getter of `span._.candidates`.

    span (Span): The mention: an entity, a mention of the span group, or any Span with the same
        boundaries and type.
    RETURNS (List[ConceptCandidate]): The concepts, the best first.
    """
    return [ConceptCandidate(*row) for row in span_rows(span, CANDIDATES)]


def set_span_candidates(span: Span, candidates: Sequence[Tuple[str, str, float]]) -> None:
    """Replace the concepts to which a mention may refer. This is the setter of
    `span._.candidates`. It does not change `span.kb_id_`.

    span (Span): The mention.
    candidates (Sequence[Tuple[str, str, float]]): Code, preferred name and score of each concept.
    RAISES (ValueError): If a candidate has another form.
    """
    rows = [_row(span, candidate) for candidate in candidates]
    write_mention_rows(span.doc, CANDIDATES, rows, keep_others=[span])


def write_links(
    doc: Doc,
    mentions: Sequence[Span],
    codes: Sequence[str],
    candidates: Sequence[Sequence[ConceptCandidate]],
) -> None:
    """Set `kb_id_` and the candidates of mentions, in `doc.ents` and in `doc.spans["clinrel"]`.

    What other components have set on the mentions is kept, and so are the codes and candidates of
    other mentions. Mentions with candidates are added to the span group if they are missing.

    doc (Doc): The document.
    mentions (Sequence[Span]): The mentions.
    codes (Sequence[str]): The code of each mention; empty if it has none.
    candidates (Sequence[Sequence[ConceptCandidate]]): The candidates of each mention.
    RAISES (ValueError): If a mention is not a Span of this Doc.
    """
    if not mentions:
        return
    rows = [_row(span, item) for span, found in zip(mentions, candidates) for item in found]
    if rows or (GROUP in doc.spans and CANDIDATES in doc.spans[GROUP].attrs):
        write_mention_rows(doc, CANDIDATES, rows, keep_others=mentions)
    by_key = {span_key(span): code for span, code in zip(mentions, codes)}
    ents = [_coded(doc, ent, by_key) for ent in doc.ents]
    if any(new is not old for new, old in zip(ents, doc.ents)):
        doc.set_ents(ents, default="unmodified")
    for i, span in enumerate(group_mentions(doc)):
        coded = _coded(doc, span, by_key)
        if coded is not span:
            doc.spans[GROUP][i] = coded  # type: ignore[index]  # missing in spaCy's stub


def _coded(doc: Doc, span: Span, codes: Dict[Tuple[int, int, int], str]) -> Span:
    """Return a mention with its code: the same Span if it is unchanged."""
    code = codes.get(span_key(span), span.kb_id_)
    if code == span.kb_id_:
        return span
    return Span(doc, span.start, span.end, label=span.label, kb_id=code, span_id=span.id)


def _row(span: Span, candidate: Any) -> Tuple[Span, str, str, float]:
    """Return a row of the store.

    RAISES (ValueError): If the candidate does not have a code, a name and a score.
    """
    try:
        code, name, score = candidate
        is_valid = isinstance(candidate, (tuple, list)) and isinstance(code, str)
        is_valid = is_valid and isinstance(name, str)
        row = (span, code, name, float(score))
    except (TypeError, ValueError):
        is_valid = False
    if not is_valid:
        raise ValueError(Errors.R026.format(type=type(candidate).__name__))
    return row
