"""Helpers for the tests of annotation tool formats."""

import tempfile
from pathlib import Path

import spacy
from hypothesis import strategies as st

from spacy_clinrel.data.converters import (
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    build_doc,
    find_files,
    read_docs,
    render_files,
)
from spacy_clinrel.tokens import all_mentions, get_attributes, get_relations

ZH = spacy.blank("zh")
# Chinese, emoji of one character and of several, a rare ideograph, quotes, line breaks.
TEXTS = st.text(st.sampled_from('aB<"\\，头痛。　 \n\r\u2028😀𠮷👩\u200d⚕️'), max_size=25)
NAMES = st.sampled_from(["Drug", "症状 甲", 'a"<b>&', "😀", "R\n2"])
GOLD = st.just(1.0)
SCORES = st.sampled_from([1.0, 0.5, 0.25])


@st.composite
def records(draw, scores=GOLD):
    """Generate records with nested, overlapping and equal mentions, and relations."""
    text = draw(TEXTS)
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    found = [
        Mention(str(i), start, end, draw(NAMES))
        for i, (start, end) in enumerate(draw(st.lists(bounds, max_size=5)))
    ]
    ids = st.sampled_from([mention.id for mention in found] or ["0"])
    link = st.builds(Link, ids, ids, NAMES, score=scores)
    return Record(draw(st.sampled_from(["a", "病史 1", "7"])), text, found, draw(st.lists(link)))


def make(record):
    """Build the Doc of a record, without invalid mentions."""
    return build_doc(ZH, record, Path("x"), Report())


def convert(path, converter, **options):
    """Read a file or folder. Return the Docs and the report."""
    report, options = Report(), ReadOptions(copies="all", **options)
    return list(read_docs(ZH, converter, find_files(path, converter), report, options)), report


def write(docs, converter, report):
    """Convert Docs and return the contents of the files, by name."""
    return render_files(converter, docs, report, "out")


def write_to(folder, docs, converter, report=None):
    """Write Docs to a folder. Return the contents of the files, by name."""
    files = render_files(converter, docs, report or Report())
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8"))
    return files


def round_trip(docs, converter, **options):
    """Write Docs and read them again. Return the Docs and the two reports."""
    written = Report()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in write(docs, converter, written).items():
            (Path(folder) / name).write_bytes(content.encode("utf-8"))
        copies, report = convert(Path(folder), converter, **options)
    return copies, written, report


def place(span):
    """Return the character offsets and type of a mention."""
    return span.start_char, span.end_char, span.label_


def mentions(doc):
    """Return the character offsets and types of all mentions."""
    return [place(span) for span in all_mentions(doc)]


def relations(doc):
    """Return relations with character offsets and scores."""
    return sorted((place(r.head), r.label, r.score, place(r.tail)) for r in get_relations(doc))


def texts(doc):
    """Return relations with the texts of head and tail."""
    return [(r.head.text, r.label, r.tail.text) for r in get_relations(doc)]


def attributes(doc):
    """Return the attributes with the texts of their mentions."""
    return [(span.text, name) for span, name, _ in get_attributes(doc)]


def same(docs, copies):
    """Check that Docs have the same texts, mentions and relations, in the same order."""
    one, other = ([(d.text, mentions(d), relations(d)) for d in some] for some in (docs, copies))
    assert one == other
