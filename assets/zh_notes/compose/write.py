"""Compose notes, add the habits of typing, and write them in brat's format."""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

from .inventory import Inventory, Profile
from .markup import ATTRIBUTES, TYPES, Mention, Passage, parse
from .patient import Patient

HOSPITALS = 24
HALF_WIDTH = {"，": ",", "：": ":", "（": "(", "）": ")", "；": ";", "。": "."}
TYPOS = {
    "啰音": "罗音",
    "既往": "即往",
    "既往体健": "即往体建",
    "心率": "心律",
    "黏膜": "粘膜",
    "大小便": "大笑便",
    "肌力": "记力",
    "紫绀": "发绀",
    "腹胀": "腹涨",
    "扁桃体": "扁桃腺",
    "阑尾": "兰尾",
    "未闻及": "未闻急",
    "压痛": "压疼",
    "头痛": "头疼",
    "给予": "给与",
    "症状": "征状",
    "双侧": "双则",
    "收入院": "收入愿",
}
EMPTY_HEADING = re.compile(
    r"(?:\d[.、])?专科(?:检查|情况)：(?:¦[NE])*。?\n?(?=\n|\d[.、]|[一-龥]{4}：|$)"
)


@dataclass
class Note:
    """A note: its name, text, mentions with offsets, and relations by mention index."""

    name: str
    text: str
    mentions: list[tuple[int, int, Mention]]
    relations: list[tuple[str, int, int]]


@dataclass
class Kind:
    """A kind of note: template, weight, and the groups, ages and departments it needs."""

    id: str
    template: str
    weight: float = 1.0
    needs: tuple[str, ...] = ()
    ages: str = "adult child"
    departments: tuple[str, ...] = ()


def read_kinds(values: dict) -> list[Kind]:
    """Return the kinds of notes of a YAML mapping."""
    return [
        Kind(
            id=name,
            template=value["template"].rstrip("\n"),
            weight=float(value.get("weight", 1)),
            needs=tuple(str(value.get("needs", "")).split()),
            ages=str(value.get("ages", "adult child")),
            departments=tuple(str(value.get("departments", "")).split()),
        )
        for name, value in values.items()
    ]


def compose_note(
    inventory: Inventory,
    kinds: list[Kind],
    seed: str,
    index: int,
    optional: bool = True,
    attempt: int = 0,
) -> Note:
    """Compose one note.

    inventory (Inventory): The phrases.
    kinds (list): The kinds of notes.
    seed (str): The seed of this note. It decides the disease, the hospital and the kind of note.
    index (int): The number of the note, for its name.
    optional (bool): Annotate what the real relation layer leaves unannotated.
    attempt (int): Another attempt gives other phrases for the same disease and kind.
    RETURNS (Note): The note.
    """
    rng = Random(seed)
    fitting: list[Kind] = []
    while not fitting:
        profile = rng.choices(inventory.profiles, [p.weight for p in inventory.profiles])[0]
        hospital = rng.randrange(HOSPITALS)
        patient = Patient(inventory, profile, rng, hospital)
        fitting = [kind for kind in kinds if _fits(kind, profile, patient, inventory)]
    kind = rng.choices(fitting, [kind.weight for kind in fitting])[0]
    for redraw in range(100 if attempt else 0):
        rng = Random(f"{seed}:{attempt}:{redraw}")
        patient = Patient(inventory, profile, rng, hospital)
        if _fits(kind, profile, patient, inventory):
            break
    unmarked = frozenset(inventory.words["layer_unannotated"])
    passage = parse(EMPTY_HEADING.sub("", patient.write(kind.template)), optional, unmarked)
    pieces = type_carelessly(tidy(passage.pieces), rng, patient.hospital)
    return place(f"{kind.id}-{index:04d}", Passage(pieces, passage.relations))


