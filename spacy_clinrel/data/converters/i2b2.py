"""i2b2/VA 2010: `NAME.txt`, its concepts in `NAME.con`, relations between them in `NAME.rel`.

A line of `.con` is `c="the headache" 12:3 12:4||t="problem"`; a line of `.rel` is `c="aspirin" 12:0
12:0||r="TrAP"||c="the headache" 12:3 12:4`. A concept is given by its text in lower case and the
positions of its first and last token: line number (from 1) and token number in that line (from 0).
The texts of the challenge (Uzuner et al. 2011, doi:10.1136/amiajnl-2011-000203) have one tokenized
sentence per line. Tokens are separated by any amount of white space, as in other readers of these
files (CliNER, BigBIO's n2c2_2010).

The files are in one folder or, as in the challenge's training part, in sibling folders `txt`,
`concept` (or `concepts`) and `rel`. Assertions (`.ast`) are not read. A text without a `.con` file
has no annotations; a text without a `.rel` file has no relations.

Reading: the first concept of a relation is the head, the second the tail. `.rel` gives the position
of a concept but not its type, so the first concept of `.con` at that position is used. If `.con`
has none there, the relation is dropped and counted.

Writing puts the files into one folder. Where a mention starts or ends within a token, a space is
inserted into the text and counted as a repair. If several mentions have the same position, the
relations of all but the first are dropped and counted.
"""

import re
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from . import BOM, Converter, Link, Mention, ReadOptions, Record, Report, read_lines, read_pair

TEXT_FOLDER = "txt"
FOLDERS = {".con": ("concept", "concepts"), ".rel": ("rel",)}
PLACE = r'c="(.*)" (\d+:\d+ \d+:\d+)'
CONCEPT = re.compile(PLACE + r'\|\|t="(.*)"\s*')
RELATION = re.compile(PLACE + r'\|\|r="(.*)"\|\|' + PLACE + r"\s*")
# Characters that a quoted name cannot contain.
UNQUOTABLE = re.compile(r'["\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]')

# Start and end of each token of each line.
Tokens = List[List[Tuple[int, int]]]


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read a text, its concepts and its relations.

    path (Path): The `.txt` file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): The only record. Its id is the file name.
    """
    concepts, relations = (_partner(path, suffix) for suffix in FOLDERS)
    pair = read_pair(path, concepts, report, options)
    if pair is None:
        return
    text = pair[0].removeprefix(BOM)
    record = Record("", text, source=concepts, relation_source=relations)
    tokens = _tokens(text)
    found: Dict[str, Mention] = {}
    for number, line in pair[1]:
        with report.guard(concepts, number):
            place, mention = _mention(line, number, text, tokens)
            record.mentions.append(mention)
            if found.setdefault(place, mention).type != mention.type:
                report.repair("concepts of several types at one place, relations take the first")
    lines = (read_lines(relations, report, options) or ()) if relations.exists() else ()
    for number, line in lines:
        with report.guard(relations, number):
            match = RELATION.fullmatch(line)
            if match is None:
                raise ValueError('expected c="…" 1:0 1:2||r="type"||c="…" 1:4 1:4')
            ends = [found[place].id if place in found else place for place in match.group(2, 5)]
            record.relations.append(Link(ends[0], ends[1], match[3], number))
    yield record


def text_file(path: Path) -> Path:
    """Return the text file of a document.

    path (Path): Any file of the document: `.txt`, `.con` or `.rel`.
    RETURNS (Path): The text file in the same folder or, if there is none, in a sibling folder
        `txt`.
    """
    text = path.with_suffix(".txt")
    if not text.exists() and path.parent.name in FOLDERS.get(path.suffix, ()):
        return path.parent.parent / TEXT_FOLDER / text.name
    return text


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to the contents of its files.

    record (Record): The record.
    report (Report): Receives losses and repairs.
    RETURNS (Dict[str, str]): The contents of the `.txt`, the `.con` and the `.rel` file.
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
        concepts.append(f'{places[mention.id]}||t="{_name(mention.type, report)}"\n')
    relations: List[str] = []
    for link in record.relations:
        if any(first[places[id]] != id for id in (link.head, link.tail)):
            report.lose("relation of a mention where one of another type stands")
            continue
        label = _name(link.label, report)
        relations.append(f'{places[link.head]}||r="{label}"||{places[link.tail]}\n')
    return {".txt": record.text, ".con": "".join(concepts), ".rel": "".join(relations)}


def _partner(path: Path, suffix: str) -> Path:
    """Return the path of an annotation file of a text, in the same folder or a sibling folder."""
    beside = path.with_suffix(suffix)
    others = [path.parent.parent / name / beside.name for name in FOLDERS[suffix]]
    elsewhere = others if path.parent.name == TEXT_FOLDER else []
    return next((place for place in (beside, *elsewhere) if place.exists()), beside)


def _tokens(text: str) -> Tokens:
    found: Tokens = []
    start = 0
    for line in text.split("\n"):
        found.append([(start + m.start(), start + m.end()) for m in re.finditer(r"\S+", line)])
        start += len(line) + 1
    return found


def _mention(line: str, number: int, text: str, tokens: Tokens) -> Tuple[str, Mention]:
    match = CONCEPT.fullmatch(line)
    if match is None:
        raise ValueError('expected c="…" 1:0 1:2||t="type"')
    recorded, place, entity_type = match.groups()
    first, last = (_token(position, tokens) for position in place.split())
    start, end = first[0], last[1]
    surface = text[start:end]
    # The recorded text is in lower case; replace it, so that it does not count as a mismatch.
    shown = surface if _folded(surface) == _folded(recorded) else recorded
    return place, Mention(f"T{number}", start, end, entity_type, shown, line=number)


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
        report.repair("space put where a mention begins or ends within a token")
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]
    moved = [
        m._replace(
            start=m.start + bisect_right(cuts, m.start), end=m.end + bisect_left(cuts, m.end)
        )
        for m in trimmed
    ]
    return Record(record.doc_id, " ".join(pieces), moved, record.relations)


def _name(name: str, report: Report) -> str:
    stored = UNQUOTABLE.sub("_", name)
    if stored != name:
        report.repair("quotation mark or line break in a type or label written as _")
    return stored


I2B2 = Converter(
    description="i2b2/VA 2010: NAME.txt with NAME.con and NAME.rel",
    patterns=("*.txt", "*.con", "*.rel"),
    read=read,
    write=write,
    exclude=("readme*",),
    main_file=text_file,
)
