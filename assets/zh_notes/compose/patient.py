"""One patient of a note: the disease, the signs present, and the text of every slot."""

import re
from datetime import date, timedelta
from random import Random

from .inventory import Inventory, Profile
from .markup import MarkupError, expand, zipf
from .slots import SIGN, Slots, as_sign, sign_text

SYNONYMS = (
    {"发热", "发烧", "畏寒", "寒战", "高热", "低热", "畏寒发热"},
    {"气短", "气促", "气喘", "喘憋", "呼吸困难", "憋气", "喘息", "胸闷"},
    {"咳痰", "咳嗽"},
    {"心慌", "心悸"},
    {"浮肿", "水肿", "肿胀"},
    {"头晕", "头昏", "眩晕"},
    {"黄染", "皮肤黄染", "巩膜黄染"},
    {"疼痛", "胀痛", "钝痛", "绞痛", "腹痛", "胸痛", "腰痛", "压痛"},
    {"便血", "黑便", "呕血"},
    {"无力", "乏力", "活动不灵"},
    {"红肿", "肿胀", "红斑"},
    {"抽搐", "惊厥", "昏迷"},
    {"皮疹", "斑丘疹", "丘疹", "红斑", "疱疹"},
)
FEVER = {"发热", "发烧", "高热", "低热", "寒战"}
LOCAL_PAIN = {
    "腹": "腹痛",
    "脐": "腹痛",
    "胸": "胸痛",
    "腰": "腰痛",
    "头": "头痛",
    "关节": "关节痛",
    "膝": "关节痛",
}
GENERIC_PAIN = {"疼痛", "胀痛", "钝痛"}
_DENIED = re.compile(r"\[([^\[\]|]+)\|S[^\[\]|]*-[^\[\]|]*\]")
_DISEASE = re.compile(r"\[([^\[\]|]+)\|D([^\[\]|]*)\]")
_FLAGS = re.compile(r"[-?~HF=0-9]+$")
FEMALE = re.compile(r"剖宫产|子宫|输卵管|卵巢|阴道|痛经|妊娠|女性外|女童|妇科|双侧乳")
MALE = re.compile(r"前列腺|睾丸|阴囊|阴茎|男性外|男童|附睾")
EXAMINATIONS = {"special", "special_out", "tests", "pathology"}


