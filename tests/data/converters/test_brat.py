"""Reading brat standoff."""

import time

import pytest
import spacy

from spacy_clinrel.tokens import all_mentions, get_attributes, get_doc_id

from . import annotation as tools

NLP = spacy.blank("zh")


def test_brat_reads_mentions_and_relations(read, put):
    put("a/病史-1.txt", "查头颅CT示：\r\n脑出血😀。")
    ann = "R1\tTeRD Arg1:T1 Arg2:T2\t\nT1\tTest 1 5\t头颅CT\r\nT2\tDisease 9 12\t脑出血\n\n"
    path = put("a/病史-1.ann", ann)
    docs, report = read("brat", path.parent.parent)
    assert tools.texts(docs[0]) == [("头颅CT", "TeRD", "脑出血")]
    assert get_doc_id(docs[0]) == "病史-1"
    assert report.losses == 0 and not report.repaired


@pytest.mark.parametrize(
    "args, expected",
    [
        ("Arg1:T1 Arg2:T2", ("甲", "乙")),
        ("Arg2:T1 Arg1:T2", ("乙", "甲")),
        ("Theme:T2 Cause:T1", ("乙", "甲")),
    ],
)
def test_argument_names(read, put, args, expected):
    put("a.txt", "甲乙")
    docs, _ = read("brat", put("a.ann", f"T1\tX 0 1\t甲\nT2\tX 1 2\t乙\nR1\tR {args}\n"))
    assert tools.texts(docs[0]) == [(expected[0], "R", expected[1])]


def test_brat_counts_lost_annotations(read, put):
    put("a.txt", "甲乙丙")
    lines = [
        "T1\tX 0 1\t甲",
        "T2\tY 1 2\t乙",
        "E1\tX:T1 Theme:T2 Site:T2",
        "E2\tY:T2 ",
        "A1\tNegation R1",
        "M1\tSpeculation R1 High",
        "N1\tReference T1 UMLS:C1\tterm",
        "#1\tAnnotatorNotes T1\tsure?",
        "*\tEquiv T1 T2",
        "R1\tR Arg1:E1 Arg2:E2",
    ]
    docs, report = read("brat", put("a.ann", "\n".join(lines)))
    assert tools.texts(docs[0]) == [("甲", "R", "乙")]
    assert tools.mentions(docs[0]) == [(0, 1, "X"), (1, 2, "Y")]
    assert report.lost == {
        "event reduced to its trigger": 2,
        "event argument not kept (--events reads arguments as relations)": 2,
        "attribute of a relation not kept": 2,
        "normalisation not kept": 1,
        "note not kept": 1,
        "equivalence not kept": 1,
    }


@pytest.mark.parametrize(
    "line",
    [
        "T9",
        "T9\tX 0",
        "T9\tX 0 1;\t甲",
        "T9\tX a b\t甲",
        "T9 X 0 甲",
        "患者 X 0 1 甲",
        "R9\tR Arg1:T1",
        "R9\tR Arg1:T1 Arg2:T1 Arg3:T1",
        "E9\tX",
        "Z9\tX 0 1\t甲",
        "nonsense",
        "T9\tX 0 1\t乙",
        "T9\tX 0 9\t甲",
        "R9\tR Arg1:T1 Arg2:T7",
    ],
)
def test_brat_reports_broken_lines(read, put, line):
    put("a.txt", "甲")
    path = put("a.ann", f"{line}\nT1\tX 0 1\t甲\n")
    docs, report = read("brat", path.parent)
    assert tools.mentions(docs[0]) == [(0, 1, "X")]
    assert report.losses == 1
    assert report.messages[0].startswith(f"{path}:1: ")


def test_brat_reads_fragments(read, put):
    put("a.txt", "左\n 侧和右侧")
    lines = [
        "T1\tX 0 1;3 4\t左 侧",
        "T2\tY 3 4;6 7\t侧 侧",
        "T3\tZ 4 5;5 6\t和 右",
        "R1\tR Arg1:T1 Arg2:T2",
    ]
    path = put("a.ann", "\n".join(lines))
    docs, report = read("brat", path)
    assert tools.mentions(docs[0]) == [(0, 4, "X"), (3, 7, "Y"), (4, 6, "Z")]
    assert report.lost == {"discontinuous mention kept as its covering span": 1}
    assert report.messages[0].startswith(f"{path}:2: ")


def test_brat_reports_missing_files(read, put):
    put("a.txt", "甲")
    path = put("b.ann", "T1\tX 0 1\t甲\n")
    docs, report = read("brat", path.parent)
    assert len(docs) == 1 and tools.mentions(docs[0]) == []
    assert len(report.repaired) == 1
    assert report.messages == [f"{path}: broken file: its text b.txt is missing"]


EVENTS = """T1\tTobacco 0 2\t吸烟
T2\tStatus 0 2\t吸烟
T3\tAmount 2 4\t两包
T4\tDuration 5 7\t十年
T5\tCause 8 10\t导致
E1\tTobacco:T1 Status:T2 Amount:T3 Amount2:T4
E2\tCause:T5 Theme:E1 Arg2:T4
A1\tPolarity E1 Negative
"""


