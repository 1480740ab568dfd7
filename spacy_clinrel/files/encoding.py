"""The encoding of text files. All commands that read texts use this module.

A file is judged as a whole, because a short text in GBK can be valid UTF-8 by accident: 头痛 in GBK
has the same bytes as ͷʹ in UTF-8. The result depends only on the content of the file:

1. A byte order mark of UTF-8 or UTF-16 decides.
2. Otherwise, an encoding that the user gives is used.
3. Otherwise, the lines of the file are evidence. Lines that are not UTF-8 are evidence against
   UTF-8; lines in UTF-8 with a character from U+0800, e.g. a Chinese character, or with an escape
   of JSON are evidence for it. Lines whose non-ASCII characters are all below U+0800 are doubtful.
   - No evidence against UTF-8: the file is UTF-8. If it has doubtful lines, but no evidence for
     UTF-8, `Encoding.is_doubtful` is set, for a warning about Chinese texts.
   - At least one line of evidence for UTF-8 per `MAX_BROKEN` lines against it: the file is UTF-8,
     but damaged. Its broken and its doubtful lines are left out and named.
   - Otherwise, the file is refused, with a message that says how to read or convert it.
"""

import codecs
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterable, Iterator, NamedTuple, Optional, Tuple

from ..errors import Errors
from .names import has_surrogates, printable, printable_name, show_path

BLOCK_SIZE = 2**20
# Maximum number of lines that are not UTF-8 per line that shows that a file is UTF-8.
MAX_BROKEN = 10
# Share of NUL bytes from which a file is not UTF-8, even if its bytes are valid.
MAX_NUL_SHARE = 0.2
UTF8 = "utf-8"
UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Checked first, because the little-endian byte order mark begins with that of UTF-16.
UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Error handler that replaces undecodable bytes by a lone surrogate, for codecs of any kind.
MARK_ERRORS = "spacy_clinrel.mark"
# Characters that show that a text is UTF-8. Higher planes have no characters in use; sequences of
# GBK bytes such as F1B1 A3AC would be read as such characters.
EVIDENT = re.compile("[\u0800-\ud7ff\ue000-\ufffd\U00010000-\U0003ffff]")
# An escape in JSON. It shows that the writer of the file escapes non-ASCII characters.
ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")
# Signs in texts of any language. They are not doubtful between ASCII characters.
SIGN = re.compile("(?<![^\x00-\x7f])[°±µμ·×÷](?![^\x00-\x7f])")

# Code of the message about a file whose encoding is neither detected nor given.
NOT_UTF8 = "[F071]"

codecs.register_error(MARK_ERRORS, lambda error: ("\udcff", getattr(error, "end", 0)))


class EncodingError(ValueError):
    """The encoding of a file is unknown, or its content is not valid in this encoding."""


class Encoding(NamedTuple):
    """The encoding of a file.

    name (str): Name of the Python codec.
    is_damaged (bool): Whether the file is UTF-8, but has lines that are not.
    is_doubtful (bool): Whether the file could also be in another encoding: it is valid UTF-8, but
        all its non-ASCII characters are below U+0800.
    is_contradicted (bool): Whether the file is read in the encoding that the user gave, although it
        is valid UTF-8.
    """

    name: str = UTF8
    is_damaged: bool = False
    is_doubtful: bool = False
    is_contradicted: bool = False


class DecodedLine(NamedTuple):
    """A line of a file.

    number (int): The line number, from 1.
    text (str): The line without its line break. Lone surrogates represent undecodable bytes.
    problem (Optional[str]): Why the line can't be used; None if it can.
    """

    number: int
    text: str
    problem: Optional[str]


def check_encoding(name: Optional[str]) -> Optional[str]:
    """Check the name of an encoding.

    name (Optional[str]): Name of a Python codec for text; None to detect the encoding of each file.
    RETURNS (Optional[str]): The normalized name.
    RAISES (ValueError): If there is no such codec.
    """
    if name is None:
        return None
    try:
        codec = codecs.lookup(name)
        codecs.getincrementaldecoder(name)
        is_valid = "a1\n".encode(name).decode(name) == "a1\n"
    except (LookupError, UnicodeError, ValueError) as error:
        raise ValueError(Errors.F070.format(name=printable(name))) from error
    if not is_valid:
        raise ValueError(Errors.F070.format(name=printable(name)))
    return UTF8 if codec.name == "utf-8-sig" else codec.name


def detect_encoding(path: Path, given: Optional[str] = None) -> Encoding:
    """Determine the encoding of a file. The file is read once, in blocks.

    path (Path): The file.
    given (Optional[str]): The encoding that the user gives; None to detect it.
    RETURNS (Encoding): The encoding.
    RAISES (EncodingError): If the file is in none of the encodings that are detected.
    RAISES (OSError): If the file can't be read.
    """
    with path.open("rb") as file:
        return _judge(_read_blocks(file), path, given)


