"""Settings, documents, rounds and models of a bootstrapping run on disk."""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from thinc.api import Config

from ...errors import Errors
from ...files import LOCK_FILE, replacing, write_json
from ...reading.documents import document_files
from .settings import BootstrapData, BootstrapOptions

ROUNDS = "rounds.jsonl"
PARTS = ("labelled", "unlabelled", "dev", "test")
# Settings that may change when a run is resumed.
CHANGEABLE = ("max_rounds",)
# Temporary files of a run that was killed while writing.
DRAFTS = ".*.tmp"
# Bytes of a file that are hashed at a time.
BLOCK = 1 << 20


class RunFolder:
    """Files of a bootstrapping run on disk."""

    def __init__(self, path: Path):
        """Set the folder, which need not exist yet.

        path (Path): The folder.
        """
        self.path = path

    def open(self, settings: Dict[str, Any], resume: bool) -> None:
        """Store the settings of a new run, or check that a resumed run has the same settings.

        settings (Dict[str, Any]): The settings, see `run_settings`.
        resume (bool): Whether to continue after the finished rounds in the folder.
        RAISES (ValueError): If the folder has finished rounds and `resume` is off or the settings
            differ, or if it contains other files.
        """
        settings_path = self.path / "settings.json"
        if settings_path.exists():
            # srsly would read 0.7 as 0.7000000000000001.
            stored = json.loads(settings_path.read_text(encoding="utf-8"))
            changed = [
                key
                for key in sorted({*stored, *settings} - set(CHANGEABLE))
                if stored.get(key) != settings.get(key)
            ]
            has_rounds = bool(self.read_records())
            if has_rounds and not resume:
                raise ValueError(Errors.B004.format(path=self.path))
            if has_rounds and changed:
                raise ValueError(Errors.B003.format(path=self.path, what=", ".join(changed)))
            if changed:  # without a finished round, nothing is lost
                for name in ("data", "rounds"):
                    shutil.rmtree(self.path / name, ignore_errors=True)
        elif self.path.is_dir():
            ignored = {self.path / LOCK_FILE, *self.path.glob(DRAFTS)}
            if set(self.path.iterdir()) - ignored:
                raise ValueError(Errors.B004.format(path=self.path))
        for draft in self.path.glob(DRAFTS):
            draft.unlink()
        write_json(settings_path, settings)

    def read_records(self) -> List[Dict[str, Any]]:
        """Read the records of the finished rounds.

        RETURNS (List[Dict[str, Any]]): The records, in order.
        """
        path = self.path / ROUNDS
        if not path.exists():
            return []
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def add_record(self, record: Dict[str, Any]) -> None:
        """Store the record of a round, which marks the round as finished.

        record (Dict[str, Any]): The record.
        """
        lines = [
            json.dumps(row, ensure_ascii=False, allow_nan=False)
            for row in (*self.read_records(), record)
        ]
        with replacing(self.path / ROUNDS) as draft:
            draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def data_path(self, part: str) -> Path:
        """Return the path of the run's copy of a part of its documents.

        part (str): "labelled", "unlabelled", "dev" or "test".
        RETURNS (Path): The .spacy file.
        """
        return self.path / "data" / f"{part}.spacy"

    def round_path(self, number: int) -> Path:
        """Return the folder of a round.

        number (int): The round.
        RETURNS (Path): The folder.
        """
        return self.path / "rounds" / f"{number:02}"

    def new_round(self, number: int) -> Path:
        """Create an empty folder for a round. A folder left by an interrupted run is replaced.

        number (int): The round.
        RETURNS (Path): The folder.
        """
        path = self.round_path(number)
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def publish_model(self, number: int) -> None:
        """Copy the model of a round to `model-best`.

        number (int): The round.
        """
        best, draft = self.path / "model-best", self.path / "model-best.part"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(self.round_path(number) / "model", draft)
        shutil.rmtree(best, ignore_errors=True)
        draft.rename(best)


def run_settings(
    config: Config,
    data: BootstrapData,
    options: BootstrapOptions,
    second: Optional[Config],
    ner: str,
    output: Path,
) -> Dict[str, Any]:
    """Return the settings that must not change when a run is resumed.

    config (Config): The config.
    data (BootstrapData): The documents.
    options (BootstrapOptions): The options.
    second (Optional[Config]): The second model's config.
    ner (str): Name or path of the pipeline that predicts mentions, or "".
    output (Path): Folder of the run. Files in it are not hashed, even if a path
        in a config refers to it or to a folder around it.
    RETURNS (Dict[str, Any]): Option values, and hashes of configs and files.
    """
    return {
        **_config_hashes(config, "", output),
        **({} if second is None else _config_hashes(second, "second_", output)),
        **{part: _hash_documents(getattr(data, part)) for part in PARTS},
        "texts": list(data.texts),
        **options._replace(guards=None)._asdict(),  # type: ignore[arg-type]
        **{f"guard_{key}": value for key, value in options.guards._asdict().items()},
        "ner": _name_or_hash(ner, output),
    }


def _config_hashes(config: Config, prefix: str, output: Path) -> Dict[str, str]:
    """Hash a config's text and the files in its [paths], such as vectors. The corpora are left out,
    because the run reads its own documents."""
    paths = config.interpolate().get("paths", {})
    text = config.to_str(interpolate=False)
    return {
        f"{prefix}config": hashlib.sha256(text.encode()).hexdigest(),
        **{
            f"{prefix}paths.{key}": _name_or_hash(value, output)
            for key, value in sorted(paths.items())
            if isinstance(value, str) and key not in ("train", "dev")
        },
    }


def _name_or_hash(name: str, output: Path) -> str:
    """Return the hash of the files at a path, or the name of an installed package unchanged."""
    return _hash_files(name, "*", output) if name and Path(name).exists() else name


def _hash_documents(source: Union[str, Path, None]) -> str:
    """Hash the files with the documents of a part."""
    if source is None:
        return ""
    digest = hashlib.sha256()
    for path in document_files([Path(source)], raw=True):
        digest.update(_hash_files(path).encode())
    return digest.hexdigest()


def _hash_files(
    source: Union[str, Path], pattern: str = "*", exclude: Optional[Path] = None
) -> str:
    """Hash a file, or all files of a folder that match a pattern and are not in `exclude`."""
    path = Path(source)
    digest = hashlib.sha256()
    files = [path]
    if path.is_dir():
        files = [file for file in sorted(path.rglob(pattern)) if file.is_file()]
        excluded = exclude and exclude.resolve()
        files = [file for file in files if excluded not in file.resolve().parents]
    for file in files:
        if not file.exists():
            raise ValueError(Errors.F001.format(path=file))
        with file.open("rb") as content:
            for block in iter(partial(content.read, BLOCK), b""):
                digest.update(block)
    return digest.hexdigest()
