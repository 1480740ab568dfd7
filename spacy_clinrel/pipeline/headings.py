"""Headings of sections: their rules, and how they are found in a text."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ..errors import Errors
from ..rules import read_rules
from ..tokens.boundaries import LINE_BREAKS

SECTIONS = "sections"
# Names of the other lists in a file of rules.
CONDITIONS = ("line_start", "no_colon", "no_colon_after_number", "anywhere")
CONTEXTS = ("not_before", "not_after", "prefixes", "suffixes")
INLINE_IN = "inline_in"

# All repetitions are bounded, and what lies between two gaps is not optional. The search therefore
# takes linear time, also in long runs of white space or marks.
_SPACE = r"[ \t\u3000\xa0\u200b\ufeff]"
_GAP = _SPACE + "{0,8}"
_BREAK = f"[{re.escape(LINE_BREAKS)}]"
_MARK = r"(?:[*_#+•·●○■□◆◇▲△►▶※>-]|</?(?:b|strong|u|h[1-6])>)"
_NUMERAL = "[一二三四五六七八九十]{1,3}"
_NUMBER = (
    rf"(?:(?P<digits>\d{{1,2}})(?:[.．]\d{{1,2}}){{0,3}}"
    rf"(?:{_GAP}(?P<separator>[.．、,，)）:：]{{1,2}}))?"
    rf"|[(（]{_GAP}(?:\d{{1,2}}|{_NUMERAL}|[A-Za-z]){_GAP}[)）][.．、,，:：]?"
    rf"|第?{_NUMERAL}{_GAP}[.．、,，)）:：]|[IVX]{{1,4}}{_GAP}[.．、)）:]|[A-Za-z][.．、)）]"
    r"|[①-⑳㈠-㈩⑴-⒇Ⅰ-Ⅻ][.．、]?)"
)
_PAIRS = ("【】", "〖〗", "[]", "［］", "〔〕", "「」", "《》", "<>")
_OPEN, _CLOSE = ("[" + re.escape("".join(pair[i] for pair in _PAIRS)) + "]" for i in (0, 1))
_NOT_IN_NUMBER = r"(?<![0-9A-Za-z０-９/:：~～-])(?<!\d[.．])"
# What may precede a heading: the start of a line, the end of a sentence, white space, or the number
# of a list item. A heading in these brackets needs nothing before it.
_ANCHOR = (
    rf"(?P<line>(?:\A|(?<={_BREAK})){_SPACE}{{0,60}}(?!{_SPACE}))"
    r"|(?P<bracket>(?=[【〖]))"
    rf"|(?P<sentence>(?<=[。．.；;！!？?…】\])）”\"|])(?!(?<=\d[.．])\d)[，,]?{_GAP})"
    rf"|(?P<blank>(?<={_SPACE})(?!{_SPACE}))"
    rf"|(?P<item>{_NOT_IN_NUMBER}(?=\d{{1,2}}(?!\d|[.．]\d)))"
)
_AFTER = (
    rf"(?:{_GAP}(?P<colon>[:：]){_MARK}{{0,6}})?(?:{_GAP}(?P<comma>[,，;；]))?"
    rf"(?:{_GAP}(?P<dash>(?<=[ \t])[-–—]{{1,3}}(?=[ \t])|——|--))?"
    rf"(?P<gap>{_GAP})(?P<end>(?={_BREAK}|\Z))?"
)
# The number of a list item. Without a mark after it, it may be a number in running text ("3 天").
# It then counts only if it continues the list.
_ITEM = re.compile(
    rf"{_NOT_IN_NUMBER}(\d{{1,2}})(?:[ \t]?([.．、，,)）])(?!\d)|(?=患者|患儿|缘于)"
    rf"|{_SPACE}{{1,8}}(?=[\u3400-\u9fff])(?![年月日天周次个小余多]))"
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_JOINS = "及和与、/&"
# What may follow the heading 既往史 in 既往史、个人史及家族史.
_MORE = rf"(?:{_GAP}[{_JOINS}]{_GAP}(?:[\u3400-\u9fff]{_GAP}){{1,6}}?史){{0,4}}"
# What may be between a heading at the start of a line and its colon: "Medications before Surgery:".
_WORDS = (
    rf"(?:{_GAP}[{_JOINS}]{_GAP}[\u3400-\u9fff]{{1,8}}"
    r"|(?-i:(?:[ /,&]{1,3}"
    r"(?:[A-Z][A-Za-z]{0,14}|and|or|on|at|of|to|the|for|from|by|in|before|after)){1,6})"
    rf")(?={_GAP}[:：])"
)
# Longer headings have no spaces between their characters.
_MAX_SPACED = 4
# A line that ends with one of these continues in the next line.
_UNENDED = tuple("，,、（(“‘及和与")


class Heading(NamedTuple):
    """A heading in a text, and its section.

    label (str): Section id.
    start (int): First character of the heading, including its number and brackets.
    content (int): Character after the heading, its colon and white space.
    end (int): Character after the section.
    """

    label: str
    start: int
    content: int
    end: int


class HeadingRule(NamedTuple):
    """The rule of a heading.

    label (str): Section id.
    conditions (FrozenSet[str]): Those of `CONDITIONS` that name the heading.
    """

    label: str
    conditions: FrozenSet[str]


def read_headings(
    lang: str, path: Optional[Union[str, Path]] = None, *, extend: bool = True
) -> Dict[str, Any]:
    """Read the rules of section headings, and add those of a user's file.

    lang (str): Language of the texts.
    path (Optional[Union[str, Path]]): A file of the form of `rules/zh/sections.yml`.
    extend (bool): Whether the file extends the built-in rules. A heading that is in both gets the
        section of the file. If not, the file replaces the built-in rules.
    RETURNS (Dict[str, Any]): The rules.
    RAISES (ValueError): If there are no rules for the language, or the file is invalid.
    """
    if path is None:
        return read_rules(SECTIONS, lang)
    own = read_rules(SECTIONS, lang, path, extend=False)
    if extend:
        own = {SECTIONS: {}, **own}  # the file may only say how built-in headings are found
    check_headings(own, str(path))
    if not extend:
        return own
    rules = read_rules(SECTIONS, lang, path)
    moved = {normal_form(name): label for label, names in own[SECTIONS].items() for name in names}
    rules[SECTIONS] = {
        label: [name for name in names if moved.get(normal_form(name), label) == label]
        for label, names in rules[SECTIONS].items()
    }
    return rules


def check_headings(rules: Any, place: str) -> None:
    """Check the rules of section headings.

    rules (Any): The rules.
    place (str): Where they come from, for the error.
    RAISES (ValueError): If a name is unknown, a value has another form, or two sections have the
        same heading.
    """
    reason = _invalid(rules if isinstance(rules, dict) else {})
    if reason:
        raise ValueError(Errors.C070.format(place=place, reason=reason))


def _invalid(rules: Mapping[str, Any]) -> str:
    """Return why rules are invalid; empty if they are valid."""
    known = (SECTIONS, *CONDITIONS, *CONTEXTS, INLINE_IN)
    for key in rules:
        if key not in known:
            return f"'{key}' is not one of: {', '.join(known)}"
    sections: Dict[str, Any] = rules.get(SECTIONS, ())
    places: Dict[str, Any] = rules.get(INLINE_IN, {})
    for key, value in ((SECTIONS, sections), (INLINE_IN, places)):
        if not _has_labels(value):
            return f"'{key}' must be a mapping of section ids to lists"
    lists = {**sections, **{f"{INLINE_IN}.{key}": names for key, names in places.items()}}
    lists.update({key: rules[key] for key in (*CONDITIONS, *CONTEXTS) if key in rules})
    for key, names in lists.items():
        if not isinstance(names, list) or not all(map(_is_label, names)):
            return f"'{key}' must be a list of strings that are not empty"
    counts = Counter(normal_form(name) for names in sections.values() for name in names)
    twice = [name for name, count in counts.items() if count > 1]
    return f"the heading '{twice[0]}' is listed twice" if twice else ""


def _has_labels(mapping: Any) -> bool:
    return isinstance(mapping, dict) and all(map(_is_label, mapping))


def _is_label(label: Any) -> bool:
    return isinstance(label, str) and bool(label.strip())


def normal_form(text: str) -> str:
    """Return the form by which headings are compared: NFKC, lower case, and without spaces between
    Chinese characters.

    text (str): A heading.
    RETURNS (str): The normal form.
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u200b", "")
    return ("" if _CHINESE.search(text) else " ").join(text.split())


