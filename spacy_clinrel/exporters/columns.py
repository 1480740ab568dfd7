"""Arrow types of what the store keeps of mentions, for tables and for the output of `apply`."""

from typing import Any, List, Tuple

from ..tokens.assertion import FLAGS
from ..tokens.details import Row, mention_details, to_json
from ..types import ASSERTIONS

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
    candidate = pa.struct([("kb_id", pa.string()), ("score", pa.float64())])
    return [
        *flag_fields(pa),
        ("assertion", pa.struct([(name, pa.float64()) for name in ASSERTIONS])),
        ("other_attributes", pa.list_(pa.string())),
        ("section", pa.string()),
        ("value", pa.string()),
        ("dosage", pa.string()),
        ("kb_id", pa.string()),
        ("candidates", pa.list_(candidate)),
    ]


def mention_columns(doc: Any, mentions: Any) -> List[Row]:
    """Return the values of `detail_fields` for mentions.

    doc (Doc): The document.
    mentions (Sequence[Span]): Its mentions.
    RETURNS (List[Row]): A row per mention. Values and dosages are JSON text.
    """
    rows = mention_details(doc, mentions)
    for row in rows:
        row["value"], row["dosage"] = to_json(row["value"]), to_json(row["dosage"])
    return rows
