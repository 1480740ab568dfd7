"""The slots that tell of the patient: numbers, dates, symptoms, denials and drugs."""

import re
from datetime import date, timedelta
from random import Random

from .inventory import Inventory, Profile
from .markup import zipf

ORAL, INJECTED = ("口服", "嚼服", "吸入", "含服"), ("静点", "静推", "泵入", "肌注")
SIGN = re.compile(r"\[([^\[\]|]+)\|S([^\[\]|]*)\]")


class Slots:
    """The slots of a patient. A slot's name is that of its method without the prefix."""

    inventory: Inventory
    profile: Profile
    rng: Random
    hospital: int
    sex: str
    age: int
    side: str
    child: bool
    phase: str
    fever: bool
    pulse: int
    orders: int
    name: str
    stage: str
    admission: date
    symptoms: list[str]
    resolved: list[str]
    improved: list[str]
    named: list[str]
    unsaid: list[str]
    numbers: dict[str, str]

    def write(self, template: str) -> str:
        """Return a template with its slots filled."""
        raise NotImplementedError

    def group(self, name: str, optional: bool = False) -> str:
        """Return a phrase of a group."""
        raise NotImplementedError

    def present(self) -> set[str]:
        """Return the signs that must not be denied."""
        raise NotImplementedError

    def slot_items(self, name: str, count: str, flags: str = "") -> str:
        """Return several different words of a list, with arrows at some of the values."""
        words = self.inventory.words[name]
        picked = self.rng.sample(words, min(len(words), self.rng.randint(2, int(count))))
        arrows = self.rng.random() < 0.3
        marks = [self.rng.choice(("", "", "↑", "↓")) if arrows else "" for _ in picked]
        comma = self.rng.choice(("，", "，", "、", "；", " "))
        return comma.join(word + mark for word, mark in zip(picked, marks))

    def slot_menses(self, flags: str = "") -> str:
        """Return the menstrual history of a woman."""
        if self.sex == "男" or self.age < 14:
            return ""
        return self.group("menopause" if self.age > 53 else "menstruation")

    def slot_n(self, low: str, high: str, flags: str = "") -> str:
        """Return a whole number between two bounds."""
        return str(self.rng.randint(int(low), int(high)))

    def slot_f(self, low: str, high: str, digits: str = "1", flags: str = "") -> str:
        """Return a decimal number between two bounds."""
        return f"{self.rng.uniform(float(low), float(high)):.{digits}f}"

    def slot_age(self, flags: str = "") -> str:
        """Return the patient's age."""
        if "age" not in self.numbers:
            newborn = self.profile.age == (0, 0)
            infant = f"{self.rng.randint(3, 27)}天" if newborn else f"{self.rng.randint(4, 11)}月"
            self.numbers["age"] = f"{self.age}岁" if self.age else infant
        return self.numbers["age"]

    def slot_weight(self, flags: str = "") -> str:
        """Return the weight in kilograms, the same in the whole note."""
        low, high = (7 + 2 * self.age, 10 + 2 * self.age) if self.child else (48, 84)
        low, high = (3, 4) if self.profile.age == (0, 0) else (low, high)
        return self.numbers.setdefault("weight", str(self.rng.randint(low, high)))

    def slot_sex(self, flags: str = "") -> str:
        """Return the patient's sex."""
        return self.sex

    def slot_pt(self, flags: str = "") -> str:
        """Return the word for the patient."""
        return "患儿" if self.child else "患者"

    def slot_stage(self, flags: str = "") -> str:
        """Return the words for the patient's age and sex."""
        if self.child:
            return f"{'男' if self.sex == '男' else '女'}童"
        stage = "老年" if self.age >= 60 else "中年" if self.age >= 40 else "青年"
        return f"{stage}{self.sex}性"

    def slot_side(self, flags: str = "") -> str:
        """Return the affected side."""
        return self.side

    def slot_oside(self, flags: str = "") -> str:
        """Return the other side."""
        return "右" if self.side == "左" else "左"

    def slot_anyside(self, flags: str = "") -> str:
        """Return any side."""
        return self.rng.choice(("左", "右", "双"))

    def slot_bone(self, flags: str = "") -> str:
        """Return the broken bone, the same in the whole note."""
        return self._fracture(0)

    def slot_site(self, flags: str = "") -> str:
        """Return the part of the body with the broken bone."""
        return self._fracture(1)

    def slot_near(self, flags: str = "") -> str:
        """Return the joint next to the broken bone."""
        return self._fracture(2)

    def _fracture(self, index: int) -> str:
        fractures = self.inventory.words["fracture"]
        words = self.numbers.setdefault("fracture", self.rng.choice(fractures))
        return words.split()[index]

    def slot_date(self, days: str = "0", flags: str = "") -> str:
        """Return a date, counted in days from admission."""
        day = self.admission + timedelta(
            days=int(days) + (self.rng.randint(0, 2) if int(days) else 0)
        )
        style = self.hospital % 4
        return (
            f"{day:%Y-%m-%d}",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day:%Y.%m.%d}",
            f"{day:%Y/%m/%d}",
        )[style]

    def slot_time(self, flags: str = "") -> str:
        """Return a time of day."""
        return f"{self.rng.randint(0, 23):02d}:{self.rng.randint(0, 59):02d}"

    def slot_ago(self, flags: str = "") -> str:
        """Return the time since the onset, the same in the whole note."""
        if "ago" not in self.numbers:
            units = (
                ("天", "小时", "天余")
                if self.profile.course == "急性"
                else ("年", "个月", "年余", "余年")
            )
            unit = "天" if self.profile.age == (0, 0) else self.rng.choice(units)
            number = self.rng.randint(3, 12) if unit != "余年" else 10
            self.numbers["ago"] = f"{number}{unit}"
        return self.numbers["ago"]

    def slot_recent(self, flags: str = "") -> str:
        """Return the time since the disease became worse."""
        if self.profile.course == "急性":
            return self.numbers.setdefault(
                "recent", self.rng.choice(("1天", "半天", "1小时", "2小时"))
            )
        return self.numbers.setdefault(
            "recent", f"{self.rng.randint(1, 9)}{self.rng.choice('天天周')}"
        )

    def slot_onset(self, flags: str = "") -> str:
        """Return the time since the onset, and for a chronic disease since it became worse."""
        return (
            self.slot_ago()
            if self.profile.course == "急性"
            else f"{self.slot_ago()}，加重{self.slot_recent()}"
        )

    def slot_tcm(self, flags: str = "") -> str:
        """Return a diagnosis of traditional medicine that suits the department."""
        return self.group(f"tcm_{self.profile.department}")

    def slot_temp(self, flags: str = "") -> str:
        """Return the temperature."""
        bounds = (37.7, 39.8) if self.fever and self.phase != "out" else (36.0, 36.9)
        return f"{self.rng.uniform(*bounds):.1f}"

    def slot_hr(self, flags: str = "") -> str:
        """Return the heart rate, the same in the whole phase."""
        return str(
            self.numbers.setdefault(f"hr-{self.phase}", str(self.pulse + self.rng.randint(-4, 6)))
        )

    def slot_bp(self, flags: str = "") -> str:
        """Return the blood pressure."""
        return f"{self.rng.randrange(98, 152, 2)}/{self.rng.randrange(58, 96, 2)}"

    def slot_phase(self, phase: str, flags: str = "") -> str:
        """Set the phase: in (admission), clinic, or out (discharge)."""
        self.phase = phase
        return ""

    def slot_dx(self, flags: str = "") -> str:
        """Return the main disease."""
        return f"[{self.name}|D{flags}]{self.stage}"

    def slot_sx(self, flags: str = "") -> str:
        """Return one of the patient's symptoms."""
        return flagged(self.rng.choice(self.symptoms), flags)

    def slot_lead(self, flags: str = "") -> str:
        """Return the leading symptom."""
        return flagged(self.symptoms[0], flags)

    def slot_sxs(self, flags: str = "") -> str:
        """Return the leading symptom and one or two others."""
        signs = self.symptoms[:1] + self.rng.sample(
            self.symptoms[1:], min(2, len(self.symptoms) - 1)
        )
        self.named = signs
        return self._joined([flagged(sign, flags) for sign in signs])

    def slot_other(self, flags: str = "") -> str:
        """Return a symptom that the list before did not name."""
        rest = [sign for sign in self.symptoms if sign not in self.named]
        if not rest:
            rest = [self.write(as_sign(text)) for text in self.profile.symptoms]
            rest = [sign for sign in rest if sign not in self.named] or rest
        return flagged(self.rng.choice(rest), flags)

    def slot_resolved(self, flags: str = "") -> str:
        """Return a symptom that has resolved at discharge."""
        sign = self.rng.choice(self.resolved or self.symptoms)
        self.unsaid.append(sign_text(sign))
        return flagged(sign, flags)

    def slot_improved(self, flags: str = "") -> str:
        """Return a symptom that has improved at discharge."""
        return flagged(self.rng.choice(self.improved or self.symptoms), flags)

    def slot_deny(self, count: str = "4", flags: str = "") -> str:
        """Return a list of symptoms that the patient denies."""
        barred = self.present() | set(self.unsaid[-12:])
        own = [text for text in self.profile.denied if sign_text(text) not in barred]
        barred |= {sign_text(text) for text in own}
        general = [text for text in self.inventory.words["denied"] if sign_text(text) not in barred]
        wanted = self.rng.randint(min(2, int(count)), int(count) + 1)
        picked = self.rng.sample(own, min(len(own), (wanted + 1) // 2))
        while len(picked) < wanted and general:
            word = general.pop(zipf(self.rng, len(general), 0.8))
            picked.append(word)
        self.unsaid += [sign_text(text) for text in picked]
        marks = f"-{flags}"
        return self._joined([as_sign(word, marks) for word in picked])

    def slot_op(self, flags: str = "") -> str:
        """Return the patient's operation."""
        if "op" not in self.numbers:
            self.numbers["op"] = self.write(self.rng.choice(self.profile.groups["op"]))
        return self.numbers["op"].replace("|R", f"|R{flags}")

    def slot_cause(self, flags: str = "") -> str:
        """Return what brought the disease on."""
        return self.write(
            self.rng.choice(self.profile.groups.get("cause") or self.inventory.groups["cause"])
        )

    def slot_report(self, flags: str = "") -> str:
        """Return the report of one of the profile's tests, or a normal one."""
        reports = [text for text in self.profile.groups.get("tests", []) if "|T>]" in text]
        if not reports:
            return self.group("child_imaging_normal" if self.child else "imaging_normal")
        return f"¦E{self.write(self.rng.choice(reports))}¦N"

    def slot_rx(self, flags: str = "") -> str:
        """Return the name of one of the patient's drugs."""
        return f"[{self.rng.choice(self.profile.drugs)[0]}|R{flags}]"

    def slot_rxs(self, flags: str = "") -> str:
        """Return the names of two of the patient's drugs."""
        names = [
            drug[0] for drug in self.rng.sample(self.profile.drugs, min(2, len(self.profile.drugs)))
        ]
        return "、".join(f"[{name}|R{flags}]" for name in names)

    def slot_oral(self, flags: str = "") -> str:
        """Return a drug taken by mouth."""
        return self._drug(ORAL, flags)

    def slot_injected(self, flags: str = "") -> str:
        """Return a drug that is injected."""
        return self._drug(INJECTED, flags)

    def _drug(self, routes: tuple[str, ...], flags: str) -> str:
        names = [drug[0] for drug in self.profile.drugs if len(drug) > 2 and drug[2] in routes]
        names = names or (
            ["中药", "消炎药", "止痛药物"] if routes is ORAL else ["抗生素", "消炎药"]
        )
        return f"[{self.rng.choice(names)}|R{flags}]"

    def slot_order(self, flags: str = "") -> str:
        """Return the order of one drug, with dose, route, frequency and purpose."""
        return self._order(self.rng.choice(self.profile.drugs), flags)

    def slot_orders(self, count: str = "4", flags: str = "") -> str:
        """Return the orders of several drugs."""
        drugs = self.profile.drugs
        picked = self.rng.sample(drugs, min(len(drugs), self.rng.randint(2, int(count))))
        return self.rng.choice(("，", "，", "、", "；")).join(
            self._order(drug, flags) for drug in picked
        )

    def _order(self, drug: list[str], flags: str) -> str:
        name, dose, route, frequency, purpose = [*drug, "", "", "", ""][:5]
        self.orders += 1
        purpose = purpose.replace("@", str(self.orders))
        mention, extra = f"[{name}|R{self.orders}{flags}]", self.rng.random()
        if extra < 0.3:
            parts = [mention, dose, route, frequency, purpose]
        elif extra < 0.55:
            parts = [route, mention, dose, frequency, purpose]
        elif extra < 0.8:
            parts = [mention, purpose]
        else:
            parts = [mention, f"{dose} " if dose else "", f"{route} " if route else "", frequency]
        return "".join(parts)

    def _joined(self, signs: list[str]) -> str:
        # A sign without a position of its own takes none from the sign before it.
        signs = [sign if "|B" in sign else flagged(sign, "=") for sign in signs]
        style = self.rng.random()
        if style < 0.55 or len(signs) < 2:
            return "、".join(signs)
        if style < 0.75:
            return "，".join(signs)
        if style < 0.9:
            return "、".join(signs[:-1]) + self.rng.choice(("及", "和", "以及")) + signs[-1]
        return "".join(signs)


def as_sign(text: str, marks: str = "") -> str:
    """Return a word as a mention, unless it has markup already."""
    return flagged(text, marks) if "[" in text else f"[{text}|S{marks}]"


def flagged(text: str, flags: str) -> str:
    """Add marks to the signs of a text."""
    return re.sub(r"\|S([^\[\]|]*)\]", lambda match: f"|S{match.group(1)}{flags}]", text)


def sign_text(text: str) -> str:
    """Return the sign's text."""
    match = SIGN.search(text)
    return match.group(1) if match else text
