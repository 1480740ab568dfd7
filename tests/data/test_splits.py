"""Splits: shares, groups, near-duplicates, metadata."""

import json
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.data.splits import (
    PARTS,
    Plan,
    assign,
    describe,
    keys_of,
    near_duplicates,
    pool_rare,
    read_metadata,
    split_docs,
)
from spacy_clinrel.data.splits.duplicates import BANDS, NEIGHBOURS, ROWS, SHINGLE, _candidates
from spacy_clinrel.tokens import set_doc_id

from ..util import make_notes

CHARACTERS = "患者因头痛咳嗽发热三天入院查体心肺未见异常腹软无压痛予以补液治疗后好转出"


def notes(dice, count, length=120):
    """Return random texts with low similarity."""
    return ["".join(dice.choices(CHARACTERS, k=length)) for _ in range(count)]


def changed(dice, text, places):
    letters = list(text)
    for place in dice.sample(range(len(text)), places):
        letters[place] = "甲"
    return "".join(letters)


def jaccard(one, other):
    """Return the Jaccard index of the shingles of two texts."""
    sets = [{t[i : i + SHINGLE] for i in range(len(t) - SHINGLE + 1)} for t in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def clusters(pairs):
    """Return the connected components of pairs, found by a naive search."""
    found = []
    for one, other, *_ in pairs:
        touched = [cluster for cluster in found if one in cluster or other in cluster]
        found = [cluster for cluster in found if cluster not in touched]
        found.append({one, other}.union(*touched))
    return {frozenset(cluster) for cluster in found}


# Near-duplicates


@pytest.mark.parametrize("form", ["", "入院记录：" + "".join(CHARACTERS) * 2])
def test_near_duplicates_match_a_full_comparison(form):
    """The texts may share a template, which makes them similar, but below the threshold."""
    dice = random.Random(1)
    texts = [form + text for text in notes(dice, 150)]
    texts += [changed(dice, dice.choice(texts), places) for places in range(40)]
    found = near_duplicates(texts, 0.7)
    expected = [
        (i, j)
        for j in range(len(texts))
        for i in range(j)
        if (value := jaccard(texts[i], texts[j])) >= 0.7
    ]
    assert clusters(found) == clusters(expected) and 4 < len(found) < len(texts)
    for i, j, value in found:
        assert i < j and value == pytest.approx(jaccard(texts[i], texts[j]))


def test_equal_texts():
    texts = [
        "Headache,\n no FEVER",
        "头痛",
        "",
        "ｈｅａｄａｃｈｅ，no fever ",
        "头 痛\r\n",
        " ",
        "头痛。",
    ]
    assert near_duplicates(texts, 1.0) == [(0, 3, 1.0), (1, 4, 1.0)]
    assert near_duplicates([]) == [] and near_duplicates(["", ""]) == []


def test_many_similar_texts_are_one_cluster():
    dice = random.Random(2)
    (text,) = notes(dice, 1, 400)
    found = near_duplicates([changed(dice, text, 3) for _ in range(300)])
    assert len(found) == 299 and clusters(found) == {frozenset(range(300))}


@pytest.mark.slow
def test_number_of_compared_pairs():
    """A text is compared only with its neighbours, even if all texts share every LSH band."""
    signatures = np.tile(np.arange(BANDS * ROWS, dtype="uint64"), (2000, 1))
    assert len(_candidates(signatures, 0.8)) < 2000 * NEIGHBOURS
    assert len(near_duplicates(["".join(CHARACTERS)] * 2000)) == 1999


def test_neighbours_share_most_values():
    """Equal texts are found among many texts with one template, which share LSH bands."""
    chance = np.random.default_rng(0)
    forms = chance.integers(0, 2, (100, BANDS), dtype="uint64").repeat(ROWS, axis=1)
    found = _candidates(np.concatenate([forms, forms]), 0.9)
    assert {(i, i + 100) for i in range(100)} <= found


# Shares


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_stratify_by_key(data):
    sizes = data.draw(st.lists(st.integers(1, 60), min_size=1, max_size=5))
    ratios = data.draw(st.sampled_from([(70, 15, 15), (8, 1, 1), (80, 20, 0), (1, 1, 1)]))
    seed = data.draw(st.integers(0, 5))
    strata = [name for name, size in enumerate(sizes) for _ in range(size)]
    parts = assign(range(len(strata)), [{name: 1} for name in strata], ratios, seed)
    for part, ratio in enumerate(ratios):
        share = ratio / sum(ratios)
        assert ratio or part not in parts
        # Where no move helps, each stratum is off by about one, and all may be to the same side.
        assert abs(parts.count(part) - share * len(parts)) < 0.5 + len(sizes) / 2
        for name, size in enumerate(sizes):
            n = sum(1 for p, s in zip(parts, strata) if (p, s) == (part, name))
            assert abs(n - share * size) < 2


def test_stratify_by_label():
    dice = random.Random(4)
    rows = [
        Counter(dice.choices("abcd", (1, 5, 20, 60), k=dice.randint(0, 30))) for _ in range(200)
    ]
    total = sum(rows, Counter())
    parts = assign(range(200), rows, (70, 15, 15))
    assert [parts.count(part) for part in range(3)] == [140, 30, 30]
    for part, share in enumerate((0.7, 0.15, 0.15)):
        inside = sum((row for row, p in zip(rows, parts) if p == part), Counter())
        for label, n in total.items():
            assert inside[label] / n == pytest.approx(share, abs=0.02)


def test_units_stay_together():
    units = [0] * 100 + [1] * 40 + [2] * 20 + list(range(3, 43))
    parts = assign(units, [{} for _ in units], (70, 15, 15), seed=1)
    assert len(set(zip(units, parts))) == len(set(units))
    assert [parts.count(part) for part in range(3)] == [140, 30, 30]


def test_pool_rare():
    values = ["a", "b", "a", "c", "a", "b"]
    assert pool_rare(values, 2) == (["a", "b", "a", None, "a", "b"], {"c": 1})
    assert pool_rare(values, 3) == (["a", None, "a", None, "a", None], {"b": 2, "c": 1})
    assert pool_rare(values, 1) == (values, {})


# Metadata and keys


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_metadata(tmp_path, name):
    path = tmp_path / name
    rows = [{"id": "病史-1", "ward": "3", "who": None}, {"id": "2", "ward": 4, "who": "x"}]
    if name.endswith("csv"):
        path.write_bytes("\ufeffid,ward,who\r\n病史-1,3,\r\n2,4,x\r\n".encode())
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    metadata = read_metadata(path)
    assert keys_of(["2", "病史-1"], "ward", metadata) == ["4", "3"]
    assert keys_of(["2", "病史-1"], "who", metadata) == ["x", ""]
    assert keys_of(["2", "病史-1"], "[0-9]$", metadata) == ["2", "1"]
    with pytest.raises(ValueError, match=r"F029.*1 of 2 documents.*'3'"):
        keys_of(["2", "3"], "ward", metadata)
    with pytest.raises(ValueError, match=r"F030.*'wrad'.*id, ward, who.*F012"):
        keys_of(["2"], "wrad", metadata)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.csv", "name,ward\n1,2\n", "no column doc_id or id"),
        ("a.csv", "doc_id,ward\n", "no rows"),
        ("a.csv", "doc_id,ward\n1,2\n1,3\n", "duplicate id '1'"),
        ("a.csv", "患者", "utf-8"),
        ("a.jsonl", "[1]\n", "expected one JSON object"),
        ("a.jsonl", "{\n", ""),
        ("a.tsv", "doc_id\tward\n", "not a .csv or .jsonl file"),
        ("missing/a.csv", None, "No such file"),
    ],
)
def test_broken_metadata(tmp_path, name, content, fault):
    if content is not None:
        (tmp_path / name).write_bytes(content.encode("gbk"))
    with pytest.raises(ValueError, match=rf"(?s)F028.*{name}.*{fault}"):
        read_metadata(tmp_path / name)


