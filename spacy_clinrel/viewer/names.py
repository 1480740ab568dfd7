"""Readable names of entity types, relation labels and sections, from names.yml."""

from functools import lru_cache
from typing import Any, Dict, Iterable, Mapping, Optional, Union

import srsly

from ..errors import Errors
from .rendering import read_asset

READABLE, CODES = "readable", "codes"
# "readable", "codes", or own names by label.
NamesOption = Union[str, Mapping[str, str]]
# The scheme of relation labels on pages with mentions of this type. Other pages use the first
# scheme. Both use the labels of the other scheme that they lack.
PROBLEM = "problem"


class Names:
    """The names of types, relation labels and sections on a page."""

    def __init__(
        self, lang: str, option: NamesOption = READABLE, types: Iterable[str] = ()
    ) -> None:
        """Choose the names of a page.

        lang (str): Language of the interface. Languages other than Chinese have English names.
        option (Union[str, Mapping[str, str]]): "readable"; "codes" to show labels as they are; or
            names by label, which are used in addition to the readable names.
        types (Iterable[str]): The entity types on the page. They decide between the meanings of
            labels that two schemes share.
        RAISES (ValueError): If the option is invalid.
        """
        check_names(option)
        self.lang = lang if lang == "zh" else "en"
        self.is_readable = option != CODES
        self.own: Dict[str, str] = {} if isinstance(option, str) else dict(option)
        data = _read_names() if self.is_readable else {}
        self._types = data.get("types", {})
        self._sections = data.get("sections", {})
        schemes = data.get("relations", {"clinrel": {}, "i2b2": {}})
        has_problems = any(label.lower() == PROBLEM for label in types)
        first, second = ("i2b2", "clinrel") if has_problems else ("clinrel", "i2b2")
        self._relations: Dict[str, Any] = {**schemes[second], **schemes[first]}

    def get_type(self, label: str) -> str:
        """Return the name of an entity type.

        label (str): The type.
        RETURNS (str): The name, or the label if it has none.
        """
        names = self._types.get(label.lower(), {})
        return str(self.own.get(label) or names.get(self.lang) or label)

    def get_relation(self, label: str) -> str:
        """Return the name of a relation label for the legend and tooltips.

        label (str): The label.
        RETURNS (str): The name, or the label if it has none.
        """
        return self.own.get(label) or str(self._forms(label).get("name", label))

    def describe_relation(self, label: str) -> str:
        """Return the name of a relation label with the label.

        label (str): The label.
        RETURNS (str): E.g. "test shows or rules out disease (TeRD)".
        """
        return add_code(self.get_relation(label), label)

    def describe_type(self, label: str) -> str:
        """Return the name of an entity type with the type.

        label (str): The type.
        RETURNS (str): E.g. "Body part (Body)".
        """
        return add_code(self.get_type(label), label)

    def get_verb(
        self, label: str, is_head_denied: Optional[bool], is_tail_denied: Optional[bool]
    ) -> str:
        """Return the short name of a relation, which reads from head to tail.

        label (str): The label.
        is_head_denied (Optional[bool]): Whether the head is negated; None if that is unknown.
        is_tail_denied (Optional[bool]): Whether the tail is negated; None if that is unknown.
        RETURNS (str): E.g. "shows" or, for a negated tail, "shows no"; the label if it has no name.
        """
        if label in self.own:
            return self.own[label]
        forms = self._forms(label)
        is_head = self._relations.get(label, {}).get("sign") == "head"
        is_denied = is_head_denied if is_head else is_tail_denied
        verb = forms.get("verb", label)
        if is_denied is None:
            return str(verb)
        return str(forms.get("denied" if is_denied else "affirmed", verb))

    def get_section(self, label: str) -> str:
        """Return the name of a section.

        label (str): The label of the section, e.g. "past_history".
        RETURNS (str): The name; without a name, the label with spaces instead of underscores.
        """
        name = self.own.get(label) or self._sections.get(label, {}).get(self.lang)
        return str(name or (label.replace("_", " ") if self.is_readable else label))

    def _forms(self, label: str) -> Dict[str, str]:
        forms: Dict[str, str] = self._relations.get(label, {}).get(self.lang, {})
        return forms


def add_code(name: str, label: str) -> str:
    """Return a name with its label.

    name (str): The name.
    label (str): The label.
    RETURNS (str): E.g. "Body part (Body)", or only the label if it is also the name.
    """
    return label if name == label else f"{name} ({label})"


def check_names(option: NamesOption) -> None:
    """Check the option for names.

    option (Union[str, Mapping[str, str]]): The option.
    RAISES (ValueError): If it is neither "readable" nor "codes" nor a mapping of strings.
    """
    if isinstance(option, str):
        if option not in (READABLE, CODES):
            raise ValueError(Errors.V030.format(value=repr(option)))
    elif not isinstance(option, Mapping):
        raise ValueError(Errors.V030.format(value=f"a {type(option).__name__}"))
    elif not all(isinstance(item, str) for pair in option.items() for item in pair):
        raise ValueError(Errors.V030.format(value="a mapping with other values than strings"))


@lru_cache(maxsize=1)
def _read_names() -> Dict[str, Any]:
    names: Dict[str, Any] = srsly.yaml_loads(read_asset("names.yml"))
    return names
