"""Mentions, relations and attributes after tokens were merged or split."""

import pickle

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from spacy_clinrel.tokens import (
    GROUP,
    all_mentions,
    concat_docs,
    get_attributes,
    get_relations,
    group_mentions,
    read_mentions,
    relabel_relations,
    set_attributes,
    set_relations,
)

TEXT = "Aspirin and beta blockers for chest pain and high fever."
NLP = spacy.blank("en")


@pytest.fixture
def doc():
    """Return a Doc with relations and attributes of entities of one and of two tokens."""
    doc = NLP(TEXT)
    ends = {"Aspirin": "Drug", "beta blockers": "Drug", "chest pain": "Problem"}
    ends["high fever"] = "Problem"
    doc.ents = [find(doc, text, label) for text, label in ends.items()]
    aspirin, blockers, pain, fever = doc.ents
    doc._.relations = [(aspirin, pain, "TrAP"), (blockers, pain, "TrAP"), (aspirin, fever, "TrIP")]
    set_attributes(doc, [(fever, "Negated"), (pain, "Past", 0.5)])
    return doc


def find(doc, text, label=""):
    start = doc.text.index(text)
    return doc.char_span(start, start + len(text), label=label)


def view(doc):
    return [
        *((r.head.text, r.label, r.tail.text, r.score) for r in get_relations(doc)),
        *((a.mention.text, a.name, a.score) for a in get_attributes(doc)),
    ]


def merge_entities(doc):
    NLP.create_pipe("merge_entities")(doc)


def merge_outside(doc):
    with doc.retokenize() as retokenizer:
        retokenizer.merge(find(doc, "and high fever")[:1])
        retokenizer.merge(find(doc, "fever.")[1:])
        retokenizer.merge(find(doc, "for"))


def split_first(doc):
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[0], ["Asp", "irin"], heads=[(doc[0], 1), doc[1]])


def split_and_merge(doc):
    """Change the tokens, but not their number."""
    with doc.retokenize() as retokenizer:
        retokenizer.split(doc[0], ["Asp", "irin"], heads=[(doc[0], 1), doc[1]])
        retokenizer.merge(find(doc, "high fever"))


CHANGES = [merge_entities, merge_outside, split_first, split_and_merge]


@pytest.mark.parametrize("change", CHANGES)
def test_mentions_keep_their_characters(doc, change):
    before = view(doc)
    mentions = [(span.text, span.label_) for span in all_mentions(doc)]
    change(doc)
    assert view(doc) == before
    assert [(span.text, span.label_) for span in all_mentions(doc)] == mentions
    starts, ends, _ = read_mentions(doc, "group")
    assert [doc[s:e].text for s, e in zip(starts, ends)] == [text for text, _ in mentions]
    assert sorted(s.text for s in doc.spans[GROUP]) == sorted(text for text, _ in mentions)


STORAGE = {
    "bytes": lambda doc: Doc(doc.vocab).from_bytes(doc.to_bytes()),
    "docbin": lambda doc: next(DocBin(docs=[doc]).get_docs(doc.vocab)),
    "copy": lambda doc: doc.copy(),
    "pickle": lambda doc: pickle.loads(pickle.dumps(doc)),
    "json": lambda doc: Doc(doc.vocab).from_json(doc.to_json(underscore=["clinrel"])),
    "concatenation": lambda doc: concat_docs([doc]),
    "renaming": lambda doc: relabel_relations(doc, {"TrAP": "TrAP", "TrIP": "TrIP"}) or doc,
}


@pytest.mark.parametrize("storage", STORAGE)
@pytest.mark.parametrize("change", [merge_entities, split_and_merge])
def test_relations_survive_storage_and_changed_tokens(doc, change, storage):
    before = view(doc)
    stored_first = STORAGE[storage](doc.copy())
    change(stored_first)
    assert view(stored_first) == before
    change(doc)
    assert view(STORAGE[storage](doc)) == before
    assert view(STORAGE[storage](STORAGE[storage](stored_first))) == before


def test_setters_accept_spans_from_before_the_change(doc):
    relations, attributes, before = get_relations(doc), get_attributes(doc), view(doc)
    merge_entities(doc)
    set_relations(doc, relations)
    set_attributes(doc, attributes)
    assert view(doc) == before and len(doc.spans[GROUP]) == 4


def test_span_ids_are_kept(doc):
    span = Span(doc, 8, 10, label="X", kb_id="C1", span_id="m1")
    doc.spans[GROUP].append(span)
    merge_entities(doc)
    copy = doc.spans[GROUP][-1]
    assert (copy.text, copy.label_, copy.kb_id_, copy.id_) == ("high fever", "X", "C1", "m1")


def test_group_set_by_the_user(doc):
    doc.spans[GROUP] = [find(doc, "high fever", "Problem"), find(doc, "pain", "Problem")]
    assert view(doc) == []
    split_first(doc)
    assert [s.text for s in group_mentions(doc)] == ["high fever", "pain"]


