"""Checks of assertion attributes."""

import spacy

from spacy_clinrel.data.check import AssertionTypes, Checks, assertion_types_of, check
from spacy_clinrel.data.check.corpus import make_part
from spacy_clinrel.tokens import set_attributes

from ...util import make_doc

NLP = spacy.blank("zh")


def part(name, *attributes):
    """Return a part with one document for each list of (entity, attribute)."""
    docs = []
    for pairs in attributes:
        doc = make_doc(NLP, "无[发热|症状]，患[肺炎|疾病]")
        if pairs:
            set_attributes(doc, [(doc.ents[i], attribute) for i, attribute in pairs])
        docs.append(doc)
    return make_part(name, docs, Checks())


def texts(*parts, **settings):
    result = check(parts, Checks(**settings))
    return result, [
        f"{f['level']}: {f['text']}" for f in result["findings"] if f["section"] == "assertion"
    ]


def test_an_unannotated_corpus_gets_a_hint():
    result, findings = texts(part("train", []))
    assert result["parts"]["train"]["assertion_documents"] == 0
    assert len(findings) == 1 and findings[0].startswith("info: no document is annotated")


def test_attributes_are_counted_and_rare_ones_and_unseen_types_reported():
    names = ["negated", "uncertain", "hypothetical", "historical"]
    train = part("train", [(0, name) for name in names], [(0, "negated"), (0, "Other")], [])
    dev = part("dev", [(1, "historical")])
    result, findings = texts(train, dev, min_count=2)
    figures = result["parts"]["train"]
    assert figures["per_attribute"] == {"negated": 2, **dict.fromkeys(names[1:], 1)}
    assert figures["per_type_and_attribute"]["症状: negated"] == 2
    assert [text.partition(":")[0] for text in findings] == ["warning"] * 3
    assert "not learn from: 1" in findings[0]
    assert findings[1].endswith("uncertain (1), hypothetical (1), historical (1), family (0)")
    assert "疾病: historical (1)" in findings[2]


def test_without_relations_assertion_can_still_be_learned():
    train = part("train", [(0, "negated")])
    levels = [f["level"] for f in check([train], Checks())["findings"] if "relations:" in f["text"]]
    assert levels == ["warning"]


def test_types_of_assertion_rules_must_occur_in_the_corpus(tmp_path):
    nlp = spacy.blank("zh")
    nlp.add_pipe("assertion_rules", name="rules", config={"types": ["Symptom", "疾病"]})
    nlp.config.to_disk(tmp_path / "a.cfg")
    (types,) = assertion_types_of(tmp_path / "a.cfg")
    assert types == ("rules", ("Symptom", "疾病"), ["Disease", "Symptom", "Treatment"])
    _, (_, *findings) = texts(part("train", []), assertion_types=[types])
    assert len(findings) == 2 and all(text.endswith("Its types: 疾病, 症状") for text in findings)
    assert "rules.types has types that do not occur in the corpus: Symptom. " in findings[0]
    assert "[components.rules]" in findings[0] and "--rename" in findings[0]
    assert "no effect" in findings[1] and "Disease, Symptom, Treatment" in findings[1]
    fitting = AssertionTypes("rules", None, ["疾病", "Symptom"])
    assert len(texts(part("train", []), assertion_types=[fitting])[1]) == 1


def test_types_of_saved_assertion_rules_whose_file_is_missing(tmp_path):
    (tmp_path / "own.yml").write_text("{}", encoding="utf-8")
    nlp = spacy.blank("zh")
    nlp.add_pipe("assertion_rules", config={"path": str(tmp_path / "own.yml")})
    nlp.config.to_disk(tmp_path / "a.cfg")
    (tmp_path / "own.yml").unlink()
    assert assertion_types_of(tmp_path / "a.cfg") == [("assertion_rules", None, [])]
