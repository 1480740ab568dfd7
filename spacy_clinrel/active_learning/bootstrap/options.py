"""What bootstrapping is to do, and with which texts."""

from pathlib import Path
from typing import NamedTuple, Optional


class Data(NamedTuple):
    """The documents, each a .spacy file or a folder of them.

    labelled (Path): With gold mentions and relations.
    unlabelled (Path): With mentions; relations that they may have are not looked at.
    dev (Path): Gold, to choose on.
    test (Optional[Path]): Gold, measured in every round and used for nothing.
    """

    labelled: Path
    unlabelled: Path
    dev: Path
    test: Optional[Path] = None


class Guards(NamedTuple):
    """What holds against semantic drift. Without any it is the published algorithm.

    calibrate (bool): Compare the threshold with probabilities under a temperature fitted on dev.
    class_thresholds (bool): Raise the threshold of a class to where its precision on dev reaches
        it; a class whose precision never does is left out.
    balance (bool): Take no more of a class in a round than its share of the labelled set would be
        of a full batch.
    agree (bool): Take only pairs of which a second model, trained from another seed, says the
        same. Twice the time, and a CNN gained nothing by it, so it is off.
    repeat (bool): Repeat the labelled documents, until half of those learned from are labelled.
    patience (int): Stop when dev's F has not risen for so many rounds, and keep the best round.
        0 goes on to the end and keeps the last.
    """

    calibrate: bool = True
    class_thresholds: bool = True
    balance: bool = True
    agree: bool = False
    repeat: bool = True
    patience: int = 2


UNGUARDED = Guards(False, False, False, False, False, 0)


class Options(NamedTuple):
    """How to bootstrap.

    threshold (float): The probability from which a pair is reliable; with 0 any is enough. Guards,
        and the labelled set's proportion of pairs without a relation, hold then too.
    batch (int): Relations that join the labelled set in a round, at most; pairs without a
        relation come on top, as many for each as there are in the labelled set.
    max_rounds (int): Rounds after the supervised one, at most.
    guards (Guards): What holds against semantic drift.
    """

    threshold: float = 0.7
    batch: int = 1000
    max_rounds: int = 20
    guards: Guards = Guards()
