"""CMeEE: nested mentions."""

from spacy_clinrel.tokens import GROUP, get_doc_id


def test_cmeee_reads_nested_mentions(read, put):
    path = put("a.txt", "急性肠胃炎，|||0    4    dis|||2    3    bod|||\n头|痛|||\n\n头痛\n")
    docs, report = read("cmeee", path)
    assert [doc.text for doc in docs] == ["急性肠胃炎，", "头|痛", "头痛"]
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [("急性肠胃炎", "dis")]
    assert [(s.text, s.label_) for s in docs[0].spans[GROUP]] == [
        ("急性肠胃炎", "dis"),
        ("肠胃", "bod"),
    ]
    assert [get_doc_id(doc) for doc in docs] == ["a-1", "a-2", "a-4"]
    assert (report.entities, report.nested, report.losses) == (2, 1, 0)


def test_cmeee_drops_byte_order_mark_and_line_ends(read, put):
    path = put("a.txt", "\ufeff头痛𠮷|||0    1    sym|||2 2 bod|||\r\n呕吐|||0 1 sym|||\r\n")
    docs, report = read("cmeee", path)
    assert [[ent.text for ent in doc.ents] for doc in docs] == [["头痛", "𠮷"], ["呕吐"]]
    assert report.losses == 0


def test_cmeee_reports_broken_mentions(read, put):
    path = put("a.txt", "头痛呕吐|||3    2    sym|||0  1|||a b c|||0  9  sym|||2    3    sym|||")
    docs, report = read("cmeee", path)
    assert [ent.text for ent in docs[0].ents] == ["呕吐"]
    # "3 2" is a last character before the first, so that nothing is left.
    assert report.lost == {
        "broken line": 2,
        "mention is empty, reversed or outside the text": 2,
    }
    assert all(message.startswith(f"{path}:1: ") for message in report.messages)


def test_cmeee_rejects_json(read, put):
    path = put("a.txt", '{"text": "头痛"}\n头痛|||0 1 sym|||\n')
    docs, report = read("cmeee", path)
    assert [doc.text for doc in docs] == ["头痛"]
    assert report.losses == 1 and "a.txt:1" in report.messages[0]
