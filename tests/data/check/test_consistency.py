"""The consistency gate: each check, its settings and accepted exceptions."""

import json

import pytest
import spacy
import srsly
from spacy.vocab import Vocab

from spacy_clinrel import convert
from spacy_clinrel.data.check import (
    GOOD,
    INFO,
    WARNING,
    Checks,
    check_consistency,
    make_corpus_rules,
    make_part,
    read_corpus_rules,
)
from spacy_clinrel.data.check.consistency.rules import DEFAULTS
from spacy_clinrel.data.check.consistency.words import WordFinder
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import set_doc_id

from ...util import ROOT, make_doc

NLP = spacy.blank("zh")
ALL_OFF = {name: False for name in DEFAULTS}


def run(check, *docs, **rules):
    """Return the places that one check finds, as document number, text and start."""
    settings = rules.pop("settings", {})
    values = {"checks": {**ALL_OFF, check: settings}, **rules}
    for number, doc in enumerate(docs):
        set_doc_id(doc, str(number))
    parts = [make_part("train", docs, Checks())]
    found, findings = check_consistency(parts, make_corpus_rules(values))
    json.dumps(found)
    places = found["checks"][check]["places"]
    assert all(finding.code in ("", check) for finding in findings)
    return [(int(place["note"].split()[0]), place["text"], place["start"]) for place in places]


def note(text, links=()):
    return make_doc(NLP, text, links)


def assertion_note(text, links=(), negated=()):
    doc = make_doc(NLP, text, links)
    for i, ent in enumerate(doc.ents):
        ent._.assertion = ["negated"] if i in negated else []
    return doc


def test_split_mention_reports_the_rarer_form():
    docs = [note("[右肾|B][囊肿|D]"), note("[右肾囊肿|D]"), note("见[右肾囊肿|D]")]
    assert run("split_mention", *docs) == [(0, "右肾囊肿", 0)]
    assert run("split_mention", *docs, settings={"min_whole": 3}) == []
    docs = [note("[右肾|B][囊肿|D]"), note("[右肾|B][囊肿|D]"), note("[右肾囊肿|D]")]
    assert run("split_mention", *docs) == [(2, "右肾囊肿", 0)]
    # A nested mention inside the whole one is no split.
    assert run("split_mention", note("[[右肾|B][囊肿|D]|D]")) == []


def test_two_types_reports_rare_types():
    docs = [note("[溃疡|S]")] * 5 + [note("[溃疡|D]")]
    assert run("two_types", *docs) == [(5, "溃疡", 0)]
    assert run("two_types", *docs, settings={"max_share": 0.1}) == []
    assert run("two_types", *docs, settings={"min_count": 7}) == []


def test_unmarked_string():
    docs = [note("[感染|D]")] * 5 + [note("感染，抗感染[感染性休克|D]"), note("抗感染")]
    longer = {"longer_words": ["抗感染"]}
    assert run("unmarked_string", *docs, **longer) == [(5, "感染", 0)]
    assert len(run("unmarked_string", *docs)) == 3
    assert run("unmarked_string", *docs, settings={"min_unmarked": 2}, **longer) == []
    assert run("unmarked_string", *docs, settings={"min_marked": 6}) == []
    assert run("unmarked_string", *docs, settings={"max_share": 0.1}, **longer) == []


def test_unmarked_inventory_finds_missing_mentions_and_other_types():
    docs = [note("见[压疮|S]，另见压疮"), note("无[压疮|D]")]
    found = run("unmarked_inventory", *docs, inventory={"D": ["压疮"]})
    assert found == [(0, "压疮", 6), (0, "压疮", 1)]
    assert run("unmarked_inventory", *docs, inventory={"D": ["压疮"], "S": ["压疮"]}) == [
        (0, "压疮", 6)
    ]


@pytest.mark.parametrize(
    ("text", "links", "expected"),
    [
        ("[腹|B]有[红|S]、[肿|S]、[痛|S]", [(1, 0, "SAP"), (2, 0, "SAP")], ["痛"]),
        ("[腹|B]有[红|S]、[肿|S]、[痛|S]", [(1, 0, "SAP"), (3, 0, "SAP")], ["肿"]),
        ("[腹|B]有[红|S]、[肿|S]，[痛|S]", [(i, 0, "SAP") for i in (1, 2, 3)], []),
        # Another relation to the same mention.
        (
            "[腹|B]有[红|S]、[肿|S]、[痛|S]",
            [(1, 0, "SAP"), (2, 0, "SAP"), (3, 0, "SNAP")],
            [],
        ),
        # Text between ends the list.
        ("[腹|B]有[红|S]、[肿|S]，伴[痛|S]", [(1, 0, "SAP"), (2, 0, "SAP")], []),
        # One related member is too few.
        ("[腹|B]有[红|S]、[肿|S]", [(1, 0, "SAP")], []),
        # The list is the tail.
        ("[甲|R]治[红|S]、[肿|S]、[痛|S]", [(0, 1, "TrAS"), (0, 2, "TrAS")], ["痛"]),
    ],
)
def test_incomplete_list(text, links, expected):
    assert [found for _, found, _ in run("incomplete_list", note(text, links))] == expected


