"""Write hospital-format notes: python -m assets.zh_notes.compose --out FOLDER."""

import argparse
import json
import re
from pathlib import Path

import srsly

from .check import check_note, check_phrases, statistics
from .inventory import FOLDER, read_inventory
from .write import Note, compose_note, read_kinds, shares_stretch, write_brat

ATTEMPTS = 200


def main() -> None:
    """Compose notes, check them, write them, and print their statistics."""
    parser = argparse.ArgumentParser(
        description="Compose hospital-format Chinese notes with annotation (brat)."
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="empty folder of the notes; it is created"
    )
    parser.add_argument("--notes", type=int, default=400, help="number of notes (400)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random numbers (0)")
    parser.add_argument(
        "--kinds",
        nargs="*",
        default=[],
        help="kinds of notes, by the beginning of their names (all)",
    )
    parser.add_argument(
        "--layer", action="store_true", help="leave out what CCKS-2017 leaves unannotated"
    )
    parser.add_argument(
        "--avoid", type=Path, nargs="*", default=[], help="files and folders of other texts"
    )
    parser.add_argument(
        "--length", type=int, default=22, help="no stretch of this many characters is shared (22)"
    )
    options = parser.parse_args()
    inventory = read_inventory()
    check_phrases(inventory)
    kinds = read_kinds(srsly.read_yaml(FOLDER / "kinds.yaml")["kinds"])
    if options.kinds:
        kinds = [kind for kind in kinds if kind.id.startswith(tuple(options.kinds))]
    stretches = read_stretches(options.avoid, options.length)
    options.out.mkdir(parents=True, exist_ok=True)
    if any(options.out.glob("*.ann")):
        raise SystemExit(f"{options.out} has .ann files already. Choose an empty folder.")
    notes: list[Note] = []
    texts: set[str] = set()
    redrawn = 0
    while len(notes) < options.notes:
        for attempt in range(ATTEMPTS):
            note = compose_note(
                inventory,
                kinds,
                f"{options.seed}:{len(notes)}",
                len(notes),
                not options.layer,
                attempt,
            )
            if note.text not in texts and not shares_stretch(note.text, stretches, options.length):
                break
            redrawn += 1
        else:
            raise SystemExit(
                f"Note {len(notes)}: {ATTEMPTS} attempts share a stretch with the texts of --avoid."
            )
        check_note(note)
        texts.add(note.text)
        notes.append(note)
        write_brat(note, options.out)
    print(json.dumps({**statistics(notes), "redrawn": redrawn}, ensure_ascii=False, indent=1))


def read_stretches(paths: list[Path], length: int) -> set[str]:
    """Return every stretch of some length in text files, without white space."""
    stretches: set[str] = set()
    for path in paths:
        files = (
            [path]
            if path.is_file()
            else sorted(p for p in path.rglob("*") if p.suffix in (".txt", ".json", ".jsonl"))
        )
        for file in files:
            text = re.sub(r"\s", "", file.read_text(encoding="utf8", errors="replace"))
            stretches.update(text[i : i + length] for i in range(len(text) - length + 1))
    return stretches


if __name__ == "__main__":
    main()