def _fits(kind: Kind, profile: Profile, patient: Patient, inventory: Inventory) -> bool:
    """Return whether a profile has what a kind needs. A need may be the prefix of a group."""
    if ("child" if patient.child else "adult") not in kind.ages:
        return False
    if kind.departments and profile.department not in kind.departments:
        return False
    names = {
        *profile.groups,
        *(name for name in inventory.groups if name.endswith(f"_{profile.department}")),
    }
    return all(
        need in names or any(name.startswith(f"{need}_") for name in names) for need in kind.needs
    )


def tidy(pieces: list[tuple[str, Mention | None]]) -> list[tuple[str, Mention | None]]:
    """Remove doubled punctuation that empty slots leave behind."""
    result: list[tuple[str, Mention | None]] = []
    last = "\n"
    for text, mention in pieces:
        if mention is None:
            kept: list[str] = []
            for char in text:
                if char in "，。；、" and last in "，。；、：\n":
                    if kept and char == "。" and last in "，；、":
                        kept[-1] = "。"
                        last = "。"
                    continue
                if char == "\n" and last == "\n":
                    continue
                kept.append(char)
                last = char
            text = "".join(kept)
        else:
            last = text[-1]
        if text:
            result.append((text, mention))
    return result


def type_carelessly(
    pieces: list[tuple[str, Mention | None]], rng: Random, hospital: int
) -> list[tuple[str, Mention | None]]:
    """Mix half-width and full-width characters, and make a few typing errors."""
    half = (0.0, 0.02, 0.02, 0.05, 0.3, 0.9)[hospital % 6]
    spaces = (0.0, 0.0, 0.004, 0.01)[hospital % 4]
    result = []
    for text, mention in pieces:
        if rng.random() < 0.006:
            for good, bad in TYPOS.items():
                text = text.replace(good, bad)
        if mention is None:
            chars = []
            for char in text:
                if char in HALF_WIDTH and rng.random() < half * (0.15 if char == "。" else 1):
                    char = HALF_WIDTH[char]
                if char == "、" and rng.random() < 0.03:
                    char = rng.choice("， ,")
                if char in "。，" and rng.random() < 0.0015:
                    char += char
                if char in "。，" and rng.random() < spaces:
                    char += " "
                chars.append(char)
            text = "".join(chars)
        result.append((text, mention))
    return result


def place(name: str, passage: Passage) -> Note:
    """Return the note of a passage, with the offsets of its mentions."""
    text, mentions = "", []
    for piece, mention in passage.pieces:
        if mention:
            mentions.append((len(text), len(text) + len(piece), mention))
        text += piece
    shift = len(text) - len(text.lstrip())
    text = text.strip()
    mentions = [(start - shift, end - shift, mention) for start, end, mention in mentions]
    order = {id(mention): i for i, (_, _, mention) in enumerate(mentions)}
    relations = [
        (label, order[id(head)], order[id(tail)]) for label, head, tail in passage.relations
    ]
    return Note(name, text, mentions, sorted(set(relations), key=lambda row: row[1:]))


def shares_stretch(text: str, stretches: set[str], length: int) -> bool:
    """Return whether a text shares a stretch with other texts, apart from white space."""
    text = re.sub(r"\s", "", text)
    return any(text[i : i + length] in stretches for i in range(len(text) - length + 1))


def write_brat(note: Note, folder: Path) -> None:
    """Write a note as NAME.txt and NAME.ann."""
    rows = []
    for i, (start, end, mention) in enumerate(note.mentions, 1):
        rows.append(f"T{i}\t{TYPES[mention.type]} {start} {end}\t{note.text[start:end]}")
    for i, (label, head, tail) in enumerate(note.relations, 1):
        rows.append(f"R{i}\t{label} Arg1:T{head + 1} Arg2:T{tail + 1}")
    number = 0
    for i, (_, _, mention) in enumerate(note.mentions, 1):
        for mark, attribute in ATTRIBUTES.items():
            if mark in mention.attributes:
                number += 1
                rows.append(f"A{number}\t{attribute} T{i}")
    (folder / f"{note.name}.txt").write_text(note.text + "\n", encoding="utf8")
    (folder / f"{note.name}.ann").write_text("\n".join(rows) + "\n", encoding="utf8")