def read_encoded(path: Path, given: Optional[str] = None) -> Tuple[bytes, Encoding]:
    """Read a file, and determine its encoding.

    path (Path): The file.
    given (Optional[str]): The encoding that the user gives; None to detect it.
    RETURNS (Tuple[bytes, Encoding]): The content and its encoding.
    RAISES (EncodingError): If the file is in none of the encodings that are detected.
    RAISES (OSError): If the file can't be read.
    """
    data = path.read_bytes()
    return data, _judge([data], path, given)


def decode_text(data: bytes, encoding: Encoding, path: Path) -> str:
    """Decode the content of a file. A byte order mark is kept as U+FEFF, because offsets may count
    it.

    data (bytes): The content.
    encoding (Encoding): Its encoding.
    path (Path): The file, for the message.
    RETURNS (str): The text.
    RAISES (EncodingError): If the content is not valid in this encoding.
    """
    text = _decode_marked(data, encoding)
    if has_surrogates(text):
        lines = enumerate(text.split("\n"), start=1)
        line = next(number for number, line in lines if has_surrogates(line))
        raise EncodingError(
            Errors.F072.format(path=show_path(path), line=line, encoding=encoding.name)
        )
    return text


def decode_lines(data: bytes, encoding: Encoding) -> Iterator[DecodedLine]:
    """Decode the lines of a file.

    data (bytes): The content.
    encoding (Encoding): Its encoding.
    YIELDS (DecodedLine): The lines, without byte order mark.
    """
    text = _decode_marked(data, encoding).removeprefix("\ufeff")
    # Not str.splitlines, which also splits at characters that can occur within a text.
    for number, line in enumerate(text.split("\n"), start=1):
        yield DecodedLine(number, line.removesuffix("\r"), line_problem(line, encoding))


def line_problem(text: str, encoding: Encoding) -> Optional[str]:
    """Return why a line can't be used.

    text (str): The line, decoded so that lone surrogates represent undecodable bytes.
    encoding (Encoding): The encoding of the file.
    RETURNS (Optional[str]): The message; None if the line can be used.
    """
    if has_surrogates(text):
        return Errors.F074.format(encoding=encoding.name)
    if encoding.is_damaged and is_doubtful(text):
        return Errors.F075
    return None


def encoding_doubt(encoding: Encoding, lang: str) -> Optional[str]:
    """Return what a user should check about the encoding of a file.

    encoding (Encoding): The encoding.
    lang (str): Language of the texts.
    RETURNS (Optional[str]): The message; None if there is no doubt.
    """
    if encoding.is_contradicted:
        return Errors.F079.format(encoding=encoding.name)
    if encoding.is_doubtful and lang == "zh":
        return Errors.F080
    return None


def is_not_utf8(message: str) -> bool:
    """Return whether a file could not be read because --encoding is missing.

    message (str): The message of the `EncodingError`.
    RETURNS (bool): Whether the file is neither UTF-8 nor UTF-16.
    """
    return message.startswith(NOT_UTF8)


def is_doubtful(text: str) -> bool:
    """Return whether a text, read as UTF-8, may be in another encoding: it has non-ASCII
    characters, but all of them are below U+0800.

    text (str): The text.
    RETURNS (bool): Whether it may be in another encoding.
    """
    return not text.isascii() and not EVIDENT.search(text) and not SIGN.sub("", text).isascii()


@dataclass
class _Evidence:
    """The lines of a file, counted by what they show, and the place of the first one that is not
    UTF-8."""

    evident: int = 0
    escaped: int = 0
    doubtful: int = 0
    broken: int = 0
    line: int = 0
    byte: int = 0

    def add(self, line: bytes) -> None:
        """Count a line, unless it is not UTF-8.

        line (bytes): The line.
        RAISES (UnicodeDecodeError): If the line is not UTF-8.
        """
        text = line.decode(UTF8)
        if EVIDENT.search(text):
            self.evident += 1
        elif ESCAPE.search(line):
            self.escaped += 1
        elif is_doubtful(text):
            self.doubtful += 1

    @property
    def is_utf8(self) -> bool:
        return self.broken <= MAX_BROKEN * (self.evident + self.escaped)


