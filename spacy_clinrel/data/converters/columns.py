"""Columns of tokens and tags, as in the CoNLL shared tasks: `Aspirin<tab>B-Drug`, one token a line.

The first column is the token, the last its tag. Columns are separated by tabs or spaces. Tags are
`O`, or a prefix and a type: IOB and BIO (`B-Drug`, `I-Drug`), BIOES and BILOU (also with `M` for
inner and `E` for last tokens). The type may come first (`Drug-B`), and `_` may replace `-`.

Blank lines separate sentences. A document begins with a line `-DOCSTART-` or a comment such as `#
doc_id = 7` or `# id 7`; in files without such lines, each sentence is a document. Other comments
are skipped.

Reading: the format does not store white space. Tokens are joined by spaces, except next to a
Chinese or Japanese character or its punctuation, and sentences by a line break. A tag that
continues no entity (`I-Drug` after `O`) begins one, and is counted as a repair.

Writing: all documents are in one file, with a comment for the document id. The text is split into
tokens at white space, around each Chinese or Japanese character and at the boundaries of mentions;
a line break in the text ends a sentence. Relations and mentions that overlap a longer mention
cannot be written, and are counted.
"""

import re
from bisect import bisect_left
from functools import partial
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from . import Converter, Mention, ReadOptions, Record, Report, join_lines, read_text
from .offset_units import BOM
from .report import BROKEN_FILE, BROKEN_LINE
from .tokenizer import join_tokens, token_spans

OUTSIDE = "O"
PREFIXES = "BIESLUM"
TAG = re.compile(rf"([{PREFIXES}])[-_](.+)")
REVERSED_TAG = re.compile(rf"(.+)[-_]([{PREFIXES}])")
DOCUMENT = re.compile(r"-DOCSTART-(?:\s.*)?|#\s*(?:newdoc\s+)?(?:doc_)?id\b\s*[=:]?\s*(.*)")
# Prefixes of the first token of an entity, and of its last token.
FIRST, LAST = "BSU", "ESLU"
# Prefixes that BIO writes for first, inner, last and only tokens; and those of BIOES.
SCHEMES = {"bio": tuple("BIIB"), "bioes": tuple("BIES")}


class Token(NamedTuple):
    """A token of a file.

    text (str): The token.
    tag (str): Its tag.
    line (int): The line number.
    """

    text: str
    tag: str
    line: int


class Block(NamedTuple):
    """A document of a file.

    doc_id (str): The id; empty if there is none.
    line (int): Number of the first line.
    sentences (List[List[Token]]): The tokens of each sentence.
    """

    doc_id: str
    line: int
    sentences: List[List[Token]]


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): One record per document.
    """
    text = read_text(path, report, options)
    if text is None:
        return
    lines = text.removeprefix(BOM).split("\n")
    blocks = list(_blocks(lines, path, report))
    tokens = [token for block in blocks for sentence in block.sentences for token in sentence]
    tags = {token.tag for token in tokens}
    if not all(tag == OUTSIDE or TAG.fullmatch(tag) or REVERSED_TAG.fullmatch(tag) for tag in tags):
        unknown = next(token for token in tokens if _split_tag(token.tag) is None)
        detail = f"line {unknown.line} does not end in a tag such as O or B-Drug, skipped"
        report.lose(BROKEN_FILE, path, unknown.line, detail)
        return
    for block in blocks:
        if block.sentences:
            yield _record(block, path, report)


def write(record: Record, report: Report, *, scheme: str) -> Dict[str, str]:
    """Convert a record to lines.

    record (Record): The record.
    report (Report): Receives losses.
    scheme (str): "bio" or "bioes".
    RETURNS (Dict[str, str]): The lines of the document.
    """
    report.lose("relation not kept", count=len(record.relations))
    mentions = _longest(record, report)
    spans = token_spans(Record(record.doc_id, record.text, mentions))
    tags = _tags(mentions, [start for start, _ in spans], SCHEMES[scheme])
    for mention in mentions:
        if "\n" in record.text[mention.start : mention.end]:
            report.lose("mention with a line break written as one mention for each line")
        if _one_line(mention.type) != mention.type:
            report.repair("white space in a type written as a space")
    lines = [f"# doc_id = {_one_line(record.doc_id)}"]
    position = 0
    for start, end in spans:
        if "\n" in record.text[position:start] and position:
            lines.append("")
        token = record.text[start:end]
        lines.append(f"{token}\t{tags.get(start, OUTSIDE)}")
        position = end
    if _restored(record.text, spans) != record.text:
        report.lose("text whose white space is not kept")
    return {".txt": "\n".join([*lines, ""])}


def _blocks(lines: Sequence[str], path: Path, report: Report) -> Iterator[Block]:
    """Yield the documents of a file: those with a header or, without headers, its sentences."""
    has_headers = any(_header(line) for line in lines)
    block: Optional[Block] = None
    is_new_sentence = True
    for number, line in enumerate(lines, start=1):
        header = _header(line)
        if header:
            if block is not None:
                yield block
            block, is_new_sentence = Block(header[1] or "", number, []), True
        elif not line.strip():
            if block is not None and not has_headers:
                yield block
                block = None
            is_new_sentence = True
        elif not (line.startswith("#") and len(line.split()) != 2):
            token = _token(line, number)
            if token is None:
                report.lose(BROKEN_LINE, path, number, "expected a token and a tag")
                continue
            if block is None:
                block = Block("", number, [])
            if is_new_sentence:
                block.sentences.append([])
                is_new_sentence = False
            block.sentences[-1].append(token)
    if block is not None:
        yield block


def _header(line: str) -> Optional["re.Match[str]"]:
    """Return the match of a line that begins a document."""
    is_token = "\t" in line and not line.startswith("-DOCSTART-\t")
    return None if is_token else DOCUMENT.fullmatch(line.strip())


def _token(line: str, number: int) -> Optional[Token]:
    line = line.rstrip("\r")
    fields = line.split("\t") if "\t" in line else line.split()
    if len(fields) < 2:
        return None
    return Token(fields[0], fields[-1].strip(), number)


def _split_tag(tag: str) -> Optional[Tuple[str, str]]:
    """Return the prefix and the type of a tag; None if it has another form."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    match = TAG.fullmatch(tag)
    if match:
        return match[1], match[2]
    match = REVERSED_TAG.fullmatch(tag)
    return None if match is None else (match[2], match[1])


