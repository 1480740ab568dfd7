"""The files of a terminology: JSON and NumPy arrays, without pickles."""

import io
import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Union

import numpy as np

from ..errors import Errors, require
from ..files import show_path
from .concepts import Concept
from .forms import FORM_VERSION
from .ngrams import NGRAMS, NgramIndex
from .terminology import Terminology

SETTINGS = "terminology.json"
CONCEPTS = "concepts.jsonl"
FORMS = "forms.json"
OWNERS = "owners.npz"
VOCABULARY = "vocabulary.json"
IDF = "idf.npy"
MATRIX = "matrix.npz"
FILES = (SETTINGS, CONCEPTS, FORMS, OWNERS, VOCABULARY, IDF, MATRIX)
VERSION = 1


def to_files(terminology: Terminology) -> Dict[str, bytes]:
    """Return the files of a terminology.

    terminology (Terminology): The terminology.
    RETURNS (Dict[str, bytes]): Their content by name.
    """
    ngrams = terminology.ngrams
    settings = {
        "version": VERSION,
        "form_version": FORM_VERSION,
        "ngrams": list(NGRAMS),
        "concepts": len(terminology.concepts),
        "forms": len(terminology.forms),
        "vocabulary": len(ngrams.vocabulary),
    }
    owners, idf, matrix = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(owners, offsets=terminology.offsets, owners=terminology.owners)
    np.save(idf, ngrams.idf, allow_pickle=False)
    require("scipy.sparse", "terminology").save_npz(matrix, ngrams.matrix, compressed=False)
    lines = [_dumps(concept._asdict()) for concept in terminology.concepts]
    return {
        SETTINGS: _dumps(settings),
        CONCEPTS: b"".join(line + b"\n" for line in lines),
        FORMS: _dumps(terminology.forms),
        OWNERS: owners.getvalue(),
        VOCABULARY: _dumps(ngrams.vocabulary),
        IDF: idf.getvalue(),
        MATRIX: matrix.getvalue(),
    }


def from_files(files: Mapping[str, bytes]) -> Terminology:
    """Create a terminology from its files, and check that they fit together.

    files (Mapping[str, bytes]): Their content by name.
    RETURNS (Terminology): The terminology.
    RAISES (Exception): If a file is damaged or does not fit the others. The type depends on what is
        wrong.
    """
    missing = [name for name in FILES if name not in files]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    settings = json.loads(files[SETTINGS])
    _check(isinstance(settings, dict), f"{SETTINGS} is no JSON object")
    wanted = {"version": VERSION, "form_version": FORM_VERSION, "ngrams": list(NGRAMS)}
    for key, value in wanted.items():
        found = settings.get(key)
        _check(found == value, f"{SETTINGS} has {key} {str(found)[:20]}, expected {value}")
    concepts = _read_concepts(files[CONCEPTS])
    _check(len(concepts) == settings["concepts"] > 0, f"{CONCEPTS} has {len(concepts)} concepts")
    forms = _read_strings(files, FORMS, settings["forms"])
    vocabulary = _read_strings(files, VOCABULARY, settings["vocabulary"])
    with np.load(io.BytesIO(files[OWNERS]), allow_pickle=False) as arrays:
        offsets, owners = arrays["offsets"], arrays["owners"]
    _check_owners(offsets, owners, len(forms), len(concepts))
    idf = np.load(io.BytesIO(files[IDF]), allow_pickle=False)
    _check(idf.shape == (len(vocabulary),) and idf.dtype == np.float64, f"{IDF} has another shape")
    _check(bool(np.isfinite(idf).all()), f"{IDF} has NaN or infinite values")
    matrix = _read_matrix(files[MATRIX], len(vocabulary), len(forms))
    return Terminology(concepts, forms, offsets, owners, NgramIndex(vocabulary, idf, matrix))