def test_brat_reads_event_arguments_as_relations(read, put):
    put("a.txt", "吸烟两包、十年，导致咳嗽。")
    (doc,), report = read("brat", put("a.ann", EVENTS), events=True)
    assert sorted(tools.texts(doc)) == [
        ("吸烟", "Amount", "两包"),
        ("吸烟", "Amount", "十年"),
        ("吸烟", "Status", "吸烟"),
        ("导致", "Arg2", "十年"),
        ("导致", "Theme", "吸烟"),
    ]
    assert [(span.label_, name) for span, name, _ in get_attributes(doc)] == [
        ("Tobacco", "Polarity=Negative")
    ]
    assert report.losses == 0 and not report.repaired


def test_brat_counts_what_relations_cannot_express_of_events(read, put):
    put("a.txt", "甲乙")
    ann = "T1\tX 0 1\t甲\nT2\tY 1 2\t乙\nE1\tX:T1 R:T2\nE2\tX:T1 S:T2\nE3\tZ:T2\nE4\tY:T2 R:T9\n"
    path = put("a.ann", ann)
    (doc,), report = read("brat", path, events=True)
    assert tools.texts(doc) == [("甲", "R", "乙"), ("甲", "S", "乙")]
    assert report.lost == {
        "events with the same trigger merged": 1,
        "event type that differs from the type of the trigger not kept": 1,
        "relation to an unknown mention": 1,
    }
    assert report.messages == [f"{path}:6: relation to an unknown mention: R: T9"]


@pytest.mark.parametrize(
    "line, id", [("E1\tY:T2", "E1"), ("R1\tS Arg1:T1 Arg2:T2", "R1"), ("T1\tY 1 2\t乙", "T1")]
)
@pytest.mark.parametrize("events", [True, False])
def test_brat_reports_an_id_that_is_used_twice(read, put, line, id, events):
    put("a.txt", "甲乙")
    first = "T1\tX 0 1\t甲\nT2\tY 1 2\t乙\nE1\tX:T1\nR1\tR Arg1:E1 Arg2:T2"
    path = put("a.ann", f"{first}\n{line}\n")
    (doc,), report = read("brat", path, events=events)
    assert tools.texts(doc) == [("甲", "R", "乙")]
    assert report.messages == [f"{path}:5: broken line: the id {id} is used twice"]


@pytest.mark.parametrize(
    "line",
    ["T9 X 0 1 甲", "T9\tX\t0\t1\t甲", "T9 X 0 1\t甲", "T9\tX  0 1 甲", "T9\tX\t0 1", "T9 X 0 1"],
)
def test_brat_reads_mentions_with_other_separators(read, put, line):
    put("a.txt", "甲")
    (doc,), report = read("brat", put("a.ann", line))
    assert tools.mentions(doc) == [(0, 1, "X")] and report.losses == 0
    assert report.repaired == {"line with spaces for tabs, or tabs for spaces": 1}


@pytest.mark.parametrize(
    "line", ["R1 R Arg1:T1 Arg2:T2", "R1\tR\tArg1:T1\tArg2:T2\t", "E1\tX:T1\tR:T2"]
)
def test_brat_reads_relations_with_other_separators(read, put, line):
    put("a.txt", "甲乙")
    path = put("a.ann", f"T1\tX 0 1\t甲\nT2\tX 1 2\t乙\n{line}\n")
    (doc,), report = read("brat", path, events=True)
    assert tools.texts(doc) == [("甲", "R", "乙")] and report.losses == 0
    assert report.repaired == {"line with spaces for tabs, or tabs for spaces": 1}


def test_brat_joins_recorded_texts_with_line_breaks(read, put):
    put("a.txt", "见左\nT2 椎体\n\nR1 区\n及右侧。甲")
    ann = "T1\tX 1 14\t左\nT2 椎体\n\nR1 区\nT2\tX 16 18\t右侧\nT3\tX 19 20\t甲\n"
    (doc,), report = read("brat", put("a.ann", ann))
    assert [span.text for span in all_mentions(doc)] == ["左\nT2 椎体\n\nR1 区", "右侧", "甲"]
    assert report.losses == 0
    assert report.repaired == {"recorded text of a mention with a line break": 2}


def test_brat_joins_no_line_that_does_not_complete_the_recorded_text(read, put):
    put("a.txt", "左侧\n右侧")
    path = put("a.ann", "T1\tX 0 5\t左侧\n肾\nT2\tX 0 2\t左侧\n右侧\n")
    (doc,), report = read("brat", path)
    assert tools.mentions(doc) == [(0, 2, "X")] and report.losses == 3
    places = [message.removeprefix(f"{path}:").split(":")[0] for message in report.messages]
    assert sorted(places) == ["1", "2", "4"]


