"""The study of relation models: options, training runs and pages."""

import argparse
from pathlib import Path
from typing import List, Sequence

from benchmarks.common import Record
from research.common.cells import Cell
from research.common.study import Study

from .settings import MODELS, SCALES, SVM, TUTORIAL, VARIANTS


class RelationStudy(Study):
    """Compare models that classify relations between gold entities.

    The models are those of two Chinese papers, an SVM, the mention-pair model and the component of
    Explosion's tutorial. Each is trained with one thread, selected on dev and evaluated once on
    test.

    Requires the output of `python -m spacy project run ccks2017-convert`, `cmeie-convert` and
    `vectors`; for CMeIE, take those of `cmeie-vectors` with --vectors corpus/cmeie_vectors.
    The tutorial component requires a checkout of explosion/projects.
    """

    name = "relations"
    package = "research.relations"
    systems = (*MODELS, *VARIANTS)
    corpora = ("15-labels", "11-labels", "cmeie")
    scales = tuple(SCALES)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--tutorial", type=Path, help="checkout of explosion/projects")

    def cells(self, options: argparse.Namespace) -> List[Cell]:
        """List the training runs.

        options (Namespace): The options of the command line.
        RETURNS (List[Cell]): The training runs. The tutorial component is left out without a
            checkout. The SVM is deterministic and has one seed.
        """
        return [
            cell._replace(tutorial=options.tutorial)
            for cell in super().cells(options)
            if cell.system != TUTORIAL or options.tutorial
            if cell.system != SVM or cell.seed == options.seeds[0]
        ]

    def run(self, cell: Cell, folder: Path) -> Record:
        from .cells import run

        return run(cell, folder)

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        from .tables import page

        return page(records, scale)

    def plots(self, records: Sequence[Record], page: Path) -> None:
        from .plots import draw

        draw(records, page)
