"""Tables of speed and scale."""

from typing import Callable, Dict, List, NamedTuple, Sequence

from benchmarks.common import Record, table

# Formats a column's value of a record.
Column = Callable[[Record], str]


def column(key: str, form: str = "", factor: float = 1) -> Column:
    """Create the format function of a table column.

    key (str): Key of the records.
    form (str): Format of a number.
    factor (float): Multiplies the number.
    RETURNS (Callable[[Dict[str, Any]], str]): Formats a record's value.
    """
    return lambda record: f"{record[key] * factor:{form}}" if form else str(record[key])


def above_baseline(record: Record) -> str:
    """Format the memory that a measurement used.

    record (Dict[str, Any]): A record with the memory before and at the peak.
    RETURNS (str): The difference, in MiB.
    """
    return f"{record['peak_mib'] - record['before_mib']:,.0f}"


def arithmetic(record: Record) -> str:
    """Format the rate of arithmetic operations.

    record (Dict[str, Any]): A record of scored pairs.
    RETURNS (str): 10⁹ operations per second in matrix products, if they are counted.
    """
    rate = record["pairs_per_second"] * record["operations"]
    return f"{rate / 1e9:.1f}" if rate else ""


def character_rate(record: Record) -> str:
    """Format the rate of characters.

    record (Dict[str, Any]): A record of documents.
    RETURNS (str): Characters per second.
    """
    return f"{record['characters'] * record['documents'] / record['seconds']:,.0f}"


SYSTEM = {"System": column("system"), "language": column("lang")}


class Section(NamedTuple):
    """A section of the report with one table.

    title (str): Title of the section.
    description (str): What was measured.
    columns (Dict[str, Callable[[Dict[str, Any]], str]]): Title of the column → its format.
    """

    title: str
    description: str
    columns: Dict[str, Column]


SECTIONS = {
    "machine": Section(
        "The machine",
        "Peak rates: arithmetic in products of 1,536 × 1,536 float32 matrices; memory when "
        "copying 128 MiB, read and written.",
        {
            "Threads": column("threads"),
            "matrix products, 10⁹ operations/s": column("operations_per_second", ".1f", 1e-9),
            "copying, GB/s": column("bytes_per_second", ".1f", 1e-9),
        },
    ),
    "pipelines": Section(
        "Pipelines",
        "Notes of the test part of CCKS-2017's relation layer, with one token per character, and "
        "of MACCROBAT for English. All pipelines are trained on the train part for some hundred "
        "steps. spaCy's own has the config of `spacy init config --optimize efficiency`. A ratio "
        "above 1 is faster than spaCy's own.",
        {
            **SYSTEM,
            "threads": column("threads"),
            "characters/s": column("characters_per_second", ",.0f"),
            "documents/s": column("documents_per_second", ",.1f"),
            "against spaCy ner": column("ratio", ".2f"),
            "mentions": column("mentions", ",d"),
            "relations": column("relations", ",d"),
        },
    ),
    "components": Section(
        "Where the time goes",
        "One thread.",
        {
            **SYSTEM,
            "part": column("part"),
            "µs per character": column("microseconds_per_character", ".2f"),
        },
    ),
    "start": Section(
        "Starting",
        "Seconds from the start of a new process until spaCy is imported, the pipeline is loaded, "
        "and the first short document is annotated. Medians of 3.",
        {
            **SYSTEM,
            "spaCy imported": column("import", ".2f"),
            "pipeline loaded": column("load", ".2f"),
            "first document": column("first_document", ".2f"),
        },
    ),
    "updates": Section(
        "Training",
        "The same batches of at most 2,000 tokens for all pipelines, one thread.",
        {**SYSTEM, "steps/s": column("steps_per_second", ".2f")},
    ),
    "pairs": Section(
        "Pairs",
        "All ordered pairs of a text's mentions, 44 labels, untrained models (focused attention: "
        "unordered pairs of one window of 512 word pieces). Mention pair is the scoring alone, "
        "from token vectors of width 768, with pair vectors of width 128 as shipped, or 768; its "
        "operations are those of the two matrix products per pair. Models of the papers have "
        "their papers' sizes and 20 characters on either side of the mentions. Two threads.",
        {
            "Model": column("model"),
            "mentions": column("mentions", ",d"),
            "pairs": column("pairs", ",d"),
            "pairs/s": column("pairs_per_second", ",.0f"),
            "ms": column("seconds", ",.1f", 1000),
            "MiB above baseline": above_baseline,
            "10⁹ operations/s": arithmetic,
        },
    ),
    "growth": Section(
        "As documents grow",
        "One document of growing length, then a growing number of documents of 230 characters, "
        "made of real notes; one thread.",
        {
            "System": column("system"),
            "characters per document": column("characters", ",d"),
            "documents": column("documents", ",d"),
            "mentions": column("mentions", ",d"),
            "seconds": column("seconds", ",.2f"),
            "characters/s": character_rate,
            "MiB above baseline": above_baseline,
        },
    ),
    "archive": Section(
        "An archive",
        "`python -m spacy clinrel apply`, shards of 500 documents, one thread per process. The "
        "documents are real notes; 1 in 100 is invalid UTF-8, empty, one megabyte of the same "
        "character, or has NUL bytes. A killed run was killed at random times with all of its "
        "processes and resumed; its seconds are those of the last part. The output is the same if "
        "shards and quarantine equal those of the last uninterrupted run byte for byte.",
        {
            "Documents": column("archive", ",d"),
            "broken": column("broken", ",d"),
            "processes": column("processes"),
            "killed": column("kills"),
            "seconds": column("seconds", ",.0f"),
            "in shards": column("documents", ",d"),
            "in quarantine": column("quarantined", ",d"),
            "peak MiB of a process": column("peak_mib", ",.0f"),
            "output the same": lambda record: "yes" if record["same"] else "NO",
        },
    ),
}


def report(records: Sequence[Record]) -> str:
    """Format the tables of all sections that have records.

    records (Sequence[Dict[str, Any]]): The records of all sections.
    RETURNS (str): Markdown.
    """
    text = [
        "# Speed and scale\n",
        "float32 on the CPU unless a row says otherwise. Medians; the systems of a table took "
        "turns. What limits the speed, and what was tried: [NOTES.md](../NOTES.md).\n",
    ]
    for name, section in SECTIONS.items():
        measured = [record for record in records if record["section"] == name]
        if measured:
            rows = compare_outputs(measured) if name == "archive" else measured
            text.append(f"## {section.title}\n\n{section.description}\n")
            cells = [[format_cell(row) for format_cell in section.columns.values()] for row in rows]
            text.append(table(list(section.columns), cells))
            text.append(_source(measured[0]))
    return "\n".join(text)


def _source(record: Record) -> str:
    versions = ", ".join(f"{name} {record[name]}" for name in ("spacy", "torch"))
    return f"{record['machine']}; {versions}; commit {record['commit']}.\n"


def compare_outputs(records: Sequence[Record]) -> List[Record]:
    """Compare the output of each run over an archive with that of a run that was not killed.

    records (Sequence[Dict[str, Any]]): The records of the runs.
    RETURNS (List[Dict[str, Any]]): The records, with "same".
    """
    digests = {run["archive"]: run["digest"] for run in records if not run["kills"]}
    return [{**run, "same": run["digest"] == digests.get(run["archive"])} for run in records]
