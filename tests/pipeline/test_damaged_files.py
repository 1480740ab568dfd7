"""Saved pipelines that are damaged, or that ask to run code: one clear error each."""

import io
import json
import pickle
import shutil
import socket
import struct
import warnings
import zipfile

import numpy as np
import pytest
import spacy
import srsly
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from spacy_clinrel.ml.encoder_files import load_encoder

from ..util import make_notes, ner_config
from .conftest import KINDS

FOCUSED = KINDS[-1]
NER, PAIRS = KINDS[0], KINDS[1]


@pytest.fixture(scope="module")
def save(tmp_path_factory, bert):
    """Return a function that saves an initialized pipeline of a kind to a new folder."""
    data = {}

    def save_kind(kind):
        if kind.id not in data:
            kind = kind.with_encoder(bert)
            nlp = kind.blank()
            nlp.initialize(lambda: kind.examples(nlp, make_notes(nlp, 4)))
            data[kind.id] = nlp
        folder = tmp_path_factory.mktemp("saved")
        data[kind.id].to_disk(folder)
        return folder

    return save_kind


def edit_states(path, edit):
    """Apply a function to the safetensors file of each PyTorch module of a saved model."""
    message = srsly.msgpack_loads(path.read_bytes())
    for shims in message["shims"]:
        for i, data in enumerate(shims):
            shim = srsly.msgpack_loads(data)
            shim["state"] = edit(shim["state"])
            shims[i] = srsly.msgpack_dumps(shim)
    path.write_bytes(srsly.msgpack_dumps(message))


def edit_header(edit):
    """Return a function that edits the header of a safetensors file."""

    def change(state):
        length = struct.unpack("<Q", state[:8])[0]
        header = json.loads(state[8 : 8 + length])
        edit(header)
        data = json.dumps(header).encode()
        return struct.pack("<Q", len(data)) + data + state[8 + length :]

    return change


def edit_sizes(edit):
    """Return a function that edits the sizes in the header of a safetensors file."""

    def change(header):
        sizes = json.loads(header["__metadata__"]["sizes"])
        edit(sizes)
        header["__metadata__"]["sizes"] = json.dumps(sizes)

    return edit_header(change)


def enlarge(sizes):
    for name, value in sizes.items():
        if isinstance(value, int):
            sizes[name] = 3_000_000_000


def with_nan(state):
    length = struct.unpack("<Q", state[:8])[0]
    metadata = json.loads(state[8 : 8 + length])["__metadata__"]
    weights = {name: value.copy() for name, value in load_tensors(state).items()}
    for value in weights.values():
        value.reshape(-1)[:1] = np.nan
    return save_tensors(weights, metadata=metadata)


def set_huge_shape(header):
    for name, entry in header.items():
        if name != "__metadata__":
            entry["shape"] = [1_000_000, 18_000]


def set_integers(header):
    for name, entry in header.items():
        if name != "__metadata__":
            entry["dtype"] = "I32"


def set_header_length(state):
    return struct.pack("<Q", 2**60) + state[8:]


STATE_EDITS = {
    "truncated tensors": lambda state: state[: 8 + struct.unpack("<Q", state[:8])[0] + 100],
    "truncated header": lambda state: state[:20],
    "empty": lambda state: b"",
    "header length": set_header_length,
    "shape of 72 GB": edit_header(set_huge_shape),
    "integers": edit_header(set_integers),
    "no metadata": edit_header(lambda header: header.pop("__metadata__")),
    "no sizes": edit_sizes(lambda sizes: sizes.clear()),
    "other sizes": edit_sizes(lambda sizes: sizes.update(n_other=3)),
    "nested header": lambda state: struct.pack("<Q", 60000) + b"[" * 60000,
}


def load_error(folder):
    """Load a pipeline and return its error message, which must be one of ours."""
    with warnings.catch_warnings(), pytest.raises(ValueError) as raised:
        warnings.simplefilter("ignore")
        spacy.load(folder)
    message = str(raised.value)
    assert message.startswith("[M0") and len(message) < 700, message
    return message


@pytest.mark.parametrize("name", STATE_EDITS)
@pytest.mark.parametrize("kind", [NER, PAIRS, FOCUSED], ids=lambda kind: kind.id)
def test_damaged_weights_give_one_error(save, kind, name):
    folder = save(kind)
    path = folder / kind.name / "model"
    edit_states(path, STATE_EDITS[name])
    message = load_error(folder)
    assert f"'{kind.name}'" in message and str(path) in message
    assert "pipeline again" in message


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_nan_weights_are_refused(save, kind):
    folder = save(kind)
    edit_states(folder / kind.name / "model", with_nan)
    assert "M021" in load_error(folder)


