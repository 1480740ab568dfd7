"""Documents and options of a bootstrapping run."""

from pathlib import Path
from typing import Any, List, NamedTuple, Tuple, Union

from ...errors import Errors
from ...reading.documents import DEFAULT_TEXTS, TextOptions


class BootstrapData(NamedTuple):
    """Paths of the documents of a run: files, or folders of files. .spacy files, the output of
    `apply` or, for unlabelled documents, texts (.txt, .csv, .jsonl, .parquet).

    labelled (Union[str, Path]): Documents with gold mentions and relations.
    unlabelled (Union[str, Path]): Documents with mentions, or texts. Their relations are ignored.
    dev (Union[str, Path]): Gold documents for calibration, class thresholds and the choice of the
        best round.
    test (Union[str, Path, None]): Gold documents for evaluation only, scored after each round.
    texts (TextOptions): Names of columns, and the encoding of files with texts.
    """

    labelled: Union[str, Path]
    unlabelled: Union[str, Path]
    dev: Union[str, Path]
    test: Union[str, Path, None] = None
    texts: TextOptions = DEFAULT_TEXTS


class DriftGuards(NamedTuple):
    """Options that guard against semantic drift. With all of them off, this is the published
    algorithm.

    calibrate (bool): Apply the threshold to calibrated probabilities, with a temperature fitted on
        dev.
    class_thresholds (bool): Raise the threshold of a class to the confidence at which its precision
        on dev reaches the threshold. A class that never reaches it is skipped.
    balance (bool): Limit the relations of a class in each round to the class's share of the
        labelled set times the batch size.
    agree (bool): Accept only pairs to which a second model, trained with another seed, gives the
        same class. Off by default: it doubles the training time and did not improve a CNN.
    repeat (bool): Repeat the labelled documents until they make up about half of the training
        documents.
    patience (int): Stop after this many rounds without a better F on dev, and keep the best round.
        With 0, the run never stops early and keeps the last round.
    """

    calibrate: bool = True
    class_thresholds: bool = True
    balance: bool = True
    agree: bool = False
    repeat: bool = True
    patience: int = 2


NO_GUARDS = DriftGuards(False, False, False, False, False, 0)


class BootstrapOptions(NamedTuple):
    """Options of a bootstrapping run.

    threshold (float): Minimum probability for accepting a predicted pair as reliable, from 0 to
        below 1. With 0, every pair is reliable; the guards and the labelled set's ratio of "no
        relation" pairs still apply.
    batch (int): Maximum number of relations added per round. "No relation" pairs are added in the
        labelled set's ratio.
    max_rounds (int): Maximum number of bootstrapping rounds.
    guards (DriftGuards): Options that guard against semantic drift.
    """

    threshold: float = 0.7
    batch: int = 1000
    max_rounds: int = 20
    guards: DriftGuards = DriftGuards()


def check_options(options: BootstrapOptions) -> None:
    """Check the ranges of all options.

    options (BootstrapOptions): The options.
    RAISES (ValueError): If a value is out of range.
    """
    checks: List[Tuple[str, Any, bool, str]] = [
        ("threshold", options.threshold, 0 <= options.threshold < 1, "0 or more and below 1"),
        ("batch", options.batch, options.batch > 0, "1 or more"),
        ("max_rounds", options.max_rounds, options.max_rounds >= 0, "0 or more"),
        ("patience", options.guards.patience, options.guards.patience >= 0, "0 or more"),
    ]
    for option, value, is_valid, allowed in checks:
        if not is_valid:
            raise ValueError(Errors.B006.format(option=option, value=value, allowed=allowed))
