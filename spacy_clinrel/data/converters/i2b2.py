"""i2b2/VA 2010: `NAME.txt`, concepts in `NAME.con`, relations in `NAME.rel`, assertions in
`NAME.ast`.

A line of `.con` is `c="the headache" 12:3 12:4||t="problem"`; a line of `.rel` is `c="aspirin" 12:0
12:0||r="TrAP"||c="the headache" 12:3 12:4`; a line of `.ast` is a line of `.con` followed by
`||a="absent"`. A concept is given by its text in lower case and the positions of its first and last
token: line number (from 1) and token number in that line (from 0). The texts of the challenge
(Uzuner et al. 2011, doi:10.1136/amiajnl-2011-000203) have one tokenized sentence per line. Tokens
are separated by any amount of white space, as in other readers of these files (CliNER, BigBIO's
n2c2_2010), or by single spaces if the recorded texts of the concepts show that.

The files are in one folder or, as in the challenge's training part, in sibling folders `txt`,
`concept` (or `concepts`), `rel` and `ast`. A text without a `.con` file has no annotations; `.rel`
and `.ast` may be missing.

Reading: the first concept of a relation is the head, the second the tail. `.rel` gives the position
of a concept but not its type, so the first concept of `.con` at that position is used. If `.con`
has none there, the relation is dropped and counted. An assertion becomes an attribute of its
concept: "absent" becomes `negated`, "possible" `uncertain`, "hypothetical" `hypothetical`,
"associated_with_someone_else" `family`. "conditional" keeps its name, and "present" is the default.
A document with a `.ast` file is annotated with attributes.

Writing puts the files into one folder. Where a mention starts or ends within a token, a space is
inserted into the text and counted as a repair. If several mentions have the same position, the
relations of all but the first are dropped and counted. Documents that are annotated with attributes
get a `.ast` file with an assertion for each problem and for other concepts with an attribute. i2b2
has one assertion per concept: of several attributes, the first in the order of `RANKED` is written,
as in the guidelines of the challenge. Others, such as `historical`, are dropped and counted.
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ...types import ASSERTIONS
from . import BOM, Converter, Link, Mention, ReadOptions, Record, Report, read_lines, read_pair
from .report import ATTRIBUTE_LOST
from .siblings import TEXT_FOLDERS, find_partner

FOLDERS = {
    ".con": ("concept", "concepts"),
    ".rel": ("rel", "rels", "relation", "relations"),
    ".ast": ("ast", "asts", "assertion", "assertions"),
}
PLACE = re.compile(r"\d+:\d+ \d+:\d+")
# The end of a concept's text, its place and the name of the next field. The lookahead keeps
# matches from overlapping.
PLACE_AND_FIELD = re.compile(r'" (\d+:\d+ \d+:\d+)\|\|([a-z])=(?=")')
DEFAULT_ASSERTION = "present"
# Attributes of the store by assertion, in the order in which one of several is chosen.
RANKED = {
    "associated_with_someone_else": "family",
    "hypothetical": "hypothetical",
    "conditional": "conditional",
    "possible": "uncertain",
    "absent": "negated",
}
# The type of concepts that have an assertion in any case.
PROBLEM = "problem"
# Characters that a quoted name cannot contain.
UNQUOTABLE = re.compile(r'["\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]')

# Start and end of each token of each line.
Tokens = List[List[Tuple[int, int]]]


class Concept(NamedTuple):
    """A line of a `.con` file.

    text (str): The text of the concept, in lower case.
    place (str): The positions of its first and last token, as in the file.
    type (str): The type.
    line (int): Line number in the file.
    """

    text: str
    place: str
    type: str
    line: int


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read a text, its concepts, its relations and its assertions.

    path (Path): The `.txt` file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): The only record. Its id is the file name.
    """
    concepts, relations, assertions = (
        find_partner(path, suffix, TEXT_FOLDERS, folders) for suffix, folders in FOLDERS.items()
    )
    pair = read_pair(path, concepts, report, options)
    if pair is None:
        return
    text = pair[0].removeprefix(BOM)
    record = Record("", text, source=concepts, relation_source=relations)
    found: List[Concept] = []
    for number, line in pair[1]:
        with report.guard(concepts, number):
            found.append(_concept(line, number))
    ids = _add_mentions(record, found, report)
    lines = (read_lines(relations, report, options) or ()) if relations.exists() else ()
    for number, line in lines:
        with report.guard(relations, number):
            head, label, tail = _relation(line)
            record.relations.append(Link(ids.get(head, head), ids.get(tail, tail), label, number))
    if assertions.exists():
        _add_assertions(record, found, assertions, report, options)
    yield record


