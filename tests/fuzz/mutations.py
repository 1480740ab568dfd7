"""Mutations of files: damaged bytes, other encodings, moved lines, changed numbers and JSON."""

import json
import random
import re
from typing import Any, Callable, List

NUMBER = re.compile(rb"-?\d+")
NUMBERS = [b"-1", b"0", b"1", b"2", b"99", b"2.0", b"1e3", b"9" * 30, b"NaN", b'"3"', b"", b"null"]
PIECES = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\n\n",
    b"\t",
    b"  ",
    b'"',
    b"\\",
    b"\\ud800",
    b"\\u0000",
    b"|||",
    b"\xf0\x9f\x98\x80",
    b"\xcd\xb7\xcd\xb4",
    b"[" * 2000,
    b"{",
    b"]",
    b"T1",
    b"R1\tX Arg1:T1 Arg2:T2\n",
    b"E1\tX:T1 Y:T2\n",
    b"A1\tNegated T1\n",
]
VALUES: List[Any] = [
    None,
    True,
    -1,
    0,
    2.0,
    1e308,
    float("nan"),
    10**25,
    "",
    "x",
    "\ud800",
    "3",
    [],
    {},
    [[]],
    [None],
    {"": None},
]

Mutation = Callable[[random.Random, bytes], bytes]


def flip_byte(generator: random.Random, data: bytes) -> bytes:
    """Replace a byte."""
    position = generator.randrange(len(data))
    return data[:position] + bytes([generator.randrange(256)]) + data[position + 1 :]


def cut(generator: random.Random, data: bytes) -> bytes:
    """Remove the end, or a part in the middle."""
    start, end = sorted(generator.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + generator.choice([data[end:], b""])


def insert(generator: random.Random, data: bytes) -> bytes:
    """Insert a piece that has a meaning in some format."""
    position = generator.randrange(len(data) + 1)
    return data[:position] + generator.choice(PIECES) + data[position:]


def change_number(generator: random.Random, data: bytes) -> bytes:
    """Replace a number, or add a small number to it."""
    found = list(NUMBER.finditer(data))
    if not found:
        return data
    match = generator.choice(found)
    near = str(int(match[0][:18]) + generator.choice([-2, -1, 1, 2])).encode()
    return data[: match.start()] + generator.choice([near, *NUMBERS]) + data[match.end() :]


def move_lines(generator: random.Random, data: bytes) -> bytes:
    """Remove, repeat or move a line."""
    lines = data.split(b"\n")
    line = generator.choice(lines)
    if generator.random() < 0.6:
        lines.remove(line)
    if generator.random() < 0.6:
        lines.insert(generator.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def encode(generator: random.Random, data: bytes) -> bytes:
    """Write the file in another encoding, or with other line breaks."""
    if generator.random() < 0.4:
        return data.replace(b"\n", generator.choice([b"\r\n", b"\r", b"\xe2\x80\xa8"]))
    try:
        name = generator.choice(["gb18030", "utf-16", "utf-8-sig", "utf-16-be", "utf-32"])
        return data.decode().encode(name)
    except UnicodeError:
        return data


def change_json(generator: random.Random, data: bytes) -> bytes:
    """Replace, remove or repeat a value of a JSON file or of one of its lines."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return move_lines(generator, data)
    holders: List[Any] = []
    _collect(value, holders)
    if not holders:
        return data
    holder = generator.choice(holders)
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key = generator.choice(keys)
    action = generator.random()
    if action < 0.6:
        holder[key] = generator.choice(VALUES)
    elif action < 0.8:
        del holder[key]
    elif isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[f"{key}2"] = holder.pop(key)
    return json.dumps(value).encode()


def _collect(value: Any, holders: List[Any]) -> None:
    """Collect the lists and objects that are not empty."""
    if isinstance(value, (dict, list)) and value:
        holders.append(value)
        for item in value.values() if isinstance(value, dict) else value:
            _collect(item, holders)


MUTATIONS: List[Mutation] = [
    flip_byte,
    cut,
    insert,
    change_number,
    change_number,
    move_lines,
    encode,
    change_json,
    change_json,
]


def mutate(generator: random.Random, data: bytes) -> bytes:
    """Apply one to three mutations to a file.

    generator (random.Random): The source of randomness.
    data (bytes): The content of the file.
    RETURNS (bytes): The changed content.
    """
    for _ in range(generator.choice([1, 1, 2, 3])):
        if data:
            data = generator.choice(MUTATIONS)(generator, data)
    return data
