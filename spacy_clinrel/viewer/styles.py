"""How the mentions, headings and relations of a document are drawn: names, tooltips and marks."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

from ..tokens import Relation
from ..tokens.normalize import single_spaces
from .boxes import Badge, BoxStyle, fit_badges
from .colors import Tint
from .facts import Facts, describe_amount, get_value_class, summarize_amount
from .layout import COLUMN
from .names import Names, add_code
from .ranges import Heading
from .svg import RelationStyle
from .translations import Strings

NEGATED = "negated"


class Look(NamedTuple):
    """Settings for all documents of a page.

    tints (Dict[str, Tint]): Colours of the mention types.
    types (Dict[str, int]): Index of each type. The script filters by it.
    labels (Dict[str, int]): Index of each relation label.
    assertions (Dict[str, int]): Index of each assertion filter.
    columns (Sequence[Tuple[str, int]]): CSS class and line width (in columns) of each drawing of a
        text.
    names (Names): Names of types, labels and sections.
    strings (Dict[str, str]): Texts of the interface.
    """

    tints: Dict[str, Tint]
    types: Dict[str, int]
    labels: Dict[str, int]
    assertions: Dict[str, int]
    columns: Sequence[Tuple[str, int]]
    names: Names
    strings: Strings


class MentionLook(NamedTuple):
    """How a mention is shown in the text and in the list of relations.

    name (str): The name of the type.
    note (str): The tooltip.
    css_class (str): CSS classes: colour and assertion attributes.
    marks (List[str]): Names of the assertion attributes.
    filters (List[int]): Indices of the assertion filters.
    """

    name: str
    note: str
    css_class: str
    marks: List[str]
    filters: List[int]


def describe_mention(label: str, facts: Facts, look: Look) -> MentionLook:
    """Return how a mention is shown.

    label (str): The type of the mention.
    facts (Facts): What else is known of it.
    look (Look): Settings of the page.
    RETURNS (MentionLook): Names, tooltip and CSS classes.
    """
    strings, name = look.strings, look.names.get_type(label)
    lines = [look.names.describe_type(label)]
    lines.extend(describe_assertion(facts.assertion, strings))
    lines.extend([*facts.others, *map(describe_amount, facts.amounts)])
    if facts.concept:
        lines.append(f"{strings['concept']}: {facts.concept}")
    if facts.section:
        lines.append(f"{strings['section']}: {look.names.get_section(facts.section)}")
    return MentionLook(
        name,
        "\n".join(lines),
        " ".join([look.tints[label].name, *facts.assertion]),
        [strings[attribute] for attribute in facts.assertion],
        [look.assertions[attribute] for attribute in facts.get_filters(label)],
    )


def describe_assertion(scores: Dict[str, float], strings: Strings) -> List[str]:
    """Return the names of assertion attributes with their scores.

    scores (Dict[str, float]): The scores by name.
    strings (Dict[str, str]): Texts of the interface.
    RETURNS (List[str]): E.g. "Denied (97%)". Without a score for gold attributes.
    """
    return [
        strings[name] + ("" if score >= 1 else f" ({to_percent(score)}%)")
        for name, score in scores.items()
    ]


def style_mention(label: str, facts: Facts, look: Look, columns: int) -> BoxStyle:
    """Return how a mention is drawn in the text.

    label (str): The type of the mention.
    facts (Facts): What else is known of it.
    look (Look): Settings of the page.
    columns (int): Width of a line, in columns.
    RETURNS (BoxStyle): The style.
    """
    mention = describe_mention(label, facts, look)
    badges = [Badge(mark, "mark") for mark in mention.marks]
    badges += [Badge(summarize_amount(row), get_value_class(row)) for row in facts.amounts]
    data = {"data-type": str(look.types[label])}
    if mention.filters:
        data["data-assertion"] = " ".join(map(str, mention.filters))
    return BoxStyle(
        mention.name,
        mention.note,
        f"mention {mention.css_class}",
        # Punctuation after a mention is on the same line.
        fit_badges(badges, (columns - 4) * COLUMN),
        is_denied=NEGATED in facts.assertion,
        data=data,
    )


def style_heading(heading: Heading, text: str, look: Look) -> BoxStyle:
    """Return how the heading of a section is drawn.

    heading (Heading): The heading.
    text (str): The text of the document.
    look (Look): Settings of the page.
    RETURNS (BoxStyle): The style. The name is empty if the heading already contains it.
    """
    name = look.names.get_section(heading.label)
    is_same = name.lower() in text[heading.start : heading.end].lower()
    note = add_code(name, heading.label)
    return BoxStyle("" if is_same else name, note, "heading", is_heading=True)


def name_relation(relation: Relation, head: Facts, tail: Facts, look: Look) -> str:
    """Return the short name of a relation, which reads from head to tail.

    relation (Relation): The relation.
    head (Facts): What is known of its head.
    tail (Facts): What is known of its tail.
    look (Look): Settings of the page.
    RETURNS (str): The name, e.g. "shows no" for a test and a denied finding.
    """
    is_denied = [NEGATED in end.assertion if end.is_asserted else None for end in (head, tail)]
    return look.names.get_verb(relation.label, *is_denied)


def style_relation(
    relation: Relation, head: Facts, tail: Facts, look: Look, is_scored: bool
) -> RelationStyle:
    """Return how a relation is drawn.

    relation (Relation): The relation.
    head (Facts): What is known of its head.
    tail (Facts): What is known of its tail.
    look (Look): Settings of the page.
    is_scored (bool): Whether confidences are shown.
    RETURNS (RelationStyle): The style. The tooltip names the assertion attributes of both ends.
    """
    name = name_relation(relation, head, tail, look)
    score = f" ({to_percent(relation.score)}%)" if is_scored else ""
    lines = [f"{relation.head.text} → {name} → {relation.tail.text}{score}"]
    if name != relation.label:
        lines.append(look.names.describe_relation(relation.label))
    for mention, facts in ((relation.head, head), (relation.tail, tail)):
        marks = ", ".join(describe_assertion(facts.assertion, look.strings))
        if marks:
            lines.append(f"{single_spaces(mention.text)}: {marks}")
    tint = look.tints[relation.head.label_].name
    return RelationStyle(f"{tint} denied" if is_denied(head, tail) else tint, "\n".join(lines))


def is_denied(*ends: Facts) -> bool:
    """Check whether any end of a relation is negated.

    ends (Facts): What is known of the ends.
    RETURNS (bool): Whether any is negated.
    """
    return any(NEGATED in facts.assertion for facts in ends)


def to_percent(score: float) -> int:
    """Return a confidence in percent.

    score (float): The confidence. Values below 0 and above 1 count as 0 and 1, NaN as 0.
    RETURNS (int): The percentage, from 0 to 100. A confidence below 1 never becomes 100.
    """
    if score >= 1:
        return 100
    return min(round(score * 100), 99) if score > 0 else 0