def _judge(blocks: Iterable[bytes], path: Path, given: Optional[str]) -> Encoding:
    blocks = iter(blocks)
    head = next(blocks, b"")
    if head.startswith(UTF32_BOMS) and given is None:
        raise EncodingError(Errors.F073.format(path=show_path(path), encoding="utf-32"))
    if head.startswith(UTF16_BOMS) and not (given or "").startswith("utf-32"):
        return Encoding("utf-16")
    evidence = _collect(head, blocks)
    if head.startswith(codecs.BOM_UTF8) or given == UTF8:
        return Encoding(is_damaged=evidence.broken > 0)
    if given is not None:
        is_other = bool(evidence.evident) and not evidence.broken and not given.startswith("utf")
        return Encoding(given, is_contradicted=is_other)
    _check_nul(head, evidence, path)
    if not evidence.is_utf8:
        command = _conversion(path)
        raise EncodingError(
            Errors.F071.format(
                path=show_path(path), line=evidence.line, byte=evidence.byte, command=command
            )
        )
    is_file_doubtful = bool(evidence.doubtful) and not (evidence.evident or evidence.escaped)
    return Encoding(is_damaged=evidence.broken > 0, is_doubtful=is_file_doubtful)


def _collect(head: bytes, blocks: Iterable[bytes]) -> _Evidence:
    """Classify the lines of a file."""
    evidence = _Evidence()
    number, position, block = 0, 0, head
    while True:
        has_evidence = not block.isascii() or ESCAPE.search(block)
        for line in block.split(b"\n") if has_evidence else ():
            try:
                evidence.add(line)
            except UnicodeDecodeError as error:
                if not evidence.broken:
                    before = block.find(line)
                    evidence.line = number + block.count(b"\n", 0, before) + 1
                    evidence.byte = position + before + error.start
                evidence.broken += 1
        number += block.count(b"\n")
        position += len(block)
        following = next(iter(blocks), None)
        if following is None:
            return evidence
        block = following


def _check_nul(head: bytes, evidence: _Evidence, path: Path) -> None:
    """Raise an error if a file has NUL bytes as UTF-16 or UTF-32 without a byte order mark has."""
    sample = head[: 2**16 - 2**16 % 4]
    share = sample.count(0) / (len(sample) or 1)
    if not share or (evidence.is_utf8 and share < MAX_NUL_SHARE):
        return
    for name in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        width = 4 if "32" in name else 2
        high = 0 if name.endswith("be") else width - 1
        low = width - 1 - high
        # The high bytes are 0 at least for ASCII characters, including line breaks.
        zeros, others = sample[high::width].count(0), sample[low::width].count(0)
        if zeros and zeros > 10 * others and _is_valid(sample, name, width):
            raise EncodingError(Errors.F073.format(path=show_path(path), encoding=name))
    raise EncodingError(Errors.F076.format(path=show_path(path)))


def _is_valid(sample: bytes, name: str, width: int) -> bool:
    try:
        # Without the last character, which may be cut.
        sample[: max(len(sample) // width - 1, 1) * width].decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _decode_marked(data: bytes, encoding: Encoding) -> str:
    """Decode bytes. Lone surrogates represent undecodable bytes. A byte order mark is kept."""
    if encoding.name == UTF8:
        return data.decode(UTF8, "surrogateescape")
    text = data.decode(encoding.name, MARK_ERRORS)
    # The codec removes the byte order mark.
    return f"\ufeff{text}" if encoding.name == "utf-16" and data[:2] in UTF16_BOMS else text


def _read_blocks(file: BinaryIO) -> Iterator[bytes]:
    return _split_blocks(iter(lambda: file.read(BLOCK_SIZE), b""))


def _split_blocks(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content in blocks that end with a line or, if a line is much longer than a block,
    at the start of a character."""
    rest = b""
    for block in blocks:
        data = rest + block
        end = data.rfind(b"\n") + 1
        if not end and len(data) > BLOCK_SIZE:
            end = _last_start(data)
        rest = data[end:]
        if end:
            yield data[:end]
    if rest:
        yield rest


def _last_start(data: bytes) -> int:
    """Return the last position where a character in UTF-8 starts."""
    for end in range(len(data) - 1, max(len(data) - 4, 0), -1):
        if data[end] & 0xC0 != 0x80:
            return end
    return len(data)


def _conversion(path: Path) -> str:
    """Return a command that converts a file from GB18030 to UTF-8."""
    converted = path.with_name(f"{printable_name(path.stem)}.utf8{printable_name(path.suffix)}")
    return f"iconv -f GB18030 -t UTF-8 {_quote(path)} > {_quote(converted)}"


def _quote(path: Path) -> str:
    """Quote a path for a shell. Bytes that are not UTF-8 are escaped, as bash and zsh read them."""
    name = str(path)
    if not has_surrogates(name):
        return shlex.quote(name)
    characters = (
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\x{byte:02x}"
        for byte in os.fsencode(name)
    )
    return f"$'{''.join(characters)}'"
