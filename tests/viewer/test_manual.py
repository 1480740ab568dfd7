"""Documents in displaCy's styles."""

from spacy_clinrel import viewer as displacy
from spacy_clinrel.tokens import all_mentions

from ..util import make_doc
from .conftest import LINKS


def test_dep_style_has_words_and_arcs(note):
    parsed = displacy.to_displacy(note, "dep")
    assert "".join(word["text"] for word in parsed["words"]) == note.text
    tagged = [word["text"] for word in parsed["words"] if word["tag"]]
    assert tagged == [mention.text for mention in all_mentions(note)]
    words = [word["text"] for word in parsed["words"]]
    arcs = {
        (words[a["start"]], a["label"], words[a["end"]])
        if a["dir"] == "right"
        else (words[a["end"]], a["label"], words[a["start"]])
        for a in parsed["arcs"]
    }
    assert arcs == {(r.head.text, r.label, r.tail.text) for r in note._.relations}
    assert len(parsed["arcs"]) == len(LINKS)
    html = displacy.render(note, style="dep", jupyter=False)
    assert html.count("displacy-arrowhead") == len(LINKS)
    assert html.count('class="displacy-word"') == len(words)


def test_displacy_styles_of_nested_mentions(zh):
    doc = make_doc(zh, "[[股骨|部位]骨折|疾病]", [(0, 1, "DAP"), (0, 0, "loop")])
    doc.user_data["title"] = "一"
    dep = displacy.to_displacy(doc, "dep")
    assert [(w["text"], w["tag"]) for w in dep["words"]] == [("股骨", "部位"), ("股骨骨折", "疾病")]
    assert [(a["start"], a["end"], a["dir"]) for a in dep["arcs"]] == [(0, 1, "left")]
    ent = displacy.to_displacy(doc)
    assert ent["ents"] == [{"start": 0, "end": 4, "label": "疾病"}] and ent["title"] == "一"
    spans = displacy.to_displacy(doc, "span")["spans"]
    assert [(s["start_token"], s["end_token"], s["label"]) for s in spans] == [
        (0, 2, "部位"),
        (0, 4, "疾病"),
    ]
    for style in ("ent", "span", "dep"):
        assert "疾病" in displacy.render(doc, style=style, jupyter=False)