def _record(block: Block, path: Path, report: Report) -> Record:
    record = Record(block.doc_id, "", line=None if block.doc_id else block.line)
    for sentence in block.sentences:
        record.text += "\n" if record.text else ""
        text, starts = join_tokens([token.text for token in sentence])
        offset = len(record.text)
        for first, last, name in _entities(sentence, report):
            start, end = starts[first], starts[last] + len(sentence[last].text)
            record.mentions.append(
                Mention(
                    str(len(record.mentions)),
                    offset + start,
                    offset + end,
                    name,
                    line=sentence[first].line,
                )
            )
        record.text += text
    return record


def _entities(sentence: Sequence[Token], report: Report) -> Iterator[Tuple[int, int, str]]:
    """Yield the first token, the last token and the type of each entity."""
    first, current = 0, ""
    for i, token in enumerate(sentence):
        prefix, name = _split_tag(token.tag) or (OUTSIDE, "")
        is_first = prefix in FIRST or name != current
        if is_first and current:
            yield first, i - 1, current
        if is_first and name:
            if prefix not in FIRST:
                report.repair("inside tag without a preceding entity read as the start of one")
            first = i
        current = name
        if current and prefix in LAST:
            yield first, i, current
            current = ""
    if current:
        yield first, len(sentence) - 1, current


def _tags(
    mentions: Sequence[Mention], starts: Sequence[int], prefixes: Tuple[str, ...]
) -> Dict[int, str]:
    """Return the tags of the tokens of mentions, by the start of the token.

    mentions (Sequence[Mention]): Mentions that begin and end at tokens and do not overlap.
    starts (Sequence[int]): The start of each token, in order.
    prefixes (Tuple[str, ...]): Prefixes of the first, an inner, the last and the only token.
    """
    first, inner, last, only = prefixes
    tags: Dict[int, str] = {}
    for mention in mentions:
        name = _one_line(mention.type)
        begin, end = bisect_left(starts, mention.start), bisect_left(starts, mention.end)
        size = end - begin
        marks = [only] if size == 1 else [first, *[inner] * (size - 2), last][:size]
        tags.update((start, f"{mark}-{name}") for start, mark in zip(starts[begin:end], marks))
    return tags


def _longest(record: Record, report: Report) -> List[Mention]:
    """Return the longest mentions that do not overlap, in order."""
    kept: List[Mention] = []
    is_covered = bytearray(len(record.text))
    for mention in sorted(record.mentions, key=lambda m: (m.start - m.end, m.start)):
        if any(is_covered[mention.start : mention.end]):
            report.lose("mention that overlaps a longer mention not kept")
            continue
        is_covered[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
        kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)


def _restored(text: str, spans: Sequence[Tuple[int, int]]) -> str:
    """Return the text as it is read back."""
    sentences: List[List[str]] = [[]]
    position = 0
    for start, end in spans:
        if "\n" in text[position:start] and position:
            sentences.append([])
        sentences[-1].append(text[start:end])
        position = end
    return "\n".join(join_tokens(sentence)[0] for sentence in sentences)


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _converter(scheme: str, description: str) -> Converter:
    return Converter(
        description=description,
        patterns=("*.txt", "*.bio", "*.bmes", "*.conll", "*.tsv", "*.iob"),
        read=read,
        write=partial(write, scheme=scheme),
        exclude=("readme*",),
        join=join_lines,
        offsets=None,
    )


BIO = _converter(
    "bio", "columns of tokens and tags, as in CoNLL; reads BIO, BIOES and others, and writes BIO"
)
BIOES = _converter("bioes", "columns of tokens and tags; reads the same as bio, and writes BIOES")
