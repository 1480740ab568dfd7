"""Marked texts as documents with mentions."""

import re
from pathlib import Path
from typing import List, NamedTuple

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinrel.types import ASSERTIONS

EXAMPLES = Path(__file__).parent / "examples"
MENTION = re.compile(r"\[([^\]|]+)\|(?:([RDSpt]):)?([NUCHF]*)\]")
TYPES = {"R": "Treatment", "D": "Disease", "S": "Symptom", "p": "problem", "t": "treatment"}
NAMES = dict(zip("NUCHF", ASSERTIONS))


class Marked(NamedTuple):
    """A document whose mentions are its entities, and the names of their attributes."""

    doc: Doc
    attributes: List[List[str]]


def parse(text, nlp, label="Finding"):
    """Return the document and the attributes of a text such as "无[发热|N]。". A letter before the
    attributes is the type of the mention, as in "停[阿司匹林|R:N]"; `label` is that of the others.
    """
    parts, offsets, letters, last = [], [], [], 0
    for match in MENTION.finditer(text):
        parts += [text[last : match.start()], match[1]]
        start = sum(map(len, parts[:-1]))
        offsets.append((start, start + len(match[1]), TYPES.get(match[2], label)))
        letters.append(match[3])
        last = match.end()
    doc = nlp.make_doc("".join([*parts, text[last:]]))
    doc.ents = [doc.char_span(start, end, label=label) for start, end, label in offsets]
    return Marked(doc, [[NAMES[letter] for letter in row] for row in letters])


def example_lines(lang):
    """Return the marked sentences of a language."""
    lines = (EXAMPLES / f"{lang}.txt").read_text(encoding="utf8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def found(doc):
    """Return the names of the attributes of each entity."""
    return [list(ent._.assertion) for ent in doc.ents]


@pytest.fixture(scope="session", params=["zh", "en"])
def lang(request):
    return request.param


@pytest.fixture
def nlp():
    """Return a Chinese pipeline with the component."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("assertion_rules")
    return nlp
