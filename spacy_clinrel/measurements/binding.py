"""Binding of values to the mentions of the tests that they belong to."""

from typing import List, Sequence, Tuple

from .results import Value

# Start and end of a mention in the text.
Offsets = Tuple[int, int]


def bind_values(
    text: str, tests: Sequence[Offsets], others: Sequence[Offsets], values: Sequence[Value]
) -> List[Tuple[int, int]]:
    """Find the test that each value belongs to. A value whose test is not certain is left out.

    text (str): The text.
    tests (Sequence[Offsets]): Start and end of the mentions of tests. Ordered.
    others (Sequence[Offsets]): Start and end of the other mentions, and of dates, doses and
        durations. Ordered.
    values (Sequence[Value]): The values, in their order in the text.
    RETURNS (List[Tuple[int, int]]): Index of the test, index of its value.
    """
    return []
