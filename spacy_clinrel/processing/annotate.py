"""From a batch of texts to a batch of mentions and relations, on whatever machine."""

import math
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Optional, Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import import_file

from ..errors import Errors, require
from ..tokens import all_mentions, get_relations, set_doc_id
from ..tokens.relation import span_key
from .schema import Options, output_schema, printable, read_ids, read_texts

Row = Dict[str, Any]

# An exception's message can hold a whole text.
LONGEST_ERROR = 1000


def annotate(batch: Any, options: Options) -> Any:
    """Annotate documents: the one function that all ways of running a pipeline share.

    The pipeline is loaded once in each process. No document's fault is raised: it has its error in
    its row. Mentions and relations do not depend on the batch that a document is in.

    batch (pyarrow.RecordBatch): Ids (of any type) and texts (strings, or bytes in UTF-8), in the
        columns that the options name. Other columns are left out.
    options (Options): The pipeline, and how to run it.
    RETURNS (pyarrow.RecordBatch): A row for each document, in the same order, in the schema of
        `output_schema`.
    RAISES (ValueError): If a column is missing or holds no texts.
    RAISES (OSError): If there is no such pipeline.
    """
    pa = require("pyarrow", "apply")
    ids = read_ids(batch, options.id_column)
    values = read_texts(batch, options.text_column)
    nlp = load_pipeline(options.model, options.gpu_id, options.code)
    nlp.max_length = options.max_length
    rows: List[Row] = [{"id": doc_id, "error": None} for doc_id in ids]
    texts: Dict[int, str] = {}
    for i, value in enumerate(values):
        try:
            texts[i] = decode(value, options.max_length)
        except ValueError as error:
            rows[i]["error"] = str(error)
    places = list(texts)
    # Whatever the vocabulary learns of these texts is forgotten, or memory would grow with them.
    with nlp.memory_zone():
        for chosen in padded_batches([len(texts[i]) for i in places], options.batch_size):
            some = [rows[places[k]] for k in chosen]
            _fill(nlp, some, [texts[places[k]] for k in chosen], options)
    return pa.RecordBatch.from_pylist(rows, schema=output_schema(options))


@lru_cache(maxsize=1)
def load_pipeline(name: str, gpu_id: int, code: Optional[str]) -> Language:
    """Load a pipeline, once in a process.

    name (str): Its name or folder.
    gpu_id (int): The GPU, or -1 for the CPU.
    code (Optional[str]): A Python file with functions that it needs.
    RETURNS (Language): The pipeline.
    RAISES (OSError): If it is neither installed nor a folder.
    """
    if code is not None:
        import_file("python_code", code)
    if gpu_id >= 0:
        spacy.require_gpu(gpu_id)
    return spacy.load(name)


def decode(value: Optional[bytes], max_length: int) -> str:
    """A text from its bytes.

    value (Optional[bytes]): The bytes.
    max_length (int): The most characters.
    RETURNS (str): The text.
    RAISES (ValueError): If there are no bytes, they are not UTF-8, or too many.
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


def padded_batches(lengths: Sequence[int], size: int) -> Iterator[List[int]]:
    """Put documents of like lengths together.

    lengths (Sequence[int]): The documents' lengths.
    size (int): The most of a batch: the number of its documents times the longest one's length. A
        longer document is a batch of its own.
    YIELDS (List[int]): Indices of documents, shorter ones first; each once.
    """
    batch: List[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        # An empty document is no heavier than one of a character, nor lighter.
        if batch and (len(batch) + 1) * max(lengths[i], 1) > size:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _fill(nlp: Language, rows: List[Row], texts: List[str], options: Options) -> None:
    """Put what is found into the rows. What raises is halved until the documents at fault stand
    alone, so that few of them cost few passes."""
    problem = _try(nlp, rows, texts, options)
    if problem and len(texts) == 1:
        rows[0]["error"] = printable(problem[:LONGEST_ERROR])
    elif problem:
        half = len(texts) // 2
        _fill(nlp, rows[:half], texts[:half], options)
        _fill(nlp, rows[half:], texts[half:], options)


def _try(nlp: Language, rows: List[Row], texts: List[str], options: Options) -> str:
    """The same for a whole batch. What was raised is told, and let go of with all that it holds."""
    try:
        docs = list(nlp.pipe(texts, batch_size=len(texts)))
        if len(docs) != len(texts):
            raise ValueError(Errors.P005.format(given=len(texts), found=len(docs)))
        found = [_found(doc, row["id"], options) for doc, row in zip(docs, rows)]
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # whatever a pipeline raises: a panic in Rust is no Exception
        return f"{type(error).__name__}: {error}"
    for row, new in zip(rows, found):
        row.update(new)
    return ""


def _found(doc: Doc, doc_id: Optional[str], options: Options) -> Row:
    """What was found in a document, by the columns' names."""
    spans = all_mentions(doc)
    places = {span_key(span): i for i, span in enumerate(spans)}
    row: Row = {
        "mentions": [
            {"start_char": s.start_char, "end_char": s.end_char, "text": s.text, "type": s.label_}
            for s in spans
        ],
        "relations": [
            {
                "head": places[span_key(head)],
                "tail": places[span_key(tail)],
                "label": label,
                "score": score if math.isfinite(score) else None,
            }
            for head, tail, label, score in get_relations(doc)
        ],
    }
    if options.text:
        row["text"] = doc.text
    if options.docs:
        if doc_id is not None:
            set_doc_id(doc, doc_id)
        row["doc"] = DocBin(docs=[doc]).to_bytes()
    return row
