"""Reading and writing i2b2/VA 2010."""

import tempfile
import time
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.data.converters import (
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    build_doc,
    find_files,
    get_converter,
    i2b2,
    read_docs,
    render_files,
)
from spacy_clinrel.data.converters.i2b2 import I2B2
from spacy_clinrel.tokens import all_mentions, get_attributes, get_doc_id, get_relations

EN, ZH = spacy.blank("en"), spacy.blank("zh")

TEXT = """Admission Date :
She took Aspirin for the
Headache , and a CT was normal .
"""
CON = """c="aspirin" 2:2 2:2||t="treatment"
c="the headache" 2:4 3:0||t="problem"
c="a ct" 3:3 3:4||t="test"
"""
REL = """c="aspirin" 2:2 2:2||r="TrAP"||c="the headache" 2:4 3:0
c="a ct" 3:3 3:4||r="TeCP"||c="the headache" 2:4 3:0
"""
AST = """c="the headache" 2:4 3:0||t="problem"||a="absent"
c="a ct" 3:3 3:4||t="test"||a="present"
"""


def mentions(doc):
    return [(span.start_char, span.end_char, span.label_) for span in all_mentions(doc)]


def relations(doc):
    return [(r.head.text, r.label, r.tail.text) for r in get_relations(doc)]


def convert(path, nlp=EN, encoding=None):
    report, options = Report(), ReadOptions(encoding=encoding, copies="all")
    return list(read_docs(nlp, I2B2, find_files(path, I2B2), report, options)), report


def write_to(folder, docs, report=None):
    files = render_files(I2B2, docs, report or Report())
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8"))
    return files


@pytest.fixture
def corpus(put):
    """Return a folder with the files of one document."""
    put("record-1.con", CON)
    put("record-1.rel", REL)
    return put("record-1.txt", TEXT).parent


def test_i2b2_reads_concepts_and_relations(corpus):
    (doc,), report = convert(corpus)
    assert doc.text == TEXT and get_doc_id(doc) == "record-1"
    assert [(span.text, span.label_) for span in all_mentions(doc)] == [
        ("Aspirin", "treatment"),
        ("the\nHeadache", "problem"),
        ("a CT", "test"),
    ]
    assert relations(doc) == [
        ("Aspirin", "TrAP", "the\nHeadache"),
        ("a CT", "TeCP", "the\nHeadache"),
    ]
    assert report.losses == 0 and not report.repaired and not report.messages


def test_i2b2_reads_chinese(put, read):
    put("a.txt", "患者 予 阿司匹林 后 头痛 缓解 。")
    put("a.con", 'c="阿司匹林" 1:2 1:2||t="treatment"\nc="头痛" 1:4 1:4||t="problem"\n')
    path = put("a.rel", 'c="阿司匹林" 1:2 1:2||r="TrIP"||c="头痛" 1:4 1:4\n')
    (doc,), report = read("i2b2", path)
    assert relations(doc) == [("阿司匹林", "TrIP", "头痛")] and report.losses == 0


@pytest.mark.parametrize("concepts", ["concept", "concepts"])
@pytest.mark.parametrize("named", ["", "txt/r.txt", "{}/r.con", "rel/r.rel", "ast/r.ast"])
def test_i2b2_reads_sibling_folders(put, concepts, named):
    text = put("beth/txt/r.txt", TEXT)
    put(f"beth/{concepts}/r.con", CON)
    put("beth/ast/r.ast", AST)
    put("beth/rel/r.rel", REL)
    (doc,), report = convert(text.parent.parent / named.format(concepts))
    assert len(mentions(doc)) == 3 and len(relations(doc)) == 2 and report.losses == 0


def test_i2b2_reads_text_without_annotations(put):
    (doc,), report = convert(put("a.txt", TEXT))
    assert mentions(doc) == [] and report.losses == 0 and len(report.repaired) == 1


def test_i2b2_reads_text_without_relations(corpus):
    (corpus / "record-1.rel").unlink()
    (doc,), report = convert(corpus)
    assert len(mentions(doc)) == 3 and not relations(doc) and report.losses == 0


def test_i2b2_loses_relations_without_concepts(corpus):
    (corpus / "record-1.con").unlink()
    (doc,), report = convert(corpus)
    assert not relations(doc) and report.lost == {"relation to an unknown mention": 2}