def test_operations_on_the_group(doc):
    group = doc.spans[GROUP]
    merge_entities(doc)
    both = group + group
    assert [s.text for s in both] == [s.text for s in group] * 2
    group += [doc[0:1]]
    assert len(group) == 5 and group[4].text == "Aspirin" and group.has_overlap


def test_empty_spans_keep_their_place(doc):
    end = len(doc)
    doc.spans[GROUP].extend([Span(doc, 1, 1), Span(doc, end, end)])
    merge_entities(doc)
    assert [(s.start, s.end) for s in group_mentions(doc)[-2:]] == [(1, 1), (len(doc), len(doc))]


READERS = [
    get_relations,
    get_attributes,
    group_mentions,
    all_mentions,
    read_mentions,
    concat_docs,
    lambda doc: doc.spans[GROUP][1],
    lambda doc: list(doc.spans[GROUP]),
    lambda doc: doc._.relations,
    lambda doc: doc.to_bytes(),
    lambda doc: set_relations(doc, []),
]


@pytest.mark.parametrize("reader", READERS)
def test_lost_mention_is_an_error(doc, reader):
    with doc.retokenize() as retokenizer:
        retokenizer.merge(find(doc, "for chest pain"))
    with pytest.raises(ValueError, match=r"R010.*'Problem', characters 30 to 40.*doc\.copy"):
        reader([doc] if reader is concat_docs else doc)


def test_lost_span_of_the_user_is_an_error(doc):
    relations = get_relations(doc)
    del doc.spans[GROUP]
    with doc.retokenize() as retokenizer:
        retokenizer.merge(find(doc, "for chest pain"))
    with pytest.raises(ValueError, match="R010"):
        doc._.relations = relations


def test_index_errors_of_the_group(doc):
    group = doc.spans[GROUP]
    assert group[-1].text == group[len(group) - 1].text
    for index in (len(group), -len(group) - 1):
        with pytest.raises(IndexError, match="E856"):
            group[index]


@spacy.Language.component("relate_entities_of_two_tokens")
def relate(doc):
    doc.ents = [Span(doc, 0, 2, label="X"), Span(doc, 3, 5, label="X")]
    doc._.relations = [(*doc.ents, "r")]
    return doc


@pytest.mark.slow
def test_changed_tokens_in_worker_processes():
    nlp = spacy.blank("en")
    nlp.add_pipe("relate_entities_of_two_tokens")
    nlp.add_pipe("merge_entities")
    for doc in nlp.pipe(["a b c d e"] * 4, n_process=2, batch_size=2):
        assert len(doc) == 3 and view(doc) == [("a b", "r", "d e", 1.0)]


@st.composite
def documents(draw):
    """Generate a Doc with overlapping mentions, relations and attributes."""
    words = draw(st.lists(st.text(st.sampled_from("ab头😀."), min_size=1, max_size=4), min_size=2))
    spaces = draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    doc = Doc(NLP.vocab, words=words, spaces=spaces)
    tokens = st.integers(0, len(words) - 1)
    bounds = st.lists(st.tuples(tokens, tokens).map(sorted), min_size=1, max_size=5)
    spans = [Span(doc, a, b + 1, label=draw(st.sampled_from("XY"))) for a, b in draw(bounds)]
    mention = st.sampled_from(spans)
    set_relations(doc, draw(st.lists(st.tuples(mention, mention, st.sampled_from("pq")))))
    set_attributes(doc, draw(st.lists(st.tuples(mention, st.sampled_from("NP")))))
    return doc


def retokenize(data, doc):
    """Merge some tokens or split one."""
    first = data.draw(st.integers(0, len(doc) - 1))
    with doc.retokenize() as retokenizer:
        if data.draw(st.booleans()):
            retokenizer.merge(doc[first : data.draw(st.integers(first + 1, len(doc)))])
        elif len(doc[first]) > 1:
            cut = data.draw(st.integers(1, len(doc[first]) - 1))
            text = doc[first].text
            retokenizer.split(doc[first], [text[:cut], text[cut:]], heads=[(doc[first], 1)] * 2)


def characters(doc):
    def place(span):
        return span.start_char, span.end_char, span.label_

    return (
        [(place(r.head), r.label, place(r.tail)) for r in get_relations(doc)],
        [(place(a.mention), a.name) for a in get_attributes(doc)],
        [place(span) for span in group_mentions(doc)],
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_mentions_are_right_or_an_error_is_raised(doc, data):
    before = characters(doc)
    for _ in range(data.draw(st.integers(1, 3))):
        retokenize(data, doc)
    if data.draw(st.booleans()) and keeps(doc, before[2]):
        doc = Doc(doc.vocab).from_bytes(doc.to_bytes())
    if keeps(doc, before[2]):
        assert characters(doc) == before
        assert all(s.text == doc.text[s.start_char : s.end_char] for s in group_mentions(doc))
        assert [(s.start_char, s.end_char) for s in doc.spans[GROUP]] == [
            (start, end) for start, end, _ in before[2]
        ]
    else:
        with pytest.raises(ValueError, match="R010"):
            characters(doc)


def keeps(doc, mentions):
    """Return whether all mentions begin and end at token boundaries."""
    return all(doc.char_span(start, end) is not None for start, end, _ in mentions)
