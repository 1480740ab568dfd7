"""Compare the sentence boundaries of `clinical_sentencizer` and spaCy's `sentencizer` in English.

    python -m benchmarks.sentences --corpora PATH

MACCROBAT's texts have one sentence per line. Each text is tested in three layouts: unchanged,
joined into one line, and wrapped at 80 characters. A boundary is correct if a sentence starts with
the same character, ignoring white space. Each component runs with the tokenizer that its users
have. Results are written to benchmarks/results/sentences.jsonl and .md. The rules were developed on
these texts.
"""

import argparse
import os
import textwrap
from itertools import accumulate
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Set

import spacy
from spacy.language import Language

from spacy_clinrel.tokens.tokenizer import blank_pipeline

from .common import RESULTS, Record, commit, read_records, table, write_records, write_text

COMPONENTS = ("sentencizer", "clinical_sentencizer")
LAYOUTS: Dict[str, Callable[[List[str]], str]] = {
    "one sentence per line": "\n".join,
    "one line": " ".join,
    "wrapped at 80": lambda lines: "\n".join(
        textwrap.wrap(" ".join(lines), 80, break_on_hyphens=False, break_long_words=False)
    ),
}


def gold_starts(lines: Sequence[str]) -> Set[int]:
    """Return where the sentences start.

    lines (Sequence[str]): The sentences of a text.
    RETURNS (Set[int]): For each sentence, the number of characters before it, not counting white
        space.
    """
    sizes = [len("".join(line.split())) for line in lines]
    return set(accumulate([0, *sizes[:-1]]))


def predicted_starts(nlp: Language, text: str) -> Set[int]:
    """Return where the predicted sentences start.

    nlp (Language): A pipeline that sets sentence boundaries.
    text (str): The text.
    RETURNS (Set[int]): For each sentence, the number of characters before it, not counting white
        space.
    """
    offsets = [0, *accumulate(not char.isspace() for char in text)]
    return {offsets[sent.start_char] for sent in nlp(text).sents if sent.text.strip()}


def measure(component: str, layout: str, texts: Sequence[List[str]]) -> Record:
    """Score a component.

    component (str): Name of the component.
    layout (str): Name of the layout.
    texts (Sequence[List[str]]): The lines of each text.
    RETURNS (Dict[str, Any]): Precision, recall and F of the boundaries.
    """
    nlp = blank_pipeline("en") if component == "clinical_sentencizer" else spacy.blank("en")
    nlp.add_pipe(component)
    n_correct = n_predicted = n_gold = 0
    for lines in texts:
        predicted, gold = predicted_starts(nlp, LAYOUTS[layout](lines)), gold_starts(lines)
        n_correct += len(predicted & gold)
        n_predicted, n_gold = n_predicted + len(predicted), n_gold + len(gold)
    return {
        **{"component": component, "layout": layout},
        "p": n_correct / n_predicted,
        "r": n_correct / n_gold,
        "f": 2 * n_correct / (n_predicted + n_gold),
        **{"texts": len(texts), "commit": commit()},
    }


def read_texts(corpora: Path) -> List[List[str]]:
    """Read MACCROBAT's texts.

    corpora (Path): Folder of the corpora.
    RETURNS (List[List[str]]): The lines of each text, without empty ones.
    """
    paths = sorted((corpora / "maccrobat2020").glob("*/*.txt"))
    texts = [path.read_text(encoding="utf-8").split("\n") for path in paths]
    return [[line.strip() for line in lines if line.strip()] for lines in texts]


def report(records: Sequence[Record]) -> str:
    """Format the table.

    records (Sequence[Dict[str, Any]]): The measurements.
    RETURNS (str): Markdown.
    """
    rows = [
        [record["layout"], record["component"], *(f"{100 * record[key]:.2f}" for key in "prf")]
        for record in records
    ]
    n_texts, at = records[0]["texts"], records[0]["commit"]
    text = f"# Sentence boundaries\n\n{n_texts} case reports of MACCROBAT, commit {at}.\n\n"
    return text + table(["Layout", "Component", "P", "R", "F"], rows)


def main() -> None:
    """Measure both components in each layout and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("CLINREL_CORPORA", "corpora"))
    parser.add_argument("--corpora", type=Path, default=default, help="folder of the corpora")
    parser.add_argument("--out", type=Path, default=RESULTS / "sentences.md")
    parser.add_argument("--tables", action="store_true", help="only write the table")
    options = parser.parse_args()
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        texts = read_texts(options.corpora)
        runs = [(component, layout) for layout in LAYOUTS for component in COMPONENTS]
        write_records(kept, [measure(*run, texts) for run in runs])
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


if __name__ == "__main__":
    main()
