"""Settings of the annotation, and the Arrow schema of the output."""

from typing import Any, NamedTuple, Optional, Tuple

from ..errors import require
from ..exporters.columns import detail_fields, flag_fields
from ..reading.columns import ID, TEXT

# Version of the schema of the output, in the metadata of Parquet files and in the manifest. Version
# 1 has no assertion attributes, sections, values, dosages and codes. Version 2 has the section of a
# mention, but not where the sections begin and end.
SCHEMA_VERSION = 3
VERSION_KEY = b"spacy_clinrel.schema_version"

# Field of a mention with the values of its custom attributes.
ATTRIBUTES = "attributes"
BOOL, NUMBER, STRING = "bool", "number", "string"


class Attribute(NamedTuple):
    """A custom attribute of mentions.

    name (str): The name of the extension of spaCy's `Span`.
    type (str): "bool", "number" or "string".
    """

    name: str
    type: str = STRING


class AnnotationOptions(NamedTuple):
    """The pipeline that annotates documents, and its settings. All fields are plain values, so that
    they can be sent to workers.

    model (str): Package name or folder of the pipeline, on every machine that annotates.
    batch_size (int): Maximum number of padded characters in a model call: number of documents times
        length of the longest document.
    max_length (int): Maximum number of characters of a document. Longer documents get an error,
        because time and memory grow with the length.
    include_text (bool): Whether to add the texts to the output.
    include_doc (bool): Whether to add each document as a serialised spaCy DocBin.
    gpu_id (int): The GPU, or -1 for the CPU.
    code (Optional[str]): Python file with functions that the pipeline needs.
    id_column (str): Input column of the document ids. If it is "id" and missing in a file, file
        name and line are used as ids.
    text_column (str): Input column of the texts.
    attributes (Tuple[Attribute, ...]): Custom attributes of mentions to add to the output.
    encoding (Optional[str]): Encoding of .txt, .jsonl and .csv files. None detects the encoding of
        each file, as described in `spacy_clinrel.files.encoding`.
    """

    model: str
    batch_size: int = 20_000
    max_length: int = 100_000
    include_text: bool = False
    include_doc: bool = False
    gpu_id: int = -1
    code: Optional[str] = None
    id_column: str = ID
    text_column: str = TEXT
    attributes: Tuple[Attribute, ...] = ()
    encoding: Optional[str] = None


def one_line(text: str) -> str:
    """Escape characters that would break a line or change the state of a terminal, for a message
    that quotes a file name or another exception.

    text (str): The text.
    RETURNS (str): The text with backslash escapes in place of characters that are not printable.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def output_schema(options: AnnotationOptions) -> Any:
    """Return the schema of annotated documents, with one row per document.

    id: the document id.
    text: the text, only with `include_text`.
    mentions: in text order. start and end (exclusive) in characters, text and type; what
        `mention_details` returns, with `value` and `dosage` as JSON text. If the options contain
        attributes, also their values.
    relations: head and tail as indices into mentions, label, score (null if not finite), and the
        assertion attributes of head or tail, e.g. `is_negated`.
    sections: null without sections. label, first character of the heading, first character after
        it, and the character after the section.
    doc: a serialised DocBin of the document, only with `include_doc`.
    error: null, or why the document could not be processed; then all other columns except id are
        null.

    The metadata contains the version of the schema. docs/reference/output.md describes all columns.

    options (AnnotationOptions): Which optional columns to include.
    RETURNS (pyarrow.Schema): The schema.
    """
    pa = require("pyarrow", "apply")
    mention = [("start_char", pa.int64()), ("end_char", pa.int64())]
    mention += [("text", pa.string()), ("type", pa.string()), *detail_fields(pa)]
    if options.attributes:
        types = {BOOL: pa.bool_(), NUMBER: pa.float64(), STRING: pa.string()}
        fields = [(attribute.name, types[attribute.type]) for attribute in options.attributes]
        mention.append((ATTRIBUTES, pa.struct(fields)))
    relation = [("head", pa.int64()), ("tail", pa.int64())]
    relation += [("label", pa.string()), ("score", pa.float64()), *flag_fields(pa)]
    section = [("label", pa.string())]
    section += [(name, pa.int64()) for name in ("start_char", "content_start", "end_char")]
    return pa.schema(
        [
            ("id", pa.string()),
            *([("text", pa.string())] if options.include_text else []),
            ("mentions", pa.list_(pa.struct(mention))),
            ("relations", pa.list_(pa.struct(relation))),
            ("sections", pa.list_(pa.struct(section))),
            *([("doc", pa.binary())] if options.include_doc else []),
            ("error", pa.string()),
        ],
        metadata={VERSION_KEY: str(SCHEMA_VERSION)},
    )
