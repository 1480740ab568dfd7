"""Precision of `measurement_matcher` on lines of the invented notes that were judged by hand.

    python -m benchmarks.measurements sample --seed 1        # draw lines, print what is bound
    python -m benchmarks.measurements score                  # count the verdicts

`sample` draws 200 lines with a digit or a result such as "(+)" and a mention of a test or treatment
from assets/zh_notes and prints what the component binds to the gold mentions: one row per binding
with an empty verdict. A person writes "right" or "wrong" and appends the rows to
benchmarks/results/measurements.tsv. Lines of that file are not drawn again. `score` runs the
component on the same lines again. A binding without a verdict counts as not judged. It writes
benchmarks/results/measurements.md.
"""

import argparse
import csv
import random
import re
from collections import Counter
from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

import spacy
from spacy.tokens import Doc

from spacy_clinrel import read_corpus
from spacy_clinrel.pipeline.measurement_matcher import MeasurementMatcher
from spacy_clinrel.tokens import all_mentions, get_doc_id

from .common import RESULTS, ROOT, commit, table, write_text

JUDGED = RESULTS / "measurements.tsv"
REPORT = RESULTS / "measurements.md"
CORPUS = "zh_notes"
LANG = "zh"
SIZE = 200
# Lines without any of these have nothing to bind.
HAS_VALUE = re.compile(r"\d|阳性|阴性|强阳|弱阳|[(（][-+±＋－—]|[↑↓]")
TYPES = ("Test", "Treatment")


class Row(NamedTuple):
    """A binding on a judged line. A line without bindings has one row with empty fields.

    sample (str): Seed of the sample.
    line (str): Note and line number, e.g. "train/neurology-admission-02:3".
    kind (str): "value" or "dosage".
    mention (str): The mention and its offset in the note, e.g. "血压@31".
    text (str): The bound text.
    verdict (str): "right" or "wrong".
    """

    sample: str
    line: str
    kind: str
    mention: str
    text: str
    verdict: str


def read_notes() -> Dict[str, Doc]:
    """Return the invented notes with gold mentions.

    RETURNS (Dict[str, Doc]): Documents by split and name.
    """
    folder = ROOT / "assets" / CORPUS
    nlp = spacy.blank(LANG)
    return {
        f"{split}/{get_doc_id(doc)}": doc
        for split in ("train", "dev", "test")
        for doc in read_corpus(folder / split, "brat", nlp=nlp)
    }


def lines_of(doc: Doc) -> List[Tuple[int, int]]:
    """Return start and end of the lines of a document, in characters."""
    ends = [*(match.start() for match in re.finditer("\n", doc.text)), len(doc.text)]
    return list(zip([0, *(end + 1 for end in ends)], ends))


def line_name(note: str, number: int) -> str:
    """Return the name of a line, e.g. "train/neurology-admission-02:3"."""
    return f"{note}:{number + 1}"


def has_candidates(doc: Doc, start: int, end: int) -> bool:
    """Return whether a line has a value or dose and a mention that it may belong to."""
    mentions = any(
        start <= ent.start_char < end for ent in all_mentions(doc) if ent.label_ in TYPES
    )
    return mentions and bool(HAS_VALUE.search(doc.text, start, end))


def bindings(doc: Doc, note: str) -> Dict[str, List[Row]]:
    """Return what the component bound in a note, by line.

    doc (Doc): The note, after the component.
    note (str): Its name.
    RETURNS (Dict[str, List[Row]]): Rows without sample and verdict.
    """
    rows: Dict[str, List[Row]] = {}
    lines = lines_of(doc)
    for span in all_mentions(doc):
        number = next(i for i, (_, end) in enumerate(lines) if span.start_char <= end)
        line = line_name(note, number)
        for kind, fields in (("value", span._.value), ("dosage", span._.dosage)):
            if fields is not None:
                mention = f"{span.text}@{span.start_char}"
                rows.setdefault(line, []).append(Row("", line, kind, mention, fields["text"], ""))
    return rows


