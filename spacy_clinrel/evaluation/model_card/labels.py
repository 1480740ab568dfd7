"""The labels of a pipeline and what they mean."""

from typing import Dict, List, NamedTuple, Tuple

from spacy.language import Language

from ...types import ASSERTIONS
from ...viewer.names import Names
from ...viewer.translations import TRANSLATIONS
from .markdown import code, escape, table

LANGUAGES = {"en": "Meaning", "zh": "中文"}


class PipelineLabels(NamedTuple):
    """What a pipeline predicts.

    types (Tuple[str, ...]): Entity types.
    relations (Tuple[str, ...]): Relation labels.
    attributes (Tuple[str, ...]): Assertion attributes.
    """

    types: Tuple[str, ...]
    relations: Tuple[str, ...]
    attributes: Tuple[str, ...]


def pipeline_labels(nlp: Language) -> PipelineLabels:
    """Collect the labels of a pipeline's components.

    nlp (Language): The pipeline.
    RETURNS (PipelineLabels): The labels, without duplicates, in the order of the components.
    """
    types: Dict[str, None] = {}
    relations: Dict[str, None] = {}
    attributes: Dict[str, None] = {}
    for name, pipe in nlp.pipeline:
        assigned = nlp.get_pipe_meta(name).assigns
        labels = getattr(pipe, "labels", ())
        if "doc.ents" in assigned:
            # The labels of a joint component are those of relations.
            types.update(dict.fromkeys(getattr(getattr(pipe, "space", None), "types", labels)))
        if "doc._.relations" in assigned:
            relations.update(dict.fromkeys(labels))
        if "span._.assertion" in assigned:
            attributes.update(dict.fromkeys(labels or ASSERTIONS))
    return PipelineLabels(tuple(types), tuple(relations), tuple(attributes))


def label_tables(labels: PipelineLabels, lang: str) -> Dict[str, str]:
    """Explain labels with the names that the viewer shows.

    labels (PipelineLabels): The labels.
    lang (str): Language of the pipeline. Labels of Chinese pipelines are also explained in Chinese.
    RETURNS (Dict[str, str]): Markdown tables by heading.
    """
    langs = ["en", "zh"] if lang == "zh" else ["en"]
    names = {lang: Names(lang, types=labels.types) for lang in langs}
    types = {label: [names[lang].get_type(label) for lang in langs] for label in labels.types}
    relations = {
        label: [names[lang].get_relation(label) for lang in langs] for label in labels.relations
    }
    attributes = {
        label: [_describe_attribute(label, lang) for lang in langs] for label in labels.attributes
    }
    header = [LANGUAGES[lang] for lang in langs]
    parts = {
        "Entity types": ("Type", types),
        "Relations, from head to tail": ("Label", relations),
        "Assertion attributes": ("Attribute", attributes),
    }
    return {title: _format(first, rows, header) for title, (first, rows) in parts.items() if rows}


def _describe_attribute(label: str, lang: str) -> str:
    """Return the description of an assertion attribute, or the attribute if it has none."""
    return TRANSLATIONS[lang].get(f"about_{label}", label)


def _format(first: str, rows: Dict[str, List[str]], header: List[str]) -> str:
    """Format a table of labels and their meanings."""
    cells = [[code(label), *map(escape, meanings)] for label, meanings in rows.items()]
    return table(cells, [first, *header], n_text=len(header) + 1)
