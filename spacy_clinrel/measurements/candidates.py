"""Values that may belong to a test."""

from typing import List, NamedTuple, Optional, Sequence

from .results import Value


class Candidate(NamedTuple):
    """A value that may belong to a test.

    value (Value): The value.
    is_certain (bool): Whether it is a value even if it belongs to no test of the document, because
        it has the unit of one.
    is_bare (bool): Whether it is a number without unit, arrow or comparison.
    is_sign (bool): Whether it is a sign such as "+".
    is_finding (bool): Whether it may be the size of a finding instead.
    """

    value: Value
    is_certain: bool = False
    is_bare: bool = False
    is_sign: bool = False
    is_finding: bool = False


def join_result(text: str, first: Value, second: Value) -> Optional[Value]:
    """Return the union of a qualitative result and a number, in either order."""
    result, number = (first, second) if first.form == "qualitative" else (second, first)
    if result.form != "qualitative" or number.form == "qualitative":
        return None
    if not (number.form == "ratio" or number.ucum == "%"):
        return None
    gap, end = text[first.end : second.start], second.end
    if gap in ("(", " ("):
        if text[end : end + 1] != ")":
            return None
        end += 1
    elif gap not in ("", " "):
        return None
    return number._replace(
        start=first.start, end=end, qualitative=result.qualitative, degree=result.degree
    )


def without_overlaps(numbers: Sequence[Candidate], results: Sequence[Candidate]) -> List[Candidate]:
    """Return all candidates in order; the longer of two that overlap."""
    found: List[Candidate] = []
    ordered = sorted([*numbers, *results], key=lambda c: (c.value.start, -c.value.end))
    for candidate in ordered:
        if not found or candidate.value.start >= found[-1].value.end:
            found.append(candidate)
        elif candidate.value.end > found[-1].value.end:
            found[-1] = candidate
    return found