@pytest.mark.parametrize("name", ["a.con", "concept/a.con", "a.rel"])
def test_i2b2_reports_missing_texts(put, name):
    put("b.txt", TEXT)
    path = put(name, CON)
    docs, report = convert(path.parent if name.startswith("a") else path.parent.parent)
    assert len(docs) == 1 and report.lost == {"broken file": 1} and "a.txt" in report.messages[0]


def test_i2b2_splits_tokens_at_white_space(put):
    put("a.txt", "\ufeff  one  two\tthree\r\n\r\n four \r\n")
    (doc,), report = convert(
        put("a.con", 'c="TWO three" 1:1 1:2||t="X"\r\nc="four" 3:0 3:0||t="Y"')
    )
    assert [span.text for span in all_mentions(doc)] == ["two\tthree", "four"]
    assert doc.text.startswith("  one") and report.losses == 0


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        'c="aspirin" 2:2||t="treatment"',
        'c="aspirin" 2:2 2:2',
        'c="aspirin" 2:2 2:2||t=treatment',
        'c="aspirin" 2:a 2:2||t="treatment"',
        'c="aspirin" 0:2 0:2||t="treatment"',
        'c="aspirin" 9:2 9:2||t="treatment"',
        'c="aspirin" 2:2 2:5||t="treatment"',
        'c="for aspirin" 2:3 2:2||t="treatment"',
        'c="aspirin" 3:0 2:2||t="treatment"',
        'c="heparin" 2:2 2:2||t="treatment"',
        'c="aspirin" 2:2 2:2||t=""',
    ],
)
def test_i2b2_reports_broken_concepts(corpus, line):
    path = corpus / "record-1.con"
    path.write_text(CON.replace(CON.split("\n")[0], line))
    (doc,), report = convert(corpus)
    assert len(mentions(doc)) == 2 and report.messages[0].startswith(f"{path}:1: ")
    # With the concept goes the relation that needs it, and the .rel file is the one named.
    assert [label for _, label, _ in relations(doc)] == ["TeCP"]
    assert len(report.messages) == 2 and report.losses == 2
    assert report.messages[1].startswith(f"{corpus / 'record-1.rel'}:1: relation ")


def test_i2b2_lines_count_from_one(put):
    put("a.txt", "no\npain")
    (doc,), report = convert(put("a.con", 'c="pain" 0:0 0:0||t="problem"'))
    assert not mentions(doc) and report.lost == {"broken line": 1}


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        'c="aspirin" 2:2 2:2||c="the headache" 2:4 3:0',
        'c="aspirin" 2:2 2:2||r="TrAP"||c="the headache" 2:4',
        'c="took aspirin" 2:1 2:2||r="TrAP"||c="the headache" 2:4 3:0',
        'c="aspirin" 2:2 2:2||r=""||c="the headache" 2:4 3:0',
    ],
)
def test_i2b2_reports_broken_relations(corpus, line):
    path = corpus / "record-1.rel"
    path.write_text(f"{line}\n\n{REL}")
    (doc,), report = convert(corpus)
    assert len(relations(doc)) == 2 and report.losses == 1
    assert report.messages[0].startswith(f"{path}:1: ")


@pytest.mark.parametrize("suffix", ["txt", "con", "rel"])
def test_i2b2_reports_the_broken_file(corpus, suffix):
    path = corpus / f"record-1.{suffix}"
    path.write_bytes("患者".encode("gbk"))
    docs, report = convert(corpus)
    assert len(docs) == (suffix == "rel") and report.lost["broken file"] == 1
    assert report.messages[0].startswith(f"{path}: broken file: [F071]")


def test_i2b2_reads_several_types_at_one_position(corpus):
    with (corpus / "record-1.con").open("a") as con:
        con.write('c="a ct" 3:3 3:4||t="treatment"\n')
    (doc,), report = convert(corpus)
    assert len(mentions(doc)) == 4 and report.losses == 0 and len(report.repaired) == 1
    assert [r.head.label_ for r in get_relations(doc)] == ["treatment", "test"]


def test_i2b2_writes_what_it_read(corpus):
    docs, _ = convert(corpus)
    report = Report()
    files = render_files(I2B2, docs, report)
    assert files == {"record-1.txt": TEXT, "record-1.con": CON, "record-1.rel": REL}
    assert report.losses == 0 and not report.repaired


