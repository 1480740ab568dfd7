"""What the store keeps of mentions besides their types: assertion, values, doses and concepts."""

from typing import Any, Dict, List, NamedTuple, Sequence

from spacy.tokens import Doc, Span

from ..tokens.details import mention_details
from ..tokens.normalize import single_spaces
from ..tokens.palette import BODY, COLORS, TEST
from ..types import ASSERTIONS
from .layout import count_columns, shorten

AFFIRMED = "affirmed"
# The order of filters and of the legend.
ASSERTION_FILTERS = (AFFIRMED, *ASSERTIONS)
ARROWS = {"high": "↑", "low": "↓"}
MAX_BADGE = 12  # maximum width of a value or dose below a mention, in columns

Row = Dict[str, Any]


class Facts(NamedTuple):
    """What is known of a mention besides its type.

    is_asserted (bool): Whether the document is annotated with assertion attributes.
    assertion (Dict[str, float]): The scores of the assertion attributes that hold, by name.
    others (List[str]): Names of other attributes.
    amounts (List[Dict[str, Any]]): The value of a test and the dosage of a treatment.
    concept (str): The code of the concept, or an empty string.
    section (str): The label of the section, or an empty string.
    """

    is_asserted: bool
    assertion: Dict[str, float]
    others: List[str]
    amounts: List[Row]
    concept: str
    section: str

    def get_filters(self, label: str) -> List[str]:
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
    return [
        Facts(
            row["assertion"] is not None,
            # A score that is not a number is shown as 0 %.
            {name: score or 0.0 for name, score in (row["assertion"] or {}).items()},
            row["other_attributes"],
            [row[key] for key in ("value", "dosage") if isinstance(row[key], dict)],
            row["kb_id"] or "",
            row["section"] or "",
        )
        for row in mention_details(doc, mentions)
    ]


def describe_amount(row: Row) -> str:
    """Return a value or dose as in the text, with an arrow if it is out of range.

    row (Dict[str, Any]): The value or dose.
    RETURNS (str): E.g. "12.8×10^9/L ↑".
    """
    text = single_spaces(str(row.get("text") or "")) or _join(row, "comparison", "number", "unit")
    arrow = ARROWS.get(str(row.get("flag")), "")
    return text if not arrow or arrow in text else f"{text} {arrow}"


def summarize_amount(row: Row) -> str:
    """Return a value or dose that fits below a mention.

    row (Dict[str, Any]): The value or dose.
    RETURNS (str): The text if it is short; else the number with an arrow, or the dose with its
        frequency; else the beginning of the text.
    """
    text = describe_amount(row)
    if sum(count_columns(text)) <= MAX_BADGE:
        return text
    number = _join(row, "comparison", "number")
    if row.get("number") is not None:
        return f"{number} {ARROWS.get(str(row.get('flag')), '')}".strip()
    dose = " ".join(filter(None, (_join(row, "dose", "unit"), str(row.get("frequency") or ""))))
    return shorten(dose if row.get("dose") is not None else text, MAX_BADGE)


def get_value_class(row: Row) -> str:
    """Return the CSS classes of a value or dose.

    row (Dict[str, Any]): The value or dose.
    RETURNS (str): "value", and "flagged" for a value out of range.
    """
    return "value flagged" if row.get("flag") in ARROWS else "value"


def _join(row: Row, *names: str) -> str:
    parts = (row.get(name) for name in names)
    return "".join(
        f"{part:g}" if isinstance(part, float) else str(part) for part in parts if part is not None
    )