def text_file(path: Path) -> Path:
    """Return the text file of a document.

    path (Path): Any file of the document: `.txt`, `.con`, `.rel` or `.ast`.
    RETURNS (Path): The text file in the same folder or, if there is none, in a sibling folder
        `txt`.
    """
    return find_partner(path, ".txt", FOLDERS.get(path.suffix.lower(), ()), TEXT_FOLDERS)


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to the contents of its files.

    record (Record): The record.
    report (Report): Receives losses and repairs.
    RETURNS (Dict[str, str]): The contents of the `.txt`, the `.con` and the `.rel` file, and of the
        `.ast` file if the document is annotated with attributes.
    """
    record = _insert_spaces(record, report)
    if any(line.rstrip().split(" ") != (line.split() or [""]) for line in record.text.split("\n")):
        report.repair("text with more than single spaces between tokens, written as it is")
    tokens = _tokens(record.text)
    lines = list(enumerate(tokens, start=1))
    starts = {s: f"{n}:{i}" for n, line in lines for i, (s, _) in enumerate(line)}
    ends = {e: f"{n}:{i}" for n, line in lines for i, (_, e) in enumerate(line)}
    concepts: List[str] = []
    places: Dict[str, str] = {}
    first: Dict[str, str] = {}
    for mention in record.mentions:
        place = f"{starts[mention.start]} {ends[mention.end]}"
        shown = " ".join(record.text[mention.start : mention.end].split()).lower()
        places[mention.id] = f'c="{shown}" {place}'
        first.setdefault(places[mention.id], mention.id)
        concepts.append(f'{places[mention.id]}||t="{_name(mention.type, report)}"')
    relations: List[str] = []
    for link in record.relations:
        if any(first[places[id]] != id for id in (link.head, link.tail)):
            report.lose("relation of a mention at the position of another mention not kept")
            continue
        label = _name(link.label, report)
        relations.append(f'{places[link.head]}||r="{label}"||{places[link.tail]}\n')
    files = {
        ".txt": record.text,
        ".con": "".join(f"{concept}\n" for concept in concepts),
        ".rel": "".join(relations),
    }
    assertions = _assertions(record, report)
    if record.assertions or any(assertions):
        files[".ast"] = "".join(
            f'{concept}||a="{assertion}"\n'
            for concept, assertion in zip(concepts, assertions)
            if assertion
        )
    return files


def _assertions(record: Record, report: Report) -> List[str]:
    """Return the assertion of each mention; empty if it has none."""
    stored = dict(zip(record.assertions, ASSERTIONS))
    found = []
    for mention in record.mentions:
        names = {stored.get(name, name) for name in mention.attributes}
        possible = [value for value, name in RANKED.items() if not names.isdisjoint((value, name))]
        report.lose(ATTRIBUTE_LOST, count=len(mention.attributes) - len(possible[:1]))
        is_present = bool(record.assertions) and mention.type.lower() == PROBLEM
        found.append(possible[0] if possible else DEFAULT_ASSERTION if is_present else "")
    return found


def _concept(line: str, number: int) -> Concept:
    # Regular expressions with several ".*" would take quadratic time or worse on hostile lines.
    line = line.rstrip()
    matches = [m for m in PLACE_AND_FIELD.finditer(line) if m[2] == "t" and m.end() < len(line) - 1]
    if not (matches and line.startswith('c="') and line.endswith('"')):
        raise ValueError('expected c="…" 1:0 1:2||t="type"')
    match = matches[-1]
    return Concept(line[3 : match.start()], match[1], line[match.end() + 1 : -1], number)


def _relation(line: str) -> Tuple[str, str, str]:
    """Return the place of the head, the label and the place of the tail."""
    line = line.rstrip()
    second = line.rfind('"||c="')
    fields = line[second:].rsplit('" ', 1)
    matches = [m for m in PLACE_AND_FIELD.finditer(line) if m[2] == "r" and m.end() < second]
    if not (
        matches
        and line.startswith('c="')
        and len(fields) == 2
        and len(fields[0]) >= len('"||c="')
        and PLACE.fullmatch(fields[1])
    ):
        raise ValueError('expected c="…" 1:0 1:2||r="type"||c="…" 1:4 1:4')
    match = matches[-1]
    return match[1], line[match.end() + 1 : second], fields[1]


def _add_mentions(record: Record, concepts: List[Concept], report: Report) -> Dict[str, str]:
    """Add the mentions to a record. Return the id of the first mention at each place."""
    tokens = _fit_tokens(record.text, concepts, report)
    first: Dict[str, Mention] = {}
    for concept in concepts:
        with report.guard(record.source or Path(), concept.line):
            mention = _mention(concept, record.text, tokens)
            record.mentions.append(mention)
            if first.setdefault(concept.place, mention).type != concept.type:
                report.repair("several concepts at one position, relations use the first")
    return {place: mention.id for place, mention in first.items()}


def _add_assertions(
    record: Record, concepts: List[Concept], path: Path, report: Report, options: ReadOptions
) -> None:
    """Add assertions to the mentions of a record, as attributes."""
    ids = {(concept.place, concept.type): f"T{concept.line}" for concept in concepts}
    attributes: Dict[str, List[str]] = {mention.id: [] for mention in record.mentions}
    record.assertions = ASSERTIONS
    for number, line in read_lines(path, report, options) or ():
        with report.guard(path, number):
            start, separator, value = line.rstrip().rpartition('"||a="')
            if not (separator and value.endswith('"')):
                raise ValueError('expected c="…" 1:0 1:2||t="type"||a="assertion"')
            concept = _concept(f'{start}"', number)
            id = ids.get((concept.place, concept.type), "")
            value = value[:-1]
            if value == DEFAULT_ASSERTION:
                continue
            if id in attributes:
                is_named = value in options.attributes
                attributes[id].append(value if is_named else RANKED.get(value, value))
            else:
                detail = f"{value}: {concept.place}"
                report.lose("attribute of an unknown mention", path, number, detail)
    record.mentions = [m._replace(attributes=tuple(attributes[m.id])) for m in record.mentions]


def _fit_tokens(text: str, concepts: List[Concept], report: Report) -> Tokens:
    """Return the tokens of each line: separated by any white space, or by single spaces if more
    recorded texts then match."""
    tokens = _tokens(text)
    others = _tokens(text, by_single_spaces=True)
    if tokens == others or _matches(text, concepts, others) <= _matches(text, concepts, tokens):
        return tokens
    report.repair("tokens separated by single spaces")
    return others


def _tokens(text: str, *, by_single_spaces: bool = False) -> Tokens:
    found: Tokens = []
    start = 0
    for line in text.split("\n"):
        if by_single_spaces:
            spans, position = [], start
            for token in line.rstrip().split(" "):
                spans.append((position, position + len(token)))
                position += len(token) + 1
        else:
            spans = [(start + m.start(), start + m.end()) for m in re.finditer(r"\S+", line)]
        found.append(spans)
        start += len(line) + 1
    return found


def _matches(text: str, concepts: List[Concept], tokens: Tokens) -> int:
    """Return the number of concepts whose recorded text matches the tokens."""
    count = 0
    for concept in concepts:
        try:
            start, end = _bounds(concept, tokens)
        except ValueError:
            continue
        count += _folded(text[start:end]) == _folded(concept.text)
    return count


def _bounds(concept: Concept, tokens: Tokens) -> Tuple[int, int]:
    first, last = (_token(position, tokens) for position in concept.place.split())
    return first[0], last[1]


def _mention(concept: Concept, text: str, tokens: Tokens) -> Mention:
    start, end = _bounds(concept, tokens)
    surface = text[start:end]
    # The recorded text is in lower case; replace it, so that it does not count as a mismatch.
    shown = surface if _folded(surface) == _folded(concept.text) else concept.text
    return Mention(f"T{concept.line}", start, end, concept.type, shown, line=concept.line)


def _token(place: str, tokens: Tokens) -> Tuple[int, int]:
    line, token = (int(number) for number in place.split(":"))
    if not (1 <= line <= len(tokens) and token < len(tokens[line - 1])):
        raise ValueError(f"token {place} is outside the text")
    return tokens[line - 1][token]


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _insert_spaces(record: Record, report: Report) -> Record:
    """Return a record with trimmed mentions and with spaces inserted at their boundaries in
    tokens."""
    text = record.text
    trimmed: List[Mention] = []
    for mention in record.mentions:
        surface = text[mention.start : mention.end]
        start = mention.end - len(surface.lstrip())
        trimmed.append(mention._replace(start=start, end=mention.start + len(surface.rstrip())))
    bounds = sorted({bound for m in trimmed for bound in (m.start, m.end)})
    cuts = [b for b in bounds if re.fullmatch(r"\S\S", text[max(b - 1, 0) : b + 1])]
    for _ in cuts:
        report.repair("space inserted where a mention begins or ends within a token")
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]
    moved = [
        m._replace(
            start=m.start + bisect_right(cuts, m.start), end=m.end + bisect_left(cuts, m.end)
        )
        for m in trimmed
    ]
    return replace(record, text=" ".join(pieces), mentions=moved)


def _name(name: str, report: Report) -> str:
    stored = UNQUOTABLE.sub("_", name)
    if stored != name:
        report.repair("quotation mark or line break in a type or label written as _")
    return stored


I2B2 = Converter(
    description="i2b2/VA 2010: NAME.txt with NAME.con, NAME.rel and NAME.ast",
    patterns=("*.txt", "*.con", "*.rel", "*.ast"),
    read=read,
    write=write,
    offsets=None,
    exclude=("readme*",),
    main_file=text_file,
    keeps_attributes=True,
)
