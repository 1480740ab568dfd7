"""Scores of relations and entities, compared with cases counted by hand."""

import pytest
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_clinrel.evaluation.scorers import entity_counts, score_entities, score_relations
from spacy_clinrel.tokens import Relation

from ..util import make_notes, span

TEXT = "给予补液后头痛缓解，查胸片示肺炎。"
GOLD = [("补液", "T", "治", "头痛", "S"), ("胸片", "E", "示", "肺炎", "D")]


def annotated(nlp, relations):
    """Annotate TEXT with relations: (head text, head type, label, tail text, tail type)."""
    doc = nlp.make_doc(TEXT)
    doc._.relations = [
        Relation(span(doc, head, head_type), span(doc, tail, tail_type), label)
        for head, head_type, label, tail, tail_type in relations
    ]
    return doc


def score(nlp, *cases):
    return score_relations(Example(annotated(nlp, p), annotated(nlp, g)) for p, g in cases)


def prf(scores, name):
    return tuple(pytest.approx(scores[f"rel_{name}_{key}"]) for key in "prf")


def test_perfect_predictions_score_1(zh):
    scores = score(zh, (GOLD, GOLD))
    for name in ("micro", "boundary"):
        assert prf(scores, name) == (1.0, 1.0, 1.0)
    assert scores["rel_macro_f"] == 1.0


def test_unpredicted_gold_relations_count_as_missed(zh):
    # Two right and one wrong, and nothing predicted in the second document: P 2/3, R 2/4.
    wrong = ("胸片", "E", "示", "头痛", "S")
    scores = score(zh, ([*GOLD, wrong], GOLD), ([], GOLD))
    assert prf(scores, "micro") == (2 / 3, 2 / 4, 4 / 7)
    per_type = scores["rel_per_type"]
    assert {k: per_type["示"][k] for k in ("gold", "predicted", "right")} == {
        "gold": 2,
        "predicted": 2,
        "right": 1,
    }
    assert per_type["示"]["f"] == pytest.approx(0.5)
    assert per_type["治"]["p"] == pytest.approx(1.0) and per_type["治"]["r"] == pytest.approx(0.5)
    assert scores["rel_macro_f"] == pytest.approx((0.5 + 2 / 3) / 2)


@pytest.mark.parametrize(
    "change, strict, boundary",
    [
        ({"label": "示"}, 0.5, 0.5),
        ({"head_type": "X"}, 0.5, 1.0),
        ({"tail_type": "X"}, 0.5, 1.0),
        ({"head": "补"}, 0.5, 0.5),
        ({"tail": "头痛缓"}, 0.5, 0.5),
        ({"head": "头痛", "head_type": "S", "tail": "补液", "tail_type": "T"}, 0.5, 0.5),
    ],
)
def test_strict_and_boundary_scores_of_a_wrong_relation(zh, change, strict, boundary):
    fields = dict(zip(("head", "head_type", "label", "tail", "tail_type"), GOLD[0]))
    predicted = [tuple({**fields, **change}.values()), GOLD[1]]
    scores = score(zh, (predicted, GOLD))
    assert prf(scores, "micro") == (strict,) * 3
    assert prf(scores, "boundary") == (boundary,) * 3


def test_macro_f_counts_labels_that_are_only_predicted(zh):
    invented = ("补液", "T", "新", "肺炎", "D")
    scores = score(zh, ([*GOLD, invented], GOLD))
    assert scores["rel_macro_f"] == pytest.approx(2 / 3)
    assert list(scores["rel_per_type"]) == sorted(["治", "示", "新"])


def test_a_pair_may_have_several_labels_in_any_order(zh):
    relations = [*GOLD, ("补液", "T", "另", "头痛", "S")]
    assert prf(score(zh, (relations[::-1], relations)), "micro") == (1.0,) * 3
    assert prf(score(zh, (relations, GOLD)), "micro")[0] == 2 / 3


def test_different_tokens_are_compared_by_offsets():
    vocab = Vocab()
    gold = Doc(vocab, words=list("头痛补液"), spaces=[False] * 4)
    gold._.relations = [Relation(span(gold, "补液", "T"), span(gold, "头痛", "S"), "治")]
    for words, right in ((["头痛", "补液"], 1.0), (["头痛补", "液"], 0.0)):
        doc = Doc(vocab, words=words, spaces=[False] * len(words))
        doc._.relations = [
            Relation(doc.char_span(s.start_char, s.end_char, t, alignment_mode="expand"), x, "治")
            for s, t, x in [(gold[2:4], "T", doc.char_span(0, 2, "S", alignment_mode="expand"))]
        ]
        scores = score_relations([Example(doc, gold)])
        assert scores["rel_micro_f"] == pytest.approx(right)