@pytest.mark.parametrize("name", ["E", "W", "b"])
def test_nan_weights_of_thinc_layers_are_refused(save, name):
    folder = save(NER)
    path = folder / NER.name / "model"
    message = srsly.msgpack_loads(path.read_bytes())
    for params in message["params"]:
        if params.get(name) is not None:
            params[name] = np.full_like(params[name], np.inf)
    path.write_bytes(srsly.msgpack_dumps(message))
    assert "M021" in load_error(folder)


def test_weights_of_thinc_layers_with_a_wrong_shape_are_refused(save):
    folder = save(NER)
    path = folder / NER.name / "model"
    message = srsly.msgpack_loads(path.read_bytes())
    for params in message["params"]:
        if params.get("W") is not None:
            params["W"] = params["W"][:-1]
    path.write_bytes(srsly.msgpack_dumps(message))
    assert "W of layer" in load_error(folder)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_sizes_are_compared_with_the_weights_before_anything_is_allocated(save, kind, monkeypatch):
    folder = save(kind)
    edit_states(folder / kind.name / "model", edit_sizes(enlarge))
    if kind is FOCUSED:
        edit_states(folder / kind.name / "model", edit_sizes(enlarge_config))
    # A module on PyTorch's device "meta" is not allocated; this one would be.
    message = load_error(folder)
    assert "M002" in message or "M020" in message


def enlarge_config(sizes):
    if "files" in sizes:
        config = json.loads(sizes["files"]["config.json"])
        config.update(vocab_size=10**9, hidden_size=18_000, num_hidden_layers=10**9)
        sizes["files"]["config.json"] = json.dumps(config)


@pytest.mark.parametrize(
    "setting", ["vocab_size", "hidden_size", "num_hidden_layers", "max_position_embeddings"]
)
def test_sizes_of_an_encoder_are_compared_with_its_weights(save, setting):
    def change(sizes):
        if "files" in sizes:
            config = json.loads(sizes["files"]["config.json"])
            config[setting] = 10**9
            sizes["files"]["config.json"] = json.dumps(config)

    folder = save(FOCUSED)
    edit_states(folder / FOCUSED.name / "model", edit_sizes(change))
    assert setting in load_error(folder)


CFG_EDITS = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "list": lambda data: b"[]",
    "not UTF-8": lambda data: b"\xff\xfe" + data,
    "no labels": lambda data: data.replace(b'"labels"', b'"label"'),
    "labels are text": lambda data: json.dumps({**json.loads(data), "labels": "abc"}).encode(),
    "fewer labels": lambda data: json.dumps(
        {**json.loads(data), "labels": ["x"], "signatures": []}
    ).encode(),
    "unknown label": lambda data: json.dumps(
        {**json.loads(data), "signatures": [["a", "b", "c"]]}
    ).encode(),
    "threshold": lambda data: json.dumps({**json.loads(data), "threshold": float("nan")}).encode(),
    "temperature": lambda data: json.dumps({**json.loads(data), "temperature": 0}).encode(),
}


@pytest.mark.parametrize("name", CFG_EDITS)
def test_damaged_cfg_gives_one_error(save, name):
    folder = save(PAIRS)
    path = folder / PAIRS.name / "cfg"
    path.write_bytes(CFG_EDITS[name](path.read_bytes()))
    assert str(path) in load_error(folder)


@pytest.mark.parametrize("part", ["cfg", "model"])
def test_missing_file_gives_one_error(save, part):
    folder = save(NER)
    (folder / NER.name / part).unlink()
    message = load_error(folder)
    assert str(folder / NER.name / part) in message and "missing" in message


@pytest.mark.parametrize("part", ["cfg", "model"])
def test_missing_bytes_give_one_error(part):
    nlp = NER.blank()
    nlp.initialize(lambda: NER.examples(nlp, make_notes(nlp, 2)))
    (_, pipe), *_ = nlp.pipeline
    parts = srsly.msgpack_loads(pipe.to_bytes())
    for changed in ({key: value for key, value in parts.items() if key != part}, {}, [1]):
        with pytest.raises(ValueError, match=r"M022.*'clinical_ner'"):
            pipe.from_bytes(srsly.msgpack_dumps(changed))
    with pytest.raises(ValueError, match=r"M022.*'clinical_ner'"):
        pipe.from_bytes(pipe.to_bytes()[:-20])


def test_values_do_not_replace_methods(save):
    folder = save(NER)
    path = folder / NER.name / "model"
    message = srsly.msgpack_loads(path.read_bytes())
    message["attrs"][0]["decode"] = srsly.msgpack_dumps("no function")
    path.write_bytes(srsly.msgpack_dumps(message))
    assert "decode" in load_error(folder)


# Code that comes with a pipeline


def add_code(target):
    """Return a function that adds Python code and a reference to it to a stored encoder."""

    def change(sizes):
        if "files" not in sizes:
            return
        files = sizes["files"]
        auto_map = {"AutoTokenizer": ["evil.T", "evil.T"], "AutoConfig": "evil.C"}
        files[target] = json.dumps({**json.loads(files[target]), "auto_map": auto_map})

    return edit_sizes(change)


