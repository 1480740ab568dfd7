"""Reading of corrected documents as gold annotation."""

import json
import shutil

import pytest
import spacy

from spacy_clinrel.active_learning.bootstrap import BootstrapData
from spacy_clinrel.active_learning.bootstrap.documents import write_documents
from spacy_clinrel.active_learning.bootstrap.run_folder import RunFolder
from spacy_clinrel.active_learning.review import FORMATS, read_review
from spacy_clinrel.active_learning.review.corrections import WHITE_SPACE, _restore_white_space
from spacy_clinrel.active_learning.review.formats import LabelNames, review_files
from spacy_clinrel.data.converters import Mention, Record, Report
from spacy_clinrel.files import read_docbin, write_docs, write_json
from spacy_clinrel.tokens import get_doc_id, set_doc_id
from spacy_clinrel.tokens.silver import silver_pairs

from ...util import edges, ents, make_doc
from ..bootstrap.conftest import small_config
from .conftest import read_ranking


def read_proposed(folder):
    return read_docbin(folder / "proposed.spacy", spacy.blank("zh").vocab)


def correct(doc):
    """Correct a document: relabel the first relation, retype the last mention, and add a relation
    from the last mention to the first.

    RETURNS (Doc): The corrected copy.
    """
    doc = doc.copy()
    spans = list(doc.ents)
    relations = [relation[:3] for relation in doc._.relations]
    last = spans[-1]
    retyped = doc.char_span(last.start_char, last.end_char, label="体征")
    relations = [tuple(retyped if part == last else part for part in row) for row in relations]
    head, tail, _ = relations[0]
    doc.set_ents([*spans[:-1], retyped], default="outside")
    del doc.spans["clinrel"]
    doc._.relations = [(head, tail, "否认"), *relations[1:], (retyped, spans[0], "伴随")]
    return doc


@pytest.fixture(scope="module")
def corrected(exported):
    """Return the exported documents. Only the first is corrected."""
    first, *others = read_proposed(exported)
    fixed = correct(first)
    set_doc_id(fixed, get_doc_id(first))
    return [fixed, *others]


def write_corrected(docs, format_name, folder):
    """Write documents as an annotation tool saves them.

    RETURNS (Path): The folder.
    """
    files = review_files(format_name, docs, LabelNames([], [], []), Report())
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        if not name.endswith((".conf", ".xml")):
            (folder / name).write_bytes(content.encode("utf-8"))
    return folder


@pytest.mark.parametrize("export_format", FORMATS)
def test_corrected_documents_round_trip(exported, corrected, tmp_path, export_format):
    source = write_corrected(corrected, FORMATS[export_format], tmp_path / "back")
    result = read_review(exported, source, format_name=export_format)
    assert not result.problems and not result.summary["not_returned"]
    assert [get_doc_id(doc) for doc in result.docs] == [get_doc_id(doc) for doc in corrected]
    for doc, expected in zip(result.docs, corrected):
        assert doc.text == expected.text
        assert [token.text for token in doc] == [token.text for token in expected]
        assert ents(doc) == ents(expected) and edges(doc) == edges(expected)
        assert silver_pairs(doc) is None
        assert all(relation.score == 1.0 for relation in doc._.relations)


def test_summary_of_the_changes(exported, corrected, tmp_path):
    source = write_corrected(corrected, "brat", tmp_path / "back")
    summary = read_review(exported, source, format_name="brat").summary
    mentions, relations = summary["mentions"], summary["relations"]
    names = ("became_other", "were_other", "removed", "added")
    assert [mentions[name] for name in names] == [1, 1, 0, 0]
    assert [relations[name] for name in names] == [1, 1, 0, 1]
    assert relations["kept"] == relations["proposed"] - 1 == relations["corrected"] - 2
    assert relations["p"] == relations["kept"] / relations["proposed"]
    assert relations["per_label"]["否认"]["were_other"] == 1
    assert summary["unchanged"] == 5
    assert {(row["what"], row["change"], row["new"]) for row in summary["changes"]} == {
        ("mention", "relabelled", "体征"),
        ("relation", "relabelled", "否认"),
        ("relation", "added", "伴随"),
    }
    # The pipeline does not know the labels 否认 and 伴随, so they are not checked.
    assert summary["unseen_type_pairs"] == {"count": 0, "places": []}
    by_score = summary["by_score"]
    assert sum(row["relations"] for row in by_score) == relations["proposed"]
    n_kept = sum(row["kept"] * row["relations"] for row in by_score)
    assert n_kept == pytest.approx(relations["kept"])


def test_unchanged_documents(exported):
    summary = read_review(exported, exported / "brat", format_name="brat").summary
    assert summary["unchanged"] == 6 and not summary["changes"]
    assert summary["relations"]["f"] == summary["mentions"]["f"] == 1.0


def test_accepted_predictions_have_score_1(exported, tmp_path):
    """Label Studio copies the scores of predictions that the annotator accepts."""
    path = exported / "label-studio-predictions" / "review.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        results = task.pop("predictions")[0]["result"]
        task["annotations"] = [{"id": number, "result": results}] if number != 2 else []
    export = tmp_path / "export.json"
    export.write_text(json.dumps(tasks), encoding="utf-8")
    result = read_review(exported, export, format_name="label-studio")
    relations = [relation for doc in result.docs for relation in doc._.relations]
    assert relations and all(relation.score == 1.0 for relation in relations)
    assert result.summary["not_returned"] == [read_ranking(exported)[2]["doc_id"]]