class Patient(Slots):
    """Fills the slots of one note consistently.

    inventory (Inventory): The phrases.
    profile (Profile): The disease.
    rng (Random): The random numbers of the note.
    hospital (int): The number of the hospital, which decides the phrases preferred.
    """

    def __init__(self, inventory: Inventory, profile: Profile, rng: Random, hospital: int) -> None:
        self.inventory, self.profile, self.rng, self.hospital = inventory, profile, rng, hospital
        self.sex = rng.choice(profile.sex)
        self.age = rng.randint(*profile.age)
        self.side = rng.choice("左右")
        self.child = self.age < 14
        self.phase = "in"
        self.admission = date(rng.randint(2014, 2024), 1, 1) + timedelta(days=rng.randrange(365))
        self.numbers: dict[str, str] = {}
        self.used: set[str] = set()
        self.stated: set[str] = set()
        self.denied: set[str] = set()
        self.orders = 20
        self.named: list[str] = []
        self.unsaid: list[str] = []
        self.name, _, self.stage = expand(profile.name, rng, self.fill).partition("#")
        self.stated.add(self.name)
        count = max(1, min(len(profile.symptoms), rng.randint(2, 5)))
        first, *rest = profile.symptoms
        chosen = [first, *rng.sample(rest, count - 1)] if count > 1 else [first]
        self.symptoms = [expand(as_sign(text), rng, self.fill) for text in chosen]
        every = expand(
            " ".join(profile.symptoms + profile.groups.get("history", [])), Random(0), self._plain
        )
        self.possible = {
            text for text, marks in SIGN.findall(every) if "-" not in marks and "H" not in marks
        }
        self.possible |= {text for text in profile.symptoms if "[" not in text}
        self.fever = (
            bool(FEVER & {sign_text(text) for text in self.symptoms}) or "fever" in profile.kinds
        )
        cut = rng.randint(0, len(self.symptoms))
        order = rng.sample(self.symptoms, len(self.symptoms))
        self.resolved, self.improved = order[:cut], order[cut:]
        self.pulse = rng.randint(*((88, 128) if self.child else (60, 100)))

    def write(self, template: str) -> str:
        """Return a template with its alternatives drawn and its slots filled."""
        return expand(template, self.rng, self.fill)

    def present(self) -> set[str]:
        """Return the signs that must not be denied now, with their synonyms."""
        if self.phase != "out":
            signs = self.possible | {sign_text(text) for text in self.symptoms}
        else:
            signs = {sign_text(text) for text in self.improved}
        signs -= GENERIC_PAIN
        words = " ".join(
            self.improved if self.phase == "out" else self.profile.symptoms + self.symptoms
        )
        signs |= {
            pain
            for place, pain in LOCAL_PAIN.items()
            if re.search(f"{place}[^ ]*\\|B\\]\\[[^ ]*痛", words)
        }
        return signs.union(*(group for group in SYNONYMS if group & signs)) if signs else signs

    def fill(self, slot: str) -> str:
        """Return the text of a slot.

        slot (str): A method without its prefix, a group of the profile or the inventory, or a list
            of words; then arguments. A final "!" makes a missing group empty.
        RETURNS (str): The text, with markup.
        RAISES (MarkupError): If the slot is unknown.
        """
        name, *arguments = slot.split()
        flags = _FLAGS.search(name)
        base = name[: flags.start()] if flags else name
        if self.child and f"child_{name}" in self.inventory.groups:
            name = base = f"child_{name}"
        if f"{name}_{self.phase}" in self.inventory.groups:
            name = base = f"{name}_{self.phase}"
        method = getattr(self, f"slot_{base}", None)
        if method:
            return str(method(*arguments, flags=flags.group() if flags else ""))
        if f"{name}_{self.profile.department}" in self.inventory.words:
            name = f"{name}_{self.profile.department}"
        if name in self.inventory.words:
            words = [word for word in self.inventory.words[name] if not self._is_other_sex(word)]
            return words[zipf(self.rng, len(words), 0.6)]
        return self.group(name.rstrip("!"), name.endswith("!"))

    def group(self, name: str, optional: bool = False) -> str:
        """Return an expanded phrase of a group that contradicts no sign of the patient."""
        own = self.profile.groups
        key = f"{name}_out" if self.phase == "out" and f"{name}_out" in own else name
        if key in own and (
            self.phase != "out" or key.endswith("_out") or name not in self.inventory.groups
        ):
            phrases = self.rng.sample(own[key], len(own[key]))
        elif name in self.inventory.groups:
            phrases = self.inventory.ordered(name, self.hospital)
        elif optional:
            return ""
        else:
            raise MarkupError(f"Unknown slot <{name}>")
        mode = "E" if name in EXAMINATIONS else self.inventory.modes.get(name, "N")
        fresh = [phrase for phrase in phrases if phrase not in self.used] or phrases
        for _ in range(12):
            phrase = fresh[zipf(self.rng, len(fresh), 0.9)]
            before = set(self.used), set(self.stated), set(self.denied)
            self.used.add(phrase)
            text = expand(phrase, self.rng, self.fill)
            if not self.present() & set(_DENIED.findall(text)) and self._is_consistent(name, text):
                return f"¦{mode}{text}¦N"
            self.used, self.stated, self.denied = before
        return ""

    def _is_consistent(self, name: str, text: str) -> bool:
        """Return whether the diseases of a text agree with the note's others, and store them."""
        if self._is_other_sex(text):
            return False
        found = _DISEASE.findall(text)
        stated = {word for word, marks in found if not set("-F~?") & set(marks)}
        denied = {word for word, marks in found if "-" in marks and "F" not in marks}
        if name == "chronic" and (_overlap(stated, self.stated) or _overlap(stated, {self.name})):
            return False
        if _overlap(denied, self.stated) or _overlap(stated, self.denied):
            return False
        self.stated |= stated
        self.denied |= denied
        return True

    def _is_other_sex(self, text: str) -> bool:
        return bool((FEMALE if self.sex == "男" else MALE).search(text))

    def _plain(self, slot: str) -> str:
        words = self.inventory.words.get(slot.split()[0])
        return words[0] if words else ""


def _overlap(names: set[str], others: set[str]) -> bool:
    """Return whether a name of one set is part of a name of the other."""
    return any(name in other or other in name for name in names for other in others)
