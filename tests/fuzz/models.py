"""Load randomly damaged copies of tiny components: python -m tests.fuzz.models 1000

Each copy either loads with finite weights or gives one of our errors. The process may allocate at
most 1 GiB while it loads them.
"""

import json
import random
import resource
import struct
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, Callable, List

import numpy as np
import spacy
import srsly
from spacy.language import Language

from spacy_clinrel.ml.encoder_files import save_encoder
from spacy_clinrel.pretraining.make_encoder import build_encoder

from ..pipeline.conftest import KINDS
from ..util import make_notes

MEMORY = 2**30
NUMBERS = (-1, 0, 1, 2**31, 2**40, 10**12, 10**30, 1.5, None, True, "x", [], {})


def flip(dice: random.Random, data: bytes) -> bytes:
    """Change up to eight bytes."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        # Headers are at the beginning.
        end = len(data) if dice.random() < 0.5 else min(len(data), 3000)
        changed[dice.randrange(end)] = dice.randrange(256)
    return bytes(changed)


def cut(dice: random.Random, data: bytes) -> bytes:
    """Remove the end, or a part in the middle."""
    start = dice.randrange(len(data))
    return data[:start] + (data[start + dice.randint(1, 100) :] if dice.random() < 0.5 else b"")


def edit_json(dice: random.Random, value: Any) -> Any:
    """Replace a random value of a JSON document."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(sorted(value))
        if dice.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: edit_json(dice, value[key])}
    if isinstance(value, list) and value and dice.random() < 0.9:
        place = dice.randrange(len(value))
        return [*value[:place], edit_json(dice, value[place]), *value[place + 1 :]]
    return dice.choice(NUMBERS)


def edit_state(dice: random.Random, state: bytes) -> bytes:
    """Change the header of a safetensors file, the sizes in it, or its bytes."""
    length = struct.unpack("<Q", state[:8])[0]
    header = json.loads(state[8 : 8 + length])
    choice = dice.random()
    if choice < 0.3:
        return flip(dice, state)
    if choice < 0.4:
        return cut(dice, state)
    if choice < 0.7:
        sizes = json.loads(header["__metadata__"]["sizes"])
        if "files" in sizes and dice.random() < 0.9:
            name = dice.choice(sorted(sizes["files"]))
            text = sizes["files"][name]
            if name.endswith(".json") and dice.random() < 0.7:
                edited = json.dumps(edit_json(dice, json.loads(text)))
            else:
                edited = flip(dice, text.encode("latin-1")).decode("latin-1")
            sizes["files"][name] = edited
        else:
            sizes = edit_json(dice, sizes)
        header["__metadata__"]["sizes"] = json.dumps(sizes)
    else:
        header = edit_json(dice, header)
    data = json.dumps(header).encode()
    return struct.pack("<Q", len(data)) + data + state[8 + length :]


def damage(dice: random.Random, data: bytes) -> bytes:
    """Return a damaged copy of the bytes of a component."""
    choice = dice.random()
    if choice < 0.1:
        return flip(dice, data)
    if choice < 0.2:
        return cut(dice, data)
    parts = srsly.msgpack_loads(data)
    if choice < 0.3:
        parts["cfg"] = json.dumps(edit_json(dice, json.loads(parts["cfg"]))).encode()
    elif choice < 0.4:
        parts["model"] = flip(dice, parts["model"])
    else:
        model = srsly.msgpack_loads(parts["model"])
        nodes = [i for i, shims in enumerate(model["shims"]) if shims]
        shims = model["shims"][dice.choice(nodes)]
        shim = srsly.msgpack_loads(shims[0])
        shim["state"] = edit_state(dice, shim["state"])
        shims[0] = srsly.msgpack_dumps(shim)
        parts["model"] = srsly.msgpack_dumps(model)
    return srsly.msgpack_dumps(parts)


def load(nlp: Language, kind: Any, data: bytes) -> bool:
    """Load a component. Return True if it has finite weights, False if it gives our error."""
    pipe = nlp.create_pipe(kind.name, config=kind.config())
    try:
        pipe.from_bytes(data, exclude=["vocab"])
    except ValueError as error:
        message = str(error)
        if not message.startswith("[M0") or len(message) > 1000:
            raise AssertionError(message) from error
        return False
    for node in pipe.model.walk():
        for name in node.param_names:
            assert not node.has_param(name) or np.isfinite(node.get_param(name)).all()
        for shim in node.shims:
            assert all(weight.isfinite().all() for weight in shim._model.parameters())
    return True


def make_components(folder: Path) -> List[Any]:
    """Return an initialized component of each kind, with its bytes."""
    texts = [note.text for note in make_notes(spacy.blank("zh"), 50)]
    save_encoder(build_encoder(texts, layers=2, width=16, heads=2, length=128, seed=0), folder)
    components = []
    for kind in (kind.with_encoder(str(folder)) for kind in KINDS):
        nlp = kind.blank()
        examples = kind.examples(nlp, make_notes(nlp, 4))
        nlp.initialize(lambda examples=examples: examples)
        components.append((kind, nlp.get_pipe(kind.name).to_bytes(exclude=["vocab"])))
    return components


def limit_memory() -> None:
    """Limit the address space to its present size and `MEMORY`. Only on Linux."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        size = int(lines["VmSize"].split()[0]) * 1024
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))


def main(count: int, seed: int = 0, report: Callable[[str], None] = print) -> None:
    """Load `count` damaged copies of each component.

    count (int): Number of copies.
    seed (int): Seed of the damage.
    report (Callable[[str], None]): Receives the result of each component.
    """
    warnings.simplefilter("ignore")
    nlp = spacy.blank("zh")
    with tempfile.TemporaryDirectory() as folder:
        components = make_components(Path(folder))
        for kind, data in components:
            assert load(nlp, kind, data)
        limit_memory()
        for kind, data in components:
            n_loaded = 0
            for number in range(count):
                try:
                    n_loaded += load(nlp, kind, damage(random.Random(f"{seed} {number}"), data))
                except BaseException:
                    report(f"{kind.id}: seed {seed}, number {number}")
                    raise
            report(f"{kind.id}: {count} damaged copies, {n_loaded} loaded, the others refused")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