def draw(notes: Dict[str, Doc], seed: int, size: int, drawn: Set[str]) -> List[str]:
    """Draw lines at random.

    notes (Dict[str, Doc]): The notes by name.
    seed (int): Seed of the draw.
    size (int): Number of lines.
    drawn (Set[str]): Lines of earlier samples.
    RETURNS (List[str]): Names of the lines, in the order of the notes.
    """
    names = [
        line_name(note, number)
        for note, doc in sorted(notes.items())
        for number, (start, end) in enumerate(lines_of(doc))
        if has_candidates(doc, start, end)
    ]
    fresh = [name for name in names if name not in drawn]
    chosen = set(random.Random(seed).sample(fresh, min(size, len(fresh))))
    return [name for name in names if name in chosen]


def sample(notes: Dict[str, Doc], seed: int, size: int) -> Iterator[str]:
    """Yield the lines of a new sample, with the bindings to judge.

    notes (Dict[str, Doc]): The notes by name, after the component.
    seed (int): Seed of the draw, or of a judged sample.
    size (int): Number of lines.
    RETURNS (Iterator[str]): Rows, and comments with the text of the line and all fields.
    """
    judged = read_rows()
    # A sample that was judged keeps its lines.
    lines = list(dict.fromkeys(row.line for row in judged if row.sample == str(seed)))
    for line in lines or draw(notes, seed, size, {row.line for row in judged}):
        note, number = line.rsplit(":", 1)
        doc = notes[note]
        start, end = lines_of(doc)[int(number) - 1]
        yield f"# {doc.text[start:end]}"
        rows = bindings(doc, note).get(line) or [Row("", line, "", "", "", "")]
        for row in rows:
            yield "\t".join(row._replace(sample=str(seed)))
            if row.kind:
                offset = int(row.mention.rsplit("@", 1)[1])
                (span,) = (
                    m for m in all_mentions(doc) if m.start_char == offset and m._.get(row.kind)
                )
                fields = span._.get(row.kind)
                yield f"#     { ({k: v for k, v in fields.items() if v is not None}) }"


def read_rows() -> List[Row]:
    """Return the judged bindings."""
    if not JUDGED.exists():
        return []
    with JUDGED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Row(*row) for row in rows[1:]]


def score(notes: Dict[str, Doc], judged: Sequence[Row]) -> str:
    """Count the verdicts of what the component binds on the judged lines.

    notes (Dict[str, Doc]): The notes by name, after the component.
    judged (Sequence[Row]): The judged bindings.
    RETURNS (str): A table in Markdown.
    """
    verdicts = {row[1:5]: row.verdict for row in judged}
    samples = {row.line: row.sample for row in judged}
    counts: Dict[Tuple[str, str], Counter] = {}
    for note, doc in notes.items():
        for line, rows in bindings(doc, note).items():
            for row in rows if line in samples else []:
                verdict = verdicts.get(row[1:5]) or "not judged"
                counts.setdefault((samples[line], row.kind), Counter())[verdict] += 1
    table_rows = []
    for (name, kind), counter in sorted(counts.items()):
        n_lines = sum(other == name for other in samples.values())
        n_judged = counter["right"] + counter["wrong"]
        precision = f"{100 * counter['right'] / max(1, n_judged):.1f} %"
        cells = [str(counter[key]) for key in ("right", "wrong", "not judged")]
        table_rows.append([name, str(n_lines), kind, *cells, precision])
    header = ["sample", "lines", "bound", "right", "wrong", "not judged", "precision"]
    return table(header, table_rows)


def main() -> None:
    """Draw a sample or count the verdicts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["sample", "score"])
    parser.add_argument("--seed", type=int, default=1, help="Seed of the sample")
    parser.add_argument("--size", type=int, default=SIZE, help="Number of lines of the sample")
    options = parser.parse_args()
    notes = read_notes()
    matcher = MeasurementMatcher(LANG)
    for doc in notes.values():
        matcher(doc)
    if options.command == "sample":
        print("\n".join(sample(notes, options.seed, options.size)))
        return
    text = (
        "# Precision of measurement_matcher\n\nLines of assets/zh_notes with gold mentions; each "
        "binding of a value or dosage was judged by hand (see benchmarks/measurements.py). "
        f"Sample 1 was used to improve the rules. Commit {commit()}.\n\n"
    )
    report = text + score(notes, read_rows())
    write_text(REPORT, report)
    print(report)


if __name__ == "__main__":
    main()
