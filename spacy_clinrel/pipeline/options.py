"""Types of factory options. spaCy checks them when it reads a config."""

from typing import TYPE_CHECKING, Literal

MentionSource = Literal["auto", "ents", "group"]
TrainPairs = Literal["tokens", "mentions"]
Task = Literal["entities", "relations"]

if TYPE_CHECKING:
    Probability = float
    NonNegative = float
    Positive = float
    Count = int
else:
    # All versions of spaCy support the constrained types of pydantic 1 in configs.
    from pydantic.v1 import ConstrainedFloat, ConstrainedInt

    class Probability(ConstrainedFloat):
        """A number from 0 to 1."""

        ge = 0.0
        le = 1.0

    class NonNegative(ConstrainedFloat):
        """A number of 0 or more."""

        ge = 0.0

    class Positive(ConstrainedFloat):
        """A number above 0."""

        gt = 0.0

    class Count(ConstrainedInt):
        """A whole number of 1 or more."""

        ge = 1