# Whole splits


@pytest.fixture
def docs(zh):
    """Return 90 documents of 30 patients in two wards, with 6 near-duplicates."""
    dice = random.Random(5)
    made = make_notes(zh, 60, seed=1) + [zh.make_doc(text) for text in notes(dice, 24)]
    made += [zh.make_doc(changed(dice, doc.text, 2)) for doc in made[-6:]]
    for i, doc in enumerate(made):
        set_doc_id(doc, f"{'surgery' if i % 3 else 'ent'}-p{i % 30}-{i}")
    return made


PLAN = Plan(ratios=(60, 20, 20), stratify_by="^[a-z]+", group_by="p[0-9]+", stratify_labels=True)


def test_groups_and_near_duplicates_stay_together(docs):
    split = split_docs(docs, PLAN)
    assert {split.groups[i] for i in range(90)} == {f"p{i}" for i in range(30)}
    assert len(set(zip(split.groups, split.parts))) == 30
    texts = [doc.text for doc in docs]
    near = [(i, j) for j in range(90) for i in range(j) if jaccard(texts[i], texts[j]) >= 0.8]
    assert len(near) >= 6 and all(split.parts[i] == split.parts[j] for i, j in near)
    for part, share in enumerate((0.6, 0.2, 0.2)):
        assert abs(split.parts.count(part) / 90 - share) < 0.1
    found = describe(docs, split)
    assert found["near_duplicates"]["across_parts"] == []
    assert found["near_duplicates"]["clusters"] == len(clusters(near))


