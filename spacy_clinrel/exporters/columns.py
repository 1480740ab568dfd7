"""Arrow types of what the store keeps of mentions, for tables and for the output of `apply`."""

import math
from typing import Any, List, Optional, Tuple

from ..tokens.assertion import FLAGS
from ..tokens.details import Row, mention_details, to_json
from ..types import ASSERTIONS

# Fields of values without which their number may be misread.
VALUE_TEXTS = ("comparison", "flag", "qualitative")

Fields = List[Tuple[str, Any]]


def flag_fields(pa: Any) -> Fields:
    """Return the columns of assertion attributes: `is_negated` and so on.

    pa (Any): The module `pyarrow`.
    RETURNS (Fields): Names and types.
    """
    return [(flag, pa.bool_()) for flag in FLAGS.values()]


def detail_fields(pa: Any) -> Fields:
    """Return the columns of a mention that follow its boundaries, text and type.

    pa (Any): The module `pyarrow`.
    RETURNS (Fields): Names and types.
    """
    candidate = pa.struct([("kb_id", pa.string()), ("name", pa.string()), ("score", pa.float64())])
    return [
        *flag_fields(pa),
        ("assertion", pa.struct([(name, pa.float64()) for name in ASSERTIONS])),
        ("other_attributes", pa.list_(pa.string())),
        ("section", pa.string()),
        ("value", pa.string()),
        ("value_number", pa.float64()),
        ("value_unit", pa.string()),
        *((f"value_{name}", pa.string()) for name in VALUE_TEXTS),
        ("dosage", pa.string()),
        ("dose", pa.float64()),
        ("dose_unit", pa.string()),
        ("route", pa.string()),
        ("frequency", pa.string()),
        ("kb_id", pa.string()),
        ("candidates", pa.list_(candidate)),
    ]


def mention_columns(doc: Any, mentions: Any) -> List[Row]:
    """Return the values of `detail_fields` for mentions.

    doc (Doc): The document.
    mentions (Sequence[Span]): Its mentions.
    RETURNS (List[Row]): A row per mention. Values and dosages are JSON text; their main fields are
        columns of their own.
    """
    rows = mention_details(doc, mentions)
    for row in rows:
        value, dosage = row["value"] or {}, row["dosage"] or {}
        row["value"], row["dosage"] = to_json(row["value"]), to_json(row["dosage"])
        row["value_number"], row["dose"] = _number(value.get("number")), _number(dosage.get("dose"))
        for name, fields in (("value_unit", value), ("dose_unit", dosage)):
            row[name] = _text(fields.get("ucum")) or _text(fields.get("unit"))
        row.update({f"value_{name}": _text(value.get(name)) for name in VALUE_TEXTS})
        row["route"], row["frequency"] = _text(dosage.get("route")), _text(dosage.get("frequency"))
    return rows


def _number(value: Any) -> Optional[float]:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) else None
