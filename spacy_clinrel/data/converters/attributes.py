"""Names of attributes in files and in the store.

The store has five assertion attributes (`negated` and so on). Files usually write them with a
capital letter; an option gives other names. Further attributes keep their names.
"""

from typing import Collection, Dict, Iterator, List, Mapping, Optional

from spacy.tokens import Doc

from ...errors import Errors
from ...tokens import GROUP, has_assertion
from ...tokens.group import ASSERTION
from ...types import ASSERTIONS
from .report import Report

# Values of attributes that formats write as a name and a value, e.g. "negated=true".
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


def parse_attribute_names(values: List[str]) -> Dict[str, str]:
    """Parse the option that names attributes: `FILE=ATTRIBUTE`, e.g. `Negation=negated`.

    values (List[str]): Values of the option. The name in the file may contain "=" itself, as in
        `Polarity=Negative=negated`.
    RETURNS (Dict[str, str]): Assertion attributes by name in the file.
    RAISES (ValueError): If a value has another form, or names an attribute that does not exist.
    """
    names: Dict[str, str] = {}
    for value in values:
        file_name, _, name = value.rpartition("=")
        if not file_name:
            raise ValueError(Errors.F112.format(value=value))
        if name not in ASSERTIONS:
            known = ", ".join(ASSERTIONS)
            raise ValueError(Errors.F113.format(value=value, name=name, known=known))
        names[file_name] = name
    return names


def stored_attribute(file_name: str, names: Mapping[str, str]) -> Optional[str]:
    """Return the name of an attribute in the store.

    file_name (str): The name in the file, or name and value, e.g. "Polarity=Negative".
    names (Mapping[str, str]): Assertion attributes by name in the file.
    RETURNS (Optional[str]): The name in the store; None if the value says that the mention does not
        have the attribute.
    """
    if file_name in names:
        return names[file_name]
    name, _, value = file_name.partition("=")
    stored = names.get(name, name.lower())
    if stored not in ASSERTIONS or value.lower() not in ("", *TRUE, *FALSE):
        return file_name
    return None if value.lower() in FALSE else stored


def assertion_feature(name: str, value: object, names: Mapping[str, str]) -> Optional[str]:
    """Return the attribute for a named value of an annotation, e.g. a feature or an infon, if it is
    an assertion attribute.

    name (str): The name.
    value (object): The value, a string or a boolean.
    names (Mapping[str, str]): Assertion attributes by name in the file.
    RETURNS (Optional[str]): Name and value in one string, as in `Mention.attributes`; None if it is
        something else.
    """
    attribute = f"{name}={value}"
    stored = stored_attribute(attribute, names)
    return attribute if stored is None or stored in ASSERTIONS else None


def file_attribute(name: str, names: Mapping[str, str]) -> str:
    """Return the name of an attribute in files.

    name (str): The name in the store.
    names (Mapping[str, str]): Assertion attributes by name in the file.
    RETURNS (str): The name in the file. If several are possible, the first.
    """
    if name not in ASSERTIONS:
        return name
    return next((file for file, stored in names.items() if stored == name), name.capitalize())


def unmatched_attributes(names: Mapping[str, str], report: Report) -> Iterator[str]:
    """Report names of attributes that do not occur in the corpus.

    names (Mapping[str, str]): Assertion attributes by name in the file.
    report (Report): The report after the whole corpus was read.
    YIELDS (str): A message for each name.
    """
    for file_name, name in names.items():
        if not report.attributes[name]:
            yield f"no mention has the attribute '{file_name}' to read as '{name}'"


def shows_assertion(attributes: Collection[str]) -> bool:
    """Return whether a corpus with these attributes is annotated with assertion.

    attributes (Collection[str]): Names of attributes in the store.
    RETURNS (bool): Whether one is an assertion attribute.
    """
    return any(name in ASSERTIONS for name in attributes)


def mark_annotated(doc: Doc) -> bool:
    """Mark a document as annotated with assertion attributes, even if no mention has one.

    doc (Doc): The document, with its span group.
    RETURNS (bool): Whether it was not annotated before.
    """
    if GROUP not in doc.spans or has_assertion(doc):
        return False
    doc.spans[GROUP].attrs[ASSERTION] = True
    return True
