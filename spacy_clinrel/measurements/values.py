"""Values of tests: numbers with units, ranges, comparisons, arrows and qualitative results."""

from typing import List, Sequence, Tuple

from ..rules import Rules
from .results import Value


class ValueParser:
    """Parser of the values in a text."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "units".
        """

    def find(self, text: str, taken: Sequence[Tuple[int, int]] = ()) -> List[Value]:
        """Find the values in a text.

        text (str): The text.
        taken (Sequence[Tuple[int, int]]): Start and end of parts that are no values, such as dates
            and doses. Ordered.
        RETURNS (List[Value]): The values, in their order in the text.
        """
        return []