def read_files(folder: Path) -> Dict[str, bytes]:
    """Read the files of a terminology.

    folder (Path): The folder.
    RETURNS (Dict[str, bytes]): Their content by name.
    RAISES (ValueError): If a file is missing, or is a pipe or device.
    """
    files = {}
    for name in FILES:
        if not (folder / name).is_file():
            raise ValueError(f"no file {name}")
        files[name] = (folder / name).read_bytes()
    return files


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a terminology.

    folder (Path): An existing folder.
    files (Mapping[str, bytes]): Their content by name.
    """
    for name, data in files.items():
        (folder / name).write_bytes(data)


def load_terminology(path: Union[str, Path]) -> Terminology:
    """Load a terminology.

    path (Union[str, Path]): The folder that `build_terminology` wrote.
    RETURNS (Terminology): The terminology.
    RAISES (ValueError): If there is no such folder, or a file is missing or damaged.
    RAISES (ImportError): If SciPy is not installed.
    """
    folder = Path(path)
    if not folder.exists():
        raise ValueError(Errors.F001.format(path=show_path(folder)))
    try:
        return from_files(read_files(folder))
    except ImportError:
        raise
    except Exception as error:  # JSON, NumPy, SciPy and zipfile raise different types
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        raise ValueError(Errors.F127.format(path=show_path(folder), error=reason)) from error


def is_terminology(path: Path) -> bool:
    """Return whether a folder has a terminology.

    path (Path): The folder.
    RETURNS (bool): Whether it has the file of the settings, and no files of other kinds.
    """
    return (path / SETTINGS).is_file() and {file.name for file in path.iterdir()} <= set(FILES)


def _read_concepts(data: bytes) -> List[Concept]:
    concepts = []
    for line in data.decode("utf-8").split("\n")[:-1]:
        values = json.loads(line)
        code, name, kind, synonyms = (values[key] for key in Concept._fields)
        texts = [code, name, kind, *synonyms]
        is_valid = isinstance(synonyms, list) and all(isinstance(text, str) for text in texts)
        _check(is_valid and bool(code), f"{CONCEPTS}: a concept is damaged")
        concepts.append(Concept(code, name, kind, tuple(synonyms)))
    is_unique = len({concept.code for concept in concepts}) == len(concepts)
    _check(is_unique, f"{CONCEPTS}: a code occurs twice")
    return concepts


def _read_strings(files: Mapping[str, bytes], name: str, count: Any) -> List[str]:
    values = json.loads(files[name])
    is_list = isinstance(values, list) and all(isinstance(value, str) for value in values)
    _check(is_list and len(values) == count > 0, f"{name} has other values than {SETTINGS} says")
    _check(len(set(values)) == count, f"{name} has a value twice")
    return values


def _check_owners(offsets: np.ndarray, owners: np.ndarray, n_forms: int, n_concepts: int) -> None:
    is_valid = offsets.dtype == owners.dtype == np.int64 and owners.ndim == 1
    is_valid = is_valid and offsets.shape == (n_forms + 1,) and offsets[0] == 0
    is_valid = is_valid and bool((np.diff(offsets) > 0).all()) and offsets[-1] == len(owners)
    is_valid = is_valid and owners.min() >= 0 and owners.max() < n_concepts
    _check(bool(is_valid), f"{OWNERS} does not fit {FORMS} and {CONCEPTS}")


def _read_matrix(data: bytes, n_grams: int, n_forms: int) -> Any:
    sparse = require("scipy.sparse", "terminology")
    matrix = sparse.load_npz(io.BytesIO(data))
    is_valid = matrix.format == "csr" and matrix.dtype == np.float32
    _check(is_valid and matrix.shape == (n_grams, n_forms), f"{MATRIX} has another shape")
    matrix.check_format(full_check=True)
    _check(bool(np.isfinite(matrix.data).all()), f"{MATRIX} has NaN or infinite values")
    return matrix


def _check(is_valid: bool, problem: str) -> None:
    if not is_valid:
        raise ValueError(problem)


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
