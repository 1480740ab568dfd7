"""The corpus reader: examples, gold entities, limits and broken files."""

import os

import pytest
import spacy
from spacy import registry
from spacy.tokens import DocBin

from spacy_clinrel.data.corpus import read_corpus
from spacy_clinrel.data.readers import Corpus, gold_mentions_doc
from spacy_clinrel.data.splits import read_metadata
from spacy_clinrel.tokens import GROUP, read_mentions, store_relations
from spacy_clinrel.tokens.silver import store_silver

from ..util import edges, ents, group, make_doc, make_notes, write_docs


@pytest.fixture
def notes(zh):
    """Return five notes of different lengths; the last has nested mentions."""
    nested = make_doc(zh, "[[左侧|方位]股骨|部位]，[骨折|疾病]。", [(1, 0, "在"), (2, 0, "位于")])
    return [*make_notes(zh, 4), nested]


@pytest.fixture
def path(notes, tmp_path):
    """Return a .spacy file of the notes."""
    return write_docs(tmp_path / "notes.spacy", notes)


def test_registered():
    assert registry.readers.get("spacy-clinrel.Corpus.v1") is Corpus


def test_predicted_docs_have_only_text(zh, notes, path):
    examples = list(Corpus(path)(zh))
    assert [eg.text for eg in examples] == [doc.text for doc in notes]
    for example, doc in zip(examples, notes):
        assert edges(example.reference) == edges(doc) and group(example.reference) == group(doc)
        assert not example.predicted.ents and GROUP not in example.predicted.spans


def test_gold_entities_without_relations(zh, notes, path):
    examples = list(Corpus(path, gold_entities=True)(zh))
    assert len(examples) == 5
    for example, doc in zip(examples, notes):
        assert edges(example.reference) == edges(doc)
        assert ents(example.predicted) == ents(doc)
        assert example.predicted._.relations == []
        found = read_mentions(example.predicted)
        assert found.starts.tolist() == read_mentions(doc).starts.tolist()
        if GROUP in example.predicted.spans:
            assert "relations" not in example.predicted.spans[GROUP].attrs
    # Flat mentions are entities, and nothing more is said of which of them take part.
    flat, nested = examples[0].predicted, examples[-1].predicted
    assert GROUP not in flat.spans
    assert sorted(group(nested)) == [(0, 2, "方位"), (0, 4, "部位"), (5, 7, "疾病")]


def test_gold_mentions_are_sorted(zh, notes):
    """The order of the gold group could reveal which mentions have relations."""
    doc = notes[-1]
    store_relations(doc, list(doc.spans[GROUP])[::-1], [])
    assert group(gold_mentions_doc(zh, doc)) == sorted(group(doc))


def test_gold_entities_use_the_reference_tokens(zh, tmp_path):
    english = spacy.blank("en")
    doc = make_doc(english, "No [headache|S], [fever|S] gone.", [(0, 1, "r")])
    path = write_docs(tmp_path / "en.spacy", [doc])
    (example,) = Corpus(path, gold_entities=True)(zh)
    assert [t.text for t in example.predicted] == [t.text for t in doc]
    assert example.predicted.text == doc.text and ents(example.predicted) == ents(doc)
    (example,) = Corpus(path)(zh)
    assert len(example.predicted) > len(doc)


def test_each_pass_makes_new_docs(zh, path):
    reader = Corpus(path, gold_entities=True)
    for example in reader(zh):
        example.predicted._.relations = [(example.predicted[0:1], example.predicted[1:2], "x")]
    assert all(not example.predicted._.relations for example in reader(zh))


@pytest.mark.parametrize("limit, count", [(0, 5), (1, 1), (3, 3), (99, 5)])
def test_limit(zh, path, limit, count):
    assert len(list(Corpus(path, limit=limit)(zh))) == count


def test_max_length(zh, notes, path):
    longest = max(len(doc) for doc in notes)
    kept = [eg.text for eg in Corpus(path, max_length=longest - 1)(zh)]
    assert kept == [doc.text for doc in notes if len(doc) < longest] and 0 < len(kept) < 5
    assert len(list(Corpus(path, max_length=longest)(zh))) == 5
    # Too long for all: that is nothing to learn from, but no broken file.
    assert list(Corpus(path, max_length=1)(zh)) == []


def test_shuffle(zh, tmp_path):
    path = write_docs(tmp_path / "many.spacy", [zh(f"第{i}") for i in range(30)])
    reader = Corpus(path, shuffle=True)
    first, second = ([eg.text for eg in reader(zh)] for _ in range(2))
    assert first != second and sorted(first) == sorted(second)


def test_reads_a_folder(zh, notes, tmp_path):
    folder = tmp_path / "corpus"
    (folder / "sub").mkdir(parents=True)
    write_docs(folder / "a.spacy", notes[:2])
    write_docs(folder / "sub" / "b.spacy", notes[2:4])
    write_docs(folder / "z.spacy", notes[4:])
    (folder / "notes.txt").write_text("不读", encoding="utf-8")
    assert len(list(Corpus(folder)(zh))) == 5
    # The limit is of documents, in however many files.
    for limit in (1, 2, 3):
        assert len(list(Corpus(folder, limit=limit)(zh))) == limit


