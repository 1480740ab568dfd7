"""Jobs, and the settings that identify a run when it is resumed."""

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

from spacy.errors import Errors as SpacyErrors
from spacy.util import get_package_path, is_package

from ..errors import Errors
from .schema import SCHEMA_VERSION, AnnotationOptions
from .shards import BLOCK

# The setting with the version of the schema.
VERSION = "schema_version"


class Job(NamedTuple):
    """Input, output and settings of a run.

    source (str): A file, a folder or a pattern.
    output (Path): The folder to write.
    options (AnnotationOptions): The pipeline and its settings, with the column names of the files.
    format (str): Format of the shards: "parquet", "jsonl" or "spacy".
    shard_size (int): Maximum number of documents in a shard.
    """

    source: str
    output: Path
    options: AnnotationOptions
    format: str = "parquet"
    shard_size: int = 2000


def run_settings(job: Job) -> Dict[str, Any]:
    """Return the settings, besides the input, that must be equal when a run is resumed. The number
    of processes, the batch size and the GPU may differ, because they don't change the output.

    job (Job): The job.
    RETURNS (Dict[str, Any]): The settings, and a digest of the pipeline.
    RAISES (OSError): If the pipeline does not exist.
    """
    options = job.options
    return {
        "spacy_clinrel": version("spacy-clinrel"),
        VERSION: SCHEMA_VERSION,
        "model": digest_model(options.model),
        "code": _digest([Path(options.code)]) if options.code else None,
        "format": job.format,
        "text": options.include_text,
        "text_column": options.text_column,
        "id_column": options.id_column,
        "encoding": options.encoding,
        "max_length": options.max_length,
        "shard_size": job.shard_size,
        "attributes": dict(options.attributes) or None,
    }


def check_version(path: Path, before: Dict[str, Any], settings: Dict[str, Any]) -> None:
    """Check that the shards of a folder have the columns that this version writes.

    path (Path): The folder.
    before (Dict[str, Any]): The settings of the run.
    settings (Dict[str, Any]): The settings of the resumed run or of the retry.
    RAISES (ValueError): If the schema has another version.
    """
    # Manifests of version 1 do not contain it.
    found, current = before.get(VERSION, 1), settings[VERSION]
    if found != current:
        release = before.get("spacy_clinrel", "unknown")
        text = Errors.P060.format(path=path, found=found, current=current, release=release)
        raise ValueError(text)


def digest_model(name: str) -> Dict[str, Any]:
    """Return a digest that identifies a pipeline.

    name (str): Package name or folder.
    RETURNS (Dict[str, Any]): The name and version, and a digest of all files of the pipeline.
    RAISES (OSError): If there is no such package, or the folder has no meta.json.
    RAISES (ValueError): If meta.json is damaged.
    """
    if not Path(name).exists() and not is_package(name):
        raise OSError(SpacyErrors.E050.format(name=name))
    path = Path(name) if Path(name).exists() else get_package_path(name)
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")
    metas = sorted(path.rglob("meta.json"))
    if not metas:
        raise OSError(SpacyErrors.E053.format(name="meta.json", path=path))
    try:
        full_name = "{lang}_{name}-{version}".format(**json.loads(metas[0].read_bytes()))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"{metas[0].name}, {type(error).__name__}"
        raise ValueError(Errors.C040.format(name=path, error=reason)) from error
    return {"name": full_name, "sha256": _digest(files, path)}


def _digest(files: List[Path], root: Optional[Path] = None) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(os.fsencode(path.relative_to(root or path.parent)) + b"\0")
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()
