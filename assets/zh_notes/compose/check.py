"""Check the inventory's phrases and the composed notes, and count what they hold."""

from collections import Counter
from random import Random

from .inventory import Inventory
from .markup import SIGNATURES, TYPES, expand, parse
from .patient import Patient
from .write import Note


def check_phrases(inventory: Inventory, draws: int = 2) -> None:
    """Expand and parse every phrase of the inventory and of the profiles.

    inventory (Inventory): The inventory.
    draws (int): How often each phrase is drawn.
    RAISES (ValueError): If phrases are invalid; the message lists them with their groups.
    """
    rng, problems = Random(0), []
    general = [(name, phrase) for name, phrases in inventory.groups.items() for phrase in phrases]
    profile = max(inventory.profiles, key=lambda p: ("op" in p.groups, len(p.groups)))
    for owner, rows in [(profile, general)] + [
        (p, [(name, phrase) for name, phrases in p.groups.items() for phrase in phrases])
        for p in inventory.profiles
    ]:
        for name, phrase in rows:
            for _ in range(draws):
                try:
                    parse(expand(phrase, rng, Patient(inventory, owner, rng, 0).fill))
                except (ValueError, KeyError, IndexError) as error:
                    problems.append(f"{owner.id}, {name}: {phrase[:60]}: {error}")
    if problems:
        raise ValueError("Invalid phrases:\n" + "\n".join(sorted(set(problems))))


def check_note(note: Note) -> None:
    """Check offsets, overlaps, signatures and duplicate pairs of a note.

    note (Note): The note.
    RAISES (ValueError): If a check fails.
    """
    end = 0
    for start, stop, mention in note.mentions:
        text = note.text[start:stop]
        if start < end or not text or text != text.strip():
            raise ValueError(
                f"{note.name}: the mention at {start} overlaps, is empty or has spaces."
            )
        if mention.attributes and mention.type in "TB":
            raise ValueError(f"{note.name}: a {TYPES[mention.type]} at {start} has attributes.")
        end = stop
    pairs = Counter((head, tail) for _, head, tail in note.relations)
    if pairs and max(pairs.values()) > 1:
        raise ValueError(f"{note.name}: a pair has two relations.")
    for label, head, tail in note.relations:
        types = note.mentions[head][2].type, note.mentions[tail][2].type
        if types != SIGNATURES[label]:
            raise ValueError(f"{note.name}: {label} from {types[0]} to {types[1]}.")
        negated = "-" in note.mentions[head][2].attributes
        if label in ("SAP", "SNAP") and negated != (label == "SNAP"):
            raise ValueError(
                f"{note.name}: {label} contradicts the attribute at {note.mentions[head][0]}."
            )


def statistics(notes: list[Note]) -> dict:
    """Return counts of notes, characters, mentions, attributes and relations."""
    types: Counter = Counter()
    relations: Counter = Counter()
    attributes: Counter = Counter()
    strings: dict[str, Counter] = {letter: Counter() for letter in TYPES}
    for note in notes:
        for start, end, mention in note.mentions:
            types[TYPES[mention.type]] += 1
            strings[mention.type][note.text[start:end]] += 1
            attributes.update(f"{TYPES[mention.type]} {mark}" for mark in mention.attributes)
        relations.update(label for label, _, _ in note.relations)
    characters = sum(len(note.text) for note in notes)
    total = sum(types.values())
    return {
        "notes": len(notes),
        "characters": characters,
        "mentions per 100 characters": round(100 * total / characters, 2),
        "relations per 100 characters": round(100 * sum(relations.values()) / characters, 2),
        "types": dict(types.most_common()),
        "different strings": {TYPES[letter]: len(counts) for letter, counts in strings.items()},
        "attributes": dict(attributes.most_common()),
        "relations": dict(relations.most_common()),
        "kinds": dict(Counter(note.name.rsplit("-", 1)[0] for note in notes).most_common()),
    }
