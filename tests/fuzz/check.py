"""Checks of converters on mutated files.

For each file: no exception except for our own errors, no hang, nothing lost without a count (kept +
merged + lost = in), and recorded texts of mentions equal the text of the document.
"""

import random
import re
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List

import spacy

from spacy_clinrel.data.converters import (
    ReadOptions,
    Record,
    Report,
    build_doc,
    find_files,
    get_converter,
    read_records,
)
from spacy_clinrel.data.converters.offsets import matches_text
from spacy_clinrel.data.converters.report import ATTRIBUTE_LOST_WITH_MENTION, DISCONTINUOUS

from ..data.converters.examples import examples
from .mutations import mutate

# A file of a few hundred bytes takes a few milliseconds.
SECONDS_PER_FILE = 10
MERGED = ("equal mentions merged", "equal relations merged")
# Messages about errors of a reader that it does not expect.
UNFORESEEN = re.compile(r": broken file: \w+Error: ")
OPTIONS: List[Dict[str, Any]] = [
    {},
    {},
    {"events": True, "align": "expand", "copies": "last"},
    {"align": "contract", "copies": "first", "default_label": "R"},
    {"encoding": "gb18030"},
]


class TooSlow(Exception):
    """A file was not read in time."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise an error if the `with` block takes too long.

    seconds (float): The limit.
    """

    def stop(*_: Any) -> None:
        raise TooSlow(f"not read within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def check_format(name: str, count: int, seed: int, folder: Path) -> int:
    """Convert mutated files of a format and check each conversion.

    name (str): The name of an example: a format and, after a space, a variant.
    count (int): The number of conversions.
    seed (int): The seed of the mutations.
    folder (Path): An empty folder for the files.
    RETURNS (int): The number of conversions with at least one document.
    RAISES (AssertionError): If a check fails. The message has the format, the seed and the number
        of the conversion.
    """
    nlp = spacy.blank("zh")
    original = examples()[name]
    read = 0
    for number in range(count):
        generator = random.Random(f"{name} {seed} {number}")
        files = dict(original)
        changed = generator.choice(list(files))
        files[changed] = mutate(generator, files[changed])
        for file, content in files.items():
            (folder / file).write_bytes(content)
        options = ReadOptions(**generator.choice(OPTIONS))
        try:
            with time_limit(SECONDS_PER_FILE):
                read += _check(nlp, name.split()[0], folder, options) > 0
        except Exception as error:
            place = f"{name}, seed {seed}, number {number}, {options}"
            raise AssertionError(f"{place}: {type(error).__name__}: {error}") from error
    return read


def _check(nlp: Any, format_name: str, folder: Path, options: ReadOptions) -> int:
    """Convert the files of a folder. Return the number of documents."""
    converter, report = get_converter(format_name), Report()
    documents = refused = 0
    for path, record in read_records(converter, find_files(folder, converter), report, options):
        try:
            _check_record(nlp, record, path, options)
        except ValueError:  # no Doc can be made of the text, which `read_docs` reports
            refused += 1
            continue
        documents += 1
    is_reported = refused or report.messages or report.left_out
    assert documents or is_reported, "nothing was read, without a message"
    for message in report.messages:
        assert not UNFORESEEN.search(message), message
    str(report.to_dict()).encode()
    return documents


def _check_record(nlp: Any, record: Record, path: Path, options: ReadOptions) -> None:
    report = Report()
    doc = build_doc(nlp, record, path, report, options)
    kept = report.entities + report.relations + sum(report.repaired[name] for name in MERGED)
    covered = sum(n for reason, n in report.lost.items() if reason == DISCONTINUOUS)
    given = len(record.mentions) + len(record.relations)
    of_attributes = (ATTRIBUTE_LOST_WITH_MENTION, "attribute has no name")
    lost = report.losses - covered - sum(report.lost[reason] for reason in of_attributes)
    assert kept + lost == given, f"{given} annotations in, {kept} kept, {lost} lost: {report.lost}"
    recorded = {(m.start, m.end, m.type) for m in record.mentions if matches_text(record.text, m)}
    for span in [*doc.ents, *doc.spans.get("clinrel", [])]:
        if options.align == "strict":
            edges = [(s, e) for s, e, label in recorded if label == span.label_]
            assert any(
                s <= span.start_char
                and span.end_char <= e
                and record.text[s:e].strip() == span.text
                for s, e in edges
            ), f"no recorded mention at {span.start_char}-{span.end_char}"
