"""What annotators corrected comes back as gold, and what they changed is told."""

import json
import shutil

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinrel.active_learning.bootstrap import BootstrapData
from spacy_clinrel.active_learning.bootstrap.documents import write_documents
from spacy_clinrel.active_learning.bootstrap.run_folder import RunFolder
from spacy_clinrel.active_learning.review import FORMATS, read_review
from spacy_clinrel.active_learning.review.changes import find_changes, summarise_changes
from spacy_clinrel.active_learning.review.formats import LabelNames, review_files
from spacy_clinrel.data.converters import Report
from spacy_clinrel.files import read_docbin, write_docs, write_json
from spacy_clinrel.tokens import get_doc_id, set_doc_id
from spacy_clinrel.tokens.silver import silver_pairs

from ...util import edges, ents, make_doc
from ..bootstrap.conftest import small_config
from .conftest import ranking


def proposed(folder):
    return read_docbin(folder / "proposed.spacy", spacy.blank("zh").vocab)


def correct(doc):
    """Change a document as an annotator would: the first relation gets another label, the last
    mention another type, and a new relation goes from the last mention to the first.

    RETURNS (Doc): The corrected document.
    """
    doc = doc.copy()
    spans = list(doc.ents)
    relations = [relation[:3] for relation in doc._.relations]
    last = spans[-1]
    other = doc.char_span(last.start_char, last.end_char, label="体征")
    relations = [tuple(other if end == last else end for end in row) for row in relations]
    head, tail, _ = relations[0]
    doc.set_ents([*spans[:-1], other], default="outside")
    del doc.spans["clinrel"]
    doc._.relations = [(head, tail, "否认"), *relations[1:], (other, spans[0], "伴随")]
    return doc


@pytest.fixture(scope="module")
def corrected(given):
    """RETURNS (List[Doc]): The first document that was given out, corrected, and the others as
    they were."""
    first, *others = proposed(given)
    fixed = correct(first)
    set_doc_id(fixed, get_doc_id(first))
    return [fixed, *others]


def came_back(given, docs, format_name, folder):
    """RETURNS (Path): Files as a tool has them after the correction."""
    names = LabelNames([], [], [])
    for name, content in review_files(format_name, docs, names, Report()).items():
        folder.mkdir(exist_ok=True)
        if not name.endswith((".conf", ".xml")):
            (folder / name).write_bytes(content.encode("utf-8"))
    return folder


@pytest.mark.parametrize("written", FORMATS)
def test_round_trip(given, corrected, tmp_path, written):
    source = came_back(given, corrected, FORMATS[written], tmp_path / "back")
    found = read_review(given, source, format_name=written)
    assert not found.problems and not found.summary["not_returned"]
    assert [get_doc_id(doc) for doc in found.docs] == [get_doc_id(doc) for doc in corrected]
    for doc, expected in zip(found.docs, corrected):
        assert doc.text == expected.text
        assert [token.text for token in doc] == [token.text for token in expected]
        assert ents(doc) == ents(expected) and edges(doc) == edges(expected)
        assert silver_pairs(doc) is None
        assert all(relation.score == 1.0 for relation in doc._.relations)
    mentions, relations = found.summary["mentions"], found.summary["relations"]
    figures = ("became_other", "were_other", "removed", "added")
    assert [mentions[name] for name in figures] == [1, 1, 0, 0]
    assert [relations[name] for name in figures] == [1, 1, 0, 1]
    assert relations["kept"] == relations["proposed"] - 1 == relations["corrected"] - 2
    assert relations["p"] == relations["kept"] / relations["proposed"]
    assert relations["per_label"]["否认"]["were_other"] == 1
    assert found.summary["unchanged"] == 5
    told = {(row["what"], row["change"], row["new"]) for row in found.summary["changes"]}
    assert told == {
        ("mention", "relabelled", "体征"),
        ("relation", "relabelled", "否认"),
        ("relation", "added", "伴随"),
    }
    by_score = found.summary["by_score"]
    assert sum(row["relations"] for row in by_score) == relations["proposed"]
    kept = sum(row["kept"] * row["relations"] for row in by_score)
    assert kept == pytest.approx(relations["kept"])


