"""The tables of speed and scale, from what was measured."""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from relation_report import table

from spacy_clinrel.files import replacing

Row = Dict[str, Any]
# What a cell shows of its row.
Cell = Callable[[Row], str]


def value(key: str, form: str = "", factor: float = 1) -> Cell:
    """key (str): Of the row.
    form (str): How a number is written.
    factor (float): What it is multiplied with.
    RETURNS (Callable[[Row], str]): Writes it.
    """
    return lambda row: f"{row[key] * factor:{form}}" if form else str(row[key])


def above_baseline(row: Row) -> str:
    """row (Row): With the memory before and at the peak.
    RETURNS (str): What was needed beside what was there before, in MiB.
    """
    return f"{row['peak_mib'] - row['before_mib']:,.0f}"


def arithmetic(row: Row) -> str:
    """row (Row): Of pairs.
    RETURNS (str): 10⁹ operations a second in their matrix products, where they are counted.
    """
    rate = row["pairs_per_second"] * row["operations"]
    return f"{rate / 1e9:.1f}" if rate else ""


def character_rate(row: Row) -> str:
    """row (Row): Of documents.
    RETURNS (str): Characters a second.
    """
    return f"{row['characters'] * row['documents'] / row['seconds']:,.0f}"


SYSTEM = {"System": value("system"), "language": value("lang")}


class Section(NamedTuple):
    """A table.

    title (str): Its title.
    said (str): What is said of it.
    columns (Dict[str, Cell]): Heading → what stands below.
    """

    title: str
    said: str
    columns: Dict[str, Cell]


SECTIONS = {
    "machine": Section(
        "The machine",
        "The bound of arithmetic: products of 1,536 × 1,536 float32 matrices; and of memory: "
        "copying 128 MiB, read and written.",
        {
            "Threads": value("threads"),
            "matrix products, 10⁹ operations/s": value("operations_per_second", ".1f", 1e-9),
            "copying, GB/s": value("bytes_per_second", ".1f", 1e-9),
        },
    ),
    "pipelines": Section(
        "Pipelines",
        "Notes of the test part of CCKS-2017's relation layer, a token a character; MACCROBAT's "
        "for English. All trained on the train part for a few hundred steps. spaCy's own is what "
        "`spacy init config --optimize efficiency` gives. A ratio above 1 is faster than it.",
        {
            **SYSTEM,
            "threads": value("threads"),
            "characters/s": value("characters_per_second", ",.0f"),
            "documents/s": value("documents_per_second", ",.1f"),
            "against spaCy ner": value("ratio", ".2f"),
            "mentions": value("mentions", ",d"),
            "relations": value("relations", ",d"),
        },
    ),
    "components": Section(
        "Where the time goes",
        "One thread.",
        {
            **SYSTEM,
            "part": value("part"),
            "µs per character": value("microseconds_per_character", ".2f"),
        },
    ),
    "start": Section(
        "Starting",
        "Seconds since a fresh process began: spaCy imported, pipeline loaded, first short "
        "document done. Medians of 3.",
        {
            **SYSTEM,
            "spaCy imported": value("import", ".2f"),
            "pipeline loaded": value("load", ".2f"),
            "first document": value("first_document", ".2f"),
        },
    ),
    "updates": Section(
        "Training",
        "The same batches of at most 2,000 tokens, one thread.",
        {**SYSTEM, "steps/s": value("steps_per_second", ".2f")},
    ),
    "pairs": Section(
        "Pairs",
        "All ordered pairs of a text's mentions, 44 labels, untrained (focused attention: "
        "unordered pairs of one window of 512 word pieces). Mention pair is the scoring alone, "
        "from token vectors of width 768, its pair vectors 128 wide as shipped, or 768; its "
        "operations are those of the two matrix products that each pair needs. Models of the "
        "papers have their papers' sizes and 20 characters on either side of the mentions. Two "
        "threads.",
        {
            "Model": value("model"),
            "mentions": value("mentions", ",d"),
            "pairs": value("pairs", ",d"),
            "pairs/s": value("pairs_per_second", ",.0f"),
            "ms": value("seconds", ",.1f", 1000),
            "MiB above baseline": above_baseline,
            "10⁹ operations/s": arithmetic,
        },
    ),
    "growth": Section(
        "As documents grow",
        "One document of growing length, then more and more of 230 characters, made of real notes; "
        "one thread.",
        {
            "System": value("system"),
            "characters a document": value("characters", ",d"),
            "documents": value("documents", ",d"),
            "mentions": value("mentions", ",d"),
            "seconds": value("seconds", ",.2f"),
            "characters/s": character_rate,
            "MiB above baseline": above_baseline,
        },
    ),
    "archive": Section(
        "An archive",
        "`python -m spacy clinrel apply`, shards of 500, one thread a process; real notes, a "
        "hundredth of them invalid UTF-8, empty, a megabyte of one character, or with NUL bytes. A "
        "killed run was killed at random with all its processes and gone on with; its seconds are "
        "those of the last part. The same: shards and quarantine equal, byte for byte, those of "
        "the last run over that archive that was not killed.",
        {
            "Documents": value("archive", ",d"),
            "broken": value("broken", ",d"),
            "processes": value("processes"),
            "killed": value("kills"),
            "seconds": value("seconds", ",.0f"),
            "in shards": value("documents", ",d"),
            "in quarantine": value("quarantined", ",d"),
            "peak MiB of a process": value("peak_mib", ",.0f"),
            "output the same": lambda row: "yes" if row["same"] else "NO",
        },
    ),
}


def write_report(found: Dict[str, Any], out: Path) -> None:
    """Write the tables of the parts that were measured.

    found (Dict[str, Any]): Part → its rows, machine, commit and versions.
    out (Path): The markdown file.
    """
    text = [
        "# Speed and scale\n",
        "float32 on the CPU unless a row says otherwise. Medians; the systems of a table took "
        "turns. What bounds them and what was tried stands in [NOTES.md](../NOTES.md).\n",
    ]
    for part, section in SECTIONS.items():
        if part not in found:
            continue
        measured = found[part]
        rows = compare_outputs(measured["rows"]) if part == "archive" else measured["rows"]
        versions = ", ".join(f"{name} {value}" for name, value in measured["versions"].items())
        text.append(f"## {section.title}\n\n{section.said}\n")
        cells = [[cell(row) for cell in section.columns.values()] for row in rows]
        text.append(table(list(section.columns), cells))
        text.append(f"{measured['machine']}; {versions}; commit {measured['commit']}.\n")
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as draft:
        draft.write_text("\n".join(text), encoding="utf-8")


def compare_outputs(rows: Sequence[Row]) -> List[Row]:
    """Say of each run over an archive whether its output is that of a run that was not killed.

    rows (Sequence[Row]): The runs.
    RETURNS (List[Row]): With "same".
    """
    whole = {row["archive"]: row["digest"] for row in rows if not row["kills"]}
    return [{**row, "same": row["digest"] == whole.get(row["archive"])} for row in rows]
