"""The .spacy files, vectors and language models that `benchmarks.accuracy` needs."""

import shutil
from pathlib import Path
from typing import Sequence

from spacy_clinrel import read_corpus, write_corpus

from .accuracy_rows import LANGUAGE_MODELS, VECTORS
from .common import ROOT, WORK, run_spacy

CORPUS = ROOT / "corpus"
# Command of project.yml → a file that it creates in the folder "corpus".
PROJECT = {
    "convert": "zh_notes_test.spacy",
    "ccks2017-convert": "ccks2017_test.spacy",
    "cmeie-convert": "cmeie_test.spacy",
}
# Every document of this number, counted from the first, is a dev document.
CCKS2019_DEV, CMEEE_DEV = 10, 30
# Unlabelled lines that share text with these parts are not used.
KEPT_APART = (
    "ccks2017_dev",
    "ccks2017_test",
    "ccks2017_relations_dev",
    "ccks2017_relations_test",
    "ccks2019_dev",
    *(f"{corpus}_{part}" for corpus in ("cmeee", "cmeie") for part in ("dev", "test")),
)
RAW_CHARACTERS = "1500000"
# Unlabelled records that teachers label.
RECORDS = WORK / "records.jsonl"


def prepare(corpora: Path, language_models: Sequence[str]) -> None:
    """Create the files that do not exist.

    corpora (Path): Folder of the corpora.
    language_models (Sequence[str]): Keys of `LANGUAGE_MODELS`.
    RAISES (CalledProcessError): If a command fails.
    """
    for folder in (CORPUS, WORK):
        folder.mkdir(exist_ok=True)
    for command, output in PROJECT.items():
        if not (CORPUS / output).exists():
            run_spacy(
                *("project", "run", command, str(ROOT)),
                *("--vars.corpora", str(corpora.resolve())),
            )
    if not (CORPUS / "ccks2019_dev.spacy").exists():
        split_every(_converted("ccks2019", corpora / "ccks2019"), CCKS2019_DEV)
    if not (CORPUS / "cmeee_dev.spacy").exists():
        split_every(_converted("cmeee", corpora / "cmeee" / "train_data.txt"), CMEEE_DEV)
        shutil.move(
            _converted("cmeee", corpora / "cmeee" / "val_data.txt"), CORPUS / "cmeee_test.spacy"
        )
    layer_and_notes = CORPUS / "layer_and_notes"
    layer_and_notes.mkdir(exist_ok=True)
    for name in ("ccks2017_relations_train.spacy", "zh_notes_train.spacy"):
        shutil.copy(CORPUS / name, layer_and_notes)
    raw = [str(corpora / "raw_zh" / name) for name in ("emr_only.txt", "medical_modern.txt")]
    without = [arg for name in KEPT_APART for arg in ("--without", str(CORPUS / f"{name}.spacy"))]
    if not (VECTORS / "meta.json").exists():
        run_spacy("clinrel", "init-vectors", *raw, str(VECTORS), *without)
    if language_models and not (WORK / "raw.jsonl").exists():
        limits = ["--characters", "0", "--characters", RAW_CHARACTERS]
        run_spacy("clinrel", "raw-text", *raw, str(WORK / "raw.jsonl"), *limits, *without)
    for name in language_models:
        _pretrain(name)
    if not RECORDS.exists():
        run_spacy("clinrel", "raw-text", raw[0], str(RECORDS), *without)


def _converted(name: str, source: Path) -> Path:
    path = CORPUS / f"{name}.spacy"
    run_spacy("clinrel", "convert", name, str(source), str(path), "--force")
    return path


def split_every(path: Path, number: int) -> None:
    """Split a file into a dev and a train part, and remove it.

    path (Path): The .spacy file.
    number (int): Every document of this number, counted from the first, is a dev document.
    """
    docs = list(read_corpus(path))
    write_corpus(docs[::number], path.with_name(f"{path.stem}_dev.spacy"))
    train = [doc for i, doc in enumerate(docs) if i % number]
    write_corpus(train, path.with_name(f"{path.stem}_train.spacy"))
    path.unlink()


def _pretrain(name: str) -> None:
    model = LANGUAGE_MODELS[name]
    path = Path(model.path)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    run_spacy(
        *("pretrain", f"configs/{model.config}.cfg", str(path.parent)),
        *("--paths.raw_text", str(WORK / "raw.jsonl"), *model.options),
        log=WORK / f"language-model-{name}.txt",
    )
