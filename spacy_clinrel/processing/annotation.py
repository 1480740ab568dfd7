"""Annotation of the texts in an Arrow record batch with mentions and relations."""

from functools import lru_cache
from typing import Any, List, Optional

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import import_file

from ..errors import Errors, require
from ..files import printable
from ..layers.ragged import length_batches
from ..pipeline import loading
from ..reading.columns import read_ids, read_texts
from ..tokens import all_mentions, set_doc_id
from .attributes import read_attributes, set_user_data
from .rows import Row, annotation_row
from .schema import (
    ATTRIBUTES,
    AnnotationOptions,
    output_schema,
)

# Maximum length of an error message in characters. Messages of exceptions can contain long texts.
MAX_ERROR = 1000


def annotate(batch: Any, options: AnnotationOptions) -> Any:
    """Annotate a batch of documents. Each process loads the pipeline only once.

    If a document can't be processed, its row contains the error, and no exception is raised. The
    mentions and relations of a document do not depend on the other documents of the batch.

    batch (pyarrow.RecordBatch): Ids (of any type) and texts (strings, or bytes in UTF-8), in the
        columns that are named in the options. Other columns are dropped.
    options (AnnotationOptions): The pipeline and its settings.
    RETURNS (pyarrow.RecordBatch): One row per document, in input order, with the schema of
        `output_schema`.
    RAISES (ValueError): If a column is missing, or the text column does not contain texts.
    RAISES (OSError): If the pipeline does not exist.
    """
    pa = require("pyarrow", "apply")
    ids = read_ids(batch, options.id_column)
    values = read_texts(batch, options.text_column)
    nlp = load_pipeline(options.model, options.gpu_id, options.code)
    nlp.max_length = options.max_length
    rows: List[Row] = [{"id": doc_id, "error": None} for doc_id in ids]
    valid_rows: List[Row] = []
    texts: List[str] = []
    for row, value in zip(rows, values):
        try:
            texts.append(decode(value, options.max_length))
            valid_rows.append(row)
        except ValueError as error:
            row["error"] = str(error)
    # Without the memory zone, the StringStore would grow with every text.
    with nlp.memory_zone():
        for indices in length_batches([len(text) for text in texts], options.batch_size):
            chosen = indices.tolist()
            _annotate_rows(
                nlp, [valid_rows[i] for i in chosen], [texts[i] for i in chosen], options
            )
    return pa.RecordBatch.from_pylist(rows, schema=output_schema(options))


@lru_cache(maxsize=1)
def load_pipeline(name: str, gpu_id: int, code: Optional[str]) -> Language:
    """Load a pipeline, or return it from the cache of the process.

    name (str): Package name or folder.
    gpu_id (int): The GPU, or -1 for the CPU.
    code (Optional[str]): Python file with functions that the pipeline needs.
    RETURNS (Language): The pipeline.
    RAISES (OSError): If there is no such package or folder.
    """
    if code is not None:
        import_file("python_code", code)
    if gpu_id >= 0:
        spacy.require_gpu(gpu_id)
    return loading.load_pipeline(name)


def decode(value: Optional[bytes], max_length: int) -> str:
    """Decode the bytes of a text.

    value (Optional[bytes]): The text in UTF-8; None if the document has no text.
    max_length (int): Maximum number of characters.
    RETURNS (str): The text.
    RAISES (ValueError): If the text is missing, is not UTF-8 or is too long.
    """
    if value is None:
        raise ValueError(Errors.P003)
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(Errors.P002.format(byte=error.start)) from error
    if len(text) > max_length:
        raise ValueError(Errors.P004.format(n=len(text), most=max_length))
    return text


def _annotate_rows(
    nlp: Language, rows: List[Row], texts: List[str], options: AnnotationOptions
) -> None:
    """Add annotation to the rows. If the batch fails, split it in half and annotate each half,
    until only single documents fail: k failures among n documents take about 2k log2(n) passes."""
    problem = _try_rows(nlp, rows, texts, options)
    if problem and len(texts) == 1:
        rows[0]["error"] = printable(problem[:MAX_ERROR])
    elif problem:
        half = len(texts) // 2
        _annotate_rows(nlp, rows[:half], texts[:half], options)
        _annotate_rows(nlp, rows[half:], texts[half:], options)


def _try_rows(nlp: Language, rows: List[Row], texts: List[str], options: AnnotationOptions) -> str:
    """Add annotation to the rows of one batch. Return the error message, empty if there was no
    error. The exception is not returned, because its traceback would keep the tensors of the failed
    pass."""
    try:
        docs = list(nlp.pipe(texts, batch_size=len(texts)))
        if len(docs) != len(texts):
            raise ValueError(Errors.P005.format(given=len(texts), found=len(docs)))
        annotations = [_annotation(doc, row["id"], options) for doc, row in zip(docs, rows)]
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in a Rust tokenizer is not an Exception
        return f"{type(error).__name__}: {error}"
    for row, annotation in zip(rows, annotations):
        row.update(annotation)
    return ""


def _annotation(doc: Doc, doc_id: Optional[str], options: AnnotationOptions) -> Row:
    """Return the values of the annotation columns for a document, by column name."""
    spans = all_mentions(doc)
    row = annotation_row(doc, spans)
    if options.attributes:
        for mention, span in zip(row["mentions"], spans):
            mention[ATTRIBUTES] = read_attributes(span, options.attributes)
    if options.include_text:
        row["text"] = doc.text
    if options.include_doc:
        if doc_id is not None:
            set_doc_id(doc, doc_id)
        if options.attributes:
            set_user_data(doc, spans, options.attributes)
        row["doc"] = DocBin(docs=[doc], store_user_data=bool(options.attributes)).to_bytes()
    return row
