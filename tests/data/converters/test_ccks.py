"""CCKS 2017, 2018 and 2019."""

import json

import pytest

from spacy_clinrel.tokens import get_doc_id


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


@pytest.mark.parametrize("name, last", [("ccks2017", 0), ("ccks2018", 1)])
def test_ccks_end_is_inclusive_or_exclusive(read, put, name, last):
    put("甲/病史-12.txtoriginal.txt", "患者头痛，\r\n体温３８℃。\r\n")
    lines = f"头痛\t2\t{3 + last}\t症状\r\n３８℃\t9\t{11 + last}\t检查\r\n"
    path = put("甲/病史-12.txt", lines).parent.parent
    docs, report = read(name, path)
    assert ents(docs[0]) == [("头痛", "症状"), ("３８℃", "检查")]
    assert get_doc_id(docs[0]) == "病史-12"
    assert docs[0].text.endswith("\r\n")
    assert report.losses == 0 and report.documents == 1


def test_ccks_reports_broken_lines(read, put):
    put("a-1.txtoriginal.txt", "患者头痛")
    path = put("a-1.txt", "头痛\t2\n腹痛\t2\t3\t症状\n头痛\tx\t3\t症状\n\n头痛\t2\t3\t症状\n")
    put("a-2.txtoriginal.txt", "头痛")
    put("a-2.txt", "头痛\t0\t1\t症状\n")
    docs, report = read("ccks2017", path.parent)
    assert [ents(doc) for doc in docs] == [[("头痛", "症状")]] * 2
    assert report.losses == 3 and report.lost["broken line"] == 2
    places = [message.split(": ")[0] for message in report.messages]
    assert sorted(places) == [f"{path}:1", f"{path}:2", f"{path}:3"]


def test_ccks_reports_missing_files(read, put):
    put("a-1.txtoriginal.txt", "头痛")
    path = put("a-2.txt", "头痛\t0\t1\t症状\n")
    put("ReadMe.txt", "not part of the corpus")
    docs, report = read("ccks2017", path.parent)
    assert len(docs) == 1 and not docs[0].ents
    assert sum(report.repaired.values()) == 1
    assert report.lost == {"broken file": 1}
    assert str(path) in report.messages[0]


@pytest.mark.parametrize("name", ["a-1.txt", "a-1.txtoriginal.txt"])
def test_ccks_finds_the_text_of_either_file(read, put, name):
    put("a-1.txtoriginal.txt", "头痛")
    path = put("a-1.txt", "头痛\t0\t1\t症状\n")
    docs, _ = read("ccks2017", path.with_name(name))
    assert [ents(doc) for doc in docs] == [[("头痛", "症状")]]


def line(text, *entities):
    keys = ("start_pos", "end_pos", "label_type")
    entries = [{**dict(zip(keys, e, strict=True)), "overlap": 0} for e in entities]
    return json.dumps({"originalText": text, "entities": entries}, ensure_ascii=False)


def test_ccks2019_reads_entities(read, put):
    lines = [
        line("头痛。", (0, 2, "症状")),
        "",
        line("😀见 头痛", (2, 5, "症状")),
        line("一\r\n头痛", (3, 5, "症状")),
    ]
    path = put("part1.txt", "\ufeff" + "\n".join(lines) + "\n")
    docs, report = read("ccks2019", path)
    assert [ents(doc) for doc in docs] == [[("头痛", "症状")]] * 3
    assert [get_doc_id(doc) for doc in docs] == ["part1-1", "part1-3", "part1-4"]
    assert report.repaired == {"white space around a mention trimmed": 1}


def test_ccks2019_keeps_a_byte_order_mark_in_json(read, put):
    docs, report = read("ccks2019", put("a.json", line("\ufeff头痛", (1, 3, "症状"))))
    assert docs[0].text == "\ufeff头痛" and ents(docs[0]) == [("头痛", "症状")]
    assert report.losses == 0


@pytest.mark.parametrize("start", [0, 1])
def test_ccks_drops_the_byte_order_mark_of_a_text(read, put, start):
    put("a-1.txtoriginal.txt", "\ufeff头痛")
    path = put("a-1.txt", f"\ufeff头痛\t{start}\t{start + 1}\t症状\n")
    docs, report = read("ccks2017", path)
    assert docs[0].text == "头痛" and ents(docs[0]) == [("头痛", "症状")]
    assert report.losses == 0


def test_ccks2019_reports_broken_lines(read, put):
    lines = [
        '{"originalText": "头痛"',
        "[]",
        '{"entities": []}',
        '{"originalText": 3, "entities": []}',
        '{"originalText": "头痛", "entities": [{"start_pos": 0}, 7, '
        '{"start_pos": 0, "end_pos": 2, "label_type": "症状"}]}',
        '{"originalText": "\\ud800头痛", "entities": []}',
        line("头痛", (0, 2, "症状"), (True, 2, "症状"), (0, "two", "症状")),
    ]
    path = put("a.json", "\n".join(lines))
    docs, report = read("ccks2019", path)
    assert [ents(doc) for doc in docs] == [[("头痛", "症状")]] * 2
    assert report.lost == {"broken line": 9}
    places = [int(m.removeprefix(f"{path}:").split(":")[0]) for m in report.messages]
    assert sorted(places) == [1, 2, 3, 4, 5, 5, 6, 7, 7]


@pytest.mark.parametrize(
    "name, last, ends", [("ccks2017", 1, "exclusive"), ("ccks2018", 0, "inclusive")]
)
def test_ccks_reads_the_ends_of_the_other_year(read, put, name, last, ends):
    put("a-1.txtoriginal.txt", "患者头痛呕吐")
    path = put("a-1.txt", f"头痛\t2\t{3 + last}\t症状\n呕吐\t4\t{5 + last}\t症状\n")
    (doc,), report = read(name, path)
    assert ents(doc) == [("头痛", "症状"), ("呕吐", "症状")] and not report.losses
    assert report.repaired == {f"offsets counted as characters+{ends}": 1}


def test_ccks2019_reads_a_list(read, put):
    path = put("a.json", f"[{line('头痛', (0, 2, '症状'))},\n{line('呕吐', (0, 2, '症状'))}]")
    docs, report = read("ccks2019", path)
    assert [ents(doc) for doc in docs] == [[("头痛", "症状")], [("呕吐", "症状")]]
    assert report.losses == 0
