"""Label Studio's labelling interface: XML that a project needs to show the written tasks."""

import re
from collections import defaultdict
from typing import Callable, Dict, Iterable, Optional, Set, Tuple
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from ....tokens.palette import relation_colors, type_colors

CONTROL, OBJECT, ATTRIBUTES = "label", "text", "attribute"
# Characters that XML 1.0 does not allow, not even as a reference such as &#1;.
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTROL_NAME = re.compile(r"[^\W\d_][\w-]*")
ChooseColors = Callable[[Iterable[str]], Dict[str, str]]
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
        labels=_tags("Label", types, type_colors),
        relations=_tags("Relation", labels, relation_colors),
        choices=controls,
    )


def extend_interface(
    xml: str, types: Iterable[str], labels: Iterable[str], attributes: Iterable[str]
) -> str:
    """Add types, labels and attributes to a labelling interface, e.g. those of a pipeline that do
    not occur in the tasks.

    xml (str): An interface from `render_interface`.
    types (Iterable[str]): The entity types.
    labels (Iterable[str]): The relation labels.
    attributes (Iterable[str]): The attributes of mentions.
    RETURNS (str): The XML.
    """
    view = ElementTree.fromstring(xml)
    choices = [
        join_attribute(control.get("name", ""), choice.get("value", ""))
        for control in view.iter("Choices")
        for choice in control.iter("Choice")
    ]
    found = ([tag.get("value", "") for tag in view.iter(name)] for name in ("Label", "Relation"))
    known_types, known_labels = found
    return render_interface(
        [*known_types, *types], [*known_labels, *labels], [*choices, *attributes]
    )


def _tags(tag: str, names: Iterable[str], choose: Optional[ChooseColors] = None) -> str:
    valid = sorted({valid_name(name) for name in names if name})
    colors = {} if choose is None else choose(valid)
    backgrounds = {name: f' background="{color}"' for name, color in colors.items()}
    return "".join(
        f"    <{tag} value={quoteattr(name)}{backgrounds.get(name, '')}/>\n" for name in valid
    )
