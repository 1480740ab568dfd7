"""Checks of the options and labels in a component's file `cfg`."""

import math
from typing import Any, Callable, Dict, Mapping, NamedTuple, Sequence, get_args

from ..types import ASSERTIONS
from .options import MentionSource, TrainPairs


class Check(NamedTuple):
    """What an option must be.

    need (str): Description for error messages.
    is_valid (Callable[[Any], bool]): Whether a value is allowed.
    """

    need: str
    is_valid: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _is_probability(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _are_names(value: Any) -> bool:
    is_list = isinstance(value, list) and all(isinstance(name, str) and name for name in value)
    return is_list and len(set(value)) == len(value)


def _are_signatures(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, list) and len(row) == 3 and all(isinstance(name, str) for name in row)
        for row in value
    )


def _are_weights(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_number(v) and v >= 0 for v in value.values())


def _are_attributes(value: Any) -> bool:
    return _are_names(value) and set(value) <= set(ASSERTIONS)


def _are_thresholds(value: Any) -> bool:
    if not isinstance(value, dict):
        return _is_probability(value)
    return set(value) <= set(ASSERTIONS) and all(map(_is_probability, value.values()))


def _one_of(allowed: Sequence[Any]) -> Check:
    return Check(f"one of {', '.join(map(repr, allowed))}", lambda value: value in allowed)


FLAG = Check("true or false", lambda value: isinstance(value, bool))
NAMES = Check("a list of different names", _are_names)
CHECKS: Dict[str, Check] = {
    "threshold": Check("a number from 0 to 1", _is_probability),
    "temperature": Check("a number above 0", lambda v: _is_number(v) and v > 0),
    "negatives": Check(
        "null or a number of 0 or more", lambda v: v is None or (_is_number(v) and v >= 0)
    ),
    "exclusive": FLAG,
    "typed": FLAG,
    "keep_entities": FLAG,
    "overwrite_ents": FLAG,
    "set_ents": FLAG,
    "within_sentences": FLAG,
    "allow_crossing": FLAG,
    "max_length": Check("a whole number of 1 or more", _is_count),
    "mentions": _one_of(get_args(MentionSource)),
    "train_pairs": _one_of(get_args(TrainPairs)),
    "loss_weights": Check("numbers of 0 or more by task", _are_weights),
    "labels": NAMES,
    "types": NAMES,
    "signatures": Check("a list of (head type, label, tail type)", _are_signatures),
}
# Options of `assertion_classifier`.
ATTRIBUTES = Check(f"a list of attributes ({', '.join(ASSERTIONS)})", _are_attributes)
ASSERTION_CHECKS: Dict[str, Check] = {
    **CHECKS,
    "threshold": Check("a number from 0 to 1, or numbers by attribute", _are_thresholds),
    "attributes": ATTRIBUTES,
    "labels": ATTRIBUTES,
    "cues": FLAG,
    "sections": FLAG,
    "cue_rules": Check("null or rules", lambda value: value is None or isinstance(value, dict)),
}


def check_cfg(
    cfg: Mapping[str, Any], required: Sequence[str], checks: Mapping[str, Check] = CHECKS
) -> None:
    """Check the content of a component's file `cfg`.

    cfg (Mapping[str, Any]): The content.
    required (Sequence[str]): Names that must be present.
    checks (Mapping[str, Check]): The checks of the component's options.
    RAISES (ValueError): If a name is missing, a value is not allowed, or a signature has an unknown
        label or type. The message does not show other values.
    """
    missing = [name for name in required if name not in cfg]
    if missing:
        raise ValueError(f"'{missing[0]}' is missing")
    for name, check in checks.items():
        if name in cfg and not check.is_valid(cfg[name]):
            raise ValueError(f"'{name}' must be {check.need}")
    for head, label, tail in cfg.get("signatures", ()):
        if label not in cfg["labels"] or not {head, tail} <= set(cfg["types"]):
            raise ValueError("'signatures' has a label or type that is not in the lists")
