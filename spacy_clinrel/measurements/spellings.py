"""Regular expressions built from the spellings of a set of rules."""

import re
from typing import Any, Dict, Iterable, List, Mapping, Optional, Pattern, Set, Tuple

from ..errors import Errors

FLAGS = re.IGNORECASE
MAX_KNOWN = 5000
# The first part of a regular expression. Groups in it have no groups of their own.
_ATOM = re.compile(
    r"(?:\(\?:(?P<group>[^()]*)\)|\[(?P<set>[^\]^\\-]+)\]"
    r"|(?P<character>[^\\\[\](){}.^$*+?|]|\\[^A-Za-z0-9]))(?P<optional>\?)?"
)


def as_list(spellings: Any, rule: str) -> List[str]:
    """Return the spellings of a rule as a list.

    spellings (Any): One or several spellings; None for none.
    rule (str): Name of the rule, for the message.
    RETURNS (List[str]): The spellings.
    RAISES (ValueError): If the rule is neither a text nor a list.
    """
    if spellings is None:
        return []
    if isinstance(spellings, (str, int)):
        return [str(spellings)]
    if not isinstance(spellings, (list, tuple)):
        expected = "a list of spellings"
        raise ValueError(Errors.C091.format(rule=rule, expected=expected, type=_type(spellings)))
    return [str(spelling) for spelling in spellings]


def as_codes(spellings: Any, rule: str) -> Dict[str, str]:
    """Return the codes of the spellings of a rule.

    spellings (Any): Codes by spelling; None for none.
    rule (str): Name of the rule, for the message.
    RETURNS (Dict[str, str]): The codes by spelling.
    RAISES (ValueError): If the rule is not a mapping.
    """
    if not isinstance(spellings or {}, dict):
        expected = "a mapping of names to rules"
        raise ValueError(Errors.C091.format(rule=rule, expected=expected, type=_type(spellings)))
    return {str(spelling): str(code) for spelling, code in (spellings or {}).items()}


def invert(rules: Any, rule: str) -> Dict[str, str]:
    """Return the code of each spelling.

    rules (Any): Lists of spellings by code; None for none.
    rule (str): Name of the rule, for messages.
    RETURNS (Dict[str, str]): Codes by spelling.
    RAISES (ValueError): If the rule is not a mapping of lists.
    """
    as_codes(rules, rule)
    return {
        spelling: str(code)
        for code, spellings in (rules or {}).items()
        for spelling in as_list(spellings, f"{rule}.{code}")
    }


def _type(value: Any) -> str:
    return type(value).__name__


def check_pattern(pattern: str, rule: str) -> str:
    """Check a regular expression of a rule, and make its groups non-capturing.

    pattern (str): The regular expression.
    rule (str): Name of the rule, for the message.
    RETURNS (str): The regular expression.
    RAISES (ValueError): If it is invalid, or matches the empty string.
    """
    pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", pattern)
    try:
        is_empty = re.fullmatch(pattern, "") is not None
    except re.error as error:
        raise ValueError(Errors.C090.format(rule=rule, pattern=pattern, error=error)) from error
    if is_empty:
        error_text = "it matches the empty text"
        raise ValueError(Errors.C090.format(rule=rule, pattern=pattern, error=error_text))
    return pattern


def alternation(patterns: Iterable[str]) -> str:
    """Join regular expressions, the longest first.

    patterns (Iterable[str]): The regular expressions.
    RETURNS (str): A regular expression; one that never matches if there are none.
    """
    unique = sorted(dict.fromkeys(patterns), key=len, reverse=True)
    return f"(?:{'|'.join(unique)})" if unique else "(?!)"


def first_characters(pattern: str, rule: str) -> Set[str]:
    """Return the characters that a match can begin with, to search for them first.

    pattern (str): A regular expression, see `check_pattern`.
    rule (str): Name of the rule, for the message.
    RETURNS (Set[str]): The characters, in lower case.
    RAISES (ValueError): If it begins with something else than characters, sets such as [ab], or
        groups of them.
    """
    found: Set[str] = set()
    for branch in _split(pattern):
        position = 0
        is_optional = True
        while is_optional:
            match = _ATOM.match(branch, position)
            if match is None:
                error = "it must begin with a character, or with characters in brackets"
                raise ValueError(Errors.C090.format(rule=rule, pattern=pattern, error=error))
            if match["group"]:
                found |= first_characters(match["group"], rule)
            elif match["set"]:
                found.update(match["set"].lower())
            else:
                found.add(match["character"][-1].lower())
            is_optional = match["optional"] is not None
            position = match.end()
    return found


def _split(pattern: str) -> List[str]:
    """Split a regular expression at the bars outside groups."""
    branches, depth, start = [], 0, 0
    for position, character in enumerate(pattern):
        is_escaped = position > 0 and pattern[position - 1] == "\\"
        if not is_escaped:
            depth += {"(": 1, ")": -1}.get(character, 0)
            if character == "|" and depth == 0:
                branches.append(pattern[start:position])
                start = position + 1
    return [*branches, pattern[start:]]


class Spellings:
    """The spellings of a rule, and the code that each stands for."""

    def __init__(self, codes: Mapping[str, str], rule: str):
        """Check the spellings.

        codes (Mapping[str, str]): Code of each spelling, a regular expression.
        rule (str): Name of the rule, for messages.
        RAISES (ValueError): If a spelling is no valid regular expression.
        """
        self.codes: Dict[str, str] = {
            check_pattern(str(spelling), rule): str(code) for spelling, code in codes.items()
        }
        self._compiled: List[Tuple[Pattern[str], str]] = [
            (re.compile(spelling, FLAGS), code) for spelling, code in self.codes.items()
        ]
        # Code by text, because notes repeat spellings.
        self._known: Dict[str, Optional[str]] = {}

    @property
    def pattern(self) -> str:
        """Return a regular expression that matches all spellings, see `alternation`."""
        return alternation(self.codes)

    def code(self, text: str) -> Optional[str]:
        """Return the code of a text that `pattern` matches.

        text (str): The text.
        RETURNS (Optional[str]): The code; None if no spelling matches.
        """
        if text not in self._known:
            if len(self._known) > MAX_KNOWN:
                self._known.clear()
            matches = (code for spelling, code in self._compiled if spelling.fullmatch(text))
            self._known[text] = self.codes[text] if text in self.codes else next(matches, None)
        return self._known[text]