def test_near_duplicates_across_parts_are_reported(docs):
    plan = Plan(keep_together=False, seed=2)
    split = split_docs(docs, plan)
    assert [split.parts.count(part) for part in range(3)] == [63, 14, 13]
    near = describe(docs, split)["near_duplicates"]
    named = {frozenset(map(tuple, cluster)) for cluster in near["across_parts"]}
    ids = [doc.spans["clinrel"].attrs["doc_id"] for doc in docs]
    expected = {
        frozenset((ids[i], PARTS[split.parts[i]]) for i in cluster)
        for cluster in clusters(split.duplicates)
        if len({split.parts[i] for i in cluster}) > 1
    }
    assert named == expected and named


def test_seed_determines_the_split(docs):
    first = split_docs(docs, PLAN)
    assert split_docs(docs, PLAN) == first
    others = [split_docs(docs, PLAN._replace(seed=seed)).parts for seed in range(1, 4)]
    assert any(parts != first.parts for parts in others)


def test_stratify_labels_of_docs(docs):
    """60 notes have relations, 30 have none."""
    plan = Plan(ratios=(60, 20, 20), stratify_labels=True, keep_together=False)
    for seed in range(3):
        parts = describe(docs, split_docs(docs, plan._replace(seed=seed)))["parts"]
        assert [part["documents"] for part in parts.values()] == [54, 18, 18]
        assert [part["relations"] for part in parts.values()] == [72, 24, 24]


def test_pooled_strata_are_stratified(zh):
    docs = [zh.make_doc(text) for text in notes(random.Random(6), 60)]
    for i, doc in enumerate(docs):
        set_doc_id(doc, f"{'big' if i < 40 else f'small{i}'}-{i}")
    split = split_docs(docs, Plan(ratios=(2, 1, 1), stratify_by="^[a-z0-9]+", min_count=5))
    assert split.strata == ["big"] * 40 + [None] * 20 and len(split.pooled) == 20
    parts = describe(docs, split)["parts"]
    assert parts["train"]["strata"] == {"big": 20, "(pooled)": 10}
    assert parts["test"]["strata"] == {"big": 10, "(pooled)": 5}


def test_describe(docs):
    split = split_docs(docs, PLAN)
    parts = describe(docs, split)["parts"]
    assert sum(part["documents"] for part in parts.values()) == 90
    # Each made-up note has two relations, one of each label.
    assert sum(part["relations"] for part in parts.values()) == 120
    for number, name in enumerate(PARTS):
        inside = [doc for doc, part in zip(docs, split.parts) if part == number]
        assert parts[name]["ids"] == [doc.spans["clinrel"].attrs["doc_id"] for doc in inside]
        labels = Counter(r.label for doc in inside for r in doc._.relations)
        assert parts[name]["relations_per_label"] == labels
        types = Counter(ent.label_ for doc in inside for ent in doc.ents)
        assert parts[name]["mentions_per_type"] == types
        assert parts[name]["groups"] == len({f"p{i % 30}" for i in range(90) if docs[i] in inside})


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (Plan(ratios=(0, 50, 50)), "F027"),
        (Plan(ratios=(70, 40, -10)), "F027"),
        (
            Plan(group_by="^[a-z]+"),
            "F031.*for (dev|test). The 90 documents form 2 units.*largest has 60",
        ),
        (Plan(group_by="nothing"), "F012"),
        (Plan(stratify_by="["), "F011"),
    ],
)
def test_impossible_plans(docs, plan, code):
    with pytest.raises(ValueError, match=code):
        split_docs(docs, plan)


def test_empty_group(docs, tmp_path):
    path = tmp_path / "a.csv"
    rows = [
        f"{doc.spans['clinrel'].attrs['doc_id']},{'x' if i else ''}" for i, doc in enumerate(docs)
    ]
    path.write_text("\n".join(["doc_id,patient", *rows]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"F032.*'ent-p0-0'.*'patient'"):
        split_docs(docs, Plan(group_by="patient", metadata=path))
