"""Conversion of corpora to .spacy files and back."""

from pathlib import Path
from typing import Iterable, Iterator, Optional, Union

from spacy.tokens import Doc, DocBin

from ..errors import Errors
from ..files import check_output, replacing
from ..reading.documents import is_annotated
from ..tokens import guess_language
from ..tokens.tokenizer import blank_pipeline
from ..types import LabelNames
from .converters import ReadOptions, Report, Selection, get_converter, get_writer
from .converters.attributes import mark_annotated, shows_assertion
from .corpus import read_corpus, stream_corpus, write_corpus

# Messages by the language of the tokenizer, if the texts are in the other one.
WRONG_TOKENIZER = {
    "zh": "The texts are mostly Latin letters, but the tokenizer is that for Chinese (--lang zh), "
    "which makes a token of each letter. For English, convert again with --lang en.",
    "en": "The texts are mostly Chinese, but the tokenizer is that for English (--lang en). "
    "Convert again with --lang zh.",
}


def convert(
    format_name: str,
    src: Union[str, Path],
    out: Union[str, Path],
    *,
    lang: str = "zh",
    strict: bool = False,
    selection: Selection = Selection(),  # noqa: B008 - it is immutable
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    force: bool = False,
    report: Optional[Report] = None,
    labels: Optional[LabelNames] = None,
    progress: bool = False,
) -> Report:
    """Convert a corpus to a .spacy file or, if `src` is a .spacy file or the output of `apply`, to
    the given format.

    format_name (str): Name of the corpus format.
    src (Union[str, Path]): The file or folder to read.
    out (Union[str, Path]): The .spacy file to write or, if `src` is a .spacy file or the output of
        `apply`, the folder to write.
    lang (str): Language whose tokenizer is used.
    strict (bool): Whether to raise an error instead of writing if annotation would be lost or is
        doubtful.
    selection (Selection): Documents, entity types and relation labels to keep, and new names of
        types.
    options (ReadOptions): How the files are read: encoding, offsets, document ids, copies, names of
        attributes. For a .spacy file, only the names of attributes.
    force (bool): Whether to replace existing files in the folder `out`.
    report (Optional[Report]): Report to fill in, also if the conversion fails. None creates a new
        one.
    labels (Optional[LabelNames]): Types, labels and attributes of a pipeline. If a .spacy file is
        written, others are reported as doubtful. If Label Studio's files are written, the labelling
        interface has these in addition to those of the documents, see `write_corpus`.
    progress (bool): Whether to show a progress bar if stderr is a terminal.
    RETURNS (Report): What was kept, lost and repaired.
    RAISES (ValueError): If the format is unknown or cannot be written, no document could be read,
        or annotation would be lost and `strict` is set. Nothing is written in these cases.

    EXAMPLE:
        report = spacy_clinrel.convert("brat", "corpus/train", "train.spacy")
        print(report.documents, report.relations, dict(report.lost))
    """
    report = Report() if report is None else report
    src, out = Path(src), Path(out)
    if is_annotated(src):
        if selection.is_active or options != ReadOptions(attributes=options.attributes):
            raise ValueError(Errors.F024)
        get_writer(get_converter(format_name))  # raise before reading anything
        docs = read_corpus(src, lang=lang)
        return write_corpus(
            docs,
            out,
            format_name,
            name=src.name if src.is_dir() else src.stem,
            strict=strict,
            force=force,
            report=report,
            attributes=options.attributes,
            labels=labels,
        )
    if out.is_dir():
        raise ValueError(Errors.F010.format(path=out))
    check_output(out, src, selection.only_groups_of, selection.without_groups_of)
    nlp = blank_pipeline(lang)
    stream = stream_corpus(
        src,
        format_name,
        nlp,
        selection,
        report,
        options=options,
        progress=progress,
        known=labels,
    )
    docbin = DocBin(store_user_data=True, docs=stream)
    if shows_assertion(report.attributes):
        marked = _marked(docbin.get_docs(nlp.vocab), report)
        docbin = DocBin(store_user_data=True, docs=marked)
    if strict:
        report.check_losses()
    texts = (doc.text for doc in docbin.get_docs(nlp.vocab))
    if {lang, guess_language(texts)} == {"zh", "en"}:
        report.messages.insert(0, WRONG_TOKENIZER[lang])
    with replacing(out) as draft:
        docbin.to_disk(draft)
    return report


def _marked(docs: Iterable[Doc], report: Report) -> Iterator[Doc]:
    """Mark all documents as annotated with attributes.

    Only when the whole corpus is read, it is known whether documents without attributes are.
    """
    for doc in docs:
        if mark_annotated(doc):
            report.without_attributes += 1
        yield doc
