"""Unlabelled text for `spacy pretrain`, cut into short texts of a few sentences."""

import random
import re
from itertools import chain, count
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Union

from ..errors import Errors
from ..files import check_output, json_text, read_text_lines, replacing
from ..reading.shared_text import shared_lines

# Shorter lines are mostly headings.
MIN_LINE = 8
SENTENCE_END = re.compile(r"(?<=[。；;！？!?])")


def split_text(text: str, target_length: int = 250, max_length: int = 400) -> Iterator[str]:
    """Split a text at sentence ends into parts of several sentences.

    text (str): The text.
    target_length (int): Target length in characters. A part is longer only if its first sentence
        is.
    max_length (int): Maximum length; longer sentences are cut.
    YIELDS (str): The parts. Concatenated, they equal the text.
    """
    part = ""
    for sentence in SENTENCE_END.split(text):
        if part and len(part) + len(sentence) > target_length:
            yield part
            part = ""
        part += sentence
        while len(part) > max_length:
            yield part[:max_length]
            part = part[max_length:]
    if part:
        yield part


def raw_text(
    texts: Sequence[Union[str, Path]],
    output: Optional[Union[str, Path]] = None,
    *,
    characters: Sequence[int] = (),
    without: Sequence[Union[str, Path]] = (),
    seed: int = 0,
    encoding: Optional[str] = None,
) -> List[str]:
    """Split unlabelled texts into parts of a few sentences, in random order, for `--paths.raw_text`
    of `spacy pretrain`.

    texts (Sequence[Union[str, Path]]): Text files, one text per line. Lines of fewer than
        8 characters are skipped.
    output (Optional[Union[str, Path]]): The .jsonl file to write; None to return the parts only.
    characters (Sequence[int]): Approximate number of characters to sample from each file, 0 for the
        whole file. If empty, all files are used completely.
    without (Sequence[Union[str, Path]]): Files or folders of documents, e.g. dev and test parts.
        Lines that share more than a tenth of their runs of 20 characters with them are left out.
    seed (int): Seed of the sample and the order.
    encoding (Optional[str]): Encoding of the files, e.g. "gb18030". None detects UTF-8 and UTF-16
        for each file.
    RETURNS (List[str]): The parts.
    RAISES (ValueError): If a file is missing, not UTF-8 or also the output, if no text is left, or
        if `characters` does not match the files.
    """
    paths = [Path(path) for path in texts]
    if output is not None:
        check_output(Path(output), *paths, *map(Path, without))
    if characters and len(characters) != len(paths):
        raise ValueError(Errors.F026.format(files=len(paths), numbers=len(characters)))
    files = [list(read_text_lines([path], encoding)) for path in paths]
    left_out = shared_lines(chain.from_iterable(files), map(Path, without))
    generator = random.Random(seed)
    parts: List[str] = []
    number = count()
    for i, found in enumerate(files):
        lines = [line for line in found if next(number) not in left_out]
        generator.shuffle(lines)
        parts += _sample(lines, (characters[i] if characters else 0) or None)
    if not parts:
        expected = "lines of text"
        raise ValueError(Errors.F002.format(path=", ".join(map(str, paths)), expected=expected))
    generator.shuffle(parts)
    if output is not None:
        with replacing(Path(output)) as draft:
            content = "".join(json_text({"text": part}) + "\n" for part in parts)
            draft.write_text(content, encoding="utf-8")
    return parts


def _sample(lines: Sequence[str], max_characters: Optional[int]) -> List[str]:
    """Split lines into parts, and return the parts until their total length exceeds a limit."""
    parts: List[str] = []
    length = 0
    for line in lines:
        if len(line.strip()) >= MIN_LINE:
            line_parts = list(split_text(line.strip()))
            parts += line_parts
            length += sum(map(len, line_parts))
        if max_characters is not None and length > max_characters:
            break
    return parts
