"""The engine of the cue rules: files with rules, errors, features and speed."""

import time
from pathlib import Path

import numpy as np
import pytest
import spacy

from spacy_clinrel.pipeline.assertion.rules import CueRules
from spacy_clinrel.types import ASSERTIONS

from ...util import ROOT
from .conftest import example_lines, parse

GROUP = "cues:\n  own:\n    attributes: [negated]\n    direction: before\n    words: [没啥]\n"


def judge(rules, text, nlp):
    """Return the names of the attributes of the mentions of a marked text, and the expected."""
    doc, expected = parse(text, nlp)
    labels = np.asarray([ent.label for ent in doc.ents], dtype="uint64")
    holds = rules.predict(doc, *bounds(doc), labels)
    return [[ASSERTIONS[i] for i in np.flatnonzero(row)] for row in holds], expected


def bounds(doc):
    starts = np.asarray([ent.start for ent in doc.ents], dtype="int64")
    return starts, np.asarray([ent.end for ent in doc.ents], dtype="int64")


def test_a_file_extends_or_replaces_the_rules(tmp_path, zh):
    file = tmp_path / "own.yml"
    file.write_text(GROUP, encoding="utf8")
    extended = CueRules.from_language("zh", file)
    replaced = CueRules.from_language("zh", file, extend=False)
    for text in ("没啥[疼痛|N]。", "无[发热|N]。"):
        found, expected = judge(extended, text, zh)
        assert found == expected
    assert judge(replaced, "没啥[疼痛|N]，无[发热|]。", zh)[0] == [["negated"], []]


def test_the_file_in_the_documentation_is_valid(tmp_path, zh):
    page = (ROOT / "docs" / "how-to" / "assertion.md").read_text(encoding="utf-8")
    file = tmp_path / "my_cues.yml"
    file.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    rules = CueRules.from_language("zh", file)
    for text in ("查无[结石|N]，反而[积水|]", "3天后行[造影|R:C]", "查无此项[积水|]"):
        found, expected = judge(rules, text, zh)
        assert found == expected


@pytest.mark.parametrize(
    "text, code, key",
    [
        ("cues: {own: {attributes: [negated], direction: before}}", "C060", "cues.own.words"),
        ("cues: {own: {direction: before, words: [x]}}", "C060", "cues.own.attributes"),
        (GROUP.replace("negated", "denied"), "C061", "denied.*cues.own.attributes"),
        (GROUP.replace("before", "left"), "C060", "cues.own.direction"),
        (GROUP + "    scope: page\n", "C060", "cues.own.scope"),
        (GROUP + "    max_chars: -1\n", "C060", "cues.own.max_chars"),
        (GROUP + "    max_chars: yes\n", "C060", "cues.own.max_chars"),
        (GROUP + "    terminators: [none]\n", "C060", "cues.own.terminators"),
        (GROUP.replace("words: [没啥]", "words: [无, 2]"), "C060", r"cues.own.words\[1\]"),
        (GROUP.replace("words: [没啥]", "words: 没啥"), "C060", "cues.own.words"),
        (GROUP + "    mention_types: Drug\n", "C060", "cues.own.mention_types"),
        (GROUP + "    nearest: 1\n", "C060", "cues.own.nearest"),
        (GROUP + "    word: [x]\n", "C060", "cues.own.word"),
        ("cues: [无]", "C060", "cues"),
        ("cues: {own: 无}", "C060", "cues.own"),
        ("pseudo: [1]", "C060", "cues"),
        (GROUP + "pseudo: [' ']\n", "C060", r"pseudo\[0\]"),
        (GROUP + "terminators: [但]\n", "C060", "terminators"),
        (GROUP + "sections: {past: [old]}\n", "C061", "old.*sections.past"),
        (GROUP + "sections: {past: {headings: [x]}}\n", "C060", "sections.past.attributes"),
        (
            GROUP + "sections: {past: {attributes: [family], ends: [none]}}\n",
            "C060",
            "sections.past.ends",
        ),
        (GROUP + "section_overrides: {negated: [x]}\n", "C061", "section_overrides.negated"),
        (GROUP + "overrides: {family: [x]}\n", "C061", "overrides.family"),
        (GROUP + "max_residue: few\n", "C060", "max_residue"),
        (GROUP + "scopes: []\n", "C060", "scopes"),
        ("{}", "C060", "cues"),
        ("[无]", "C042", "mapping"),
        ("cues: [", "C042", ""),
    ],
)
def test_invalid_files_name_path_and_key(tmp_path, text, code, key):
    file = tmp_path / "broken.yml"
    file.write_text(text, encoding="utf8")
    with pytest.raises(ValueError, match=rf"\[{code}\].*broken\.yml.*{key}|{key}.*broken\.yml"):
        CueRules.from_language("zh", file, extend=False)


