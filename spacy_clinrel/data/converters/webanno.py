"""WebAnno TSV 3, which WebAnno and INCEpTION export (https://inception-project.github.io).

A file is one document. Its header names the layers and their columns:

    #FORMAT=WebAnno TSV 3.3
    #T_SP=webanno.custom.Entity|identifier|value
    #T_RL=webanno.custom.Relation|label|BT_webanno.custom.Entity

`T_SP` is a span layer, `T_RL` a relation layer, whose last column is the relation's source. `T_CH`
are chains. A sentence is a line `#Text=…` and one line per token: `1-3<tab>12-19<tab>Aspirin`,
followed by the columns of the layers. `Drug[2]` is the value of the annotation 2, which may cover
several tokens; an annotation of a single token has no number. `A[1]|B[2]` are two annotations, `_`
is no annotation, `*` an annotation without a value. A relation is written at its target, with the
token of its source: `1-1[2_5]` is a relation from annotation 2, whose first token is 1-1, to
annotation 5; 0 stands for an annotation without a number. Offsets count UTF-16 code units.

Reading: the span layers give mentions, except those of tokens, parts of speech, lemmas and syntax.
The type is the value of the column `value` or, if that is empty, of the first column that has one,
or the name of the layer. Columns that are assertion attributes, such as `negated` with the value
`true`, become attributes; others are dropped and counted. Relations have the source as head; their
label is chosen like the type. Chains are left out and counted. The text consists of the `#Text`
lines at the offsets of the tokens; line breaks and spaces fill the gaps between sentences. The
document id is the file name.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from . import BOM, Converter, Link, Mention, ReadOptions, Record, Report, read_text
from .attributes import assertion_feature
from .report import BROKEN_FILE, show_value

FORMAT = "#FORMAT=WebAnno TSV 3"
LAYER = re.compile(r"#T_(SP|RL|CH)=(.*)")
TOKEN = re.compile(r"(\d+-\d+(?:\.\d+)?)\t(\d+)-(\d+)\t")
NUMBERED = re.compile(r"(.*?)(?<!\\)\[(\d+)\]", re.DOTALL)
SOURCE = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)_(\d+)\])?")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Names of the columns with the type of an annotation, in order of preference.
VALUES = ("value", "label", "type", "PosValue", "DependencyType")
# Longest white space between two sentences. Larger numbers are errors of the file.
MAX_GAP = 2**16
NO_ANNOTATION, NO_VALUE = "_", "*"
SOURCE_PREFIX = "BT_"
# Layers of tokens, parts of speech, lemmas and syntax.
LINGUISTIC = tuple(
    f"de.tudarmstadt.ukp.dkpro.core.api.{name}." for name in ("lexmorph", "segmentation", "syntax")
)


@dataclass
class Layer:
    """A layer of annotation.

    kind (str): "SP" for spans, "RL" for relations, "CH" for chains.
    name (str): The full name.
    columns (List[str]): The names of its columns.
    """

    kind: str
    name: str
    columns: List[str]


class Token(NamedTuple):
    """A token.

    start (int): Offset of the first character, as in the file.
    end (int): Offset after the last character, as in the file.
    text (str): The text.
    """

    start: int
    end: int
    text: str


@dataclass
class Document:
    """A document while it is read.

    record (Record): The record.
    line (int): The number of the current line.
    units (int): Length of the text in UTF-16 code units.
    spans (Dict[Tuple[str, str], str]): Id of the mention, by layer and number or token.
    links (List[Tuple[str, str, str, str, int]]): Keys of layer, source, target; label, line.
    names (Mapping[str, str]): Assertion attributes by name in the file.
    """

    record: Record
    line: int = 0
    units: int = 0
    spans: Dict[Tuple[str, str], str] = field(default_factory=dict)
    links: List[Tuple[str, str, str, str, int]] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the record of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): The only record.
    """
    text = read_text(path, report, options)
    if text is None:
        return
    lines = text.removeprefix(BOM).replace("\r\n", "\n").split("\n")
    if not lines[0].startswith(FORMAT):
        report.lose(BROKEN_FILE, path, None, f"does not begin with {FORMAT}, skipped")
        return
    layers: List[Layer] = []
    document = Document(Record("", ""), names=options.attributes)
    sentence: List[str] = []
    for number, line in enumerate(lines, start=1):
        document.line = number
        with report.guard(path, number):
            match = LAYER.match(line)
            token = TOKEN.match(line)
            if match:
                layers.append(_layer(match))
            elif line.startswith("#Text="):
                sentence.append(_unescape(line.removeprefix("#Text=")))
            elif token:
                if sentence:
                    _add_text(document, "\n".join(sentence), int(token[2]))
                    sentence.clear()
                _add_token(document, layers, token, line, report)
    _add_links(document)
    yield document.record


def _layer(match: "re.Match[str]") -> Layer:
    name, *columns = match[2].split("|")
    return Layer(match[1], name, columns or [""])


