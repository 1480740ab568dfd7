"""What the store keeps of mentions besides their types: assertion, values, doses and concepts."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..tokens import group_mentions, has_assertion, mention_rows, span_key
from ..tokens.group import ATTRIBUTES, DOSAGES, VALUES
from ..tokens.normalize import single_spaces
from ..types import ASSERTIONS
from .colors import BODY, COLORS, TEST
from .layout import count_columns, shorten

AFFIRMED = "affirmed"
# The order of filters and of the legend.
ASSERTION_FILTERS = (AFFIRMED, *ASSERTIONS)
ARROWS = {"high": "↑", "low": "↓"}
MAX_BADGE = 12  # maximum width of a value or dose below a mention, in columns

Row = Dict[str, Any]
SpanKey = Tuple[int, int, int]


class Facts(NamedTuple):
    """What is known of a mention besides its type.

    is_asserted (bool): Whether the document is annotated with assertion attributes.
    assertion (Dict[str, float]): The scores of the assertion attributes that hold, by name.
    values (List[Dict[str, Any]]): The results of a test.
    dosages (List[Dict[str, Any]]): The doses of a treatment.
    concept (str): The identifier of the concept, or an empty string.
    """

    is_asserted: bool
    assertion: Dict[str, float]
    values: List[Row]
    dosages: List[Row]
    concept: str

    def filters(self, label: str) -> List[str]:
        """Return the assertion filters that a mention belongs to.

        label (str): The type of the mention.
        RETURNS (List[str]): The attributes that hold; "affirmed" if there are none; nothing if that
            is unknown, or for tests and body parts, which are neither affirmed nor denied.
        """
        if self.assertion:
            return list(self.assertion)
        is_finding = COLORS.get(label.upper()) not in (TEST, BODY)
        return [AFFIRMED] if self.is_asserted and is_finding else []


def read_facts(doc: Doc, mentions: Sequence[Span]) -> List[Facts]:
    """Read what the store keeps of the mentions of a document.

    doc (Doc): The document.
    mentions (Sequence[Span]): Its mentions.
    RETURNS (List[Facts]): The facts of each mention.
    """
    keys = [span_key(span) for span in group_mentions(doc)]
    attributes, values, dosages = (
        _rows_by_mention(doc, key, keys) for key in (ATTRIBUTES, VALUES, DOSAGES)
    )
    concepts: Dict[SpanKey, str] = {}
    for span in (*doc.ents, *group_mentions(doc)):
        concepts[span_key(span)] = span.kb_id_ or concepts.get(span_key(span), "")
    is_asserted = has_assertion(doc)
    facts = []
    for mention in mentions:
        key = span_key(mention)
        scores = {row[0]: float(row[1]) for row in attributes.get(key, [])}
        facts.append(
            Facts(
                is_asserted,
                {name: scores[name] for name in ASSERTIONS if name in scores},
                _plain(values.get(key, [])),
                _plain(dosages.get(key, [])),
                concepts.get(key, ""),
            )
        )
    return facts


def _rows_by_mention(doc: Doc, key: str, keys: Sequence[SpanKey]) -> Dict[SpanKey, List[List]]:
    rows: Dict[SpanKey, List[List]] = {}
    for index, *row in mention_rows(doc, key):
        rows.setdefault(keys[index], []).append(row)
    return rows


def _plain(rows: Sequence[Sequence[Any]]) -> List[Row]:
    """Return the dictionaries in rows. Other contents, of another version, are left out."""
    return [row[0] for row in rows if row and isinstance(row[0], dict)]


def describe_row(row: Row) -> str:
    """Return a value or dose as in the text, with an arrow if it is out of range.

    row (Dict[str, Any]): The value or dose.
    RETURNS (str): E.g. "12.8×10^9/L ↑".
    """
    text = single_spaces(str(row.get("text") or "")) or _join(row, "comparison", "number", "unit")
    arrow = ARROWS.get(str(row.get("flag")), "")
    return text if not arrow or arrow in text else f"{text} {arrow}"


def summarize_row(row: Row) -> str:
    """Return a value or dose that fits below a mention.

    row (Dict[str, Any]): The value or dose.
    RETURNS (str): The text if it is short; else the number with an arrow, or the dose with its
        frequency; else the beginning of the text.
    """
    text = describe_row(row)
    if sum(count_columns(text)) <= MAX_BADGE:
        return text
    number = _join(row, "comparison", "number")
    if "number" in row:
        return f"{number} {ARROWS.get(str(row.get('flag')), '')}".strip()
    dose = " ".join(filter(None, (_join(row, "dose", "unit"), str(row.get("frequency") or ""))))
    return shorten(dose if "dose" in row else text, MAX_BADGE)


def _join(row: Row, *names: str) -> str:
    parts = (row.get(name) for name in names)
    return "".join(
        f"{part:g}" if isinstance(part, float) else str(part) for part in parts if part is not None
    )