def test_words_may_have_numbers_mentions_and_ends(zh):
    group = {"attributes": ["historical"], "direction": "after", "words": ["@#年$", "@#岁时"]}
    rules = CueRules({"cues": {"own": group}})
    for text in ("[肺炎|H]3年。", "[肺炎|H]十余年，好转", "[肺炎|]3年后复发", "[肺炎|]约3年。"):
        found, expected = judge(rules, text, zh)
        assert found == expected, text
    assert judge(rules, "[麻疹|]5岁时", zh)[0] == [["historical"]]


def test_the_longest_word_counts(zh):
    cues = {
        "short": {"attributes": ["negated"], "direction": "before", "words": ["排除"]},
        "long": {"attributes": ["uncertain"], "direction": "before", "words": ["待排除"]},
    }
    rules = CueRules({"cues": cues, "pseudo": ["已排除了"]})
    assert judge(rules, "排除[肺炎|]。待排除[肺炎|]。已排除了[肺炎|]。", zh)[0] == [
        ["negated"],
        ["uncertain"],
        [],
    ]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_wrapped_lines_belong_together(line_break):
    nlp, rules = spacy.blank("en"), CueRules.from_language("en")
    for text in ("Denies [fever|N],~[chills|N] or~[cough|N].", "No [fever|N]~[Cough|] today."):
        found, expected = judge(rules, text.replace("~", line_break), nlp)
        assert found == expected


@pytest.mark.parametrize("chars, expected", [(2, ["negated"]), (1, [])])
def test_maximum_distance(zh, chars, expected):
    group = {"attributes": ["negated"], "direction": "before", "words": ["无"], "max_chars": chars}
    assert judge(CueRules({"cues": {"own": group}}), "无右[痛|]", zh)[0] == [expected]


def test_cues_may_need_a_type_or_an_ending(zh):
    group = {"attributes": ["negated"], "direction": "before", "words": ["停"]}
    fits = {"mention_types": ["Treatment"], "mention_endings": ["片"]}
    rules = CueRules({"cues": {"own": {**group, **fits}}})
    for text in ("停[肝素|R:N]", "停[药片|N]", "停[肝素|]", "停[心跳|S:]"):
        found, expected = judge(rules, text, zh)
        assert found == expected, text


def test_sections_have_conditions(zh):
    section = {
        "attributes": ["historical"],
        "except_types": ["Treatment"],
        "mention_endings": ["术"],
        "headings": ["既往"],
        "terminators": ["stop"],
        "ends": ["end"],
    }
    stop = {"attributes": ["negated"], "direction": "before", "words": ["无"]}
    rules = CueRules(
        {
            "cues": {"own": stop},
            "terminators": {"stop": ["服"], "end": ["今日"]},
            "sections": {"past_history": section},
            "section_overrides": {"negated": ["historical"]},
        }
    )
    zh.add_pipe("clinical_sectionizer")
    text = "既往史：[肺炎|D:H]，[疝修补术|R:H]，[补液|R:]，服药后[头痛|S:]，无[肝炎|D:N]。"
    for line in (text + "今日[发热|S:]。", "手术史：[肺炎|D:]，无[肝炎|D:N]"):
        doc, expected = parse(line, zh)
        zh.get_pipe("clinical_sectionizer")(doc)
        labels = np.asarray([ent.label for ent in doc.ents], dtype="uint64")
        holds = rules.predict(doc, *bounds(doc), labels)
        assert [[ASSERTIONS[i] for i in np.flatnonzero(row)] for row in holds] == expected