def test_i2b2_inserts_spaces_at_mention_boundaries(zh, tmp_path):
    """Inserted spaces align mentions with tokens, so no mention is lost or extended."""
    found = [Mention("0", 1, 5, "检查"), Mention("1", 6, 9, "疾病"), Mention("2", 6, 7, "部位")]
    links = [Link("0", "1", "TeRD"), Link("1", "2", "DAP")]
    record = Record("病史", "查头颅CT示脑出血。\n好转 ", found, links)
    report = Report()
    files = write_to(tmp_path, [build_doc(zh, record, Path("x"), Report())], report)
    assert files == {
        "病史.txt": "查 头颅CT 示 脑 出血 。\n好转 ",
        "病史.con": 'c="头颅ct" 1:1 1:1||t="检查"\n'
        'c="脑" 1:3 1:3||t="部位"\nc="脑 出血" 1:3 1:4||t="疾病"\n',
        "病史.rel": 'c="头颅ct" 1:1 1:1||r="TeRD"||c="脑 出血" 1:3 1:4\n'
        'c="脑 出血" 1:3 1:4||r="DAP"||c="脑" 1:3 1:3\n',
    }
    assert report.losses == 0
    assert report.repaired == {"space inserted where a mention begins or ends within a token": 5}
    (doc,), report = convert(tmp_path, ZH)
    assert relations(doc) == [("头颅CT", "TeRD", "脑 出血"), ("脑 出血", "DAP", "脑")]


def test_i2b2_counts_what_it_cannot_write():
    text = "a  b\tc"
    found = [Mention("0", 0, 1, 'X"Y'), Mention("1", 0, 1, "Z"), Mention("2", 3, 4, "Z\n")]
    links = [Link("0", "2", "R"), Link("2", "1", "R"), Link("2", "0", 'S"')]
    report = Report()
    files = I2B2.write(Record("x", text, found, links), report)
    assert files[".txt"] == text
    assert files[".con"].split("\n")[0] == 'c="a" 1:0 1:0||t="X_Y"'
    assert files[".rel"] == (
        'c="a" 1:0 1:0||r="R"||c="b" 1:1 1:1\nc="b" 1:1 1:1||r="S_"||c="a" 1:0 1:0\n'
    )
    assert report.lost == {"relation of a mention at the position of another mention not kept": 1}
    assert sorted(report.repaired.values()) == [1, 3]


def test_i2b2_writes_a_doc_without_annotations(tmp_path):
    report = Report()
    files = write_to(tmp_path, [EN.make_doc(""), EN.make_doc("one line\n\nanother \r\n")], report)
    assert set(files.values()) == {"", "one line\n\nanother \r\n"} and not report.repaired


def test_i2b2_reads_assertions_as_attributes(corpus):
    (corpus / "record-1.ast").write_text(AST)
    (doc,), report = convert(corpus)
    found = [(span.text, name) for span, name, _ in get_attributes(doc)]
    assert found == [("the\nHeadache", "negated")]
    assert report.losses == 0 and not report.repaired


@pytest.mark.parametrize(
    "line, reason",
    [
        ("nonsense", "broken line"),
        ('c="the headache" 2:4 3:0||t="problem"', "broken line"),
        ('c="the headache" 2:4||t="problem"||a="absent"', "broken line"),
        ('c="she" 2:0 2:0||t="problem"||a="absent"', "attribute of an unknown mention"),
        ('c="the headache" 2:4 3:0||t="test"||a="absent"', "attribute of an unknown mention"),
    ],
)
def test_i2b2_reports_broken_assertions(corpus, line, reason):
    path = corpus / "record-1.ast"
    path.write_text(line)
    (doc,), report = convert(corpus)
    assert not get_attributes(doc) and report.lost == {reason: 1}
    assert report.messages[0].startswith(f"{path}:1: ")


def test_i2b2_recorded_texts_settle_that_tokens_are_separated_by_single_spaces(put):
    put("a.txt", "He took  aspirin\n  for chest   pain .\r\n")
    put("a.rel", 'c="aspirin" 1:3 1:3||r="TrAP"||c="chest   pain" 2:3 2:6')
    path = put("a.con", 'c="aspirin" 1:3 1:3||t="drug"\nc="chest   pain" 2:3 2:6||t="problem"\n')
    (doc,), report = convert(path)
    assert relations(doc) == [("aspirin", "TrAP", "chest   pain")]
    assert report.losses == 0
    assert report.repaired == {"tokens separated by single spaces": 1}