def test_documents_with_another_text_or_id_are_left_out(exported, tmp_path):
    folder = shutil.copytree(exported / "brat", tmp_path / "brat")
    [changed, extended, renamed, *_] = sorted(folder.glob("*.txt"))
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text[:3] + "！" + text[4:], encoding="utf-8")
    extended.write_text(extended.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    for suffix in (".txt", ".ann"):
        renamed.with_suffix(suffix).rename(folder / f"unknown{suffix}")
    result = read_review(exported, folder, format_name="brat")
    assert len(result.docs) == 3 and len(result.summary["not_returned"]) == 3
    unknown, first, second = sorted(result.problems, key=lambda problem: "B023" in problem)
    assert "B023" in first and changed.stem in first and "character 3" in first
    assert "！" not in first, "messages do not quote the text"
    assert "B023" in second and extended.stem in second
    assert "B024" in unknown and "unknown" in unknown
    for path in folder.glob("ward*"):
        path.unlink()
    with pytest.raises(ValueError, match=r"B026.*B024"):
        read_review(exported, folder, format_name="brat")


def test_white_space_that_a_tool_removed_is_restored():
    """Old versions of doccano strip texts; their offsets are those of the stripped text."""
    text = "\r\n  患者头痛。\n"
    report = Report()
    record = Record("x", "患者头痛。", [Mention("1", 2, 4, "X", gaps=((3, 3),))])
    restored = _restore_white_space(record, text, report)
    (mention,) = restored.mentions
    assert restored.text == text and text[mention.start : mention.end] == "头痛"
    assert mention.gaps == ((7, 7),) and report.repaired == {WHITE_SPACE: 1}
    for other in ("患者头痛！", "患者头痛。\n\n", text):
        changed = Record("x", other)
        assert _restore_white_space(changed, text, report) is changed


def test_incompletely_read_documents_are_left_out(exported, tmp_path):
    """Unreadable annotation must not count as removed by the annotator."""
    folder = shutil.copytree(exported / "brat", tmp_path / "brat")
    missing, moved, broken, commented, *_ = sorted(folder.glob("*.ann"))
    missing.unlink()
    lines = moved.read_text(encoding="utf-8").splitlines()
    fields = lines[0].split("\t")
    entity_type, start, end = fields[1].split()
    lines[0] = f"{fields[0]}\t{entity_type} {int(start) + 1} {int(end) + 1}\t{fields[2]}"
    moved.write_text("\n".join(lines), encoding="utf-8")
    for path, line in ((broken, "T99 no tabs"), (commented, "#1\tAnnotatorNotes T1\tunsure")):
        path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    result = read_review(exported, folder, format_name="brat")
    assert len(result.docs) == 3 and not result.summary["changes"]
    for path, code in ((missing, "B028"), (moved, "B029"), (broken, "B029")):
        [problem] = [problem for problem in result.problems if path.stem in problem]
        assert code in problem
    assert len(result.summary["not_returned"]) == 3


def test_duplicate_documents(exported, tmp_path):
    source = exported / "doccano" / "review.jsonl"
    lines = source.read_text(encoding="utf-8").splitlines()
    (tmp_path / "back.jsonl").write_text("\n".join([*lines, lines[0]]), encoding="utf-8")
    result = read_review(exported, tmp_path / "back.jsonl", format_name="doccano")
    assert len(result.docs) == 6
    [problem] = result.problems
    assert "B025" in problem


def test_names_with_white_space_and_merged_tokens(tmp_path):
    """Tokens are those of the exported documents; names are restored from review.json."""
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
    result = read_review(tmp_path, folder)
    [gold] = result.docs
    assert [token.text for token in gold] == [token.text for token in doc]
    assert "shows a" in [token.text for token in gold]
    assert ents(gold) == ents(doc) and get_doc_id(gold) == "1"
    assert [relation.label for relation in gold._.relations] == ["found it"]
    assert result.summary["mentions"]["f"] == 1.0


def test_invalid_folders_and_formats(exported, tmp_path):
    with pytest.raises(ValueError, match="B022"):
        read_review(tmp_path, exported / "brat")
    settings = json.loads((exported / "review.json").read_text(encoding="utf-8"))
    for broken in ({**settings, "types": None}, {"formats": ["brat"]}, []):
        (tmp_path / "review.json").write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(ValueError, match="B022"):
            read_review(tmp_path, exported / "brat")
    with pytest.raises(ValueError, match=r"B027.*brat and label-studio"):
        read_review(exported, exported / "brat")
    with pytest.raises(ValueError, match="B027"):
        read_review(exported, exported / "brat", format_name="spert")
    with pytest.raises(ValueError, match="F001"):
        read_review(exported, tmp_path / "nowhere", format_name="brat")


def test_corrected_documents_are_labelled_documents_of_a_run(exported, few_labels, tmp_path):
    """Corrected documents are part of the training data and left out of the unlabelled
    documents."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    shutil.copy(few_labels.labelled, folder)
    read_review(
        exported,
        exported / "brat",
        folder / "round1.spacy",
        format_name="brat",
        report_path=tmp_path / "changes.json",
    )
    others = read_docbin(few_labels.unlabelled, spacy.blank("zh").vocab)
    write_docs([*read_proposed(exported), *others], tmp_path / "u.spacy")
    data = BootstrapData(folder, tmp_path / "u.spacy", few_labels.dev)
    counts = write_documents(RunFolder(tmp_path / "run"), small_config(), data, None, iter)
    assert counts["labelled"] == 5 + 6
    assert counts["left_out"] >= 6 and counts["unlabelled"] + counts["left_out"] == 6 + 40