def _add_text(document: Document, text: str, start: int) -> None:
    record, gap = document.record, start - document.units
    if gap < 0:
        raise ValueError(f"the sentence begins at {start}, within the sentence before it")
    if gap > MAX_GAP:
        raise ValueError(f"the sentence begins {gap} characters after the sentence before it")
    record.text += ("\n" + " " * (gap - 1) if gap and record.text else " " * gap) + text
    document.units = start + len(text.encode("utf-16-le", "surrogatepass")) // 2


def _add_token(
    document: Document, layers: Sequence[Layer], token: "re.Match[str]", line: str, report: Report
) -> None:
    """Add the annotations of a token: begin mentions or extend them, and note relations."""
    address = token[1]
    _, _, text, *fields = line.split("\t")
    piece = Token(int(token[2]), int(token[3]), _unescape(text))
    for layer in layers:
        values, fields = fields[: len(layer.columns)], fields[len(layer.columns) :]
        if layer.kind == "SP" and not layer.name.startswith(LINGUISTIC):
            for number, label, attributes in _annotations(layer, values, document.names, report):
                key = layer.name, number or address
                _add_mention(document, key, piece, label, attributes)
        elif layer.kind == "RL" and len(values) == len(layer.columns):
            _note_links(document, layer, address, values)
        elif any(value not in ("", NO_ANNOTATION) for value in values):
            report.left_out[f"annotation of the layer {layer.name}"] += 1


def _annotations(
    layer: Layer, values: Sequence[str], names: Mapping[str, str], report: Report
) -> Iterator[Tuple[str, str, Tuple[str, ...]]]:
    """Yield the number, or an empty string, the type and the attributes of each span annotation at
    a token."""
    columns = [_split(value) for value in values]
    for i in range(max(map(len, columns), default=0)):
        cells = [_cell(column[i]) for column in columns if i < len(column)]
        found = {name: value for name, (value, _) in zip(layer.columns, cells) if value}
        number = next((number for _, number in cells if number), "")
        is_empty = all(i < len(column) and column[i] in ("", NO_ANNOTATION) for column in columns)
        if is_empty:
            continue
        attributes = {name: assertion_feature(name, value, names) for name, value in found.items()}
        others = {name: value for name, value in found.items() if attributes[name] is None}
        name = _best(others)
        report.lose("column of an annotation not kept", count=max(len(others) - 1, 0))
        label = others[name] if name else layer.name.rpartition(".")[2]
        yield number, label, tuple(filter(None, attributes.values()))


def _best(found: Dict[str, str]) -> str:
    """Return the name of the column with the type; empty if no column has a value."""
    return next((name for name in VALUES if name in found), next(iter(found), ""))


def _add_mention(
    document: Document,
    key: Tuple[str, str],
    token: Token,
    label: str,
    attributes: Tuple[str, ...],
) -> None:
    mentions = document.record.mentions
    if key in document.spans:
        i = int(document.spans[key])
        text = f"{mentions[i].text}{token.text}"
        mentions[i] = mentions[i]._replace(end=token.end, text=text)
    else:
        document.spans[key] = id = str(len(mentions))
        mention = Mention(id, token.start, token.end, label, token.text, line=document.line)
        mentions.append(mention._replace(attributes=attributes))


def _note_links(document: Document, layer: Layer, address: str, values: Sequence[str]) -> None:
    """Note the relations whose target is at a token."""
    base = layer.columns[-1].removeprefix(SOURCE_PREFIX)
    columns = [_split(value) for value in values]
    for i, source in enumerate(columns[-1]):
        if source in ("", NO_ANNOTATION):
            continue
        match = SOURCE.fullmatch(source)
        if match is None:
            raise ValueError(
                f"the source of a relation must look like 1-1[2_5], got {show_value(source)}"
            )
        head = match[2] if match[2] not in (None, "0") else match[1]
        tail = match[3] if match[3] not in (None, "0") else address
        cells = [_cell(column[i])[0] if i < len(column) else "" for column in columns[:-1]]
        found = {name: value for name, value in zip(layer.columns, cells) if value}
        label = found[_best(found)] if found else layer.name.rpartition(".")[2]
        document.links.append((base, head, tail, label, document.line))


def _add_links(document: Document) -> None:
    for base, source, target, label, line in document.links:
        ends = [document.spans.get((base, key), f"{base} {key}") for key in (source, target)]
        document.record.relations.append(Link(ends[0], ends[1], label, line))


def _split(field: str) -> List[str]:
    return re.split(r"(?<!\\)\|", field)


def _cell(text: str) -> Tuple[str, str]:
    """Return the value and the number of an annotation in a column; empty strings if missing."""
    match = NUMBERED.fullmatch(text)
    value, number = (match[1], match[2]) if match else (text, "")
    return ("" if value in ("", NO_ANNOTATION, NO_VALUE) else _unescape(value)), number


def _unescape(text: str) -> str:
    controls = {"n": "\n", "r": "\r", "t": "\t"}
    return ESCAPED.sub(lambda match: controls.get(match[1], match[1]), text)


WEBANNO = Converter(
    description="WebAnno TSV 3, as WebAnno and INCEpTION export it",
    patterns=("*.tsv",),
    read=read,
    offsets="utf-16",
)
