"""Label Studio's labelling interface: XML that a project needs to show the written tasks."""

import re
from collections import defaultdict
from typing import Dict, Iterable, Set, Tuple
from xml.sax.saxutils import quoteattr

CONTROL, OBJECT, ATTRIBUTES = "label", "text", "attribute"
# Characters that XML 1.0 does not allow, not even as a reference such as &#1;.
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL_NAME = re.compile(r"[^\W\d_][\w-]*")
# Labels have no choice="multiple": with it, the key of another label adds a type to the selected
# region instead of replacing its type.
_TEMPLATE = """<View>
  <Relations choice="multiple">
{relations}  </Relations>
  <Labels name="label" toName="text">
{labels}  </Labels>
{choices}  <Style>[class*=htx-richtext], .htx-text \
{{white-space: pre-wrap !important; line-height: 3 !important}}</Style>
  <Text name="text" value="$text"/>
</View>
"""


def valid_name(name: str) -> str:
    """Return a name without characters that XML does not allow.

    name (str): An entity type, a relation label or an attribute.
    RETURNS (str): The name with U+FFFD in place of each of these characters.
    """
    return _INVALID.sub("\ufffd", name)


def split_attribute(attribute: str) -> Tuple[str, str]:
    """Return the control and the choice for an attribute of a mention.

    attribute (str): The attribute, e.g. "Negated" or "Polarity=Negative".
    RETURNS (Tuple[str, str]): For an attribute with a value, its name and its value. Otherwise, the
        common control for attributes, and the attribute.
    """
    name, _, value = attribute.partition("=")
    if value and _CONTROL_NAME.fullmatch(name) and name not in (CONTROL, OBJECT, ATTRIBUTES):
        return name, value
    return ATTRIBUTES, attribute


def join_attribute(control: str, choice: str) -> str:
    """Return the attribute of a mention for a choice. This is the inverse of `split_attribute`.

    control (str): The name of the control.
    choice (str): The choice.
    RETURNS (str): The attribute.
    """
    return choice if control in ("", ATTRIBUTES) else f"{control}={choice}"


def render_interface(
    types: Iterable[str], labels: Iterable[str], attributes: Iterable[str] = ()
) -> str:
    """Return a labelling interface.

    types (Iterable[str]): The entity types.
    labels (Iterable[str]): The relation labels.
    attributes (Iterable[str]): The attributes of mentions, as choices for each region.
    RETURNS (str): The XML, with names from `valid_name`.
    """
    choices: Dict[str, Set[str]] = defaultdict(set)
    for attribute in attributes:
        control, choice = split_attribute(valid_name(attribute))
        choices[control].add(choice)
    controls = ""
    for control in sorted(choices):
        controls += f'  <Choices name={quoteattr(control)} toName="{OBJECT}" perRegion="true" '
        controls += f'choice="multiple">\n{_tags("Choice", choices[control])}  </Choices>\n'
    return _TEMPLATE.format(
        labels=_tags("Label", types), relations=_tags("Relation", labels), choices=controls
    )


def _tags(tag: str, names: Iterable[str]) -> str:
    valid = sorted({valid_name(name) for name in names if name})
    return "".join(f"    <{tag} value={quoteattr(name)}/>\n" for name in valid)
