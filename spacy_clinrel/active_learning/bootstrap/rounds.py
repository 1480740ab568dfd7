"""The rounds of a run: label pairs, choose among them, train, and evaluate."""

import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from ...evaluation.calibrate import Calibration, annotated_pairs, calibrate_pipeline
from ...evaluation.pair_scores import (
    ScoredPairs,
    classifier_settings,
    count_pairs,
    gold_classes,
    gold_examples,
    score_pairs,
)
from ...files import read_docbin, write_docs
from ...pipeline.loading import load_pipeline
from .config import config_seed
from .ensemble import mean_scores
from .run_folder import RunFolder
from .selection import ClassCounts, choose_pairs, class_thresholds, reliable_pairs
from .settings import BootstrapOptions
from .silver import NO_SILVER, Silver, load_silver, save_silver, silver_docs
from .training import measure, train_round

Progress = Callable[[Iterable[Doc]], Iterable[Doc]]
NO_RELATION = "none"
# Added to the config's seed for the second model.
SECOND_SEED = 1000


class ConfidentPairs(NamedTuple):
    """The pairs that a round adds to the training set.

    chosen (ScoredPairs): The pairs, with the probabilities by which they were chosen.
    counts (Dict[str, Any]): Entries of the round's record: the number of unannotated pairs
        ("unknown_before") and of reliable pairs ("reliable"), and the "thresholds" of the classes.
    """

    chosen: ScoredPairs
    counts: Dict[str, Any]


