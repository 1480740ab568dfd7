"""Normal forms of mentions. Mentions with the same normal form and type can be merged."""

from typing import Callable, Dict

from spacy.tokens import Span

from ..errors import Errors
from ..tokens.normalize import fold_text

NormalForm = Callable[[Span], str]


def _exact(span: Span) -> str:
    return str(span.text)


def _fold(span: Span) -> str:
    return fold_text(span.text)


def _norm(span: Span) -> str:
    return fold_text("".join(token.norm_ + token.whitespace_ for token in span))


def _lemma(span: Span) -> str:
    return fold_text("".join((token.lemma_ or token.norm_) + token.whitespace_ for token in span))


NORMAL_FORMS: Dict[str, NormalForm] = {
    "exact": _exact,
    "fold": _fold,
    "norm": _norm,
    "lemma": _lemma,
}


def get_normal_form(name: str) -> NormalForm:
    """Look up a normal form.

    name (str): "exact" for the text; "fold" for the text in NFKC, case folded, with single spaces;
        "norm" for the `norm_` of the tokens, folded; "lemma" for their `lemma_`, folded, or `norm_`
        if a token has no lemma.
    RETURNS (NormalForm): Function that returns the normal form of a mention.
    RAISES (ValueError): If the normal form is unknown.
    """
    if name not in NORMAL_FORMS:
        raise ValueError(Errors.G004.format(name=name, known=", ".join(NORMAL_FORMS)))
    return NORMAL_FORMS[name]