@dataclass(frozen=True)
class HeadingFinder:
    """Finds the headings of a text.

    rules (Mapping[str, Any]): The rules, see `rules/zh/sections.yml`.
    inline (bool): Whether headings inside a line count too. If not, only those at line starts.
    """

    rules: Mapping[str, Any]
    inline: bool = True

    @cached_property
    def table(self) -> Dict[str, HeadingRule]:
        """The rule of each heading, by its normal form."""
        names = {key: set(map(normal_form, self._list(key))) for key in CONDITIONS}
        return {
            heading: HeadingRule(
                label, frozenset(key for key in CONDITIONS if heading in names[key])
            )
            for label, headings in self.rules[SECTIONS].items()
            for heading in map(normal_form, headings)
        }

    @cached_property
    def pattern(self) -> "re.Pattern[str]":
        """The compiled pattern of all headings and what may surround them."""
        names = [name for headings in self.rules[SECTIONS].values() for name in headings]
        parts = [any_of(self._list("prefixes")), any_of(names), any_of(self._list("suffixes"))]
        heading = rf"(?:{parts[0]}{_GAP})?{parts[1]}(?:{_GAP}{parts[2]})?"
        anywhere = rf"(?P<anywhere>(?={any_of(self._list('anywhere'))}{_GAP}[:：]))"
        return re.compile(
            rf"(?:{_ANCHOR}|{anywhere})(?P<start>)(?:{_MARK}{{1,6}}{_GAP})?"
            rf"(?:(?P<number>{_NUMBER}){_GAP})?(?:{_MARK}{{1,6}}{_GAP})?(?:(?P<open>{_OPEN}){_GAP})?"
            rf"(?P<heading>{heading}{_MORE})(?![A-Za-z])(?P<words>{_WORDS})?(?:{_GAP}[(（][^（）()\r\n]{{0,16}}[)）])?"
            rf"(?:{_GAP}(?P<close>{_CLOSE}))?{_MARK}{{0,6}}(?P<stop>){_AFTER}",
            re.IGNORECASE,
        )

    @cached_property
    def running_text(self) -> "re.Pattern[str]":
        """The compiled pattern of what follows a heading in running text."""
        return re.compile(_GAP + any_of(self._list("not_before")), re.IGNORECASE)

    def __call__(self, text: str) -> List[Heading]:
        """Find the headings of a text and the ends of their sections.

        text (str): The text.
        RETURNS (List[Heading]): The headings, in order. Their sections do not overlap.
        """
        found: List[Tuple[str, re.Match[str]]] = []
        for match in self.pattern.finditer(text) if self.table else ():
            rule = self._rule(match["heading"])
            if rule is not None and self._is_heading(match, rule):
                before = found[-1][0] if found else ""
                if match["line"] is not None or before in self._places(rule.label, before):
                    found.append((rule.label, match))
        ends = [*(match.start("start") for _, match in found[1:]), len(text)]
        headings = []
        for (label, match), end in zip(found, ends):
            has_mark = any(match[name] for name in ("colon", "comma", "dash", "close"))
            content = match.end() if has_mark else match.end("stop")
            end = _item_end(match, content, end)
            end = content + len(text[content:end].rstrip())
            headings.append(Heading(label, match.start("start"), min(content, end), end))
        return headings

    def _list(self, key: str) -> List[str]:
        return self.rules.get(key) or []

    def _places(self, label: str, default: str) -> List[str]:
        """Return the sections inside whose lines a section may begin."""
        places: Dict[str, List[str]] = self.rules.get(INLINE_IN) or {}
        return [label, *places[label]] if label in places else [default]

    def _rule(self, text: str) -> Optional[HeadingRule]:
        """Return the rule of a heading in a text, or of its first part, without affixes."""
        heading = normal_form(text)
        if heading in self.table:
            return self.table[heading]
        forms = [heading, re.split(f"[{_JOINS}]", heading, maxsplit=1)[0].strip()]
        for prefix in map(normal_form, self._list("prefixes")):
            forms += [form[len(prefix) :].strip() for form in forms if form.startswith(prefix)]
        for suffix in map(normal_form, self._list("suffixes")):
            forms += [form[: -len(suffix)].strip() for form in forms if form.endswith(suffix)]
        return next((self.table[form] for form in forms if form in self.table), None)

    def _is_heading(self, match: "re.Match[str]", rule: HeadingRule) -> bool:
        """Return whether what surrounds a heading shows that it is one."""
        is_closed = f"{match['open']}{match['close']}" in _PAIRS
        if (match["open"] or match["close"]) and not is_closed:
            return False
        is_titled = bool(_CHINESE.search(match["heading"])) or match["heading"][0].isupper()
        if match["words"] and (match["line"] is None or "line_start" in rule.conditions):
            return False
        if match["line"] is not None:
            return is_closed or bool(match["colon"]) or (is_titled and self._is_line(match, rule))
        if not self.inline:
            return False
        if is_closed and match["blank"] is None:
            return True
        if match["anywhere"] is not None:
            return match.string[match.start() - 1] not in self._list("not_after")
        if not match["colon"]:
            return bool(match["digits"]) and self._needs_no_colon(match, rule)
        if match["blank"] is not None and not match["number"]:
            before = match.string[max(0, match.start() - 2) : match.start()]
            is_wide = "\t" in before or before.isspace()
            return is_titled and (is_wide or "no_colon" in rule.conditions)
        is_allowed = bool(match["number"]) or "line_start" not in rule.conditions
        return is_titled and is_allowed

    def _is_line(self, match: "re.Match[str]", rule: HeadingRule) -> bool:
        """Return whether a heading without a colon, at the start of a line, is one."""
        if match["dash"]:
            return True
        if match["comma"] and not match["number"]:
            return False
        start = match.start()
        before = match.string[max(0, start - 40) : start].rstrip()
        if before.endswith(_UNENDED):
            return False
        if match["end"] is not None:
            return True
        is_chinese = bool(_CHINESE.search(match["heading"]))
        is_wide = len(match["gap"]) > 1 or match["gap"] in ("\t", "\u3000")
        if is_wide or (is_chinese and match["gap"] and "line_start" not in rule.conditions):
            return not self.running_text.match(match.string, match.end("stop"))
        return self._needs_no_colon(match, rule)

    def _needs_no_colon(self, match: "re.Match[str]", rule: HeadingRule) -> bool:
        """Return whether a heading that text follows directly is one."""
        is_listed = "no_colon" in rule.conditions
        is_listed |= bool(match["number"]) and "no_colon_after_number" in rule.conditions
        is_text = bool(self.running_text.match(match.string, match.end("stop")))
        is_chinese = bool(_CHINESE.search(match["heading"]))
        return is_listed and not is_text and (is_chinese or match["heading"].isupper())


