"""The known formats, by name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, Optional, Sequence, Tuple

import catalogue

from ...errors import Errors
from .record import Record
from .report import Report

Reader = Callable[[Path, Report], Iterator[Record]]
Writer = Callable[[Record, Report], Dict[str, str]]
Join = Callable[[str, Sequence[str]], str]

converters = catalogue.create("spacy_clinrel", "converters", entry_points=True)


@dataclass(frozen=True)
class Converter:
    """One corpus format.

    about (str): A line for the command's help.
    files (Tuple[str, ...]): Patterns of the names of its files, for the search through a folder.
    read (Reader): Yields the records of one file. Faults go
        into the report.
    write (Optional[Writer]): Gives the contents of the files
        of one record, by suffix.
    skip (Tuple[str, ...]): Patterns, in lower case, of names that are not the corpus.
    main (Optional[Callable[[Path], Path]]): Where a document takes several files: the one that
        `read` gets, from any of them.
    join (Optional[Join]): Where one file holds all documents: makes its content of its suffix and
        of what `write` gave for each.
    scores (bool): Whether what is written holds the scores of relations.
    """

    about: str
    files: Tuple[str, ...]
    read: Reader
    write: Optional[Writer] = None
    skip: Tuple[str, ...] = ()
    main: Optional[Callable[[Path], Path]] = None
    join: Optional[Join] = None
    scores: bool = False

    def __post_init__(self) -> None:
        """RAISES (ValueError): If the patterns are one string instead of several."""
        if isinstance(self.files, str) or isinstance(self.skip, str):
            raise ValueError(Errors.F016.format(about=self.about))


def get_converter(name: str) -> Converter:
    """Look up a format.

    name (str): Its name.
    RETURNS (Converter): The converter.
    RAISES (ValueError): If there is none of that name.
    """
    known = converters.get_all()
    if name not in known:
        raise ValueError(Errors.F005.format(name=name, known=", ".join(sorted(known))))
    return known[name]


def get_writer(name: str) -> Writer:
    """Look up the writer of a format.

    name (str): The format's name.
    RETURNS (Writer): Its writer.
    RAISES (ValueError): If there is no such format, or it can't be written.
    """
    write = get_converter(name).write
    if write is None:
        can = [other for other, converter in converters.get_all().items() if converter.write]
        raise ValueError(Errors.F006.format(name=name, known=", ".join(sorted(can))))
    return write
