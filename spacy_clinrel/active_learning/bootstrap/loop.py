"""The bootstrapping loop: each round learns from pairs that the previous round's model labelled."""

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import srsly
from spacy import util
from thinc.api import Config, require_gpu
from tqdm import tqdm

from ...files import locked_folder, write_json
from ...pipeline.loading import load_pipeline
from .config import check_config, check_same_candidates
from .documents import write_documents
from .rounds import BootstrapRun
from .run_folder import RunFolder, run_settings
from .settings import BootstrapData, BootstrapOptions, check_options

DEFAULT_OPTIONS = BootstrapOptions()
OnRound = Callable[[Dict[str, Any]], None]


def bootstrap(
    config: Union[Config, str, Path],
    data: BootstrapData,
    output: Union[str, Path],
    options: BootstrapOptions = DEFAULT_OPTIONS,
    *,
    second: Union[Config, str, Path, None] = None,
    ner: Optional[str] = None,
    resume: bool = False,
    use_gpu: int = -1,
    on_round: OnRound = lambda record: None,
    progress: bool = False,
) -> Dict[str, Any]:
    """Train on labelled documents, label the pairs of unlabelled documents, and train on both, in
    rounds (algorithm 1 of "ResGRU-Att", with guards against semantic drift).

    config (Union[Config, str, Path]): Config of a pipeline with one `relation_classifier`, or the
        path of its .cfg file. A Config must be loaded without interpolation.
    data (BootstrapData): The paths of the documents.
    output (Union[str, Path]): Folder of the run. It gets `rounds.jsonl`, each round's silver
        documents in `rounds/`, and the best pipeline as `model-best`.
    options (BootstrapOptions): Threshold, batch size, number of rounds and guards.
    second (Union[Config, str, Path, None]): Config of a different model for the same candidate
        pairs. Each round also trains this model, with the documents, readers and seed of the first
        config. Pairs are then labelled by the mean of the two models' probabilities. `model-best`
        is a model of the first config.
    ner (Optional[str]): Name or path of a pipeline that predicts the mentions of the unlabelled
        documents. By default, the documents must already have mentions.
    resume (bool): Continue an interrupted run after its last finished round. The result is the same
        as without the interruption.
    use_gpu (int): GPU ID, or -1 for the CPU.
    on_round (OnRound): Called with the record of each finished round, a row of `rounds.jsonl`.
    progress (bool): Show a progress bar over the unlabelled documents if stderr is a
        terminal.
    RETURNS (Dict[str, Any]): "stopped", the reason; "kept", the number of the best round; "texts",
        counts of documents, see `write_documents`; "rounds", the record of each round; and
        "refused" if the last model labelled no relation reliably: its counts and thresholds.
    RAISES (ValueError): If an option or the config is invalid, a file cannot be read, or the folder
        contains another run or is in use.

    EXAMPLE:
        from spacy_clinrel.active_learning.bootstrap import BootstrapData, BootstrapOptions
        data = BootstrapData("seed.spacy", "more.spacy", dev="dev.spacy")
        result = bootstrap("relations.cfg", data, "run", BootstrapOptions(threshold=0.8))
        print(result["kept"], result["rounds"][result["kept"]]["dev"]["f"])
    """
    check_options(options)
    if use_gpu >= 0:
        require_gpu(use_gpu)
    config, output = _load_config(config), Path(output)
    second = None if second is None else _load_config(second)
    check_config(config)
    if second is not None:
        check_config(second)
        check_same_candidates(config, second)
    folder = RunFolder(output)
    with_bar = partial(tqdm, desc="Documents", leave=False, disable=None if progress else True)
    settings = run_settings(config, data, options, second, ner or "", output)
    with locked_folder(output):
        folder.open(settings, resume)
        counts_path = folder.path / "data" / "counts.json"
        if not counts_path.exists():
            nlp = None if ner is None else load_pipeline(ner)
            write_json(counts_path, write_documents(folder, config, data, nlp, with_bar))
        run = BootstrapRun(folder, config, second, options, use_gpu, with_bar)
        records, reason = run_rounds(run, on_round)
        kept = run.best_round(records)
        folder.publish_model(kept)
        result = {"stopped": reason, "kept": kept, "texts": srsly.read_json(counts_path)}
        if run.rejected:
            result["refused"] = run.rejected
        write_json(folder.path / "result.json", result)
    return {**result, "rounds": records}


def _load_config(config: Union[Config, str, Path]) -> Config:
    if isinstance(config, Config):
        return config
    return util.load_config(config, interpolate=False)


def run_rounds(run: BootstrapRun, on_round: OnRound) -> Tuple[List[Dict[str, Any]], str]:
    """Run all rounds that are not finished yet.

    run (BootstrapRun): The run.
    on_round (Callable[[Dict[str, Any]], None]): Called with the record of each finished round.
    RETURNS (Tuple[List[Dict[str, Any]], str]): The records of all rounds, and the reason to stop.
    """
    folder = run.folder
    while True:
        records = folder.read_records()
        reason = run.stop_reason(records)
        if reason:
            return records, reason
        record = run.run_round(len(records))
        if record is None:
            return records, "nothing above the threshold"
        folder.add_record(record)
        # Read the stored records, so that a resumed run reports the same numbers.
        records = folder.read_records()
        run.remove_old_models(records)
        on_round(records[-1])
