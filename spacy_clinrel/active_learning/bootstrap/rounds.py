"""One round: label, choose, train, measure."""

import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

import numpy as np
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from ...files import read_docbin, write_docs
from ..pairs import ScoredPairs, find_component, gold_classes, score_pairs
from .options import Options
from .selection import Labelled, choose, class_thresholds, reliable_pairs
from .silver import NONE, Silver, load_silver, save_silver, silver_docs
from .store import RunFolder
from .texts import seed_of
from .together import mean_scores
from .training import (
    Calibration,
    dev_scores,
    gold_examples,
    load_calibrated,
    measure,
    train_round,
)

Progress = Callable[[Iterable[Doc]], Iterable[Doc]]
# Between the seeds of the two models of a round.
SECOND = 1000


class Sure(NamedTuple):
    """What a model was sure of.

    chosen (ScoredPairs): The pairs that join the labelled set.
    found (Dict[str, Any]): For the record: how many pairs were left, how many were reliable, and
        the classes' thresholds.
    """

    chosen: ScoredPairs
    found: Dict[str, Any]


class Run:
    """The rounds of one run.

    refused (Dict[str, Any]): What the last model said of which no relation was sure; empty before.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: Config,
        second: Optional[Config],
        options: Options,
        use_gpu: int,
        progress: Progress,
    ):
        """The arguments are those of `bootstrap`; the folder has the documents."""
        self.folder = folder
        self.config = config
        self.second = second
        self.options = options
        self.use_gpu = use_gpu
        self.progress = progress
        self.seed = seed_of(config)
        self.refused: Dict[str, Any] = {}
        self.measured = [part for part in ("dev", "test") if folder.data(part).exists()]

    def docs(self, part: str, nlp: Language) -> List[Doc]:
        """part (str): "labelled", "unlabelled", "dev" or "test".
        nlp (Language): A pipeline.
        RETURNS (List[Doc]): The documents.
        """
        return read_docbin(self.folder.data(part), nlp.vocab)

    def stops(self, records: List[Dict[str, Any]]) -> str:
        """records (List[Dict[str, Any]]): The finished rounds.
        RETURNS (str): Why no other follows; empty if one does.
        """
        patience = self.options.guards.patience
        if len(records) == 1 and not records[0]["unknown"]:
            return "no candidate pair is unlabelled"
        if records and not records[-1]["unknown"]:
            return "no unlabelled pair left"
        if len(records) > self.options.max_rounds:
            return "max_rounds"
        if patience and len(records) - 1 - self.best(records) >= patience:
            return "dev has not risen"
        return ""

    @property
    def two(self) -> bool:
        """RETURNS (bool): Whether each round trains a second model."""
        return self.second is not None or self.options.guards.agree

    def best(self, records: List[Dict[str, Any]]) -> int:
        """records (List[Dict[str, Any]]): The finished rounds.
        RETURNS (int): The one to keep: the first of the best on dev, or the last.
        """
        if not self.options.guards.patience:
            return len(records) - 1
        return max(range(len(records)), key=lambda i: (records[i]["dev"]["f"], -i), default=0)

    def clean(self, records: List[Dict[str, Any]]) -> None:
        """Remove models that no later round needs.

        records (List[Dict[str, Any]]): The finished rounds.
        """
        needed = {len(records) - 1, self.best(records)}
        for number in set(range(len(records))) - needed:
            for name in ("model", "second"):
                shutil.rmtree(self.folder.round(number) / name, ignore_errors=True)

    def round(self, number: int) -> Optional[Dict[str, Any]]:
        """Label, train and measure.

        number (int): The round, 0 being the supervised one.
        RETURNS (Optional[Dict[str, Any]]): Its record; None if no relation is above the threshold.
        """
        start = time.perf_counter()
        silver, known, found = NONE, [], {}
        if number:
            before = self.folder.round(number - 1)
            nlp = util.load_model(before / "model")
            silver = load_silver(before / "silver.npz")
            sure = self.label(nlp, silver, number)
            if sure is None:
                return None
            silver, found = silver.add(sure.chosen, number), sure.found
            known = self.silver_docs(nlp, silver)
        labelled = time.perf_counter()
        path = self.folder.round(number, fresh=True)
        save_silver(silver, path / "silver.npz")
        nlp, calibration = self.train(path, known)
        if self.second:
            found["second"] = self.measure(util.load_model(path / "second"))
        seconds = {"label": labelled - start, "train": time.perf_counter() - labelled}
        return {
            "round": number,
            **found,
            **self.sizes(nlp, silver, number),
            **calibration._asdict(),
            **self.measure(nlp),
            "seconds": {key: round(value, 1) for key, value in seconds.items()},
        }

    def measure(self, nlp: Language) -> Dict[str, Dict[str, float]]:
        """nlp (Language): A pipeline.
        RETURNS (Dict[str, Dict[str, float]]): Its "p", "r" and "f" on "dev" and, if there, "test".
        """
        return {part: measure(nlp, self.docs(part, nlp)) for part in self.measured}

    def label(self, nlp: Language, silver: Silver, number: int) -> Optional[Sure]:
        """Label the pairs that are not known yet, and choose among the sure ones.

        nlp (Language): The pipeline of the round before.
        silver (Silver): What is known.
        number (int): The round.
        RETURNS (Optional[Sure]): None if no relation is sure.
        """
        models = [nlp]
        if self.two:
            models.append(util.load_model(self.folder.round(number - 1) / "second"))
        said = [score_pairs(one, self.docs("unlabelled", one), self.progress) for one in models]
        left = silver.unknown(said[0])
        said = [one.select(left) for one in said]
        # A second model of the same kind has a say in what is taken, not in its class.
        label = models if self.second else models[:1]
        scored = mean_scores(label, said[: len(label)])
        thresholds = self.thresholds(label)
        reliable = reliable_pairs(scored, thresholds, said if self.options.guards.agree else ())
        seen = Labelled(self.class_counts(nlp))
        chosen = choose(scored, reliable, seen, self.options, (self.seed, number))
        names = ["none", *nlp.get_pipe(find_component(nlp)).labels]  # type: ignore[attr-defined]
        limits = {name: float(limit) for name, limit in zip(names, thresholds) if limit <= 1}
        found = {"unknown_before": int(left.sum()), "reliable": len(reliable), "thresholds": limits}
        if not (scored.classes[chosen] > 0).any():
            self.refused = found
            return None
        return Sure(scored.select(chosen), found)

    def thresholds(self, models: List[Language]) -> np.ndarray:
        """models (List[Language]): The models that label together.
        RETURNS (ndarray): The lowest confidence of each class. Shape: (1 + labels,)
        """
        component: Any = models[0].get_pipe(find_component(models[0]))
        threshold = self.options.threshold
        if not self.options.guards.class_thresholds:
            return np.full(1 + len(component.labels), threshold)
        scored, gold = zip(*(dev_scores(one, self.docs("dev", one)) for one in models))
        return class_thresholds(mean_scores(models, scored), gold[0], threshold)

    def silver_docs(self, nlp: Language, silver: Silver) -> List[Doc]:
        """nlp (Language): The pipeline that knows the labels.
        silver (Silver): The known pairs.
        RETURNS (List[Doc]): The unlabelled documents that have some, with them.
        """
        component: Any = nlp.get_pipe(find_component(nlp))
        docs = self.docs("unlabelled", nlp)
        return list(silver_docs(docs, silver, component.labels, component.cfg["mentions"]))

    def train(self, path: Path, known: List[Doc]) -> Tuple[Language, Calibration]:
        """Train the models of a round.

        path (Path): The round's folder; gets "model" and, of two models, "second".
        known (List[Doc]): Silver documents to learn from beside the labelled ones.
        RETURNS (Tuple[Language, Calibration]): The trained pipeline, and what dev says of its
            probabilities; it carries the temperature where that is asked for.
        """
        texts = self.folder.data("labelled")
        if known:
            write_docs(known, path / "silver.spacy")
            # One file to train on: the order of a folder's files is the file system's.
            labelled = read_docbin(texts, known[0].vocab)
            texts = path / "train.spacy"
            times = round(len(known) / len(labelled)) if self.options.guards.repeat else 1
            write_docs([*labelled * max(times, 1), *known], texts)
        dev, guards = self.folder.data("dev"), self.options.guards
        fit = partial(train_round, train_path=texts, dev_path=dev, output=path / "training")
        if self.two:
            # Each by its own temperature: both must be as sure as the threshold says.
            model = fit(self.second or self.config, seed=self.seed + SECOND, use_gpu=self.use_gpu)
            load_calibrated(model, dev, guards.calibrate)[0].to_disk(path / "second")
            shutil.rmtree(path / "training")
        model = fit(self.config, seed=self.seed, use_gpu=self.use_gpu)
        nlp, calibration = load_calibrated(model, dev, guards.calibrate)
        nlp.to_disk(path / "model")
        shutil.rmtree(path / "training")
        (path / "train.spacy").unlink(missing_ok=True)
        return nlp, calibration

    def sizes(self, nlp: Language, silver: Silver, number: int) -> Dict[str, Any]:
        """nlp (Language): The round's pipeline.
        silver (Silver): The known pairs.
        number (int): The round.
        RETURNS (Dict[str, Any]): Pairs of each class, "none" for no relation, in the labelled set,
            among the known ones and among those of this round; relations in all; and how many
            pairs are still "unknown".
        """
        component: Any = nlp.get_pipe(find_component(nlp))
        counts = [
            self.class_counts(nlp),
            *(
                np.bincount(silver.classes[rows], minlength=1 + len(component.labels))
                for rows in (silver.rounds > 0, silver.rounds == number)
            ),
        ]
        names = ("labelled", "silver", "new")
        table = np.stack(counts, axis=1).tolist()
        docs = self.docs("unlabelled", nlp)
        pairs = sum(len(component.make_candidates([doc])) for doc in docs)
        return {
            "relations": {name: int(some[1:].sum()) for name, some in zip(names, counts)},
            "classes": {
                label: dict(zip(names, row))
                for label, row in zip(("none", *component.labels), table)
            },
            "unknown": pairs - len(silver.docs),
        }

    def class_counts(self, nlp: Language) -> np.ndarray:
        """nlp (Language): The pipeline.
        RETURNS (ndarray): Annotated candidate pairs of each class. Shape: (1 + labels,)
        """
        classes = gold_classes(nlp, gold_examples(nlp, self.docs("labelled", nlp)))
        component: Any = nlp.get_pipe(find_component(nlp))
        return np.bincount(classes[classes >= 0], minlength=1 + len(component.labels))
