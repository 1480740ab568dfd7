"""The registry of corpus formats."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, Optional, Sequence, Tuple

import catalogue

from ...errors import Errors
from .offset_units import parse_unit
from .options import ReadOptions
from .record import Record
from .report import Report

Reader = Callable[[Path, Report, ReadOptions], Iterator[Record]]
Writer = Callable[[Record, Report], Dict[str, str]]
Join = Callable[[str, Sequence[str]], str]

converters = catalogue.create("spacy_clinrel", "converters", entry_points=True)


@dataclass(frozen=True)
class Converter:
    """A corpus format. Most formats only need `description`, `patterns` and `read`.

    description (str): Description for the help text of the command, in one line.
    patterns (Tuple[str, ...]): Patterns of the file names, for searching a folder.
    read (Reader): Function that yields the records of one file, given the path, the report and the
        options. It reports errors instead of raising them.
    write (Optional[Writer]): Function that returns the contents of the files of one record, by
        suffix. None if the format can only be read.
    exclude (Tuple[str, ...]): Patterns, in lower case, of the names of files that are not part of a
        corpus.
    main_file (Optional[Callable[[Path], Path]]): For formats with several files per document:
        function that returns the file to pass to `read`, given any file of the document.
    join (Optional[Join]): For formats with one file for all documents: function that returns the
        content of that file, given its suffix and the output of `write` for each document.
    keeps_scores (bool): Whether `write` writes the scores of relations and attributes.
    keeps_attributes (bool): Whether `write` writes the attributes of mentions.
    offsets (Optional[str]): The unit in which offsets are usually counted, as in `parse_unit`. With
        "inclusive", `read` has already added 1 to the ends. None if the positions of mentions are
        not offsets, but tokens, or if `read` finds the mentions itself.
    has_text_file (bool): Whether the text is a file of its own, which may begin with a byte order
        mark.
    name_suffix (str): End of the names of the files that is not part of the document id, if it is
        more than the last suffix.
    """

    description: str
    patterns: Tuple[str, ...]
    read: Reader
    write: Optional[Writer] = None
    exclude: Tuple[str, ...] = ()
    main_file: Optional[Callable[[Path], Path]] = None
    join: Optional[Join] = None
    keeps_scores: bool = False
    keeps_attributes: bool = False
    name_suffix: str = ""
    offsets: Optional[str] = "characters"
    has_text_file: bool = False

    def __post_init__(self) -> None:
        """Check the patterns and the unit of offsets.

        RAISES (ValueError): If the patterns are a single string, or the unit is unknown.
        """
        if self.offsets is not None:
            parse_unit(self.offsets)
        if isinstance(self.patterns, str) or isinstance(self.exclude, str):
            raise ValueError(Errors.F016.format(description=self.description))


def get_converter(name: str) -> Converter:
    """Look up a format.

    name (str): The registered name.
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
    RETURNS (Writer): The function `write` of the format.
    RAISES (ValueError): If the format can only be read.
    """
    if converter.write is None:
        writable = [name for name, other in converters.get_all().items() if other.write]
        raise ValueError(
            Errors.F006.format(description=converter.description, known=", ".join(sorted(writable)))
        )
    return converter.write
