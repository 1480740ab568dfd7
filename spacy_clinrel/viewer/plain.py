"""Text with marks for untrusted notebooks, which remove style sheets, scripts and SVG."""

from itertools import pairwise
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

from spacy.tokens import Span

from .colors import Tint


class Piece(NamedTuple):
    """A part of a text in which no mention begins or ends.

    lines (List[str]): The text, split at line breaks.
    tint (Optional[Tint]): The colours of the shortest mention around it; None outside of mentions.
    is_denied (bool): Whether the text is struck through.
    ended (List[int]): Indices of the mentions that end with this part.
    """

    lines: List[str]
    tint: Optional[Tint]
    is_denied: bool
    ended: List[int]


def split_at_mentions(
    text: str, mentions: Sequence[Span], is_denied: Sequence[bool], tints: Dict[str, Tint]
) -> List[Piece]:
    """Split a text where mentions begin and end.

    text (str): The text.
    mentions (Sequence[Span]): Its mentions, which may overlap.
    is_denied (Sequence[bool]): Whether each mention is denied.
    tints (Dict[str, Tint]): Colours of the mention types.
    RETURNS (List[Piece]): The parts of the text.
    """
    starts: Dict[int, List[int]] = {}
    ends: Dict[int, List[int]] = {}
    for i, mention in enumerate(mentions):
        starts.setdefault(mention.start_char, []).append(i)
        ends.setdefault(mention.end_char, []).append(i)
    bounds = sorted({0, len(text), *starts, *ends})
    pieces: List[Piece] = []
    around: Set[int] = set()
    for left, right in pairwise(bounds):
        around.update(starts.get(left, ()))
        inner = min(around, key=lambda i: len(mentions[i].text), default=None)
        ended = sorted(ends.get(right, ()), key=lambda i: len(mentions[i].text))
        pieces.append(
            Piece(
                text[left:right].split("\n"),
                None if inner is None else tints[mentions[inner].label_],
                inner is not None and is_denied[inner],
                ended,
            )
        )
        around.difference_update(ended)
    return pieces
