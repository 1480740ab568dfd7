"""Reading and writing of corpora as Docs, in .spacy files and all registered formats."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from ..errors import Errors
from ..files import replacing
from ..reading.documents import ANNOTATED, SPACY, stream_docs
from ..tokens import all_mentions, relation_edges
from ..tokens.tokenizer import blank_pipeline
from ..types import LabelNames
from .converters import (
    Converter,
    ReadOptions,
    Report,
    Selection,
    converters,
    document_names,
    find_files,
    get_converter,
    guess_formats,
    read_docs,
    render_files,
    select,
)
from .converters.attributes import (
    file_attribute,
    mark_annotated,
    shows_assertion,
    unmatched_attributes,
)
from .converters.label_studio import LABEL_STUDIO, LABEL_STUDIO_PREDICTIONS, extend_interface

NO_MENTION = "no mention in any document"
NO_MENTION_HINT = "Is the format right, and are the annotation files there?"

Format = Union[str, Converter]


def read_corpus(
    path: Union[str, Path],
    format: Optional[Format] = None,
    *,
    lang: str = "zh",
    nlp: Optional[Language] = None,
    selection: Selection = Selection(),  # noqa: B008 - it is immutable
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    report: Optional[Report] = None,
    progress: bool = False,
) -> List[Doc]:
    """Read a corpus as Docs, with entities, relations and document ids.

    Errors in the corpus are not raised. The report counts them and gives their places. If a mention
    has an assertion attribute, all documents count as annotated with attributes.

    path (Union[str, Path]): A file, or a folder to search with its subfolders.
    format (Optional[Format]): Name of a registered format, or a Converter. None reads .spacy
        files and the output of `apply`.
    lang (str): Language whose tokenizer is used.
    nlp (Optional[Language]): Pipeline whose tokenizer and vocabulary are used, instead of `lang`.
    selection (Selection): Documents, entity types and relation labels to keep, and new names of
        types.
    options (ReadOptions): How the files are read.
    report (Optional[Report]): Receives counts, losses and repairs.
    progress (bool): Whether to show a progress bar if stderr is a terminal.
    RETURNS (List[Doc]): The documents; at least one.
    RAISES (ValueError): If the format is unknown or missing, a file is missing or unreadable, or
        no document could be read.

    EXAMPLE:
        docs = spacy_clinrel.read_corpus("corpus/train", "brat")
        docs = spacy_clinrel.read_corpus("corpus/train.spacy")
    """
    nlp = blank_pipeline(lang) if nlp is None else nlp
    report = Report() if report is None else report
    path = Path(path)
    if format is not None:
        counted = Counter(report.attributes)
        docs = list(
            stream_corpus(path, format, nlp, selection, report, options=options, progress=progress)
        )
        if shows_assertion(report.attributes - counted):
            for doc in docs:
                mark_annotated(doc)
        return docs
    if selection.is_active:
        raise ValueError(Errors.F024)
    if path.is_file() and path.suffix.lower() not in ANNOTATED:
        raise ValueError(Errors.F034.format(path=path, known=_names()))
    try:
        return list(stream_docs([path], nlp))
    except ValueError as error:
        names = guess_formats(path, options) if path.is_dir() else []
        if not names:
            raise
        hint = f"Its files can be read as {', '.join(names)}: set --format (in Python, format)."
        raise ValueError(f"{error} {hint}") from error


def stream_corpus(
    path: Path,
    format: Format,
    nlp: Language,
    selection: Selection,
    report: Report,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    progress: bool = False,
    known: Optional[LabelNames] = None,
) -> Iterator[Doc]:
    """Read a corpus in a registered format, one document at a time.

    path (Path): A file, or a folder to search with its subfolders.
    format (Format): Name of a registered format, or a Converter.
    nlp (Language): Pipeline whose tokenizer is used.
    selection (Selection): Documents, entity types and relation labels to keep, and new names of
        types.
    report (Report): Receives counts, losses and repairs.
    options (ReadOptions): How the files are read.
    progress (bool): Whether to show a progress bar if stderr is a terminal.
    known (Optional[LabelNames]): Types, labels and attributes of a pipeline. Others are reported as
        doubtful. None checks no names.
    YIELDS (Doc): The documents; at least one.
    RAISES (ValueError): If the format is unknown, a file is missing, or no document could be read.
    """
    converter, change = _converter(format), select(selection)
    try:
        files = find_files(path, converter, report)
    except ValueError as error:
        raise ValueError(f"{error}{_other_formats(path, converter, options)}") from error
    names = document_names(converter, files, path)
    # disable=None shows the bar only on a terminal.
    disable = None if progress and len(files) > 1 else True
    bar = tqdm(files, unit="file", leave=False, disable=disable)
    has_docs = False
    docs = read_docs(nlp, converter, bar, report, options, names=names, change=change, known=known)
    for doc in docs:
        has_docs = True
        yield doc
    if not has_docs:
        raise ValueError(
            _no_document(path, selection, report) + _other_formats(path, converter, options)
        )
    if not report.entities and not selection.keep_types:
        hint = _other_formats(path, converter, options) or NO_MENTION_HINT
        report.warn(NO_MENTION, path, None, hint.strip())
    report.messages.extend(selection.unmatched(report))
    report.messages.extend(unmatched_attributes(options.attributes, report))


def _no_document(path: Path, selection: Selection, report: Report) -> str:
    """Return the message for a corpus of which no document was read."""
    if report.messages:
        first = report.messages[0].rstrip(".")
        others = len(report.messages) - 1
        reason = f"{first}. Number of other problems: {others}" if others else first
    elif report.left_out:
        counts = ", ".join(f"{reason}: {n}" for reason, n in report.left_out.most_common())
        reason = f"Left out: {counts}"
    elif selection.filters_groups:
        return Errors.F022.format(path=path)
    else:
        reason = "The files are empty"
    end = "" if reason.endswith((".", "?")) else "."
    return Errors.F008.format(path=path, reason=f"{reason}{end}")


def _other_formats(path: Path, converter: Converter, options: ReadOptions) -> str:
    """Return a sentence about the formats that the corpus may have; empty if there is none."""
    names = guess_formats(path, options, without=converter)
    return f" The corpus can be read as {', '.join(names)}." if names else ""


def write_corpus(
    docs: Iterable[Doc],
    path: Union[str, Path],
    format: Optional[Format] = None,
    *,
    name: str = "corpus",
    strict: bool = False,
    force: bool = False,
    report: Optional[Report] = None,
    attributes: Mapping[str, str] = MappingProxyType({}),
    labels: Optional[LabelNames] = None,
) -> Report:
    """Write Docs to a .spacy file or to a folder in a registered format.

    Files get their final names only when all of them are complete. If writing fails, no file is
    written or replaced.

    docs (Iterable[Doc]): The documents.
    path (Union[str, Path]): The .spacy file or, with a format, the folder.
    format (Optional[Format]): Name of a registered format, or a Converter. None writes a .spacy
        file.
    name (str): File name, without suffix, for formats with one file for all documents.
    strict (bool): Whether to raise an error instead of writing if the format cannot store all
        annotation.
    force (bool): Whether to replace existing files in the folder. A .spacy file is always
        replaced.
    report (Optional[Report]): Receives counts, losses and repairs. None creates a new one.
    attributes (Mapping[str, str]): For a format, assertion attributes by their name in the files,
        e.g. {"Negation": "negated"}. Others are written with a capital letter.
    labels (Optional[LabelNames]): For Label Studio, labels that the labelling interface has in
        addition to those of the documents, e.g. those of a pipeline:
        `active_learning.review.pipeline_labels(nlp)`.
    RETURNS (Report): The report.
    RAISES (ValueError): If the format is unknown, missing or cannot be written, a file exists
        already, or `strict` is set and annotation would be lost.

    EXAMPLE:
        report = spacy_clinrel.write_corpus(docs, "for_annotators", "brat")
        spacy_clinrel.write_corpus(docs, "corpus/train.spacy")
    """
    report = Report() if report is None else report
    path = Path(path)
    if format is None:
        _write_docbin(docs, path, report)
        return report
    contents = render_files(_converter(format), docs, report, name, attributes=attributes)
    if labels is not None:
        contents = _add_labels(contents, labels, format, attributes)
    if strict:
        report.check_losses()
    _write_contents(contents, path, force)
    return report


def _add_labels(
    contents: Dict[str, str], labels: LabelNames, format: Format, names: Mapping[str, str]
) -> Dict[str, str]:
    """Add labels to the labelling interface of Label Studio."""
    if _converter(format) not in (LABEL_STUDIO, LABEL_STUDIO_PREDICTIONS):
        raise ValueError(Errors.F198)
    attributes = [file_attribute(name, names) for name in labels.attributes]
    return {
        name: extend_interface(content, labels.types, labels.labels, attributes)
        if name.endswith(".xml")
        else content
        for name, content in contents.items()
    }


def _converter(format: Format) -> Converter:
    return format if isinstance(format, Converter) else get_converter(format)


def _names() -> str:
    return ", ".join(sorted(converters.get_all()))


def _write_docbin(docs: Iterable[Doc], path: Path, report: Report) -> None:
    if path.is_dir():
        raise ValueError(Errors.F010.format(path=path))
    if path.suffix != SPACY:
        raise ValueError(Errors.F034.format(path=path, known=_names()))
    docbin = DocBin(store_user_data=True)
    for doc in docs:
        docbin.add(doc)
        mentions = len(all_mentions(doc))
        report.count_doc(mentions, mentions - len(doc.ents), len(relation_edges(doc)))
    with replacing(path) as draft:
        docbin.to_disk(draft)


def _write_contents(contents: Dict[str, str], folder: Path, force: bool) -> None:
    existing = [name for name in contents if (folder / name).exists()]
    if existing and not force:
        raise ValueError(Errors.F025.format(out=folder, n=len(existing), name=existing[0]))
    with ExitStack() as drafts:
        for name, content in contents.items():
            draft = drafts.enter_context(replacing(folder / name))
            draft.write_bytes(content.encode("utf-8"))
