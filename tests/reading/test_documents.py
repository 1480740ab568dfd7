"""Reading of annotated documents and of texts, the output of `apply` in particular."""

import json
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.tokens import Span

import spacy_clinrel
from spacy_clinrel.active_learning.bootstrap.documents import _tokenizing_pipeline
from spacy_clinrel.data.splits import Plan
from spacy_clinrel.files import write_docs
from spacy_clinrel.processing import AnnotationOptions, output_schema
from spacy_clinrel.processing.rows import annotation_row
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.reading.documents import TextOptions, document_files, stream_docs
from spacy_clinrel.tokens import (
    GROUP,
    MentionAttribute,
    all_mentions,
    get_doc_id,
    get_relations,
    get_sections,
    has_assertion,
    set_attributes,
    set_doc_id,
    set_sections,
)

from ..util import make_doc

SCHEMA = output_schema(AnnotationOptions("", include_text=True))


def describe(doc):
    """Return everything that the output of `apply` contains of a document."""
    ents = [(ent.start_char, ent.end_char, ent.label_, ent.kb_id_) for ent in doc.ents]
    return {
        "id": get_doc_id(doc),
        "text": doc.text,
        "ents": ents,
        "is_annotated": has_assertion(doc),
        **annotation_row(doc, all_mentions(doc)),
    }


@pytest.fixture
def docs(zh):
    """Return a document with everything the store can hold, one with nested mentions, and one
    without mentions."""
    first = make_doc(zh, "既往史：否认[头痛|症状]。查[血糖|检查]8.2mmol/L。", [(1, 0, "证实")])
    set_attributes(
        first,
        [
            MentionAttribute(first.ents[0], "negated", 0.75),
            MentionAttribute(first.ents[0], "Certainty=High", 1.0),
        ],
    )
    pain, test = first.ents
    first.set_ents([pain, Span(first, test.start, test.end, label="检查", kb_id="C1")])
    group = first.spans[GROUP]
    index = [span.text for span in group].index("血糖")
    group.attrs["values"] = [[index, {"number": 8.2, "unit": "mmol/L"}]]
    group.attrs["dosages"] = [[index, {"dose": 1.0, "unit": "片"}]]
    group.attrs["candidates"] = [[index, "C1", "葡萄糖", 0.5]]
    set_sections(first, [("past_history", 0, 4, 9), ("exam", 9, 9, len(first.text))])
    set_doc_id(first, "甲")
    nested = make_doc(zh, "[[左|方位]股骨|部位]骨折")
    set_doc_id(nested, "乙")
    bare = zh.make_doc("无。")
    set_doc_id(bare, "丙")
    return [first, nested, bare]


def rows_of(docs):
    """Return the rows that `apply` writes of documents."""
    return [
        {"id": get_doc_id(doc), "text": doc.text, **annotation_row(doc, all_mentions(doc))}
        for doc in docs
    ]


def write(docs, path):
    """Write documents as `apply` does."""
    table = pa.Table.from_pylist(rows_of(docs), schema=SCHEMA)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".jsonl":
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()]
        path.write_text("".join(lines), encoding="utf-8")
    else:
        write_docs(docs, path)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".spacy"])
def test_documents_survive_the_round_trip(docs, tmp_path, suffix):
    path = write(docs, tmp_path / f"part-000000{suffix}")
    for source in (path, tmp_path, tmp_path / "*"):
        found = list(stream_docs([source]))
        assert [describe(doc) for doc in found] == [describe(doc) for doc in docs]
    assert [s.heading for s in get_sections(found[0])] == ["既往史：", ""]
    assert get_relations(found[0])[0].is_negated
    assert len({doc.vocab for doc in found}) == 1


@pytest.mark.parametrize("format_name", ["parquet", "jsonl"])
def test_output_of_apply_is_read_back(rules, tmp_path, format_name):
    for i, text in enumerate(["头痛，查CT", "无", "CT示头痛"]):
        (tmp_path / f"{i}.txt").write_text(text, encoding="utf-8")
    options = AnnotationOptions(str(rules), include_text=True)
    outputs = {}
    for name in (format_name, "spacy"):
        run_job(Job(str(tmp_path / "*.txt"), tmp_path / name, options, name, 2))
        outputs[name] = [describe(doc) for doc in stream_docs([tmp_path / name])]
    assert outputs[format_name] == outputs["spacy"] and len(outputs["spacy"]) == 3
    assert outputs["spacy"][0]["mentions"]


def test_tokens_are_split_at_mentions(tmp_path):
    text = "Takes aspirin100mg daily."
    mention = {"start_char": 6, "end_char": 13, "text": "aspirin", "type": "Drug"}
    row = {"id": "a", "text": text, "mentions": [mention], "relations": []}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (doc,) = stream_docs([tmp_path], spacy.blank("en"))
    assert doc.text == text and doc.ents[0].text == "aspirin"


def test_a_broken_row_is_reported_and_the_others_are_read(docs, tmp_path):
    good = [json.dumps(row, ensure_ascii=False) for row in rows_of(docs)]
    moved = rows_of(docs[:1])[0]
    moved["mentions"][0]["start_char"] += 1
    edge = rows_of(docs[:1])[0]
    edge["relations"][0]["head"] = 7
    broken = [
        "{",
        json.dumps(moved),
        json.dumps(edge),
        json.dumps({"id": "x", "mentions": []}),
        json.dumps({"id": "x", "text": "文"}),
        json.dumps({"id": "x", "text": "文", "mentions": [3]}),
        json.dumps({"id": "x", "text": "文", "error": "[P005] crash"}),
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*good, *broken, *good]), encoding="utf-8")
    messages = []
    found = list(stream_docs([path], on_problem=messages.append))
    assert len(found) == 2 * len(docs)
    codes = ["P008", "F193", "F194", "F197", "F195", "F192", "P005"]
    for number, (code, message) in enumerate(zip(codes, messages), start=len(docs) + 1):
        assert message.startswith(f"{path}:{number}: [{code}]") and "头痛" not in message
    assert len(messages) == len(codes)
    with pytest.warns(UserWarning, match=r"(?s)W100.*: 7 documents.*a\.jsonl:4: \[P008\]"):
        list(stream_docs([path]))


