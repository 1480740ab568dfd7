"""Training within a benchmark: as `spacy train` does, timed, and under which commit."""

import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List

from relation_settings import ROOT
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_loop
from thinc.api import Config


class Clock:
    """Seconds of training, those of scoring left out, as `spacy train` goes on: processor time of
    the one thread, which other jobs on the machine do not lengthen."""

    def __init__(self, nlp: Language):
        """nlp (Language): Its `evaluate` is timed from now on."""
        self.start = time.process_time()
        self.scoring = 0.0
        self.marks: List[Dict[str, float]] = []
        evaluate = nlp.evaluate

        def timed(*args: Any, **kwargs: Any) -> Dict[str, Any]:
            start = time.process_time()
            scores = evaluate(*args, **kwargs)
            self.scoring += time.process_time() - start
            seconds = time.process_time() - self.start - self.scoring
            self.marks.append({"seconds": round(seconds, 2), "score": scores.get("rel_micro_f")})
            return scores

        nlp.evaluate = timed  # type: ignore[method-assign]


def train(config: Config, output: Path) -> List[Dict[str, float]]:
    """Train as `spacy train` does.

    config (Config): The config.
    output (Path): Gets model-best and model-last.
    RETURNS (List[Dict[str, float]]): Seconds of training and dev score at each scoring; the first
        is after the first batch.
    """
    output.mkdir(parents=True, exist_ok=True)
    nlp = init_nlp(config)
    clock = Clock(nlp)
    with (output / "log.txt").open("w", encoding="utf-8") as log:
        train_loop(nlp, output, stdout=log, stderr=log)
    return clock.marks


def assemble(parts: List[Language]) -> Language:
    """parts (List[Language]): Pipelines of one vocabulary of vectors.
    RETURNS (Language): The first, with the components of the others.
    """
    nlp, *others = parts
    for other in others:
        for name in other.pipe_names:
            nlp.add_pipe(name, source=other)
    return nlp


def commit() -> str:
    """RETURNS (str): The commit of the working tree, marked "-dirty" where it has changes, results
    of benchmarks and files unknown to git aside."""
    texts = [
        subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        for command in (
            ["rev-parse", "--short=10", "HEAD"],
            ["status", "--porcelain", "-uno", "--", ".", ":!benchmarks/results"],
        )
    ]
    return texts[0] + ("-dirty" if texts[1] else "")
