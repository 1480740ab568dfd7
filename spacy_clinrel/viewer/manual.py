"""Documents in displaCy's manual format, so that its styles show mentions and relations."""

from typing import Any, Dict, List

from spacy.displacy import get_doc_settings
from spacy.tokens import Doc
from spacy.util import escape_html, filter_spans

from ..errors import Errors
from ..tokens import all_mentions, get_relations
from ..tokens.group import span_key

STYLES = ("ent", "dep", "span")


def to_displacy(doc: Doc, style: str = "ent") -> Dict[str, Any]:
    """Convert a document to the input of `displacy.render(..., manual=True)`.

    Labels and titles are escaped, because displaCy only escapes the text.

    doc (Doc): The document.
    style (str): "ent" for flat mentions (the longest if several overlap); "span" for all mentions;
        "dep" for words and arcs. In "dep", mentions and the text between them are the words, and
        relations are the arcs. A mention that overlaps an earlier mention becomes an additional
        word after it. A relation between a mention and itself is left out, because displaCy cannot
        draw it.
    RETURNS (Dict[str, Any]): The dictionary that displaCy calls `parsed`.
    RAISES (ValueError): If the style is unknown.
    """
    formats = {"ent": _to_ents, "dep": _to_deps, "span": _to_spans}
    if style not in formats:
        raise ValueError(Errors.V001.format(style=style, allowed=", ".join(STYLES)))
    title = doc.user_data.get("title")
    return {
        **formats[style](doc),
        "title": None if title is None else escape_html(str(title)),
        "settings": get_doc_settings(doc),
    }


def _to_ents(doc: Doc) -> Dict[str, Any]:
    spans = sorted(filter_spans(all_mentions(doc)), key=lambda span: span.start)
    ents = [
        {"start": span.start_char, "end": span.end_char, "label": escape_html(span.label_)}
        for span in spans
    ]
    return {"text": doc.text, "ents": ents}


def _to_spans(doc: Doc) -> Dict[str, Any]:
    spans = [
        {
            "start": span.start_char,
            "end": span.end_char,
            "start_token": span.start,
            "end_token": span.end,
            "label": escape_html(span.label_),
            "kb_id": "",
            "kb_url": "#",
        }
        for span in all_mentions(doc)
    ]
    return {"text": doc.text, "spans": spans, "tokens": [token.text for token in doc]}


def _to_deps(doc: Doc) -> Dict[str, Any]:
    words: List[Dict[str, str]] = []
    word_of: Dict[Any, int] = {}
    end = 0
    for span in all_mentions(doc):
        _add_text(words, doc, end, span.start)
        word_of[span_key(span)] = len(words)
        words.append({"text": span.text, "tag": escape_html(span.label_)})
        end = max(end, span.end)
    _add_text(words, doc, end, len(doc))
    arcs = []
    for relation in get_relations(doc):
        head, tail = word_of[span_key(relation.head)], word_of[span_key(relation.tail)]
        if head != tail:
            arcs.append(
                {
                    "start": min(head, tail),
                    "end": max(head, tail),
                    "label": escape_html(relation.label),
                    "dir": "right" if head < tail else "left",
                }
            )
    return {"words": words, "arcs": arcs}


def _add_text(words: List[Dict[str, str]], doc: Doc, start: int, end: int) -> None:
    """Add the text between two mentions as a word, if there is any."""
    text = doc[start:end].text.strip() if start < end else ""
    if text:
        words.append({"text": text, "tag": ""})