def test_unreadable_files(docs, tmp_path):
    path = write(docs, tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"P009.*b\.parquet"):
        list(stream_docs([tmp_path]))
    messages = []
    found = list(stream_docs([tmp_path], on_problem=messages.append, skip_files=True))
    assert len(found) == len(docs) and len(messages) == 1
    path.unlink()
    with pytest.raises(ValueError, match="P009"):
        list(stream_docs([tmp_path], on_problem=messages.append, skip_files=True))


def test_files_of_a_folder(docs, tmp_path):
    with pytest.raises(ValueError, match="F002"):
        document_files([tmp_path])
    (tmp_path / "note.txt").write_text("头痛", encoding="utf-8")
    with pytest.raises(ValueError, match="F002"):
        document_files([tmp_path])
    assert [path.name for path in document_files([tmp_path], raw=True)] == ["note.txt"]
    with pytest.raises(ValueError, match="F191"):
        document_files([tmp_path / "note.txt"])
    with pytest.raises(ValueError, match="F190"):
        document_files([write(docs, tmp_path / "a.spacy").rename(tmp_path / "a.bin")], raw=True)
    write(docs, tmp_path / "a.jsonl")
    (tmp_path / "_quarantine.jsonl").write_text("{}", encoding="utf-8")
    assert [path.name for path in document_files([tmp_path], raw=True)] == ["a.jsonl"]
    write(docs, tmp_path / "a.parquet")
    assert [path.name for path in document_files([tmp_path])] == ["a.parquet"]
    write(docs, tmp_path / "a.spacy")
    assert [path.name for path in document_files([tmp_path])] == ["a.spacy"]
    with pytest.raises(ValueError, match="F001"):
        document_files([tmp_path / "missing"])


def test_texts_become_documents(zh, tmp_path):
    (tmp_path / "a.txt").write_text("头痛", encoding="utf-8")
    (tmp_path / "b.csv").write_text("number,note\n7,发热\n8,咳嗽\n", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text('{"note": "胸闷", "number": 9}\n', encoding="utf-8")
    pq.write_table(pa.table({"note": ["心悸"], "number": [10]}), tmp_path / "d.parquet")
    texts = TextOptions(text_column="note", id_column="number")
    paths = sorted(tmp_path.iterdir())
    found = list(stream_docs(paths, zh, raw=True, texts=texts))
    assert [doc.text for doc in found] == ["头痛", "发热", "咳嗽", "胸闷", "心悸"]
    assert [get_doc_id(doc) for doc in found] == ["a", "7", "8", "9", "10"]
    assert all(doc.vocab is zh.vocab for doc in found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"F008.*F195"):
            list(stream_docs(paths[2:3], texts=texts))


def test_pyarrow_is_only_needed_for_parquet(docs, tmp_path, monkeypatch):
    path = write(docs, tmp_path / "a.jsonl")
    parquet = write(docs, tmp_path / "a.parquet")
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    assert len(list(stream_docs([path]))) == len(docs)
    with pytest.raises(ImportError, match=r"P001.*\[apply\]"):
        list(stream_docs([parquet]))


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_functions_read_the_output_of_apply(docs, tmp_path, suffix):
    path = write(docs, tmp_path / f"part-000000{suffix}")
    write_docs(docs, tmp_path / "docs" / "a.spacy")
    for source, name in ((path, "rows"), (tmp_path / "docs", "spacy")):
        spacy_clinrel.export(source, tmp_path / f"{name}.graphml")
    assert (tmp_path / "rows.graphml").read_text("utf-8") == (tmp_path / "spacy.graphml").read_text(
        "utf-8"
    )
    read = spacy_clinrel.read_corpus(path)
    assert [describe(doc) for doc in read] == [describe(doc) for doc in docs]


def test_shards_are_one_part_of_a_corpus(docs, tmp_path):
    for number, doc in enumerate(docs[:2]):
        folder = tmp_path / "train"
        folder.mkdir(exist_ok=True)
        write([doc], folder / f"part-{number:06}.parquet")
    result = spacy_clinrel.debug([tmp_path / "train", write(docs[2:], tmp_path / "dev.jsonl")])
    assert list(result["parts"]) == ["train", "dev"]
    assert result["parts"]["train"]["documents"] == 2
    spacy_clinrel.split(tmp_path / "train", tmp_path / "split", Plan(ratios=(50, 50, 0)))
    assert (tmp_path / "split" / "dev.spacy").exists()


def test_bootstrap_tokenizes_texts_as_its_config(tmp_path):
    settings = {"lang": "en", "tokenizer": {"@tokenizers": "spacy-clinrel.EnglishTokenizer.v1"}}
    nlp = _tokenizing_pipeline(settings)
    assert nlp.make_doc("Lasix40 mg")[0].text == "Lasix"
    nlp = _tokenizing_pipeline({"lang": "zh"})
    assert len(nlp.make_doc("头痛")) == 2
