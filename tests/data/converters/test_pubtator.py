"""PubTator: articles, mentions, concepts and faults."""

import pytest

from spacy_clinrel.tokens import get_doc_id

TEXT = "12|t|Naloxone and rash.\n12|a|Clonidine, too.\n"
MENTIONS = "12\t0\t8\tNaloxone\tChemical\tD009270\n12\t19\t28\tClonidine\tChemical\n"


def test_pubtator_reads_articles(read, put):
    content = TEXT + MENTIONS + "12\tCID\tD003000\tD007022\n\n13|t|Second\n"
    docs, report = read("pubtator", put("a.pubtator", content))
    assert [doc.text for doc in docs] == ["Naloxone and rash.\nClonidine, too.", "Second"]
    assert [(ent.text, ent.label_) for ent in docs[0].ents] == [
        ("Naloxone", "Chemical"),
        ("Clonidine", "Chemical"),
    ]
    assert [get_doc_id(doc) for doc in docs] == ["12", "13"]
    assert report.lost == {
        "relation between concepts, not mentions, not kept": 1,
        "concept of a mention not kept": 1,
    }


@pytest.mark.parametrize(
    "line", ["12\t0\t6\tNaloxone\tChemical", "99\t0\t8\tNaloxone\tChemical", "12\t0", "12|t|Again"]
)
def test_pubtator_reports_broken_lines(read, put, line):
    docs, report = read("pubtator", put("a.txt", TEXT + line + "\n"))
    assert len(docs) == 1 and not docs[0].ents and report.losses == 1


def test_pubtator_refuses_other_files(read, put):
    docs, report = read("pubtator", put("a.txt", "头痛\n"))
    assert not docs and report.lost == {"broken file": 1}


def test_pubtator_names_offsets_that_are_no_numbers(read, put):
    content = TEXT + "12\t0\teight\tNaloxone\tChemical\n"
    _, report = read("pubtator", put("a.txt", content))
    assert "start and end must be whole numbers, got 0 and eight" in report.messages[0]
