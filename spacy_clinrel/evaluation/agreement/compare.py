"""The function `agreement`."""

from importlib.metadata import version
from typing import Any, Dict, Optional

from ...data.converters import ReadOptions
from ...data.corpus import Format
from .disagreements import summarize_disagreements
from .notes import Source, match_notes, read_side
from .scores import agreed_attributes, score_attributes, score_mentions, score_relations


def agreement(
    first: Source,
    second: Source,
    *,
    format: Optional[Format] = None,
    lang: str = "zh",
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    examples: int = 0,
    progress: bool = False,
) -> Dict[str, Any]:
    """Compare two annotations of the same notes, which are matched by document id.

    F is symmetric: exchanging the annotations does not change it. Mentions are compared by
    character offsets, so the tokens may differ.

    first (Union[str, Path, Iterable[Doc]]): The first annotation: a .spacy file, a folder to search
        with its subfolders, or Docs with ids as `read_corpus` returns them.
    second (Union[str, Path, Iterable[Doc]]): The second annotation.
    format (Optional[Format]): Name of a registered format, or a Converter. None reads .spacy files.
        A path that ends in .spacy is read as such in any case.
    lang (str): Language whose tokenizer is used.
    options (ReadOptions): How the files are read.
    examples (int): Maximum number of examples of each kind of disagreement. Examples contain the
        text of mentions.
    progress (bool): Whether to show a progress bar if stderr is a terminal.
    RETURNS (Dict[str, Any]): "notes" (number compared, ids of those in one annotation only), and
        the scores of "mentions", "relations" ("agreed_mentions" and "end_to_end") and "attributes"
        (of agreed mentions; None if not annotated): F from 0 to 1, None if there is nothing to
        compare, and the numbers of annotations by "first", "second" and "both". "disagreements" are
        counted by kind. "lost" counts annotations that could not be read.
    RAISES (ValueError): If a corpus can't be read, a document has no id or the id of another, no
        note is in both annotations, or a note has two different texts.

    EXAMPLE:
        result = spacy_clinrel.agreement("notes/anna", "notes/bo", format="brat", examples=3)
        print(result["mentions"]["strict"]["f"])
    """
    sides = [
        read_side(source, name, format, lang, options, progress)
        for source, name in ((first, "first"), (second, "second"))
    ]
    matched = match_notes(*sides)
    attributes = agreed_attributes(matched.notes)
    return {
        "first": sides[0].name,
        "second": sides[1].name,
        "spacy_clinrel": version("spacy-clinrel"),
        "notes": {
            "compared": len(matched.notes),
            "first_only": matched.first_only,
            "second_only": matched.second_only,
        },
        "lost": {"first": sides[0].lost, "second": sides[1].lost},
        "mentions": score_mentions(matched.notes),
        "relations": {
            "agreed_mentions": score_relations(matched.notes, end_to_end=False),
            "end_to_end": score_relations(matched.notes, end_to_end=True),
        },
        "attributes": score_attributes(attributes),
        "disagreements": summarize_disagreements(matched.notes, attributes, examples),
    }
