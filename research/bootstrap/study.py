"""The study of bootstrapping: options, training runs and pages."""

import argparse
from pathlib import Path
from typing import List, Sequence

from benchmarks.common import Record
from research.common.cells import Cell
from research.common.study import Study

from .settings import MAIN_GUARDS, SCALES, SHARES, SINGLE_GUARD_SHARE, SYSTEMS, guards_name


class BootstrapStudy(Study):
    """Compare bootstrapping with and without guards against semantic drift.

    Each run starts from 10, 25 or 100 % of the train part of CCKS-2017's relation layer, with 11
    labels, between gold entities. The unlabelled documents are the sections of CCKS-2017's train
    part outside the layer, without the records of its dev part. An interrupted run is resumed after
    its last round. --scale long trains for more steps and has a separate page.

    Requires the output of `python -m spacy project run ccks2017-convert` and `vectors`.
    """

    name = "bootstrap"
    package = "research.bootstrap"
    systems = tuple(SYSTEMS)
    corpora = tuple(SHARES)
    scales = tuple(SCALES)

    def cells(self, options: argparse.Namespace) -> List[Cell]:
        """List the training runs.

        options (Namespace): The options of the command line.
        RETURNS (List[Cell]): The training runs. Guards other than the main ones are run with the
            smallest
            share only.
        """
        return [
            cell
            for cell in super().cells(options)
            if guards_name(cell) in MAIN_GUARDS or cell.corpus == SINGLE_GUARD_SHARE
        ]

    def run(self, cell: Cell, folder: Path) -> Record:
        from .cells import run

        return run(cell, folder)

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        from .tables import page

        return page(records, scale)
