"""The files that annotators correct, in the formats of their tools."""

import re
from typing import Any, Dict, List, Sequence, Set

from spacy.language import Language
from spacy.tokens import Doc

from ...data.converters import Report, get_converter, render_files
from ...data.converters.attributes import file_attribute
from ...data.converters.doccano import RELATION_TYPES, SPAN_TYPES, label_types
from ...data.converters.label_studio import render_interface
from ...data.converters.report import DETAILS_LOST
from ...tokens import get_attributes, has_assertion
from ...types import ASSERTIONS, LabelNames

# Formats to export → formats in which the tools save corrected documents.
FORMATS = {
    "brat": "brat",
    "label-studio-predictions": "label-studio",
    "doccano": "doccano",
    "prodigy": "prodigy",
}
# Formats in which annotators see attributes.
SHOWS_ATTRIBUTES = ("brat", "label-studio")
FILE_STEM = "review"


def pipeline_labels(nlp: Language) -> LabelNames:
    """Return the labels of all components of a pipeline.

    nlp (Language): The pipeline.
    RETURNS (LabelNames): The types, labels and assertion attributes, without signatures.
    """
    types: Set[str] = set()
    labels: Set[str] = set()
    attributes: Sequence[str] = ()
    for name in nlp.pipe_names:
        assigns = nlp.get_pipe_meta(name).assigns
        component: Any = nlp.get_pipe(name)
        space = getattr(component, "space", None)
        if "doc._.relations" in assigns:
            labels.update(component.labels if space is None else space.labels)
            types.update(() if space is None else space.types)
        elif "doc.ents" in assigns:
            types.update(getattr(component, "labels", ()))
        elif "span._.assertion" in assigns:
            attributes = ASSERTIONS
    return LabelNames(sorted(types), sorted(labels), [], attributes)


def review_files(
    format_name: str, docs: Sequence[Doc], names: LabelNames, report: Report, model: str = ""
) -> Dict[str, str]:
    """Return the files of documents in a format, with the settings that the tool needs.

    format_name (str): The format, one of FORMATS.
    docs (Sequence[Doc]): The documents, with proposed relations.
    names (LabelNames): Types and labels that annotators can choose from.
    report (Report): Counts annotations that the format cannot represent.
    model (str): Name and version of the pipeline that proposed the relations.
    RETURNS (Dict[str, str]): Contents by file name.
    """
    files = render_files(get_converter(format_name), docs, report, FILE_STEM, model)
    for reason in DETAILS_LOST:  # `read_review` restores them
        report.lost.pop(reason, None)
    interface = f"{FILE_STEM}.xml"
    attributes = _attribute_names(docs, names.attributes)
    if interface in files:
        files[interface] = render_interface(names.types, names.labels, attributes)
    for suffix, values in ((SPAN_TYPES, names.types), (RELATION_TYPES, names.labels)):
        if FILE_STEM + suffix in files:
            files[FILE_STEM + suffix] = label_types(values)
    if format_name == "brat":
        files["annotation.conf"] = _brat_settings(names, attributes)
    return files


def _attribute_names(docs: Sequence[Doc], predicted: Sequence[str]) -> List[str]:
    """Return the attributes that annotators can choose from, as files name them: those that occur
    or are predicted, and all assertion attributes if a document is annotated with them."""
    found = {attribute.name for doc in docs for attribute in get_attributes(doc)}
    found.update(predicted)
    if any(map(has_assertion, docs)):
        found.update(ASSERTIONS)
    return sorted(file_attribute(name, {}) for name in found)


def brat_name(name: str) -> str:
    """Return a type or label as brat writes it, without white space.

    name (str): The type or label.
    RETURNS (str): The name with underscores.
    """
    return re.sub(r"\s", "_", name)


def _brat_settings(names: LabelNames, attributes: Sequence[str]) -> str:
    """Return brat's configuration of types, labels and attributes
    (https://brat.nlplab.org/configuration.html)."""

    def brat_names(values: Sequence[str]) -> List[str]:
        return sorted({brat_name(value) for value in values})

    lines = ["[entities]", *brat_names(names.types), "", "[relations]"]
    for label in names.labels:
        ends = [(head, tail) for head, seen_label, tail in names.signatures if seen_label == label]
        heads, tails = zip(*ends) if ends else (names.types, names.types)
        arguments = f"Arg1:{'|'.join(brat_names(heads))}, Arg2:{'|'.join(brat_names(tails))}"
        lines.append(f"{brat_name(label)}\t{arguments}")
    lines += ["", "[events]", "", "[attributes]"]
    values: Dict[str, List[str]] = {}
    for attribute in brat_names(attributes):
        name, _, value = attribute.partition("=")
        values.setdefault(name, []).extend([value] if value else [])
    for name, found in values.items():
        lines.append(f"{name}\tArg:<ENTITY>" + (f", Value:{'|'.join(found)}" if found else ""))
    return "\n".join([*lines, ""])
