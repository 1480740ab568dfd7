"""The mentions that a pipeline misses or predicts wrongly, by type and string.

The strings are text of the documents. They are on the report's page, and not in its statistics.
"""

from collections import Counter, defaultdict
from typing import Any, DefaultDict, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.training import Example

from ...tokens.normalize import fold_text, single_spaces
from ..scorers import MentionKey, mention_key
from .budget import MISSED_MENTION, RIGHT, SPURIOUS_MENTION, WRONG_BOUNDARY, WRONG_TYPE
from .matching import match_mentions

# Maximum number of strings that a report lists for each type.
MAX_STRINGS = 15
GOLD_CAUSES = (MISSED_MENTION, WRONG_BOUNDARY, WRONG_TYPE)
PREDICTED_CAUSES = (SPURIOUS_MENTION, WRONG_BOUNDARY, WRONG_TYPE)


class JudgedMention(NamedTuple):
    """A gold or a predicted mention, and whether it is right.

    key (MentionKey): The mention.
    text (str): Its text, with single spaces.
    cause (str): "right", or the cause of the error.
    instead (str): The text of the mention that it is matched with if the boundaries differ, or its
        type if the types differ; otherwise an empty string.
    """

    key: MentionKey
    text: str
    cause: str
    instead: str = ""

    @property
    def type(self) -> str:
        """Return the entity type."""
        return self.key[2]


class JudgedMentions(NamedTuple):
    """The gold and the predicted mentions of a document.

    example (Example): The document.
    gold (List[JudgedMention]): Gold mentions.
    predicted (List[JudgedMention]): Predicted mentions.
    """

    example: Example
    gold: List[JudgedMention]
    predicted: List[JudgedMention]


class StringRow(NamedTuple):
    """How often the mentions with a string and a type are right and wrong.

    text (str): The string as it occurs most often.
    total (int): Number of mentions.
    right (int): Number of correct mentions.
    causes (Tuple[int, ...]): Number of errors by cause, in the order of `GOLD_CAUSES` or
        `PREDICTED_CAUSES`.
    instead (str): The most frequent `JudgedMention.instead`.
    """

    text: str
    total: int
    right: int
    causes: Tuple[int, ...]
    instead: str


class TypeStrings(NamedTuple):
    """The strings of a type that are wrong most often.

    type (str): The entity type.
    missed (List[StringRow]): Strings of gold mentions, by decreasing number of errors.
    n_missed (int): Number of strings with errors, of which `missed` has the first ones.
    spurious (List[StringRow]): Strings of predicted mentions.
    n_spurious (int): Number of strings with errors.
    """

    type: str
    missed: List[StringRow]
    n_missed: int
    spurious: List[StringRow]
    n_spurious: int


def judge_mentions(examples: Iterable[Example]) -> List[JudgedMentions]:
    """Compare gold with predicted entities, document by document.

    examples (Iterable[Example]): Documents whose predicted side is annotated.
    RETURNS (List[JudgedMentions]): The documents whose reference is annotated with entities.
        Predictions on tokens that are not annotated are left out, as in the scores.
    """
    return [_judge(example) for example in examples if example.reference.has_annotation("ENT_IOB")]


def _judge(example: Example) -> JudgedMentions:
    reference, predicted = example.reference, example.predicted
    alignment = example.alignment.x2y
    gold_keys = {mention_key(ent) for ent in reference.ents}
    predicted_keys = set()
    for ent in predicted.ents:
        aligned = alignment[ent.start : ent.end]
        if len(aligned):
            tokens = reference[int(aligned[0]) : int(aligned[-1]) + 1]
            if all(token.ent_iob for token in tokens):
                predicted_keys.add(mention_key(ent))
    matches = match_mentions(gold_keys, predicted_keys)
    matched_gold = {other: key for key, other in matches.items()}

    def text_of(key: MentionKey) -> str:
        return single_spaces(reference.text[key[0] : key[1]])

    def judge(key: MentionKey, other: Optional[MentionKey], unmatched: str) -> JudgedMention:
        if other is None:
            return JudgedMention(key, text_of(key), unmatched)
        if key == other:
            return JudgedMention(key, text_of(key), RIGHT)
        if key[:2] != other[:2]:
            return JudgedMention(key, text_of(key), WRONG_BOUNDARY, text_of(other))
        return JudgedMention(key, text_of(key), WRONG_TYPE, other[2])

    return JudgedMentions(
        example,
        [judge(key, matches.get(key), MISSED_MENTION) for key in sorted(gold_keys)],
        [judge(key, matched_gold.get(key), SPURIOUS_MENTION) for key in sorted(predicted_keys)],
    )


