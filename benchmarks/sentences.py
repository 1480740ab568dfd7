"""Sentence boundaries of English texts: `clinical_sentencizer` against spaCy's `sentencizer`.

    python benchmarks/sentences.py --corpora PATH

MACCROBAT's texts have a sentence a line. Each is read as it stands, in one line, and broken at 80
characters; a boundary is right when a sentence begins with the same character, white space aside.
Writes benchmarks/results/sentences.{md,json}. The rules were written with these texts in view.
"""

import argparse
import textwrap
from itertools import accumulate
from pathlib import Path
from typing import Callable, Dict, List, Set

import spacy
import srsly
from cell_training import commit
from relation_report import table
from relation_settings import ROOT
from spacy.language import Language

LAYOUTS: Dict[str, Callable[[List[str]], str]] = {
    "a sentence a line": "\n".join,
    "one line": " ".join,
    "broken at 80": lambda lines: "\n".join(
        textwrap.wrap(" ".join(lines), 80, break_on_hyphens=False, break_long_words=False)
    ),
}


def gold_starts(lines: List[str]) -> Set[int]:
    """lines (List[str]): A sentence each.
    RETURNS (Set[int]): How many characters, white space aside, stand before each.
    """
    sizes = [len("".join(line.split())) for line in lines]
    return set(accumulate([0, *sizes[:-1]]))


def found_starts(nlp: Language, text: str) -> Set[int]:
    """nlp (Language): Sets sentence boundaries.
    text (str): The text.
    RETURNS (Set[int]): As `gold_starts` has them.
    """
    before = [0, *accumulate(not char.isspace() for char in text)]
    sents = [sent for sent in nlp(text).sents if sent.text.strip()]
    return {before[sent.start_char] for sent in sents}


def measure(name: str, layout: str, texts: List[List[str]]) -> Dict[str, object]:
    """name (str): Name of the component.
    layout (str): Name of the layout.
    texts (List[List[str]]): The lines of each text.
    RETURNS (Dict[str, object]): Precision, recall and F.
    """
    nlp = spacy.blank("en")
    nlp.add_pipe(name)
    right = found = gold = 0
    for lines in texts:
        own, wanted = found_starts(nlp, LAYOUTS[layout](lines)), gold_starts(lines)
        right, found, gold = right + len(own & wanted), found + len(own), gold + len(wanted)
    figures = {"p": right / found, "r": right / gold, "f": 2 * right / (found + gold)}
    return {"component": name, "layout": layout, **figures}


def main() -> None:
    """Measure both components in each layout."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora")
    results = ROOT / "benchmarks" / "results"
    parser.add_argument("--out", type=Path, default=results / "sentences.md")
    options = parser.parse_args()
    paths = sorted((options.corpora / "maccrobat2020").glob("*/*.txt"))
    raw = [path.read_text(encoding="utf-8").split("\n") for path in paths]
    texts = [[line.strip() for line in lines if line.strip()] for lines in raw]
    names = ("sentencizer", "clinical_sentencizer")
    found = [measure(name, layout, texts) for layout in LAYOUTS for name in names]
    header = ["Layout", "Component", "P", "R", "F"]
    rows = [
        [str(one["layout"]), str(one["component"]), *(f"{100 * float(one[k]):.2f}" for k in "prf")]
        for one in found
    ]
    text = (
        f"# Sentence boundaries\n\n{len(texts)} case reports of MACCROBAT, commit {commit()}.\n\n"
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text + table(header, rows), encoding="utf-8")
    srsly.write_json(options.out.with_suffix(".json"), found)
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
