"""Streams of text files, in UTF-8 whatever the encoding of the file."""

import codecs
import io
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Iterator, List, Optional, Sequence, Tuple, cast

from ..errors import Errors, Warnings
from .encoding import (
    BLOCK_SIZE,
    MARK_ERRORS,
    UTF8,
    Encoding,
    check_encoding,
    detect_encoding,
    encoding_doubt,
    line_problem,
)
from .names import show_path


@contextmanager
def open_utf8(path: Path, encoding: Encoding) -> Iterator[BinaryIO]:
    """Open a text file as a stream of bytes in UTF-8. A file in another encoding is converted while
    it is read; bytes that are not valid in this encoding become bytes that are not UTF-8. The
    stream can be read again from any position that it has passed.

    path (Path): The file.
    encoding (Encoding): Its encoding, as returned by `detect_encoding`.
    YIELDS (BinaryIO): The stream.
    RAISES (OSError): If the file can't be read.
    """
    with path.open("rb") as file:
        if encoding.name == UTF8:
            yield file
        else:
            yield cast(BinaryIO, io.BufferedReader(_Transcoder(file, encoding.name), BLOCK_SIZE))


class _Transcoder(io.RawIOBase):
    """A stream that converts a file to UTF-8.

    file (BinaryIO): The file.
    name (str): Name of the codec.
    """

    def __init__(self, file: BinaryIO, name: str):
        self._file = file
        self._decoder = codecs.getincrementaldecoder(name)(MARK_ERRORS)
        self._pending = b""
        self._position = 0
        # The states at the starts of the blocks: position in UTF-8, position in the file, state of
        # the decoder.
        self._states: List[Tuple[int, int, Any]] = [(0, 0, self._decoder.getstate())]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._pending:
            if not self._read_block():
                return 0
        count = min(len(buffer), len(self._pending))
        buffer[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self._position
        elif whence != os.SEEK_SET:
            raise io.UnsupportedOperation("seek from the end")
        while self._states[-1][0] > offset and len(self._states) > 1:
            self._states.pop()
        self._position, in_file, state = self._states[-1]
        self._file.seek(in_file)
        self._decoder.setstate(state)
        self._pending = b""
        while self._position < offset and (self._pending or self._read_block()):
            count = min(len(self._pending), offset - self._position)
            self._pending = self._pending[count:]
            self._position += count
        return self._position

    def _read_block(self) -> bool:
        """Convert the next block. Return False at the end of the file."""
        state = (self._position, self._file.tell(), self._decoder.getstate())
        if self._position > self._states[-1][0]:
            self._states.append(state)
        data = self._file.read(BLOCK_SIZE)
        text = self._decoder.decode(data, not data)
        # Surrogates in UTF-8 are invalid, so that readers recognize undecodable bytes.
        self._pending = text.encode(UTF8, "surrogatepass")
        return bool(data or text)


def warn_about_encoding(path: Path, encoding: Encoding, lang: str = "zh") -> None:
    """Warn about a file whose encoding a user should check.

    path (Path): The file.
    encoding (Encoding): Its encoding.
    lang (str): Language of the text.
    """
    doubt = encoding_doubt(encoding, lang)
    if doubt:
        warnings.warn(Warnings.W071.format(n=1, path=show_path(path), doubt=doubt), stacklevel=2)


def read_text_lines(paths: Sequence[Path], given: Optional[str] = None) -> Iterator[str]:
    """Read the lines of text files. Lines that are not valid in the encoding of their file are left
    out, with a warning per file.

    paths (Sequence[Path]): The text files.
    given (Optional[str]): Encoding of the files; None to detect the encoding of each file.
    YIELDS (str): The lines, without line breaks.
    RAISES (ValueError): If a file is missing, a folder or not a text file in a known encoding.
        Missing files and folders are reported before the first line.
    """
    for path in paths:
        if path.is_dir():
            raise ValueError(Errors.F020.format(path=show_path(path)))
        if not path.is_file():
            raise ValueError(Errors.F001.format(path=show_path(path)))
    check_encoding(given)
    for path in paths:
        encoding = detect_encoding(path, given)
        warn_about_encoding(path, encoding)
        invalid: List[int] = []
        with open_utf8(path, encoding) as file:
            for number, data in enumerate(file, start=1):
                line = (data.removeprefix(codecs.BOM_UTF8) if number == 1 else data).decode(
                    UTF8, "surrogateescape"
                )
                if line_problem(line, encoding):
                    invalid.append(number)
                else:
                    yield line.rstrip("\r\n")
        if invalid:
            text = Warnings.W070.format(
                path=show_path(path), n=len(invalid), first=invalid[0], encoding=encoding.name
            )
            warnings.warn(text, stacklevel=2)
