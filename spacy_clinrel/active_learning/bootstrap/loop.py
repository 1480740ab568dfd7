"""Rounds of training, each on what the model of the round before was sure of."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import srsly
from spacy import util
from thinc.api import Config, require_gpu

from ...errors import Errors
from ...files import locked_folder, write_json
from .options import Data, Options
from .rounds import Progress, Run
from .store import RunFolder, settings_of
from .texts import check_config, prepare
from .together import check_second

DEFAULT = Options()
OnRound = Callable[[Dict[str, Any]], None]


def bootstrap(
    config: Config,
    data: Data,
    output: Path,
    options: Options = DEFAULT,
    *,
    second: Optional[Config] = None,
    ner: Optional[str] = None,
    resume: bool = False,
    use_gpu: int = -1,
    on_round: OnRound = lambda record: None,
    progress: Progress = iter,
) -> Dict[str, Any]:
    """Train on labelled documents, label pairs of unlabelled ones, learn from the sure ones as
    well, and so on (algorithm 1 of "ResGRU-Att", and guards against its semantic drift).

    config (Config): Of a pipeline with one `relation_classifier`, read without interpolation.
    data (Data): The documents.
    output (Path): Folder of the run: `rounds.jsonl`, each round's silver documents in `rounds/`,
        the kept pipeline in `model-best`.
    options (Options): How.
    second (Optional[Config]): Of a model unlike the first, of the same candidate pairs, trained in
        each round on the same documents, as the first config's readers and seed give them; both
        label together, by the mean of their probabilities. The first is kept. None labels with the
        first alone.
    ner (Optional[str]): Name or path of a pipeline that finds the mentions of the unlabelled
        documents. None where they have theirs.
    resume (bool): Go on after the last finished round. The result is that of a run that was not
        interrupted.
    use_gpu (int): GPU, or -1 for the CPU.
    on_round (Callable[[Dict[str, Any]], None]): Called with each round's record.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps streams of unlabelled documents.
    RETURNS (Dict[str, Any]): "stopped", why; "kept", the round whose model is kept; "texts", see
        `prepare`; "refused", where nothing is above the threshold, what the last model said, as in
        a record; "rounds", their records.
    RAISES (ValueError): If a file can't be read, a config does not fit, or the folder holds
        another run, or one that is under way.
    """
    check_options(options)
    if use_gpu >= 0:
        require_gpu(use_gpu)
    check_config(config)
    if second is not None:
        check_config(second)
        check_second(config, second)
    folder = RunFolder(output)
    settings = settings_of(config, data, options, second, ner or "", output)
    with locked_folder(output):
        folder.begin(settings, resume)
        prepared = folder.path / "data" / "counts.json"
        if not prepared.exists():
            nlp = None if ner is None else util.load_model(ner)
            write_json(prepared, prepare(folder, config, data, nlp, progress))
        run = Run(folder, config, second, options, use_gpu, progress)
        records, stopped = run_rounds(run, on_round)
        kept = run.best(records)
        folder.finish(kept)
        result = {"stopped": stopped, "kept": kept, "texts": srsly.read_json(prepared)}
        if run.refused:
            result["refused"] = run.refused
        write_json(folder.path / "result.json", result)
    return {**result, "rounds": records}


def run_rounds(run: Run, on_round: OnRound) -> Tuple[List[Dict[str, Any]], str]:
    """Go from the last finished round to the end.

    run (Run): The run.
    on_round (Callable[[Dict[str, Any]], None]): Called with each round's record.
    RETURNS (Tuple[List[Dict[str, Any]], str]): The records of all rounds, and why no other follows.
    """
    folder = run.folder
    while True:
        records = folder.records()
        stopped = run.stops(records)
        if stopped:
            return records, stopped
        record = run.round(len(records))
        if record is None:
            return records, "nothing above the threshold"
        folder.add(record)
        run.clean(folder.records())
        on_round(folder.records()[-1])


def check_options(options: Options) -> None:
    """options (Options): The options.
    RAISES (ValueError): If one makes no sense.
    """
    checks: List[Tuple[str, Any, bool, str]] = [
        ("threshold", options.threshold, 0 <= options.threshold < 1, "0 or more and below 1"),
        ("batch", options.batch, options.batch > 0, "1 or more"),
        ("max_rounds", options.max_rounds, options.max_rounds >= 0, "0 or more"),
        ("patience", options.guards.patience, options.guards.patience >= 0, "0 or more"),
    ]
    for option, value, fits, allowed in checks:
        if not fits:
            raise ValueError(Errors.B006.format(option=option, value=value, allowed=allowed))