@pytest.mark.parametrize("name", ["nowhere", "nowhere.spacy"])
def test_missing_path(tmp_path, name):
    with pytest.raises(ValueError, match="F001"):
        Corpus(tmp_path / name)


def test_invalid_paths(tmp_path):
    with pytest.raises(ValueError, match="F019"):
        Corpus(None)
    (tmp_path / "notes.txt").write_text("患者头痛。", encoding="utf-8")
    with pytest.raises(ValueError, match="F021"):
        Corpus(tmp_path / "notes.txt")


@pytest.mark.parametrize("docs", [None, [], [""]])
def test_empty_corpus(zh, tmp_path, docs):
    folder = tmp_path / "empty"
    folder.mkdir()
    if docs is not None:
        write_docs(folder / "empty.spacy", [zh(text) for text in docs])
    with pytest.raises(ValueError, match=r"F00[24].*empty"):
        list(Corpus(folder)(zh))


@pytest.mark.parametrize("content", [b"", b"no docbin", b"x\x9cgarbage"])
def test_broken_file(zh, tmp_path, content):
    path = tmp_path / "broken.spacy"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"F003.*broken\.spacy"):
        list(Corpus(path)(zh))


def test_error_names_the_broken_file_of_a_folder(zh, notes, tmp_path):
    write_docs(tmp_path / "a.spacy", notes)
    write_docs(tmp_path / "c.spacy", notes)
    (tmp_path / "b.spacy").write_bytes(b"no docbin")
    with pytest.raises(ValueError, match=r"F003.*b\.spacy"):
        list(Corpus(tmp_path)(zh))


def test_truncated_file(zh, path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="F003"):
        list(Corpus(path)(zh))


def test_empty_documents(zh, notes, tmp_path):
    path = write_docs(tmp_path / "some.spacy", [zh(""), notes[0], zh("")])
    assert [eg.text for eg in Corpus(path)(zh)] == [notes[0].text]


def test_user_data_is_not_needed(zh, notes, tmp_path):
    path = tmp_path / "bare.spacy"
    DocBin(store_user_data=False, docs=notes).to_disk(path)
    assert [len(eg.reference._.relations) for eg in Corpus(path)(zh)] == [2] * 5


def test_folder_with_links_is_read_once(zh, notes, tmp_path):
    folder = tmp_path / "corpus"
    for number, name in enumerate(("a.spacy", "sub/B.SPACY", ".hidden/c.spacy")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_docs(folder / name, notes[number : number + 1])
    # Searched with spaCy's function, two such links give over 2 ** 40 paths.
    (folder / "up").symlink_to(folder)
    (folder / "sub" / "up").symlink_to(folder)
    (tmp_path / "linked").mkdir()
    write_docs(tmp_path / "linked" / "d.spacy", notes[3:4])
    (folder / "linked").symlink_to(tmp_path / "linked")
    os.mkfifo(folder / "pipe.spacy")
    expected = [notes[0].text, notes[3].text, notes[1].text]
    with pytest.warns(UserWarning, match=r"W072.*pipe\.spacy"):
        assert [eg.text for eg in Corpus(folder)(zh)] == expected
    with pytest.warns(UserWarning, match="W072"):
        assert [doc.text for doc in read_corpus(folder, nlp=zh)] == expected


def test_pipes_are_refused(zh, tmp_path):
    """Reading from a pipe would never end."""
    os.mkfifo(tmp_path / "pipe.spacy")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ValueError, match="F078"):
        list(Corpus(tmp_path / "pipe.spacy")(zh))
    with pytest.raises(ValueError, match="F078"):
        read_metadata(tmp_path / "pipe.csv")


def test_gold_documents_are_repeated_beside_silver_ones(zh, notes, tmp_path):
    gold, silver = notes[:1], notes[1:4]
    for doc in silver:
        store_silver(doc, list(doc.ents), [], [])
    path = write_docs(tmp_path / "mixed.spacy", [*gold, *silver])
    for share in (0.3, 0.5, 0.8):
        texts = [eg.text for eg in Corpus(path, gold_share=share)(zh)]
        assert texts[:4] == [doc.text for doc in notes[:4]] and set(texts[4:]) <= {gold[0].text}
        n_gold = texts.count(gold[0].text) * len(gold[0])
        total = sum(map(len, texts))
        assert n_gold / total >= share
        assert n_gold - len(gold[0]) <= share / (1 - share) * (total - n_gold)
    assert len(list(Corpus(path, gold_share=0)(zh))) == 4


def test_share_without_silver_or_without_gold_documents(zh, notes, path, tmp_path):
    assert len(list(Corpus(path, gold_share=0.9)(zh))) == 5
    for doc in notes:
        store_silver(doc, list(doc.ents), [], [])
    silver = write_docs(tmp_path / "silver.spacy", notes)
    assert len(list(Corpus(silver, gold_share=0.9)(zh))) == 5
    with pytest.raises(ValueError, match="gold_share"):
        Corpus(silver, gold_share=1.0)