@pytest.mark.parametrize(
    "text",
    [
        "[补液|R:]后予[肝素|R:N]，[出血|S:]，停",
        "[补液|R:]，[肝素|R:N]、[华法林|R:N]+[氯吡格雷|R:N]因[出血|S:]停",
        "[出血|S:]停",
        "停",
    ],
)
def test_a_cue_may_reach_the_nearest_mentions_only(zh, text):
    group = {"attributes": ["negated"], "direction": "after", "scope": "sentence", "words": ["停"]}
    nearest = {"mention_types": ["Treatment"], "nearest": True}
    found, expected = judge(CueRules({"cues": {"own": {**group, **nearest}}}), text, zh)
    assert found == expected


def test_mentions_without_tokens_get_nothing(zh):
    rules = CueRules.from_language("zh")
    doc = zh.make_doc("无发热")
    starts, ends = np.asarray([1, 3, 1]), np.asarray([3, 3, 1])
    assert rules.predict(doc, starts, ends)[:, 0].tolist() == [True, False, False]
    assert rules.cue_features(doc, starts, ends).shape == (3, rules.n_features)
    empty = zh.make_doc("")
    assert rules.predict(empty, np.zeros(1, int), np.zeros(1, int)).shape == (1, 5)


def test_features_contain_the_verdict_and_are_bounded(lang):
    nlp = spacy.blank(lang)
    rules = CueRules.from_language(lang)
    for line in example_lines(lang):
        doc, _ = parse(line, nlp)
        features = rules.cue_features(doc, *bounds(doc))
        assert features.dtype == "float32"
        assert features.shape == (len(doc.ents), rules.n_features)
        assert ((features >= 0) & (features <= 1)).all()
        assert (features[:, :5] == rules.predict(doc, *bounds(doc))).all()


def test_features_tell_blocked_cues_from_absent_ones(zh):
    rules = CueRules.from_language("zh")
    rows = []
    for text in ("无[发热|N]。", "无发热，伴[咳嗽|]。", "今[咳嗽|]。"):
        doc, _ = parse(text, zh)
        rows.append(rules.cue_features(doc, *bounds(doc))[0])
    assert len({row.tobytes() for row in rows}) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["无发热，咳嗽明显。", "1", "1.", " ", "无", "史", "no ", "\n", "，"]
)
def test_long_documents_are_fast(zh, text):
    rules = CueRules.from_language("zh")
    doc = zh.make_doc((text * 20_000)[:20_000])
    starts = np.arange(0, len(doc) - 2, max(1, len(doc) // 2000))
    begin = time.process_time()
    rules.predict(doc, starts, starts + 1)
    assert time.process_time() - begin < 3


def test_dev_part_of_the_real_corpus(corpora: Path, zh):
    """Exact match and F of the rules on real notes, which were also looked at to write them."""
    folder = corpora / "ccks2017_assertion" / "dev"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    rules = CueRules.from_language("zh")
    gold, predicted = [], []
    for file in sorted(folder.glob("*.ann")):
        doc, mentions, holds = read_brat(file, zh)
        starts, ends = np.asarray([m[:2] for m in mentions], dtype="int64").reshape(-1, 2).T
        judged = [m[2] in ("Symptom", "Disease", "Treatment") for m in mentions]
        gold.append(holds[judged])
        predicted.append(rules.predict(doc, starts, ends)[judged])
    right, found = np.concatenate(gold), np.concatenate(predicted)
    assert (right == found).all(axis=1).mean() > 0.975
    f = 2 * (right & found).sum(axis=0) / (right.sum(axis=0) + found.sum(axis=0) + 1e-9)
    assert f[0] > 0.985
    assert f[3] > 0.94


def read_brat(file, nlp):
    """Return a document, its mentions as (start, end, type), and their attributes."""
    with open(file.with_suffix(".txt"), encoding="utf8", newline="") as text:
        doc = nlp.make_doc(text.read())
    mentions, ids, marks = [], {}, []
    for line in filter(None, file.read_text(encoding="utf8").splitlines()):
        key, fields = line.split("\t")[:2]
        if key[0] == "T":
            label, start, end = fields.split()
            span = doc.char_span(int(start), int(end))
            if span is not None:
                ids[key] = len(mentions)
                mentions.append((span.start, span.end, label))
        elif key[0] == "A":
            marks.append(fields.split()[:2])
    holds = np.zeros((len(mentions), len(ASSERTIONS)), dtype=bool)
    for name, key in marks:
        if key in ids:
            holds[ids[key], ASSERTIONS.index(name.lower())] = True
    return doc, mentions, holds
