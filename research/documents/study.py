"""The study of document-level relations: options, training runs and pages."""

from pathlib import Path
from typing import List, Sequence

from benchmarks.common import Record
from research.common.cells import Cell
from research.common.study import Study

from .settings import CORPORA, SYSTEMS


class DocumentStudy(Study):
    """Compare models of document-level relations between gold entities.

    The systems are the hierarchical model, ablations of it, mention pairs and BiGRU-Att. Each is
    trained with one thread, selected on dev and evaluated once on test. Relations within a sentence
    and across sentences are also scored separately.

    Requires the output of `python -m spacy project run maccrobat-convert` and `ccks2017-convert`.
    """

    name = "documents"
    package = "research.documents"
    systems = tuple(SYSTEMS)
    corpora = tuple(CORPORA)

    def run(self, cell: Cell, folder: Path) -> Record:
        from .cells import run

        return run(cell, folder)

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        from .tables import page

        return page(records)
