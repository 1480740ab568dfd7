"""Summary of a workflow of project.yml: the scores of the pipeline, and how to use it.

python -m benchmarks.project_summary zh_clinrel
"""

import sys
from pathlib import Path
from typing import Dict, List, Optional

import srsly
from wasabi import msg

# Name of a score → evaluation setting and key in the file of scores.
SCORES = {
    "entities": ("end_to_end", "ents_f"),
    "relations, end to end": ("end_to_end", "rel_micro_f"),
    "relations between gold entities": ("gold_entities", "rel_micro_f"),
}
PARTS = {"test": "", "challenge": "_challenge"}


def read_scores(folder: Path, name: str) -> Dict[str, List[Optional[float]]]:
    """Read the scores of a pipeline.

    folder (Path): The folder of the metrics.
    name (str): The name of the pipeline.
    RETURNS (Dict[str, List[Optional[float]]]): For each part that was evaluated, the scores in the
        order of `SCORES`; None for a missing score.
    """
    scores = {}
    for part, suffix in PARTS.items():
        row = []
        for setting, key in SCORES.values():
            path = folder / f"{name}{suffix}_{setting}.json"
            row.append(srsly.read_json(path)[setting].get(key) if path.is_file() else None)
        if any(score is not None for score in row):
            scores[part] = row
    return scores


def main(name: str, root: Path = Path()) -> None:
    """Print the summary.

    name (str): The name of the pipeline.
    root (Path): The project's folder.
    """
    scores = read_scores(root / "metrics", name)
    rows = [
        (shown, *("" if row[i] is None else f"{100 * row[i]:.1f}" for row in scores.values()))
        for i, shown in enumerate(SCORES)
    ]
    msg.divider(name)
    header = ("F1 on our own notes", *scores)
    msg.table(rows, header=header, aligns=("l", *"r" * len(scores)), divider=True, max_col=60)
    page = root / "output" / f"{name}.html"
    if page.is_file():
        msg.text(f"Predictions on the test notes: {page}")
    wheels = sorted((root / "packages").glob(f"{name}-*.whl"))
    if wheels:
        msg.text(f"Wheel: {wheels[-1]}")
    msg.text(f'Load the pipeline: nlp = spacy.load("{name}")')


if __name__ == "__main__":
    main(sys.argv[1])
