"""Timed training in a benchmark, equivalent to `spacy train`."""

import time
from pathlib import Path
from typing import Any, Dict, List

from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_loop
from thinc.api import Config


class Clock:
    """A clock of the processor time of training, without scoring.

    Processor time of a single thread does not depend on other jobs on the machine.
    """

    def __init__(self, nlp: Language):
        """Start the clock.

        nlp (Language): The pipeline to train. Its `evaluate` method is replaced, so that scoring is
            not counted.
        """
        self.start = time.process_time()
        self.scoring = 0.0
        self.seconds: List[float] = []
        evaluate = nlp.evaluate

        def timed(*args: Any, **kwargs: Any) -> Dict[str, Any]:
            start = time.process_time()
            scores = evaluate(*args, **kwargs)
            self.scoring += time.process_time() - start
            self.seconds.append(round(time.process_time() - self.start - self.scoring, 2))
            return scores

        nlp.evaluate = timed  # type: ignore[method-assign]


def train(config: Config, output: Path) -> List[float]:
    """Train as `spacy train` does.

    config (Config): The config.
    output (Path): Folder for model-best and model-last.
    RETURNS (List[float]): Seconds of training before each evaluation. The first evaluation follows
        the first batch.
    """
    output.mkdir(parents=True, exist_ok=True)
    nlp = init_nlp(config)
    clock = Clock(nlp)
    with (output / "log.txt").open("w", encoding="utf-8") as log:
        train_loop(nlp, output, stdout=log, stderr=log)
    return clock.seconds


def assemble(parts: List[Language]) -> Language:
    """Combine pipelines into one.

    parts (List[Language]): Pipelines with the same vectors.
    RETURNS (Language): The first pipeline, with the components of the other pipelines added.
    """
    nlp, *others = parts
    for other in others:
        for name in other.pipe_names:
            nlp.add_pipe(name, source=other)
    return nlp
