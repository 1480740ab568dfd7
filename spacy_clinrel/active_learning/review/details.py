"""What a review does not change: sections, values, dosages and codes."""

from typing import Dict, List, Sequence, Tuple

from spacy.tokens import Doc, Span

from ...tokens import GROUP, all_mentions, group_mentions, mention_rows, span_key
from ...tokens.candidates import write_links
from ...tokens.group import CANDIDATES, DOSAGES, VALUES
from ...tokens.rows import write_mention_rows
from ...types import ConceptCandidate

Key = Tuple[int, int, int]


def copy_details(proposed: Doc, corrected: Doc) -> None:
    """Copy what annotation formats do not hold to a corrected document: other span groups, such as
    sections and measurements, and the values, dosages, codes and candidates of mentions that have
    the same boundaries and type.

    proposed (Doc): The document that was exported.
    corrected (Doc): The corrected document, with the same tokens and vocabulary. Changed in place.
    """
    for name, group in proposed.spans.items():
        if name != GROUP:
            corrected.spans[name] = group.copy(doc=corrected)
    spans = {span_key(span): span for span in all_mentions(corrected)}
    for key in (VALUES, DOSAGES):
        rows = [(spans[mention], *row) for mention, row in _rows(proposed, key) if mention in spans]
        if rows:
            write_mention_rows(corrected, key, rows)
    _copy_links(proposed, corrected, spans)


def _rows(doc: Doc, key: str) -> List[Tuple[Key, List]]:
    keys = [span_key(span) for span in group_mentions(doc)]
    return [(keys[index], row) for index, *row in mention_rows(doc, key)]


def _copy_links(proposed: Doc, corrected: Doc, spans: Dict[Key, Span]) -> None:
    mentions: Sequence[Span] = (*proposed.ents, *group_mentions(proposed))
    codes = {span_key(span): span.kb_id_ for span in mentions if span.kb_id}
    candidates: Dict[Key, List[ConceptCandidate]] = {}
    for key, row in _rows(proposed, CANDIDATES):
        candidates.setdefault(key, []).append(ConceptCandidate(*row))
    linked = [key for key in spans if key in codes or key in candidates]
    write_links(
        corrected,
        [spans[key] for key in linked],
        [codes.get(key, "") for key in linked],
        [candidates.get(key, []) for key in linked],
    )
