"""The inventory, read from YAML: groups of phrases, lists of words and disease profiles."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import srsly

FOLDER = Path(__file__).parent / "inventory"


@dataclass
class Profile:
    """A disease with its plausible signs, examinations, tests, treatments and outcomes."""

    id: str
    department: str
    name: str
    age: tuple[int, int]
    sex: str = "男女"
    course: str = "急性"
    symptoms: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    drugs: list[list[str]] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    weight: float = 1.0


@dataclass
class Inventory:
    """Everything the composer draws from.

    groups (dict): Group name to its phrases.
    modes (dict): Group name to "E" (examination) or "N" (narrative).
    words (dict): List name to its words, which are inserted without a segment of their own.
    profiles (list): The disease profiles.
    """

    groups: dict[str, list[str]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    profiles: list[Profile] = field(default_factory=list)

    def ordered(self, name: str, hospital: int) -> list[str]:
        """Return the phrases of a group in the order in which a hospital prefers them."""
        phrases = list(self.groups[name])
        Random(f"{hospital}:{name}").shuffle(phrases)
        return phrases


def lines(text: str) -> list[str]:
    """Return the lines of a block that are not empty."""
    return [line.strip() for line in str(text).splitlines() if line.strip()]


def read_inventory(folder: Path = FOLDER) -> Inventory:
    """Read every YAML file of a folder.

    folder (Path): The folder. A file has the keys scope (E or N) and groups, or words, or profiles.
    RETURNS (Inventory): The inventory.
    RAISES (ValueError): If a name is defined twice.
    """
    inventory = Inventory()
    for path in sorted(folder.glob("*.yaml")):
        data = srsly.read_yaml(path) or {}
        for name, text in (data.get("groups") or {}).items():
            if name in inventory.groups or name in inventory.words:
                raise ValueError(f"{path.name}: '{name}' is defined twice.")
            inventory.groups[name] = lines(text)
            inventory.modes[name] = data.get("scope", "N")
        for name, text in (data.get("words") or {}).items():
            if name in inventory.groups or name in inventory.words:
                raise ValueError(f"{path.name}: '{name}' is defined twice.")
            inventory.words[name] = lines(text)
        for name, values in (data.get("profiles") or {}).items():
            inventory.profiles.append(_profile(name, values, path.name))
    return inventory


def _profile(name: str, values: dict, file: str) -> Profile:
    known = {
        "department",
        "name",
        "age",
        "sex",
        "course",
        "symptoms",
        "denied",
        "drugs",
        "kinds",
        "weight",
    }
    try:
        low, high = str(values["age"]).split("-")
        profile = Profile(
            id=name,
            department=values["department"],
            name=values["name"],
            age=(int(low), int(high)),
            sex=values.get("sex", "男女"),
            course=values.get("course", "急性"),
            symptoms=str(values["symptoms"]).split(),
            denied=str(values.get("denied", "")).split(),
            drugs=[line.split("|", 4) for line in lines(values.get("drugs", ""))],
            kinds=str(values.get("kinds", "")).split(),
            weight=float(values.get("weight", 1)),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{file}: profile '{name}' is incomplete: {error}") from error
    profile.groups = {key: lines(text) for key, text in values.items() if key not in known}
    return profile