def _item_end(match: "re.Match[str]", start: int, end: int) -> int:
    """Return the end of a section that is an item of a numbered list: the next item, unless the
    section has a numbered list of its own.

    match (re.Match[str]): The heading.
    start (int): First character after the heading.
    end (int): Start of the next heading.
    RETURNS (int): The end of the section.
    """
    for item in _ITEM.finditer(match.string, start, end) if match["digits"] else ():
        if int(item[1]) == int(match["digits"]) + 1:
            return item.start()
        if item[2]:
            break
    return end


def any_of(names: Sequence[str]) -> str:
    """Return a pattern of any of several names, which prefers longer ones. Chinese characters may
    have spaces between them.

    names (Sequence[str]): The names.
    RETURNS (str): The pattern; one that matches nothing if there are no names.
    """
    tree: Dict[str, Any] = {}
    for name in names:
        node = tree
        for char in " ".join(name.split()):
            node = node.setdefault(char, {})
        node[""] = {}
    return _pattern(tree, "") if tree else r"(?!)"


def _pattern(tree: Dict[str, Any], before: str, depth: int = 0) -> str:
    """Return the pattern of a prefix tree.

    tree (Dict[str, Any]): The subtree by next character; "" if a name ends here.
    before (str): The character before.
    depth (int): Number of characters before.
    RETURNS (str): The pattern.
    """
    branches = []
    for char, subtree in tree.items():
        if char:
            is_spaced = 0 < depth < _MAX_SPACED and _CHINESE.search(before + char)
            own = r"[ \t]{1,4}" if char == " " else re.escape(char)
            branches.append((_GAP if is_spaced else "") + own + _pattern(subtree, char, depth + 1))
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if "" in tree else "")