def test_text_scores_ignore_offsets(zh):
    """A triple of head text, label and tail text counts once per document, at any offset."""
    text = "头痛，头痛，补液"

    def doc_with(*starts):
        doc = zh.make_doc(text)
        tail = doc.char_span(6, 8, label="T")
        heads = [doc.char_span(start, start + 2, label="S") for start in starts]
        doc._.relations = [Relation(head, tail, "治") for head in heads]
        return doc

    scores = score_relations([Example(doc_with(3), doc_with(0))])
    assert prf(scores, "micro") == (0.0,) * 3 and prf(scores, "text") == (1.0,) * 3
    scores = score_relations([Example(doc_with(0), doc_with(0, 3))])
    assert prf(scores, "micro") == (1.0, 0.5, 2 / 3) and prf(scores, "text") == (1.0,) * 3


def test_relation_scores_are_none_without_annotation(zh):
    plain = zh.make_doc(TEXT)
    scores = score_relations([Example(annotated(zh, GOLD), plain)])
    names = ("rel_micro_f", "rel_macro_f", "rel_boundary_f", "rel_text_f", "rel_per_type")
    assert set(names) <= set(scores)
    assert all(value is None for value in scores.values())
    assert all(value is None for value in score_relations([]).values())


def test_unannotated_documents_are_left_out_of_relation_scores(zh):
    """Predictions in unannotated documents count neither as correct nor as wrong."""
    counted = Example(annotated(zh, GOLD), annotated(zh, GOLD))
    unannotated = Example(annotated(zh, GOLD), zh.make_doc(TEXT))
    assert prf(score_relations([counted, unannotated]), "micro") == (1.0, 1.0, 1.0)


def test_documents_annotated_without_relations_count(zh):
    """An empty annotation differs from no annotation."""
    scores = score(zh, (GOLD, []))
    assert prf(scores, "micro") == (0.0, 0.0, 0.0)
    assert prf(score(zh, ([], [])), "micro") == (0.0, 0.0, 0.0)
    assert prf(score(zh, ([], []), (GOLD, GOLD)), "micro") == (1.0, 1.0, 1.0)


def entity_scores(nlp, *cases):
    examples = []
    for predicted, gold in cases:
        docs = [nlp.make_doc(TEXT) for _ in range(2)]
        for doc, ents in zip(docs, (predicted, gold)):
            doc.set_ents([span(doc, text, label) for text, label in ents], default="outside")
        examples.append(Example(*docs))
    return score_entities(examples)


def test_strict_and_boundary_scores_of_entities(zh):
    gold = [("补液", "T"), ("头痛", "S"), ("胸片", "E"), ("肺炎", "D")]
    predicted = [("补液", "T"), ("头痛", "D"), ("胸片示", "E")]
    scores = entity_scores(zh, (predicted, gold), ([], gold))
    values = {name: [scores[f"{name}_{k}"] for k in "prf"] for name in ("ents", "ents_boundary")}
    assert values["ents"] == pytest.approx([1 / 3, 1 / 8, 2 / 11])
    assert values["ents_boundary"] == pytest.approx([2 / 3, 2 / 8, 4 / 11])
    assert scores["ents_per_type"]["D"]["p"] == 0.0


def test_unannotated_documents_are_left_out_of_entity_scores(zh):
    (gold,) = make_notes(zh, 1)
    plain = Example(gold, zh.make_doc(gold.text))
    scores = score_entities([plain])
    assert scores["ents_f"] is None and scores["ents_boundary_f"] is None
    # They do not change the scores of annotated documents.
    scores = score_entities([plain, Example(gold.copy(), gold)])
    assert scores["ents_f"] == scores["ents_boundary_f"] == 1.0


def test_entity_precision_of_documents_annotated_without_entities(zh):
    scores = entity_scores(zh, ([("头痛", "S")], []))
    assert scores["ents_boundary_p"] == 0.0


def test_entity_counts_agree_with_spacy_scores():
    """Also with different tokenization and with unannotated tokens."""
    vocab = Vocab()
    gold = Doc(
        vocab, words=["no", "chest", "pain", "or", "fever"], ents=["O", "B-S", "I-S", "O", "B-S"]
    )
    same = Doc(
        vocab, words=["no", "chest", "pain", "or", "fever"], ents=["O", "B-S", "I-S", "O", "B-D"]
    )
    other = Doc(vocab, words=["no", "chestpain"], spaces=[True, False], ents=["B-D", "B-S"])
    partly = Doc(vocab, words=["no", "chest", "pain"], spaces=[True, False, False])
    partly.set_ents([Span(partly, 1, 3, label="S")], missing=[partly[0:1]])
    examples = [Example(same, gold), Example(other, partly)]
    counts = [entity_counts(example) for example in examples]
    assert counts[0].predicted == {"S": 1, "D": 1} and counts[0].right == {"S": 1, "D": 0}
    # The first token is unannotated, so an entity on it is not counted.
    assert counts[1].predicted == counts[1].right == counts[1].gold == {"S": 1}
    scores = score_entities(examples)
    assert scores["ents_p"] == pytest.approx(2 / 3) and scores["ents_r"] == pytest.approx(2 / 3)
    plain = Doc(vocab, words=["no"])
    assert entity_counts(Example(plain, plain.copy())) is None
