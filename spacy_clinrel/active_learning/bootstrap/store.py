"""The folder of a run: what it was begun with, what each round left, and where to go on."""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Optional

from thinc.api import Config

from ...errors import Errors
from ...files import replacing, write_json
from .options import Data, Options

ROUNDS = "rounds.jsonl"
# May differ when a run goes on.
FREE = ("max_rounds",)
# What a run leaves that was killed while it wrote a file.
DRAFTS = ".*.tmp"
# Bytes of a file that are read at a time.
BLOCK = 1 << 20


class RunFolder:
    """The folder of a run."""

    def __init__(self, path: Path):
        """path (Path): The folder."""
        self.path = path

    def begin(self, settings: Dict[str, Any], resume: bool) -> None:
        """Note what the run is begun with, or see that it goes on with the same.

        settings (Dict[str, Any]): As `settings_of` has them.
        resume (bool): Whether rounds that are there are gone on from.
        RAISES (ValueError): If there are rounds and they are not to be gone on from, or were begun
            with other settings, or the folder holds something else.
        """
        noted = self.path / "settings.json"
        if noted.exists():
            # Not srsly's, which reads 0.7 as 0.7000000000000001.
            before = json.loads(noted.read_text(encoding="utf-8"))
            other = [
                key
                for key in sorted({*before, *settings} - set(FREE))
                if before.get(key) != settings.get(key)
            ]
            begun = bool(self.records())
            if begun and not resume:
                raise ValueError(Errors.B004.format(path=self.path))
            if begun and other:
                raise ValueError(Errors.B003.format(path=self.path, what=", ".join(other)))
            if other:  # nothing is lost
                for name in ("data", "rounds"):
                    shutil.rmtree(self.path / name, ignore_errors=True)
        elif self.path.is_dir() and set(self.path.iterdir()) - set(self.path.glob(DRAFTS)):
            raise ValueError(Errors.B004.format(path=self.path))
        for draft in self.path.glob(DRAFTS):
            draft.unlink()
        write_json(noted, settings)

    def records(self) -> List[Dict[str, Any]]:
        """RETURNS (List[Dict[str, Any]]): What the finished rounds measured."""
        path = self.path / ROUNDS
        if not path.exists():
            return []
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def add(self, record: Dict[str, Any]) -> None:
        """record (Dict[str, Any]): A round that is finished. Before it nothing of it counts."""
        lines = [
            json.dumps(one, ensure_ascii=False, allow_nan=False)
            for one in (*self.records(), record)
        ]
        with replacing(self.path / ROUNDS) as draft:
            draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def data(self, part: str) -> Path:
        """part (str): "labelled", "unlabelled", "dev" or "test".
        RETURNS (Path): Its documents as the run sees them.
        """
        return self.path / "data" / f"{part}.spacy"

    def round(self, number: int, fresh: bool = False) -> Path:
        """number (int): The round.
        fresh (bool): Whether to empty it.
        RETURNS (Path): Its folder.
        """
        path = self.path / "rounds" / f"{number:02}"
        if fresh:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        return path

    def finish(self, number: int) -> None:
        """number (int): The round whose model becomes model-best."""
        best, draft = self.path / "model-best", self.path / "model-best.part"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(self.round(number) / "model", draft)
        shutil.rmtree(best, ignore_errors=True)
        draft.rename(best)


def settings_of(
    config: Config, data: Data, options: Options, second: Optional[Config], ner: str, output: Path
) -> Dict[str, Any]:
    """What a run that goes on must have in common with its beginning.

    config (Config): The config.
    data (Data): The documents.
    options (Options): The options.
    second (Optional[Config]): The second model's config.
    ner (str): Name or path of the pipeline that finds mentions, or "".
    output (Path): Folder of the run, which is none of its settings where one of them is a folder
        around it.
    RETURNS (Dict[str, Any]): Settings, and digests of the files.
    """
    return {
        **_config_settings(config, "", output),
        **({} if second is None else _config_settings(second, "second_", output)),
        **{part: _digest(path) for part, path in data._asdict().items()},
        **options._replace(guards=None)._asdict(),  # type: ignore[arg-type]
        **{f"guard_{key}": value for key, value in options.guards._asdict().items()},
        "ner": _named(ner, output),
    }


def _config_settings(config: Config, prefix: str, output: Path) -> Dict[str, str]:
    """The config's text, and what stands where its [paths] point to, such as vectors. The run's
    own texts take the place of its corpora."""
    paths = config.interpolate().get("paths", {})
    text = config.to_str(interpolate=False)
    return {
        f"{prefix}config": hashlib.sha256(text.encode()).hexdigest(),
        **{
            f"{prefix}paths.{key}": _named(value, output)
            for key, value in sorted(paths.items())
            if isinstance(value, str) and key not in ("train", "dev")
        },
    }


def _named(name: str, output: Path) -> str:
    """The name of an installed package, or what stands at a path."""
    return _digest(Path(name), "*", output) if name and Path(name).exists() else name


def _digest(path: Any, pattern: str = "*.spacy", leave_out: Optional[Path] = None) -> str:
    if path is None:
        return ""
    digest = hashlib.sha256()
    files = [path]
    if path.is_dir():
        files = [file for file in sorted(path.rglob(pattern)) if file.is_file()]
        own = leave_out and leave_out.resolve()
        files = [file for file in files if own not in file.resolve().parents]
    for file in files:
        if not file.exists():
            raise ValueError(Errors.F001.format(path=file))
        with file.open("rb") as content:
            for block in iter(partial(content.read, BLOCK), b""):
                digest.update(block)
    return digest.hexdigest()
