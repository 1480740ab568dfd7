"""The base class of the studies: the systems and corpora compared, the evaluation, and the
report."""

import argparse
from pathlib import Path
from typing import List, Optional, Sequence

from benchmarks.common import ROOT, Record

from .cells import Cell

SEEDS = (0, 1, 2)


class Study:
    """A comparison of systems on one or more corpora, with several seeds.

    name (str): Name of its result files.
    package (str): Package or module whose command runs the study.
    systems (Sequence[str]): Names of the systems.
    corpora (Sequence[str]): Names of the corpora, or of shares of the training data.
    scales (Sequence[str]): Names of the settings. The first is the default.
    default_corpora (Optional[Sequence[str]]): Corpora used by default; None for all.
    default_systems (Optional[Sequence[str]]): Systems trained by default; None for all.
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
        """Add the command-line options that only this study has.

        parser (ArgumentParser): The parser of the command line.
        """

    def cells(self, options: argparse.Namespace) -> List[Cell]:
        """List the training runs.

        options (Namespace): The options of the command line.
        RETURNS (List[Cell]): The training runs in the order of their seeds, so that unfinished
            tables have results for every system.
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
        """Create the files that all training runs need.

        options (Namespace): The options of the command line.
        """

    def run(self, cell: Cell, folder: Path) -> Record:
        """Train and evaluate one model or system.

        cell (Cell): The training run.
        folder (Path): Folder for its files.
        RETURNS (Dict[str, Any]): The results that the tables need.
        """
        raise NotImplementedError

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        """Format the tables.

        records (Sequence[Dict[str, Any]]): The records of all training runs.
        scale (str): Name of the shared settings (see `Study.scales`).
        RETURNS (List[str]): The sections of the page, in Markdown.
        """
        raise NotImplementedError

    def plots(self, records: Sequence[Record], page: Path) -> None:
        """Draw the plots.

        records (Sequence[Dict[str, Any]]): The records of all training runs.
        page (Path): The page; the plots are written beside it.
        """
