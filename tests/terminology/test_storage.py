"""The files of a terminology: storage, and one clear error for each kind of damage."""

import io
import json
import os
import shutil

import numpy as np
import pytest
import scipy.sparse

from spacy_clinrel.terminology import (
    Concept,
    Terminology,
    from_files,
    load_terminology,
    term_form,
    to_files,
)
from spacy_clinrel.terminology.storage import FILES


def edit_json(key=None, value=None, edit=None):
    """Return a function that changes a JSON file."""

    def change(data):
        content = json.loads(data)
        if edit is None:
            content[key] = value
        else:
            content = edit(content)
        return json.dumps(content).encode()

    return change


def edit_arrays(edit):
    """Return a function that changes the arrays of an .npz file."""

    def change(data):
        with np.load(io.BytesIO(data)) as arrays:
            content = edit(dict(arrays))
        out = io.BytesIO()
        np.savez(out, **content)
        return out.getvalue()

    return change


def edit_matrix(edit):
    """Return a function that changes the matrix."""

    def change(data):
        out = io.BytesIO()
        scipy.sparse.save_npz(out, edit(scipy.sparse.load_npz(io.BytesIO(data))))
        return out.getvalue()

    return change


def with_nan(matrix):
    matrix.data[0] = np.nan
    return matrix


def array(values):
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


DAMAGE = {
    "settings: no JSON": ("terminology.json", lambda data: b"{"),
    "settings: list": ("terminology.json", lambda data: b"[]"),
    "settings: later version": ("terminology.json", edit_json("version", 2)),
    "settings: other forms": ("terminology.json", edit_json("form_version", 0)),
    "settings: wrong count": ("terminology.json", edit_json("concepts", 31)),
    "concepts: truncated": ("concepts.jsonl", lambda data: data[: len(data) // 2]),
    "concepts: lines missing": ("concepts.jsonl", lambda data: data[: data.rindex(b"\n{") + 1]),
    "concepts: no UTF-8": ("concepts.jsonl", lambda data: b"\xff" + data),
    "concepts: number as code": (
        "concepts.jsonl",
        lambda data: data.replace(b'"code": "D01"', b'"code": 1'),
    ),
    "concepts: same code": ("concepts.jsonl", lambda data: data.replace(b'"D01"', b'"D02"')),
    "forms: one missing": ("forms.json", edit_json(edit=lambda forms: forms[1:])),
    "forms: repeated": ("forms.json", edit_json(0, "房颤")),
    "forms: deeply nested": ("forms.json", lambda data: b"[" * 100_000),
    "owners: no archive": ("owners.npz", lambda data: b"x"),
    "owners: unknown concept": (
        "owners.npz",
        edit_arrays(lambda arrays: {**arrays, "owners": arrays["owners"] + 1}),
    ),
    "owners: wrong offsets": (
        "owners.npz",
        edit_arrays(lambda arrays: {**arrays, "offsets": arrays["offsets"][::-1]}),
    ),
    "vocabulary: no list": ("vocabulary.json", lambda data: b'{"a": 1}'),
    "idf: wrong shape": ("idf.npy", lambda data: array(np.zeros(3))),
    "idf: pickle": ("idf.npy", lambda data: array(np.asarray([{}], dtype=object))),
    "idf: truncated": ("idf.npy", lambda data: data[:200]),
    "matrix: wrong shape": ("matrix.npz", edit_matrix(lambda matrix: matrix[:-1])),
    "matrix: NaN": ("matrix.npz", edit_matrix(with_nan)),
    "matrix: other type": ("matrix.npz", edit_matrix(lambda m: m.astype("float64"))),
    "matrix: index too large": (
        "matrix.npz",
        edit_arrays(lambda arrays: {**arrays, "indices": arrays["indices"] + 10_000}),
    ),
    "matrix: truncated": ("matrix.npz", lambda data: data[:-100]),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_folders_give_one_error(terminology_path, tmp_path, name):
    folder = tmp_path / "terminology"
    shutil.copytree(terminology_path, folder)
    file, damage = DAMAGE[name]
    (folder / file).write_bytes(damage((folder / file).read_bytes()))
    with pytest.raises(ValueError, match=r"^\[F127\] .*terminology.*build-terminology") as raised:
        load_terminology(folder)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("name", FILES)
def test_missing_files_and_pipes_give_one_error(terminology_path, tmp_path, name):
    folder = tmp_path / "terminology"
    shutil.copytree(terminology_path, folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"F127.*{name}"):
        load_terminology(folder)
    os.mkfifo(folder / name)
    with pytest.raises(ValueError, match=f"F127.*{name}"):
        load_terminology(folder)


def test_missing_folder():
    with pytest.raises(ValueError, match="F001"):
        load_terminology("no-such-folder")


def test_files_without_pickles_restore_the_terminology(terminology_path):
    loaded = load_terminology(terminology_path)
    files = to_files(loaded)
    assert set(files) == set(FILES) == {path.name for path in terminology_path.iterdir()}
    again = from_files(files)
    assert to_files(again) == files and again.concepts == loaded.concepts
    queries = [term_form("急性前壁心肌梗死"), term_form("房颤")]
    assert again.search(queries) == loaded.search(queries) != [[], []]


def test_unusual_names_are_stored(tmp_path):
    concepts = [Concept("a\u2028b", "x\u2028\ud800y", "", ("\x00", '"', "a" * 300))]
    terminology = from_files(to_files(Terminology.build(concepts)))
    assert terminology.concepts[0].code == "a\u2028b" and len(terminology.forms) == 2