class BootstrapRun:
    """The rounds of one run.

    rejected (Dict[str, Any]): The counts of a round that chose no relation, which ends the run;
        empty otherwise.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: Config,
        second: Optional[Config],
        options: BootstrapOptions,
        use_gpu: int,
        progress: Progress,
    ):
        """Prepare the rounds of a run.

        folder (RunFolder): The run's folder, with its documents.
        config (Config): The config.
        second (Optional[Config]): Config of the second model.
        options (BootstrapOptions): The options.
        use_gpu (int): GPU ID, or -1 for the CPU.
        progress (Progress): Wraps streams of unlabelled documents.
        """
        self.folder = folder
        self.config = config
        self.second = second
        self.options = options
        self.use_gpu = use_gpu
        self.progress = progress
        self.seed = config_seed(config)
        self.rejected: Dict[str, Any] = {}
        self.eval_parts = [part for part in ("dev", "test") if folder.data_path(part).exists()]

    @property
    def has_second_model(self) -> bool:
        """Return whether each round trains a second model."""
        return self.second is not None or self.options.guards.agree

    def read_docs(self, part: str, nlp: Language) -> List[Doc]:
        """Read a part of the run's documents.

        part (str): "labelled", "unlabelled", "dev" or "test".
        nlp (Language): The pipeline whose vocabulary the documents get.
        RETURNS (List[Doc]): The documents.
        """
        return read_docbin(self.folder.data_path(part), nlp.vocab)

    def stop_reason(self, records: List[Dict[str, Any]]) -> str:
        """Return the reason to stop after the finished rounds.

        records (List[Dict[str, Any]]): The finished rounds.
        RETURNS (str): The reason; empty to run another round.
        """
        patience = self.options.guards.patience
        if len(records) == 1 and not records[0]["unknown"]:
            return "no candidate pair is unlabelled"
        if records and not records[-1]["unknown"]:
            return "no unlabelled pair left"
        if len(records) > self.options.max_rounds:
            return "max_rounds"
        if patience and len(records) - 1 - self.best_round(records) >= patience:
            return "dev has not risen"
        return ""

    def best_round(self, records: List[Dict[str, Any]]) -> int:
        """Return the round whose model is kept: the first with the highest F on dev, or the last
        round if the run does not stop early.

        records (List[Dict[str, Any]]): The finished rounds.
        RETURNS (int): The round.
        """
        if not self.options.guards.patience:
            return len(records) - 1
        return max(range(len(records)), key=lambda i: (records[i]["dev"]["f"], -i), default=0)

    def remove_old_models(self, records: List[Dict[str, Any]]) -> None:
        """Remove the models of all rounds but the last and the best.

        records (List[Dict[str, Any]]): The finished rounds.
        """
        needed = {len(records) - 1, self.best_round(records)}
        for number in set(range(len(records))) - needed:
            for name in ("model", "second"):
                shutil.rmtree(self.folder.round_path(number) / name, ignore_errors=True)

    def run_round(self, number: int) -> Optional[Dict[str, Any]]:
        """Label, choose, train and evaluate.

        number (int): The round. Round 0 trains on the labelled documents only.
        RETURNS (Optional[Dict[str, Any]]): The round's record; None if no relation was chosen.
        """
        start = time.perf_counter()
        silver, train_docs, record = NO_SILVER, [], {}
        if number:
            previous = self.folder.round_path(number - 1)
            nlp = load_pipeline(previous / "model")
            silver = load_silver(previous / "silver.npz")
            confident = self.label_pairs(nlp, silver, number)
            if confident is None:
                return None
            silver, record = silver.add(confident.chosen, number), confident.counts
            train_docs = self.silver_docs(nlp, silver)
        labelled = time.perf_counter()
        path = self.folder.new_round(number)
        save_silver(silver, path / "silver.npz")
        nlp, calibration = self.train_models(path, train_docs)
        if self.second:
            record["second"] = self.evaluate(load_pipeline(path / "second"))
        seconds = {"label": labelled - start, "train": time.perf_counter() - labelled}
        return {
            "round": number,
            **record,
            **self.count_classes(nlp, silver, number),
            **calibration._asdict(),
            **self.evaluate(nlp),
            "seconds": {key: round(value, 1) for key, value in seconds.items()},
        }

    def label_pairs(self, nlp: Language, silver: Silver, number: int) -> Optional[ConfidentPairs]:
        """Label the pairs without silver annotation, and choose some of the reliable pairs.

        nlp (Language): The previous round's pipeline.
        silver (Silver): The silver annotation up to the previous round.
        number (int): The round.
        RETURNS (Optional[ConfidentPairs]): The chosen pairs; None if they include no relation.
        """
        models = [nlp]
        if self.has_second_model:
            models.append(load_pipeline(self.folder.round_path(number - 1) / "second"))
        by_model = [
            score_pairs(model, self.read_docs("unlabelled", model), self.progress)
            for model in models
        ]
        unannotated = silver.is_unannotated(by_model[0])
        by_model = [scored.select(unannotated) for scored in by_model]
        # With `agree` alone, the second model has the same config: it can reject a pair, but does
        # not change the probabilities.
        labelling = models if self.second else models[:1]
        scored = mean_scores(labelling, by_model[: len(labelling)])
        thresholds = self.thresholds(labelling)
        must_agree = by_model if self.options.guards.agree else ()
        reliable = reliable_pairs(scored, thresholds, must_agree)
        labelled = ClassCounts(self.count_labelled(nlp))
        chosen = choose_pairs(scored, reliable, labelled, self.options, (self.seed, number))
        names = [NO_RELATION, *classifier_settings(nlp).labels]
        counts = {
            "unknown_before": int(unannotated.sum()),
            "reliable": len(reliable),
            "thresholds": {name: float(t) for name, t in zip(names, thresholds) if t <= 1},
        }
        if not (scored.classes[chosen] > 0).any():
            self.rejected = counts
            return None
        return ConfidentPairs(scored.select(chosen), counts)

    def thresholds(self, models: List[Language]) -> np.ndarray:
        """Return the minimum confidence of a reliable pair, for each class.

        models (List[Language]): The models whose mean probabilities are used.
        RETURNS (ndarray): The thresholds, "no relation" first. Shape: (1 + labels,)
        """
        threshold = self.options.threshold
        if not self.options.guards.class_thresholds:
            return np.full(1 + len(classifier_settings(models[0]).labels), threshold)
        scored, gold = zip(
            *(annotated_pairs(model, self.read_docs("dev", model)) for model in models)
        )
        return class_thresholds(mean_scores(models, scored), gold[0], threshold)

    def silver_docs(self, nlp: Language, silver: Silver) -> List[Doc]:
        """Return the unlabelled documents that have silver annotation, with this annotation.

        nlp (Language): The pipeline whose labels are used.
        silver (Silver): The silver annotation.
        RETURNS (List[Doc]): The documents.
        """
        settings = classifier_settings(nlp)
        docs = self.read_docs("unlabelled", nlp)
        return list(silver_docs(docs, silver, settings.labels, settings.mentions))

    def train_models(self, path: Path, train_docs: List[Doc]) -> Tuple[Language, Calibration]:
        """Train and calibrate the models of a round.

        path (Path): The round's folder. It gets "model" and, if there is a second model, "second".
        train_docs (List[Doc]): Silver documents to train on, in addition to the labelled documents.
        RETURNS (Tuple[Language, Calibration]): The trained pipeline, and its calibration on dev.
        """
        train_path = self.folder.data_path("labelled")
        if train_docs:
            train_path = self.write_train_docs(path, train_docs)
        fit = partial(
            train_round,
            train_path=train_path,
            dev_path=self.folder.data_path("dev"),
            output=path / "training",
            use_gpu=self.use_gpu,
        )
        if self.has_second_model:
            # Each model has its own temperature, since the threshold applies to both.
            model = fit(self.second or self.config, seed=self.seed + SECOND_SEED)
            self.calibrate(model)[0].to_disk(path / "second")
            shutil.rmtree(path / "training")
        nlp, calibration = self.calibrate(fit(self.config, seed=self.seed))
        nlp.to_disk(path / "model")
        shutil.rmtree(path / "training")
        (path / "train.spacy").unlink(missing_ok=True)
        return nlp, calibration

    def write_train_docs(self, path: Path, train_docs: List[Doc]) -> Path:
        """Write the training documents of a round.

        path (Path): The round's folder. It gets "silver.spacy" and "train.spacy".
        train_docs (List[Doc]): The silver documents.
        RETURNS (Path): "train.spacy", with the labelled and the silver documents.
        """
        write_docs(train_docs, path / "silver.spacy")
        labelled = read_docbin(self.folder.data_path("labelled"), train_docs[0].vocab)
        repeats = 1
        if self.options.guards.repeat:
            repeats = max(round(len(train_docs) / len(labelled)), 1)
        # One file, because the order of a folder's files depends on the file system.
        train_path = path / "train.spacy"
        write_docs([*labelled * repeats, *train_docs], train_path)
        return train_path

    def calibrate(self, model: Path) -> Tuple[Language, Calibration]:
        """Load a trained model and fit its temperature on dev.

        model (Path): The model's folder.
        RETURNS (Tuple[Language, Calibration]): The pipeline, with the temperature if the guard
            `calibrate` is on, else with 1; and its calibration.
        RAISES (ValueError): If no candidate pair of dev is annotated.
        """
        nlp = load_pipeline(model)
        examples = gold_examples(nlp, self.read_docs("dev", nlp))
        return nlp, calibrate_pipeline(nlp, examples, keep=self.options.guards.calibrate)

    def evaluate(self, nlp: Language) -> Dict[str, Dict[str, float]]:
        """Score a pipeline on dev and, if given, test.

        nlp (Language): The pipeline.
        RETURNS (Dict[str, Dict[str, float]]): "p", "r" and "f" by part.
        """
        return {part: measure(nlp, self.read_docs(part, nlp)) for part in self.eval_parts}

    def count_classes(self, nlp: Language, silver: Silver, number: int) -> Dict[str, Any]:
        """Count the pairs of each class after a round.

        nlp (Language): The round's pipeline.
        silver (Silver): The silver annotation.
        number (int): The round.
        RETURNS (Dict[str, Any]): "relations", the number of relations in the labelled set, in the
            silver annotation, and added in this round; "classes", the same by class; and "unknown",
            the number of unlabelled pairs without silver annotation.
        """
        labels = classifier_settings(nlp).labels
        added = silver.classes[silver.rounds == number]
        counts = {
            "labelled": self.count_labelled(nlp),
            "silver": np.bincount(silver.classes, minlength=1 + len(labels)),
            "new": np.bincount(added, minlength=1 + len(labels)),
        }
        table = np.stack(list(counts.values()), axis=1).tolist()
        n_pairs = count_pairs(nlp, self.read_docs("unlabelled", nlp))
        return {
            "relations": {name: int(values[1:].sum()) for name, values in counts.items()},
            "classes": {
                name: dict(zip(counts, row)) for name, row in zip((NO_RELATION, *labels), table)
            },
            "unknown": n_pairs - len(silver.docs),
        }

    def count_labelled(self, nlp: Language) -> np.ndarray:
        """Count the annotated candidate pairs of each class in the labelled set.

        nlp (Language): The pipeline.
        RETURNS (ndarray): The counts, "no relation" first. Shape: (1 + labels,)
        """
        classes = gold_classes(nlp, gold_examples(nlp, self.read_docs("labelled", nlp)))
        n_classes = 1 + len(classifier_settings(nlp).labels)
        return np.bincount(classes[classes >= 0], minlength=n_classes)
