"""Measure `terminology_linker`: time to build, load and link, and the precision of near links.

    python -m benchmarks.terminology

Speed: an invented table of 50,000 concepts with names of 4 to 20 Chinese characters and up to two
synonyms each, and documents of 10 mentions: 60 % names of the table, 30 % with a character
replaced, left out or added, 10 % unknown. Processor time of one thread (NumPy and SciPy use no
others here), nothing in the cache. Precision: mentions of
the invented notes whose best candidate is not exact, judged by hand, in two tables: the example of
93 concepts, and all mentions of the training notes as concepts, searched with the other notes.
Results are written to benchmarks/results/terminology.jsonl and .md.
"""

import argparse
import csv
import random
import tempfile
import time
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_clinrel import build_terminology
from spacy_clinrel.terminology import Concept, Terminology, load_terminology, term_form

from .common import (
    RESULTS,
    ROOT,
    Record,
    commit,
    machine,
    read_records,
    table,
    write_records,
    write_text,
)

ASSETS = ROOT / "assets"
JUDGED = ASSETS / "terminology" / "judged_links.csv"
EXAMPLE = ASSETS / "terminology" / "example.csv"
TYPES = ("Disease", "Symptom", "Test", "Treatment")
THRESHOLDS = (0.9, 0.85, 0.8, 0.75, 0.7)
# Characters of the invented names. A few are frequent, as in real names.
ALPHABET = [chr(0x4E00 + 7 * i) for i in range(900)]
WEIGHTS = [1 / (10 + i) for i in range(len(ALPHABET))]
Judgements = Dict[Tuple[str, str], bool]


def invented_name(dice: random.Random) -> str:
    """Return an invented name.

    dice (Random): The random numbers.
    RETURNS (str): 4 to 20 characters.
    """
    return "".join(dice.choices(ALPHABET, WEIGHTS, k=dice.randint(4, 20)))


def write_invented_table(path: Path, concepts: int, seed: int = 0) -> List[str]:
    """Write a table of invented names.

    path (Path): The CSV file.
    concepts (int): Number of concepts.
    seed (int): Random seed.
    RETURNS (List[str]): The preferred names.
    """
    dice = random.Random(seed)
    names = []
    with path.open("w", encoding="utf-8") as file:
        file.write("code,name,synonyms,type\n")
        for i in range(concepts):
            names.append(invented_name(dice))
            synonyms = "|".join(invented_name(dice) for _ in range(dice.randint(0, 2)))
            file.write(f"C{i:05},{names[-1]},{synonyms},{'AB'[i % 2]}\n")
    return names


def invented_mentions(names: Sequence[str], count: int, seed: int = 1) -> Iterator[str]:
    """Yield mentions: 60 % names, 30 % names with a changed character, 10 % unknown.

    names (Sequence[str]): The names of the table.
    count (int): Number of mentions.
    seed (int): Random seed.
    YIELDS (str): The mentions.
    """
    dice = random.Random(seed)
    for _ in range(count):
        name, kind = dice.choice(names), dice.random()
        if kind >= 0.9:
            name = invented_name(dice)
        elif kind >= 0.6:
            i, other = dice.randrange(len(name)), dice.choice(ALPHABET)
            name = name[:i] + dice.choice(["", other, other + name[i]]) + name[i + 1 :]
        yield name


def invented_docs(nlp: Language, mentions: Sequence[str]) -> List[Doc]:
    """Return documents of 10 mentions.

    nlp (Language): The pipeline.
    mentions (Sequence[str]): The mentions.
    RETURNS (List[Doc]): The documents.
    """
    docs = []
    for first in range(0, len(mentions), 10):
        doc = nlp.make_doc("，".join(mentions[first : first + 10]))
        ends = [i for i, token in enumerate(doc) if token.text == "，"] + [len(doc)]
        starts = [0, *(end + 1 for end in ends[:-1])]
        doc.ents = [Span(doc, start, end, label="A") for start, end in zip(starts, ends)]
        docs.append(doc)
    return docs