@pytest.fixture
def no_questions(monkeypatch):
    """Fail the test if a question is asked on the command line."""

    def ask(*args):
        raise AssertionError("asked a question")

    monkeypatch.setattr("builtins.input", ask)


@pytest.mark.parametrize("target", ["config.json", "tokenizer_config.json"])
def test_encoder_that_asks_to_run_code_is_refused(save, no_questions, target):
    folder = save(FOCUSED)
    edit_states(folder / FOCUSED.name / "model", add_code(target))
    assert "M023" in load_error(folder)


@pytest.mark.parametrize(
    "name", ["evil.py", "pytorch_model.bin", "vocab.pkl", "../a.txt", "/a.txt"]
)
def test_encoder_with_code_or_pickles_is_refused(save, no_questions, name):
    folder = save(FOCUSED)
    edit = edit_sizes(lambda sizes: "files" in sizes and sizes["files"].update({name: "x"}))
    edit_states(folder / FOCUSED.name / "model", edit)
    assert "M024" in load_error(folder)


def test_transformer_in_a_component_that_asks_to_run_code_is_refused(bert, tmp_path, no_questions):
    nlp = spacy.blank("zh")
    encoder = {
        "@architectures": "spacy-transformers.Tok2VecTransformer.v3",
        "name": bert,
        "get_spans": {"@span_getters": "spacy-transformers.doc_spans.v1"},
        "pooling": {"@layers": "reduce_mean.v1"},
        "tokenizer_config": {"use_fast": True},
    }
    nlp.add_pipe("clinical_ner", config=ner_config(encoder))
    nlp.initialize(lambda: NER.examples(nlp, make_notes(nlp, 2)))
    nlp.to_disk(tmp_path)
    spacy.load(tmp_path)
    path = tmp_path / "clinical_ner" / "model"
    saved = path.read_bytes()

    def edit_shim(edit):
        message = srsly.msgpack_loads(saved)
        for shims in message["shims"]:
            for i, data in enumerate(shims):
                shim = srsly.msgpack_loads(data)
                if "tokenizer" in shim:
                    edit(shim)
                shims[i] = srsly.msgpack_dumps(shim)
        path.write_bytes(srsly.msgpack_dumps(message))

    edit_shim(lambda shim: shim["config"].update(auto_map={"AutoConfig": "evil.C"}))
    assert "M023" in load_error(tmp_path)
    edit_shim(lambda shim: shim["tokenizer"]["kwargs"].update(trust_remote_code=True))
    assert "M023" in load_error(tmp_path)
    edit_shim(lambda shim: shim["tokenizer"].update({"evil.py": b""}))
    assert "M024" in load_error(tmp_path)
    edit_shim(lambda shim: shim["tokenizer"].update({"../evil.json": b"{}"}))
    assert "M024" in load_error(tmp_path)
    ran = tmp_path / "ran"
    edit_shim(lambda shim: shim.update(state=pickled_weights(ran)))
    assert "M022" in load_error(tmp_path)
    assert not ran.exists()


def test_loading_an_encoder_uses_no_network(save, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("used the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert spacy.load(save(FOCUSED))("患者头痛。").text


@pytest.mark.parametrize("target", ["config.json", "tokenizer_config.json"])
def test_encoder_of_the_user_that_asks_to_run_code_is_refused(bert, tmp_path, no_questions, target):
    shutil.copytree(bert, tmp_path / "bert")
    path = tmp_path / "bert" / target
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, "auto_map": {"AutoModel": "evil.M"}}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"M023.*BERT"):
        load_encoder(str(tmp_path / "bert"), {})


def test_code_of_an_encoder_cannot_be_allowed(bert):
    for settings in ({"trust_remote_code": True}, {}), ({}, {"trust_remote_code": True}):
        with pytest.raises(ValueError, match="M025"):
            load_encoder(bert, *settings)
    with pytest.raises(ValueError, match="M023"):
        load_encoder(bert, {}, {"auto_map": {"AutoModel": "evil.M"}})


def test_pickled_weights_of_an_encoder_do_not_run_code(bert, tmp_path):
    shutil.copytree(bert, tmp_path / "bert")
    (tmp_path / "bert" / "model.safetensors").unlink()
    (tmp_path / "bert" / "pytorch_model.bin").write_bytes(pickled_weights(tmp_path / "ran"))
    with pytest.raises(ValueError, match="M008"):
        load_encoder(str(tmp_path / "bert"), {})
    assert not (tmp_path / "ran").exists()


def pickled_weights(path):
    """Return weights as a PyTorch file that creates a file if its pickle is loaded."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(RunsCode(path), protocol=2))
        file.writestr("archive/version", "3")
    return buffer.getvalue()


class RunsCode:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")
