"""i2b2/VA 2010: `NAME.txt`, its concepts in `NAME.con`, relations between them in `NAME.rel`.

A line of `.con` is `c="the headache" 12:3 12:4||t="problem"`, of `.rel` `c="aspirin" 12:0
12:0||r="TrAP"||c="the headache" 12:3 12:4`: a concept's text, in lower case, and its first and
last token, each as line (from 1) and token in that line (from 0). The challenge (Uzuner et al.
2011, doi:10.1136/amiajnl-2011-000203) gave out texts with a sentence a line, its tokens apart.
What white space divides is a token, however much of it there is: so do other readers of these
files count (CliNER, whose manual says it of `.con`; BigBIO's n2c2_2010).

Files lie side by side, or in folders `txt`, `concept` (or `concepts`) and `rel` under one folder,
as the challenge's training part has them. Assertions (`.ast`) are not read. A text without `.con`
has no annotations, one without `.rel` no relations.

Reading. A relation goes from its first concept to its second. `.rel` says where its concepts stand
but not of which type they are: they are those of `.con` at that place, the first if several are
there; if none is, the relation is lost, and counted.

Writing. The files lie side by side. The text is written as it is, but for a space at each end of a
mention that has none there, where a mention begins or ends within a token; that is counted as
repaired. A relation of a mention that stands where one of another type does is lost, and counted.
"""

import re
from bisect import bisect_left, bisect_right
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from .record import Link, Mention, Record
from .registry import Converter
from .report import Report
from .text import BOM, read_lines, read_pair

TEXT_FOLDER = "txt"
FOLDERS = {".con": ("concept", "concepts"), ".rel": ("rel",)}
PLACE = r'c="(.*)" (\d+:\d+ \d+:\d+)'
CONCEPT = re.compile(PLACE + r'\|\|t="(.*)"\s*')
RELATION = re.compile(PLACE + r'\|\|r="(.*)"\|\|' + PLACE + r"\s*")
# What a quoted name can't hold.
UNQUOTABLE = re.compile(r'["\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]')

# Start and end of each token of each line.
Tokens = List[List[Tuple[int, int]]]


def read(path: Path, report: Report) -> Iterator[Record]:
    """Read one text, its concepts and its relations.

    path (Path): The `.txt` file.
    report (Report): Collects faults.
    YIELDS (Record): One record, named by the file.
    """
    concepts, relations = (_partner(path, suffix) for suffix in FOLDERS)
    pair = read_pair(path, concepts, report)
    if pair is None:
        return
    text = pair[0].removeprefix(BOM)
    record = Record(path.stem, text, source=concepts, relation_source=relations)
    tokens = _tokens(text)
    found: Dict[str, Mention] = {}
    for number, line in pair[1]:
        with report.guard(concepts, number):
            place, mention = _mention(line, number, text, tokens)
            record.mentions.append(mention)
            if found.setdefault(place, mention).type != mention.type:
                report.repair("concepts of several types at one place, relations take the first")
    lines = (read_lines(relations, report) or ()) if relations.exists() else ()
    for number, line in lines:
        with report.guard(relations, number):
            match = RELATION.fullmatch(line)
            if match is None:
                raise ValueError('expected c="…" 1:0 1:2||r="type"||c="…" 1:4 1:4')
            ends = [found[place].id if place in found else place for place in match.group(2, 5)]
            record.relations.append(Link(ends[0], ends[1], match[3], number))
    yield record


def text_file(path: Path) -> Path:
    """The file with the text, from any file of a document.

    path (Path): The `.txt`, `.con` or `.rel` file.
    RETURNS (Path): The text beside it; if there is none, in a folder `txt` beside its own folder.
    """
    text = path.with_suffix(".txt")
    if not text.exists() and path.parent.name in FOLDERS.get(path.suffix, ()):
        return path.parent.parent / TEXT_FOLDER / text.name
    return text


def write(record: Record, report: Report) -> Dict[str, str]:
    """Make the three files of a record.

    record (Record): The document.
    report (Report): Takes what could not be kept or had to be changed.
    RETURNS (Dict[str, str]): The contents of the `.txt`, the `.con` and the `.rel` file.
    """
    record = _spaced(record, report)
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
    """The file beside a text, or in a folder beside the text's, that has its annotations."""
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
    recorded, place, kind = match.groups()
    first, last = (_token(one, tokens) for one in place.split())
    start, end = first[0], last[1]
    surface = text[start:end]
    # Its text is in lower case, which is no fault.
    same = _folded(surface) == _folded(recorded)
    return place, Mention(f"T{number}", start, end, kind, surface if same else recorded, (), number)


def _token(place: str, tokens: Tokens) -> Tuple[int, int]:
    line, token = (int(number) for number in place.split(":"))
    if not (1 <= line <= len(tokens) and token < len(tokens[line - 1])):
        raise ValueError(f"there is no token {place} in the text")
    return tokens[line - 1][token]


def _folded(text: str) -> str:
    return "".join(text.split()).casefold()


def _spaced(record: Record, report: Report) -> Record:
    """A record whose mentions begin and end where tokens do, without white space around them."""
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