def test_incomplete_list_settings():
    doc = note("[腹|B]有[红|S]、[肿|S]", [(1, 0, "SAP")])
    assert len(run("incomplete_list", doc, settings={"min_related": 1})) == 1
    settings = {"min_related": 1, "labels": ["DAP"]}
    assert run("incomplete_list", doc, settings=settings) == []
    assert run("incomplete_list", doc, settings={"min_related": 1, "between": "及"}) == []


def test_separator():
    docs = [note("[CT+MRI|T]，[K+|T]，[维生素C+K|R]")]
    rules = {"+": {"except": ["K+"], "types": ["T"]}}
    assert run("separator", *docs, separators=rules) == [(0, "CT+MRI", 0)]
    assert run("separator", *docs, separators={"+": {}})[-1] == (0, "维生素C+K", 10)
    assert run("separator", *docs) == []


def test_skipped_mention():
    text = "[发热|S]后又[发热|S]，予[退热药|R]"
    assert run("skipped_mention", note(text, [(2, 0, "TrIS")])) == [(0, "发热", 0)]
    assert run("skipped_mention", note(text, [(2, 1, "TrIS")])) == []
    # The nearer mention has a relation to the same treatment.
    assert run("skipped_mention", note(text, [(2, 0, "TrIS"), (2, 1, "TrWS")])) == []
    # The nearer mention is in another sentence.
    apart = note("[发热|S]后又[发热|S]。予[退热药|R]", [(2, 0, "TrIS")])
    assert run("skipped_mention", apart) == []
    assert len(run("skipped_mention", apart, settings={"within": "text"})) == 1


def test_cue_compares_attributes_with_the_rules():
    docs = [assertion_note("无[发热|S]。有[咳嗽|S]。[胸片|T]正常", negated=[1])]
    settings = {"language": "zh", "types": ["S"]}
    assert run("cue", *docs, settings=settings) == [(0, "发热", 1), (0, "咳嗽", 5)]
    assert [ent._.is_negated for ent in docs[0].ents] == [False, True, False]
    values = {"checks": {**ALL_OFF, "cue": {**settings, "max_share": 1.0}}}
    parts = [make_part("train", docs, Checks())]
    _, (finding,) = check_consistency(parts, make_corpus_rules(values))
    assert finding.level == INFO and finding.places == 2


def test_same_text_with_another_annotation():
    text = "[发热|S]予[补液|R]"
    docs = [note(text, [(1, 0, "TrIS")]), note(text, [(1, 0, "TrIS")]), note(text), note(text)]
    docs += [note("[发热|S]予补液"), assertion_note(text, [(1, 0, "TrIS")], negated=[0])]
    found = [(2, "补液", 3), (3, "补液", 3), (4, "补液", 3)]
    assert run("same_text", *docs) == found
    assert run("same_text", docs[5], assertion_note(text, [(1, 0, "TrIS")])) == [(1, "发热", 0)]


def test_rare_types_of_a_label():
    docs = [make_doc(NLP, "[甲|A][乙|B]", [(0, 1, "R")]) for _ in range(18)]
    docs.append(make_doc(NLP, "[甲|A][丙|C]", [(0, 1, "R")]))
    docs.append(make_doc(NLP, "[甲|A][乙|B]", [(1, 0, "R")]))
    assert run("rare_types", *docs) == [(18, "甲", 0), (19, "乙", 1)]
    assert run("rare_types", *docs, settings={"min_count": 19}) == []
    assert run("rare_types", *docs, settings={"max_share": 0.05}) == []
    accept = [{"string": "乙", "reason": "right"}]
    assert run("rare_types", *docs, accept=accept) == [(18, "甲", 0)]


def test_attributes_of_types_without_any():
    doc = assertion_note("无[发热|S]，[胸片|T]正常", negated=[0, 1])
    assert run("attribute_type", doc) == []
    assert run("attribute_type", doc, attribute_types=["S"]) == [(0, "胸片", 4)]


def test_label_attribute():
    links = [(1, 0, "SNAP"), (2, 0, "SAP")]
    labels = {"SNAP": {"head": ["negated"]}, "SAP": {"head_not": ["negated"]}}
    text = "[腹|B]无[红|S]、[肿|S]"
    right = assertion_note(text, links, negated=[1])
    wrong = assertion_note(text, links, negated=[2])
    unknown = note(text, links)
    found = run("label_attribute", right, wrong, unknown, labels=labels)
    assert found == [(1, "红", 2), (1, "肿", 4)]


def test_never_mention_and_edge_word():
    docs = [note("[外伤|S]，[头部外伤|D]，[轻度水肿|S]，[无力|S]，[无热|S]，[咳嗽加重|S]")]
    assert run("never_mention", *docs, never=["外伤"]) == [(0, "外伤", 0)]
    edges = {"S": {"start": "轻度|无(?!力)"}, "*": {"end": "加重"}}
    found = [text for _, text, _ in run("edge_word", *docs, edges=edges)]
    assert found == ["轻度水肿", "无热", "咳嗽加重"]