def test_nothing_changed(given):
    found = read_review(given, given / "brat", format_name="brat")
    assert found.summary["unchanged"] == 6 and not found.summary["changes"]
    assert found.summary["relations"]["f"] == found.summary["mentions"]["f"] == 1.0


def test_accepted_predictions_keep_no_score(given, tmp_path):
    """Label Studio copies predictions, scores and all, to the annotations they are made of."""
    path = given / "label-studio-predictions" / "review.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        results = task.pop("predictions")[0]["result"]
        task["annotations"] = [{"id": number, "result": results}] if number != 2 else []
    export = tmp_path / "export.json"
    export.write_text(json.dumps(tasks), encoding="utf-8")
    found = read_review(given, export, format_name="label-studio")
    relations = [relation for doc in found.docs for relation in doc._.relations]
    assert relations and all(relation.score == 1.0 for relation in relations)
    assert found.summary["not_returned"] == [ranking(given)[2]["doc_id"]]


def test_a_changed_text_is_named_and_others_are_kept(given, tmp_path):
    folder = shutil.copytree(given / "brat", tmp_path / "brat")
    [text, other, gone, *_] = sorted(folder.glob("*.txt"))
    changed = text.read_text(encoding="utf-8")
    text.write_text(changed[:3] + "！" + changed[4:], encoding="utf-8")
    other.write_text(other.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    for suffix in (".txt", ".ann"):
        gone.with_suffix(suffix).rename(folder / f"unknown{suffix}")
    found = read_review(given, folder, format_name="brat")
    assert len(found.docs) == 3 and len(found.summary["not_returned"]) == 3
    unknown, first, second = sorted(found.problems, key=lambda problem: "B023" in problem)
    assert "B023" in first and text.stem in first and "character 3" in first and "！" not in first
    assert "B023" in second and other.stem in second
    assert "B024" in unknown and "unknown" in unknown
    for path in folder.glob("ward*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"B026.*B024"):
        read_review(given, folder, format_name="brat")


def test_what_cannot_be_read_was_not_removed(given, tmp_path):
    """A document with such is left out, not taken for one from which an annotator removed it."""
    folder = shutil.copytree(given / "brat", tmp_path / "brat")
    gone, moved, broken, commented, *_ = sorted(folder.glob("*.ann"))
    gone.unlink()
    lines = moved.read_text(encoding="utf-8").splitlines()
    fields = lines[0].split("\t")
    kind, start, end = fields[1].split()
    lines[0] = f"{fields[0]}\t{kind} {int(start) + 1} {int(end) + 1}\t{fields[2]}"
    moved.write_text("\n".join(lines), encoding="utf-8")
    for path, line in ((broken, "T99 no tabs"), (commented, "#1\tAnnotatorNotes T1\tunsure")):
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    found = read_review(given, folder, format_name="brat")
    assert len(found.docs) == 3 and not found.summary["changes"]
    for path, code in ((gone, "B028"), (moved, "B029"), (broken, "B029")):
        [problem] = [problem for problem in found.problems if path.stem in problem]
        assert code in problem
    assert len(found.summary["not_returned"]) == 3


def test_documents_that_come_twice(given, tmp_path):
    source = given / "doccano" / "review.jsonl"
    lines = source.read_text(encoding="utf-8").splitlines()
    (tmp_path / "back.jsonl").write_text("\n".join([*lines, lines[0]]), encoding="utf-8")
    found = read_review(given, tmp_path / "back.jsonl", format_name="doccano")
    assert len(found.docs) == 6
    [problem] = found.problems
    assert "B025" in problem


def test_names_with_white_space_and_tokens_of_its_own(tmp_path):
    """Tokens come from the documents, names from the review, whatever the format allows."""
    nlp = spacy.blank("en")
    doc = make_doc(nlp, "The [chest film|Medical test] shows a [pneumonia|Disease].")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[3:5])
    names = LabelNames(["Disease", "Medical test"], ["found it"], [])
    write_docs([doc], tmp_path / "proposed.spacy")
    write_json(tmp_path / "review.json", {"formats": ["brat"], **names._asdict()})
    files = review_files("brat", [doc], names, Report())
    assert "Medical_test" in files["1.ann"] and "found_it" in files["annotation.conf"]
    files["1.ann"] += "R1\tfound_it Arg1:T1 Arg2:T2\t\n"
    folder = tmp_path / "brat"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8"))
    found = read_review(tmp_path, folder)
    [back] = found.docs
    assert [token.text for token in back] == [token.text for token in doc]
    assert "shows a" in [token.text for token in back]
    assert ents(back) == ents(doc) and get_doc_id(back) == "1"
    assert [relation.label for relation in back._.relations] == ["found it"]
    assert found.summary["mentions"]["f"] == 1.0


def test_folders_and_formats_that_do_not_fit(given, tmp_path):
    with pytest.raises(ValueError, match="B022"):
        read_review(tmp_path, given / "brat")
    settings = json.loads((given / "review.json").read_text(encoding="utf-8"))
    for broken in ({**settings, "types": None}, {"formats": ["brat"]}, []):
        (tmp_path / "review.json").write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(ValueError, match="B022"):
            read_review(tmp_path, given / "brat")
    with pytest.raises(ValueError, match=r"B027.*brat and label-studio"):
        read_review(given, given / "brat")
    with pytest.raises(ValueError, match="B027"):
        read_review(given, given / "brat", format_name="spert")
    with pytest.raises(ValueError, match="F001"):
        read_review(given, tmp_path / "nowhere", format_name="brat")


def test_corrected_documents_are_labelled_ones(given, few_labels, tmp_path):
    """In a folder beside the labelled file they are what bootstrapping begins with, and no longer
    count as unlabelled."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    shutil.copy(few_labels.labelled, folder)
    write_docs(read_review(given, given / "brat", format_name="brat").docs, folder / "round1.spacy")
    more = read_docbin(few_labels.unlabelled, spacy.blank("zh").vocab)
    write_docs([*proposed(given), *more], tmp_path / "u.spacy")
    data = BootstrapData(folder, tmp_path / "u.spacy", few_labels.dev)
    counts = write_documents(RunFolder(tmp_path / "run"), small_config(), data, None, iter)
    assert counts["labelled"] == 5 + 6
    assert counts["left_out"] >= 6 and counts["unlabelled"] + counts["left_out"] == 6 + 40


def test_changes_by_hand():
    a, b, c = (((i, i + 1), (8, 9)) for i in range(3))
    found = find_changes({(a, "x"), (a, "y"), (b, "x")}, {(a, "x"), (a, "z"), (c, "x")})
    assert [tuple(change) for change in found] == [
        ("kept", a, "x", "x"),
        ("relabelled", a, "y", "z"),
        ("removed", b, "x", ""),
        ("added", c, "", "x"),
    ]
    assert find_changes(set(), set()) == []


def test_white_space_around_a_mention_is_no_change(zh):
    """Formats bring it back trimmed."""
    doc = zh("查\n胸片\n示肺炎。")
    loose, tight = doc.copy(), doc.copy()
    for copy, start, end in ((loose, 1, 5), (tight, 2, 4)):
        copy.set_ents([Span(copy, start, end, "检查")])
        copy._.relations = [(copy.ents[0], Span(copy, 6, 8, "疾病"), "证实")]
    assert loose.ents[0].text != tight.ents[0].text == "胸片"
    result = summarise_changes([(loose, tight)])
    assert result["unchanged"] == 1 and result["relations"]["kept"] == 1
