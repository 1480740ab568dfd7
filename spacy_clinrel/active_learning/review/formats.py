"""The files that annotators get."""

import re
from typing import Dict, List, NamedTuple, Sequence

from spacy.tokens import Doc

from ...data.converters import Link, Mention, Record, Report, get_converter, get_writer, write_files
from ...types import Signatures

# What is written, and the format in which it comes back.
FORMATS = {
    "brat": "brat",
    "label-studio-predictions": "label-studio",
    "doccano": "doccano",
    "prodigy": "prodigy",
}
NAME = "review"


class Names(NamedTuple):
    """What annotators may choose from.

    types (List[str]): The entity types.
    labels (List[str]): The relation labels.
    signatures (Signatures): Types of head and tail between which a label was seen.
    """

    types: List[str]
    labels: List[str]
    signatures: Signatures


def files_of(format_name: str, docs: Sequence[Doc], names: Names, report: Report) -> Dict[str, str]:
    """Make the files of documents, and the settings that a tool needs to show them.

    format_name (str): One of FORMATS.
    docs (Sequence[Doc]): The documents, with proposed relations.
    names (Names): What annotators may choose from, found in the documents or not.
    report (Report): Takes losses and repairs.
    RETURNS (Dict[str, str]): Contents by file name.
    """
    converter, write = get_converter(format_name), get_writer(format_name)
    files = write_files(write, docs, report, converter.join, NAME, converter.scores)
    interface = f"{NAME}.xml"
    if converter.join and interface in files:
        # The labels that the model knows, also where these documents have none of them.
        record = Record("", "-")
        record.mentions = [Mention(kind, 0, 1, kind) for kind in names.types]
        record.relations = [
            Link(kind, kind, label) for kind in names.types for label in names.labels
        ]
        files[interface] = converter.join(".xml", [write(record, Report())[".xml"]])
    if format_name == "brat":
        files["annotation.conf"] = _brat_settings(names)
    return files


def without_space(name: str) -> str:
    """name (str): A type or label.
    RETURNS (str): As brat's files have it.
    """
    return re.sub(r"\s", "_", name)


def _brat_settings(names: Names) -> str:
    """brat's configuration of types and labels (https://brat.nlplab.org/configuration.html)."""

    def plain(values: Sequence[str]) -> List[str]:
        return sorted({without_space(value) for value in values})

    lines = ["[entities]", *plain(names.types), "", "[relations]"]
    for label in names.labels:
        seen = [(head, tail) for head, own, tail in names.signatures if own == label]
        heads, tails = zip(*seen) if seen else (names.types, names.types)
        ends = f"Arg1:{'|'.join(plain(heads))}, Arg2:{'|'.join(plain(tails))}"
        lines.append(f"{plain([label])[0]}\t{ends}")
    return "\n".join([*lines, "", "[events]", "", "[attributes]", ""])
