"""Marked lines and short forms of values."""

import re
from functools import lru_cache

from spacy_clinrel.measurements.binding import Binder
from spacy_clinrel.measurements.rule_sets import read_rule_sets
from spacy_clinrel.measurements.values import ValueParser

SEPARATORS = {"fraction": "/", "ratio": ":", "size": "x"}


def marked(line):
    """Return the text of a line such as "[WBC]12.1，[发热|Symptom]", and the mentions of tests and
    the other mentions. Mentions without a type are tests. "[H]" and "[L]" stay text."""
    text, tests, others = "", [], []
    for part in re.split(r"(\[[^\[\]]+\])", line):
        if part.startswith("[") and part not in ("[H]", "[L]"):
            name, _, label = part[1:-1].partition("|")
            (others if label else tests).append((len(text), len(text) + len(name)))
            text += name
        else:
            text += part
    return text, tests, others


@lru_cache
def parsers(lang, path=None, **options):
    """Return the parser and the binder of a language."""
    rules = read_rule_sets(lang, path, **options)
    return ValueParser(rules["units"], rules["values"]), Binder(rules["values"])


def short(value):
    """Return a value in a short form: "12.1 10*9/L high [low 4 high 10]"."""
    parts = []
    if value.previous is not None:
        parts.append(f"{value.previous:.10g} ->")
    if value.comparison:
        parts.append(value.comparison)
    if value.number is not None:
        parts.append(f"{value.number:.10g}")
    if value.numbers:
        parts.append(SEPARATORS[value.form].join(f"{number:.10g}" for number in value.numbers))
    if value.low is not None:
        parts.append(f"{value.low:.10g}..{value.high:.10g}")
    if value.unit:
        parts.append(value.ucum or f"'{value.unit}'")
    if value.qualitative:
        parts.append(value.qualitative)
    if value.degree:
        parts.append("+" * value.degree)
    if value.flag:
        parts.append(value.flag)
    if value.range:
        parts.append(f"[{' '.join(f'{side} {bound:g}' for side, bound in value.range.items())}]")
    return " ".join(parts)


def bind(line, lang="zh", path=None, **options):
    """Return the bound values of a marked line: "WBC: 12.1 10*9/L; PLT: 98"."""
    text, tests, others = marked(line)
    parser, binder = parsers(lang, path, **options)
    candidates = parser.find(text, tests)
    pairs = binder.bind(text, tests, others, candidates)
    return "; ".join(f"{text[slice(*tests[i])]}: {short(candidates[j].value)}" for i, j in pairs)
