"""The base class of the studies: what is compared, how a cell is measured, what is reported."""

import argparse
from pathlib import Path
from typing import List, Optional, Sequence

from benchmarks.common import ROOT, Record

from .cells import Cell

SEEDS = (0, 1, 2)


class Study:
    """A comparison of systems on corpora, several seeds each.

    name (str): Name of its result files.
    package (str): Package or module that runs it.
    systems (Sequence[str]): Names of the systems.
    corpora (Sequence[str]): Names of the corpora, or of shares of the training data.
    scales (Sequence[str]): Names of the settings. The first is the default.
    default_corpora (Optional[Sequence[str]]): Those that are run by default; None for all.
    default_systems (Optional[Sequence[str]]): Those that are run by default; None for all.
    """

    name: str
    package: str
    systems: Sequence[str]
    corpora: Sequence[str]
    scales: Sequence[str] = ("cpu", "small")
    default_corpora: Optional[Sequence[str]] = None
    default_systems: Optional[Sequence[str]] = None

    @property
    def folder(self) -> Path:
        """Return the folder of the committed results.

        RETURNS (Path): The folder.
        """
        return ROOT / "research" / self.package.split(".")[1] / "results"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add options that only this study has.

        parser (ArgumentParser): The parser of the command line.
        """

    def cells(self, options: argparse.Namespace) -> List[Cell]:
        """List the cells to run.

        options (Namespace): The options of the command line.
        RETURNS (List[Cell]): The cells, seed by seed, so that a table fills up evenly.
        """
        return [
            Cell(
                *(system, corpus, seed, options.scale, options.data, options.vectors),
                work=options.work,
            )
            for seed in options.seeds
            for corpus in options.corpora
            for system in options.systems
        ]

    def prepare(self, options: argparse.Namespace) -> None:
        """Make the files that all cells need.

        options (Namespace): The options of the command line.
        """

    def run(self, cell: Cell, folder: Path) -> Record:
        """Train and measure one cell.

        cell (Cell): The cell.
        folder (Path): Folder for its files.
        RETURNS (Dict[str, Any]): The figures that the tables need.
        """
        raise NotImplementedError

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        """Format the tables.

        records (Sequence[Dict[str, Any]]): The records of all cells.
        scale (str): Name of the settings.
        RETURNS (List[str]): Parts of the page in Markdown.
        """
        raise NotImplementedError

    def plots(self, records: Sequence[Record], page: Path) -> None:
        """Draw the plots.

        records (Sequence[Dict[str, Any]]): The records of all cells.
        page (Path): The page; the plots are written beside it.
        """
