"""The registry of corpus formats."""

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
    """A corpus format. `description`, `patterns` and `read` are all that most formats need.

    description (str): One line for the help text of the command.
    patterns (Tuple[str, ...]): Name patterns of its files, for the search through a folder.
    read (Reader): Yields the records of one file, and reports faults instead of raising.
    write (Optional[Writer]): Returns the contents of one record's files, by suffix.
    exclude (Tuple[str, ...]): Name patterns, in lower case, of files that are not part of a corpus.
    main_file (Optional[Callable[[Path], Path]]): For formats with several files per document:
        returns the file that `read` takes, given any of them.
    join (Optional[Join]): For formats with one file for all documents: returns its content, given
        its suffix and what `write` returned for each document.
    keeps_scores (bool): Whether `write` keeps the scores of relations.
    """

    description: str
    patterns: Tuple[str, ...]
    read: Reader
    write: Optional[Writer] = None
    exclude: Tuple[str, ...] = ()
    main_file: Optional[Callable[[Path], Path]] = None
    join: Optional[Join] = None
    keeps_scores: bool = False

    def __post_init__(self) -> None:
        """RAISES (ValueError): If the patterns are a single string."""
        if isinstance(self.patterns, str) or isinstance(self.exclude, str):
            raise ValueError(Errors.F016.format(description=self.description))


def get_converter(name: str) -> Converter:
    """Look up a format.

    name (str): Its registered name.
    RETURNS (Converter): The converter.
    RAISES (ValueError): If the name is unknown.
    """
    known = converters.get_all()
    if name not in known:
        raise ValueError(Errors.F005.format(name=name, known=", ".join(sorted(known))))
    return known[name]


def get_writer(converter: Converter) -> Writer:
    """Return the function that writes a format.

    converter (Converter): The format.
    RETURNS (Writer): Its `write`.
    RAISES (ValueError): If the format can only be read.
    """
    if converter.write is None:
        writable = [name for name, other in converters.get_all().items() if other.write]
        raise ValueError(
            Errors.F006.format(description=converter.description, known=", ".join(sorted(writable)))
        )
    return converter.write