@pytest.mark.parametrize("folders", [("txt", "ann"), ("text", "annotations"), ("TXT", "Ann")])
@pytest.mark.parametrize("named", ["", "text", "annotations"])
@pytest.mark.parametrize("below", ["", "ward/"])
def test_brat_reads_sibling_folders(read, put, folders, named, below):
    text = put(f"part/{folders[0]}/{below}a.txt", "甲")
    ann = put(f"part/{folders[1]}/{below}a.ann", "T1\tX 0 1\t甲\n")
    part = put("part/b.txt", "乙").parent
    put("part/b.ann", "T1\tY 0 1\t乙\n")
    docs, report = read("brat", {"": part, "text": text, "annotations": ann}[named])
    assert [tools.mentions(doc) for doc in docs][-1:] == [[(0, 1, "X")]] or named == ""
    assert len(docs) == (2 if named == "" else 1)
    assert report.entities == len(docs) and report.losses == 0 and not report.repaired


@pytest.mark.parametrize("named", ["", "txt/a.TXT", "ann/a.ANN"])
def test_brat_reads_sibling_folders_with_upper_case_suffixes(read, put, named):
    put("part/txt/a.TXT", "甲")
    path = put("part/ann/a.ANN", "T1\tX 0 1\t甲\n")
    (doc,), report = read("brat", path.parent.parent / named)
    assert tools.mentions(doc) == [(0, 1, "X")] and not report.repaired


def test_brat_prefers_the_annotations_beside_the_text(read, put):
    put("txt/a.txt", "甲")
    put("txt/a.ann", "T1\tX 0 1\t甲\n")
    path = put("ann/a.ann", "T1\tY 0 1\t甲\n")
    (doc,), _ = read("brat", path.parent.parent)
    assert tools.mentions(doc) == [(0, 1, "X")]


A1, A2 = "T1\tX 0 1\t甲\nT2\tX 1 2\t乙\n", "T3\tP 2 3\t丙\nE1\tP:T3 Theme:T1 Theme2:T2\n"


@pytest.mark.parametrize("named", ["", "a.txt", "a.a1", "a.a2"])
def test_brat_reads_bionlp_files(read, put, named):
    put("a.txt", "甲乙丙")
    put("a.a1", A1)
    path = put("a.a2", f"{A2}*\tEquiv T1 T2\nR1\tR Arg1:T1 Arg2:T2\nE9\n")
    (doc,), report = read("brat", path.parent / named, events=True)
    assert sorted(tools.texts(doc)) == [
        ("丙", "Theme", "乙"),
        ("丙", "Theme", "甲"),
        ("甲", "R", "乙"),
    ]
    assert report.lost == {"equivalence not kept": 1, "broken line": 1}
    assert report.messages[0].startswith(f"{path}:5: ") and not report.repaired


def test_brat_reads_bionlp_files_without_answers(read, put):
    put("a.txt", "甲乙丙")
    (doc,), report = read("brat", put("a.a1", A1))
    assert len(tools.mentions(doc)) == 2 and report.losses == 0 and not report.repaired


def test_brat_names_bionlp_files_beside_ann(read, put):
    put("a.txt", "甲乙丙")
    put("a.ann", A1)
    path = put("a.a2", A2)
    (doc,), report = read("brat", path)
    assert len(tools.mentions(doc)) == 2
    assert report.messages == [f"{path}: file not read, because there is an .ann file"]


@pytest.mark.parametrize("suffix", ["a1", "a2"])
def test_brat_reports_the_missing_text_of_bionlp_files(read, put, suffix):
    put("b.txt", "甲")
    path = put(f"a.{suffix}", A1)
    docs, report = read("brat", path.parent)
    assert len(docs) == 1 and report.messages == [f"{path}: broken file: its text a.txt is missing"]


def test_brat_does_not_read_configuration_files(read, put):
    put("a.txt", "甲")
    put("annotation.conf", "[entities]\nX\n")
    put("visual.conf", "[labels]\n")
    docs, report = read("brat", put("a.ann", "T1\tX 0 1\t甲").parent)
    assert len(docs) == 1 and report.losses == 0


@pytest.mark.parametrize(
    "line",
    [
        "T1\t" + "X" * 20_000,
        "T1\tX " + "1" * 20_000,
        "T1\tX " + "1 2;" * 5_000,
        "T1\tX " + "1 2;" * 5_000 + "1",
        "T1" + " " * 20_000,
        "T1\tX 0 1" + " \t" * 10_000 + "乙",
        "R1\t" + "a:" * 10_000,
        "R1\tR Arg1:" + " :" * 10_000,
        "E1\t" + "a:b " * 5_000 + "c",
        "E1\tX:T1 " + "1" * 20_000 + "a",
        " " * 20_000 + "x",
        "A1\t" + "a " * 10_000,
    ],
)
def test_brat_refuses_long_lines_in_linear_time(read, put, line):
    put("a.txt", "甲")
    path = put("a.ann", line)
    begin = time.perf_counter()
    _, report = read("brat", path, events=True)
    assert time.perf_counter() - begin < 2
    assert report.losses == 1 and report.messages[0].startswith(f"{path}:1: ")