def measure_speed(concepts: int, mentions: int) -> Record:
    """Measure the time to build, load and link.

    concepts (int): Number of concepts.
    mentions (int): Number of mentions.
    RETURNS (Dict[str, Any]): The measurements.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = write_invented_table(folder / "table.csv", concepts)
        start = time.process_time()
        report = build_terminology(folder / "table.csv", folder / "out")
        built = time.process_time()
        load_terminology(folder / "out")
        loaded = time.process_time()
        size = sum(path.stat().st_size for path in (folder / "out").iterdir())
        nlp = spacy.blank("zh")
        linker = nlp.add_pipe("terminology_linker", config={"path": str(folder / "out")})
        # Imports scikit-learn and rapidfuzz.
        linker(invented_docs(nlp, ["".join(ALPHABET[:9])])[0])
        docs = invented_docs(nlp, list(invented_mentions(names, mentions)))
        before = time.process_time()
        docs = list(linker.pipe(docs))
        after = time.process_time()
        linked = sum(ent.kb_id_ != "" for doc in docs for ent in doc.ents)
    return {
        **{"measured": "speed", "concepts": report.concepts, "names": report.names},
        **{"build_s": built - start, "load_s": loaded - built, "size": size},
        **{"mentions": mentions, "linked": linked, "per_second": mentions / (after - before)},
        **{"commit": commit(), "machine": machine()},
    }


def note_mentions(part: str) -> List[Tuple[str, str]]:
    """Return the different mentions of the invented notes.

    part (str): The part, e.g. "train", or "*" for all.
    RETURNS (List[Tuple[str, str]]): Type and text.
    """
    found: Dict[Tuple[str, str], None] = {}
    for path in sorted((ASSETS / "zh_notes").glob(f"{part}/*.ann")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("T"):
                _, place, text = line.split("\t")
                found[place.split()[0], text] = None
    return [key for key in found if key[0] in TYPES]


def near_links(
    terminology: Terminology, mentions: Sequence[Tuple[str, str]]
) -> List[Tuple[str, str, float]]:
    """Return the best candidates of mentions that have no exact match.

    terminology (Terminology): The terminology.
    mentions (Sequence[Tuple[str, str]]): Type and text.
    RETURNS (List[Tuple[str, str, float]]): Mention, preferred name, score.
    """
    links = []
    for kind in TYPES:
        texts = [text for mention_type, text in mentions if mention_type == kind]
        for text, found in zip(texts, terminology.search(list(map(term_form, texts)), [kind])):
            if found and found[0].score < 1:
                links.append((text, found[0].name, found[0].score))
    return links


def precision_rows(name: str, links: Sequence[Tuple[str, str, float]]) -> Iterator[Record]:
    """Yield the precision at each threshold.

    name (str): Name of the table.
    links (Sequence[Tuple[str, str, float]]): Mention, preferred name, score.
    YIELDS (Dict[str, Any]): Number of links, of judged ones, and of right ones.
    """
    with JUDGED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == name]
    judged = {(row["mention"], row["name"]): row["right"] == "yes" for row in rows}
    for threshold in THRESHOLDS:
        pairs = [(text, best) for text, best, score in links if score >= threshold]
        known = [judged[pair] for pair in pairs if pair in judged]
        yield {
            **{"measured": "precision", "table": name, "threshold": threshold},
            **{"links": len(pairs), "judged": len(known), "right": sum(known)},
            "commit": commit(),
        }


def measure_precision() -> Iterator[Record]:
    """Yield the precision of near links in both tables."""
    with tempfile.TemporaryDirectory() as folder:
        build_terminology(EXAMPLE, Path(folder) / "out")
        example = load_terminology(Path(folder) / "out")
    yield from precision_rows("example", near_links(example, note_mentions("*")))
    train = note_mentions("train")
    notes = Terminology.build([Concept(f"{i}", text, kind) for i, (kind, text) in enumerate(train)])
    others = dict.fromkeys([*note_mentions("dev"), *note_mentions("test")])
    yield from precision_rows(
        "notes", near_links(notes, [key for key in others if key not in train])
    )


def report(records: Sequence[Record]) -> str:
    """Format the results.

    records (Sequence[Dict[str, Any]]): The measurements.
    RETURNS (str): Markdown.
    """
    speed = next(record for record in records if record["measured"] == "speed")
    precision = [record for record in records if record["measured"] == "precision"]
    lines = [
        f"# Terminologies\n\nCommit {speed['commit']}, {speed['machine']}, processor time of one "
        "thread.\n",
        "## Speed\n",
        f"{speed['concepts']:,} concepts with {speed['names']:,} invented names of 4 to 20 "
        f"characters. {speed['mentions']:,} mentions: 60 % exact, 30 % with one changed character, "
        f"10 % unknown; no mention in the cache before. {speed['linked']:,} were linked.\n",
        table(
            ["Build", "Load", "Folder", "Link"],
            [
                [
                    f"{speed['build_s']:.1f} s",
                    f"{speed['load_s']:.2f} s",
                    f"{speed['size'] / 1e6:.0f} MB",
                    f"{speed['per_second']:,.0f} mentions/s",
                ]
            ],
        ),
        "## Precision of near links\n",
        "Links without an exact match, by threshold. A link is right if the concept is the "
        "mention's, or a broader one that includes it. `example`: 93 concepts; `notes`: the "
        "mentions of the training notes as concepts, searched with the other notes. The "
        "judgements are in assets/terminology/judged_links.csv.\n",
        table(
            ["Table", "Threshold", "Links", "Judged", "Right", "Precision"],
            [
                [
                    record["table"],
                    f"{record['threshold']:.2f}",
                    *(str(record[key]) for key in ("links", "judged", "right")),
                    f"{100 * record['right'] / max(record['judged'], 1):.0f} %",
                ]
                for record in precision
            ],
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure speed and precision, and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--concepts", type=int, default=50_000)
    parser.add_argument("--mentions", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=RESULTS / "terminology.md")
    parser.add_argument("--tables", action="store_true", help="only write the tables")
    options = parser.parse_args()
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        speed = measure_speed(options.concepts, options.mentions)
        write_records(kept, [speed, *measure_precision()])
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


if __name__ == "__main__":
    main()