def count_mentions(docs: Sequence[JudgedMentions]) -> List[Dict[str, Any]]:
    """Count mentions and errors by type.

    docs (Sequence[JudgedMentions]): The documents.
    RETURNS (List[Dict[str, Any]]): For each type its "type", the numbers of "gold" and "predicted"
        mentions, of "right" ones, and of the errors: "missed", and among the gold mentions
        "wrong_boundary" and "wrong_type"; "spurious". By decreasing number of gold mentions.
    """
    gold = Counter((mention.type, mention.cause) for doc in docs for mention in doc.gold)
    predicted = Counter((mention.type, mention.cause) for doc in docs for mention in doc.predicted)
    rows = []
    for label in {label for label, _ in [*gold, *predicted]}:
        counts = {cause: gold[label, cause] for cause in (RIGHT, *GOLD_CAUSES)}
        found = sum(predicted[label, cause] for cause in (RIGHT, *PREDICTED_CAUSES))
        rows.append(
            {
                "type": label,
                "gold": sum(counts.values()),
                "right": counts[RIGHT],
                "missed": counts[MISSED_MENTION],
                "wrong_boundary": counts[WRONG_BOUNDARY],
                "wrong_type": counts[WRONG_TYPE],
                "predicted": found,
                "spurious": predicted[label, SPURIOUS_MENTION],
            }
        )
    return sorted(rows, key=lambda row: (-row["gold"], -row["predicted"], row["type"]))


def list_strings(docs: Sequence[JudgedMentions]) -> List[TypeStrings]:
    """List the strings that are missed or predicted wrongly most often, by type.

    docs (Sequence[JudgedMentions]): The documents.
    RETURNS (List[TypeStrings]): The types that have errors, in the order of `count_mentions`.
    """
    strings = []
    for row in count_mentions(docs):
        label = row["type"]
        missed = rank_strings((m for doc in docs for m in doc.gold if m.type == label), GOLD_CAUSES)
        spurious = rank_strings(
            (m for doc in docs for m in doc.predicted if m.type == label), PREDICTED_CAUSES
        )
        if missed or spurious:
            shown = missed[:MAX_STRINGS], spurious[:MAX_STRINGS]
            strings.append(TypeStrings(label, shown[0], len(missed), shown[1], len(spurious)))
    return strings


def rank_strings(mentions: Iterable[JudgedMention], causes: Sequence[str]) -> List[StringRow]:
    """Count mentions by string.

    mentions (Iterable[JudgedMention]): Mentions of one side.
    causes (Sequence[str]): The causes of errors of this side.
    RETURNS (List[StringRow]): The strings with errors, by decreasing number of errors. Strings are
        equal if they differ only in case, character width and white space.
    """
    groups: DefaultDict[str, List[JudgedMention]] = defaultdict(list)
    for mention in mentions:
        groups[fold_text(mention.text)].append(mention)
    rows = []
    for group in groups.values():
        counts = Counter(mention.cause for mention in group)
        if counts[RIGHT] == len(group):
            continue
        instead = Counter(mention.instead for mention in group if mention.instead)
        rows.append(
            StringRow(
                _most_frequent(Counter(mention.text for mention in group)),
                len(group),
                counts[RIGHT],
                tuple(counts[cause] for cause in causes),
                _most_frequent(instead),
            )
        )
    return sorted(rows, key=lambda row: (row.right - row.total, row.text))


def _most_frequent(counts: Counter) -> str:
    """Return the most frequent string, or the first of equally frequent ones; "" without any."""
    return min(counts, key=lambda text: (-counts[text], text), default="")