@pytest.mark.parametrize(
    "line, quotes",
    [
        ('c="a" b" 1:0 1:1||t="x"', ('a" b', "x")),
        ('c="" 1:0 1:0||t=""', ("", "")),
        ('c="a" 1:0 1:0||t="b" 1:0 1:1||t="x" ', ('a" 1:0 1:0||t="b', "x")),
    ],
)
def test_i2b2_takes_the_longest_text_of_a_concept(line, quotes):
    concept = i2b2._concept(line, 1)
    assert (concept.text, concept.type) == quotes


@pytest.mark.parametrize(
    "line",
    [
        'c="" 1:0 1:0||r="x"||' * 1_000,
        'c="' + '" 1:0 1:0||r="' * 2_000,
        'c="' + '"||c="' * 5_000,
        'c="' + '" 1:0 1:0||t="' * 2_000,
        'c="' + "1:" * 10_000,
        'c="' + " " * 20_000 + "x",
        'c="" ' + "1" * 20_000,
    ],
)
@pytest.mark.parametrize("suffix", ["con", "rel", "ast"])
def test_i2b2_refuses_long_lines_in_linear_time(corpus, suffix, line):
    (corpus / f"record-1.{suffix}").write_text(line)
    begin = time.perf_counter()
    _, report = convert(corpus)
    assert time.perf_counter() - begin < 2
    assert report.losses and f"record-1.{suffix}:1: " in report.messages[0]


# Also quotation marks, what looks like fields, odd white space and letters whose case is odd.
WORDS = st.sampled_from(["a", "B,", 'c"', "||", "1:2", 'x="', "İ", "ΑΣ", "ß", "头痛", "。", "𠮷"])
SPACES = st.sampled_from([" ", " ", " ", "  ", "\n", "\r\n", "\t", "\u2028", "\xa0", "\x1c"])
TEXTS = st.lists(WORDS | SPACES, max_size=20).map("".join)
TYPES = st.sampled_from(["problem", "X:Y", "症状 甲", "a||b"])


@st.composite
def records(draw):
    text = draw(TEXTS)
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    # A type for each place, as the format has no way to tell several apart in relations.
    spans = draw(st.lists(bounds, max_size=5))
    places = {(_trim(text, s, e)): draw(TYPES) for s, e in spans}
    found = [Mention(str(i), s, e, kind) for i, ((s, e), kind) in enumerate(places.items())]
    ids = st.sampled_from([mention.id for mention in found] or ["0"])
    links = draw(st.lists(st.builds(Link, ids, ids, TYPES), max_size=4))
    return Record(draw(st.text(max_size=5)), text, found, links)


def _trim(text, start, end):
    surface = text[start:end]
    return end - len(surface.lstrip()), start + len(surface.rstrip())


def without_space(doc):
    """Return mentions and relations with offsets that do not count white space."""

    def place(span):
        start = len("".join(doc.text[: span.start_char].split()))
        return start, start + len("".join(span.text.split())), span.label_

    edges = sorted((place(r.head), r.label, place(r.tail)) for r in get_relations(doc))
    return "".join(doc.text.split()), sorted(map(place, all_mentions(doc))), edges


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(records(), min_size=1, max_size=3))
def test_i2b2_round_trip(batch):
    docs = [build_doc(ZH, record, Path("x"), Report()) for record in batch]
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        files = write_to(Path(first), docs)
        copies, report = convert(Path(first), ZH, "utf-8")
        assert report.losses == 0 and not report.repaired and not report.messages
        # Written and read once more nothing changes, not a space.
        report = Report()
        assert write_to(Path(second), copies, report) == files
        again, _ = convert(Path(second), ZH)
    assert not set(report.repaired) - {
        "text with more than single spaces between tokens, written as it is"
    }
    for copy, other in zip(copies, again, strict=True):
        assert (copy.text, mentions(copy)) == (other.text, mentions(other))
        assert sorted(relations(copy)) == sorted(relations(other))
    names = [name.removesuffix(".txt") for name in files if name.endswith(".txt")]
    by_name = {get_doc_id(copy): copy for copy in copies}
    for doc, name in zip(docs, names, strict=True):
        assert without_space(by_name[name]) == without_space(doc)


def test_i2b2_is_registered():
    assert get_converter("i2b2") is I2B2