@pytest.mark.parametrize(
    ("accept", "left"),
    [
        ({"string": "外伤"}, 0),
        ({"string": ["外伤"], "check": "never_mention"}, 0),
        ({"string": "外伤", "check": "two_types"}, 2),
        ({"note": "0", "start": 1, "end": 3}, 1),
        ({"note": "0", "start": 2}, 2),
        ({"pattern": "有外伤"}, 1),
        ({"pattern": "史。"}, 2),
    ],
)
def test_accepted_exceptions(accept, left):
    docs = [note("无[外伤|S]史。"), note("有[外伤|S]史。")]
    accept = {**accept, "reason": "an example"}
    assert len(run("never_mention", *docs, never=["外伤"], accept=[accept])) == left


def test_findings_name_code_count_and_place():
    doc = note("无[外伤|S]")
    set_doc_id(doc, "case-1")
    values = {"never": ["外伤"], "accept": [{"string": "高热", "reason": "not needed"}]}
    parts = [make_part("train", [doc], Checks())]
    found, findings = check_consistency(parts, make_corpus_rules(values))
    warning, info = findings
    assert (warning.level, warning.code, warning.places) == (WARNING, "never_mention", 1)
    assert "外伤 (S) at case-1 (train):1-3" in warning.text and "accept them" in warning.text
    assert info.level == INFO and "no. 1 (not needed)" in info.text
    assert found["unused_exceptions"] == ["no. 1 (not needed)"]
    _, (good,) = check_consistency(parts, make_corpus_rules({}))
    assert good.level == GOOD


@pytest.mark.parametrize(
    ("rules", "part"),
    [
        ({"chekcs": {}}, "chekcs is not known"),
        ({"checks": {"types": {}}}, "checks.types is not known"),
        ({"checks": {"two_types": {"share": 1}}}, "checks.two_types.share is not known"),
        ({"checks": {"two_types": {"max_share": "1"}}}, "checks.two_types.max_share must be"),
        ({"checks": {"two_types": {"min_count": 1.5}}}, "must be a whole number"),
        ({"checks": {"skipped_mention": {"within": "note"}}}, "must be sentence or text"),
        ({"checks": {"incomplete_list": {"between": "("}}}, "must be a regular expression"),
        ({"never": "外伤 史", "inventory": ["甲"]}, "inventory must be a mapping"),
        ({"never": [1]}, "never must be a list of strings"),
        ({"edges": {"S": {"start": "("}}}, "edges.S.start must be a regular expression"),
        ({"labels": {"SAP": {"head": ["denied"]}}}, "labels.SAP.head.denied is not known"),
        ({"accept": {"string": "a"}}, "accept must be a list"),
        ({"accept": [{"string": "a"}]}, "accept, no. 1 needs a reason"),
        ({"accept": [{"reason": "a"}]}, "needs a string, a note or a pattern"),
        ({"accept": [{"reason": "a", "note": "1", "start": "x"}]}, "must be a whole number"),
    ],
)
def test_invalid_rules(tmp_path, rules, part):
    path = tmp_path / "rules.yml"
    srsly.write_yaml(path, rules)
    with pytest.raises(ValueError, match="F150") as error:
        read_corpus_rules(path)
    assert part in str(error.value) and "rules.yml" in str(error.value)


def test_words_are_found_whole_and_longest_first():
    finder = WordFinder(["P", "PT", "痛", "腹痛", "发热伴", "发热"])
    text = "P 88, PT 12, TP；腹痛，发热，痛"
    found = [text[start:end] for start, end in finder.find(text)]
    assert found == ["P", "PT", "腹痛", "发热", "痛"]
    assert [*finder.find(text, 0, 1)] == [(0, 1)]


def test_example_of_the_documentation_is_valid():
    page = (ROOT / "docs" / "how-to" / "consistency.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    rules = make_corpus_rules(srsly.yaml_loads(example))
    assert "skipped_mention" not in rules.checks and len(rules.accept) == 3
    assert all(f"| `{name}` |" in page for name in DEFAULTS)
    settings = {name for values in DEFAULTS.values() for name in values}
    assert all(f"`{name}`" in page for name in settings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("corpus", "names"),
    [("zh_notes", ["train", "dev", "test", "challenge"]), ("en_notes", ["train"])],
)
def test_our_notes_are_consistent(corpus, names, tmp_path):
    """The gate on our own notes. Correct the annotation, or accept a finding with its reason in
    corpus_rules.yml.
    """
    folder = ROOT / "assets" / corpus
    rules = read_corpus_rules(folder / "corpus_rules.yml")
    parts = []
    for name in names:
        path = tmp_path / f"{name}.spacy"
        convert("brat", folder / name, path, lang=corpus[:2])
        parts.append(make_part(name, read_docbin(path, Vocab()), Checks()))
    _, findings = check_consistency(parts, rules)
    assert [finding.text for finding in findings if finding.level == WARNING] == []
