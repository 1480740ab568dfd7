"""Read corrected documents back as gold annotation."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from ...data.converters import (
    ReadOptions,
    Record,
    Report,
    build_doc,
    file_names,
    find_files,
    get_converter,
    read_records,
)
from ...data.converters.attributes import mark_annotated
from ...data.converters.offsets import DOUBTFUL
from ...data.converters.report import DISCONTINUOUS
from ...errors import Errors
from ...files import check_output, read_docbin, write_docs, write_json
from ...tokens import bare_doc, get_attributes, get_doc_id, has_assertion, set_attributes
from ...types import LabelNames
from .changes import (
    ATTRIBUTES,
    KINDS,
    MENTIONS,
    RELATIONS,
    annotation_scores,
    attribute_key,
    summarise_changes,
)
from .details import copy_details
from .doubts import Doubts
from .export import PROPOSED, SETTINGS
from .formats import FORMATS, SHOWS_ATTRIBUTES, brat_name

CHANGES = "changes.json"
WHITE_SPACE = "white space at the ends of a text restored"
NOT_SHOWN = "attribute that annotators could not see, kept as proposed"


class ReviewResult(NamedTuple):
    """Corrected documents.

    docs (List[Doc]): Gold documents with the tokens and IDs of the exported documents, in the same
        order. Sections, and values, dosages and codes of mentions that are still there, are those
        of the exported documents.
    summary (Dict[str, Any]): The changes, see `summarise_changes`; "not_returned", the IDs of
        exported documents that are missing; "unknown_names", the number of each type, label and
        attribute that the pipeline does not have; and "unseen_type_pairs", the number ("count") and
        the "places" of relations whose label the pipeline has not seen between their types.
    problems (List[str]): Messages about documents that were left out.
    """

    docs: List[Doc]
    summary: Dict[str, Any]
    problems: List[str]


def read_review(
    folder: Union[str, Path],
    corrected: Union[str, Path],
    output: Union[str, Path, None] = None,
    *,
    format_name: Optional[str] = None,
    offsets: Optional[str] = None,
    default_label: Optional[str] = None,
    strict: bool = False,
    report_path: Union[str, Path, None] = None,
    force: bool = False,
    report: Optional[Report] = None,
) -> ReviewResult:
    """Read documents that annotators have corrected, compare them with the proposals, and
    optionally save them.

    folder (Union[str, Path]): The folder that `review` wrote.
    corrected (Union[str, Path]): The corrected files: a file, or a folder.
    output (Union[str, Path, None]): The .spacy file to write. None writes no file.
    format_name (Optional[str]): Format of the corrected files. Required if `review` wrote several
        formats.
    offsets (Optional[str]): How the offsets were counted, as in `ReadOptions`. None decides by the
        recorded texts of mentions, or takes the format's usual unit.
    default_label (Optional[str]): Label of relations that have none. None leaves their documents
        out.
    strict (bool): Whether to raise an error instead of writing if a name is not one of the
        pipeline's, a relation has types that its label does not have in the pipeline's training
        data, or a document was left out.
    report_path (Union[str, Path, None]): The JSON file for the summary and the problems. By
        default, it is changes.json in `folder`. Only written together with `output`.
    force (bool): Whether to replace an existing output.
    report (Optional[Report]): Counts what was read, lost and repaired.
    RETURNS (ReviewResult): The gold documents, a summary of the changes, and messages about
        documents that were left out.
    RAISES (ValueError): If an input cannot be read, no document is valid, an output exists or is
        also an input, or `strict` is set and there is something to check.

    EXAMPLE:
        result = read_review("round1", "export.json", "labelled/round1.spacy")
        print(len(result.docs), result.summary["relations"]["f"], result.problems)
    """
    folder, corrected = Path(folder), Path(corrected)
    output = None if output is None else Path(output)
    report_path = folder / CHANGES if report_path is None else Path(report_path)
    report = Report() if report is None else report
    if output is not None:
        _check_outputs(folder, corrected, output, report_path, force)
    # `_find_problem` reports duplicates.
    options = ReadOptions(copies="all", offsets=offsets, default_label=default_label)
    result, doubts = _read_corrected(folder, corrected, format_name, report, options)
    doubts.report(report)
    if strict:
        doubts.check(result.problems)
    if output is not None:
        write_docs(result.docs, output)
        content = {**result.summary, "problems": result.problems, "read": report.to_dict()}
        write_json(report_path, content)
    return result


def _check_outputs(
    folder: Path, corrected: Path, output: Path, report_path: Path, force: bool
) -> None:
    """Check that no output replaces an input, or an existing output without `force`."""
    inputs = list(folder.glob("*"))
    check_output(output, corrected, *inputs)
    check_output(report_path, corrected, output, *(p for p in inputs if p.name != CHANGES))
    if output.exists() and not force:
        raise ValueError(Errors.F025.format(out=output.parent, n=1, name=output.name))


def _read_corrected(
    folder: Path,
    corrected: Path,
    format_name: Optional[str],
    report: Report,
    options: ReadOptions,
) -> Tuple[ReviewResult, Doubts]:
    nlp = spacy.blank("xx")
    nlp.max_length = sys.maxsize
    settings = _read_settings(folder)
    proposed = read_docbin(folder / PROPOSED, nlp.vocab)
    exported = dict(zip(file_names(proposed), proposed))
    original_names = _original_names(settings, proposed)
    saved_format = FORMATS[_exported_format(settings, format_name)]
    converter = get_converter(saved_format)
    gold: Dict[str, Doc] = {}
    problems: List[str] = []
    doubts = Doubts(_known_names(settings, proposed))
    for path in find_files(corrected, converter):
        n_messages = len(report.messages)
        for source, record in read_records(converter, [path], report, options):
            # Messages that the reader added before this record count for it only if the record has
            # a file of its own.
            n_messages = n_messages if record.source else len(report.messages)
            name = record.doc_id
            if name in exported:
                record = _restore_white_space(record, exported[name].text, report)
            problem = _find_problem(record, source, exported, gold)
            if not problem:
                record = _restore_names(record, original_names)
                doc = _gold_doc(nlp, exported[name], record, source, report)
                problem = _find_losses(report.messages[n_messages:], source, name)
            if problem:
                problems.append(problem)
            else:
                gold[name] = doc
                doubts.add(replace(record, doc_id=get_doc_id(doc) or name), source)
    if not gold:
        hint = " ".join((problems or report.messages)[:1])
        raise ValueError(Errors.B026.format(path=corrected, n=len(exported), problems=hint))
    pairs = [(doc, gold[name]) for name, doc in exported.items() if name in gold]
    missing = [get_doc_id(doc) for name, doc in exported.items() if name not in gold]
    kinds: Sequence[str] = KINDS
    if saved_format not in SHOWS_ATTRIBUTES:
        kinds = (MENTIONS, RELATIONS)
        for pair in pairs:
            _restore_scores(*pair, report)
    summary = {
        **summarise_changes(pairs, kinds),
        "not_returned": missing,
        **doubts.summary(),
    }
    return ReviewResult([gold_doc for _, gold_doc in pairs], summary, problems), doubts


def _read_settings(folder: Path) -> Dict[str, Any]:
    """Read and check review.json."""
    try:
        settings = dict(srsly.read_json(folder / SETTINGS))
        return {**settings, **{key: list(settings[key]) for key in ("formats", "types", "labels")}}
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(Errors.B022.format(path=folder, error=error)) from error
    except KeyError as error:
        problem = f"{SETTINGS} has no {error}"
        raise ValueError(Errors.B022.format(path=folder, error=problem)) from error


def _known_names(settings: Dict[str, Any], proposed: Sequence[Doc]) -> LabelNames:
    """Return the names that annotators could choose from."""
    found = {attribute.name for doc in proposed for attribute in get_attributes(doc)}
    return LabelNames(
        settings["types"],
        settings["labels"],
        settings.get("signatures", []),
        sorted({*settings.get("attributes", ()), *found}),
    )


def _exported_format(settings: Dict[str, Any], format_name: Optional[str]) -> str:
    """Return the exported format. `format_name` may also be the format that the tool saves."""
    exported: Sequence[str] = settings["formats"]
    matching = [name for name in exported if format_name in (None, name, FORMATS[name])]
    if len(matching) != 1:
        raise ValueError(Errors.B027.format(known=" and ".join(exported)))
    return matching[0]


def _find_problem(
    record: Record, path: Path, exported: Dict[str, Doc], gold: Dict[str, Doc]
) -> str:
    """Return the reason why a record cannot be used, or an empty string if it can."""
    name = record.doc_id
    if name in exported and not path.exists():
        return Errors.B028.format(path=path, doc_id=name)
    if name not in exported:
        return Errors.B024.format(path=path, doc_id=name, n=len(exported))
    if name in gold:
        return Errors.B025.format(path=path, doc_id=name)
    expected, text = exported[name].text, record.text
    if text == expected:
        return ""
    characters = enumerate(zip(text, expected))
    shorter = min(len(text), len(expected))
    offset = next((i for i, (char, other) in characters if char != other), shorter)
    return Errors.B023.format(path=path, doc_id=name, place=offset)


def _restore_white_space(record: Record, text: str, report: Report) -> Record:
    """Return a record with the exported white space at the ends of its text. Some versions of
    doccano remove it."""
    shift = text.find(record.text)
    if record.text == text or record.text.strip() != text.strip() or shift < 0:
        return record
    mentions = [
        mention._replace(
            start=mention.start + shift,
            end=mention.end + shift,
            gaps=tuple((start + shift, end + shift) for start, end in mention.gaps),
            source_span=mention.source_span or (mention.start, mention.end),
        )
        for mention in record.mentions
    ]
    report.repair(WHITE_SPACE)
    return replace(record, text=text, mentions=mentions)


def _find_losses(messages: List[str], path: Path, name: str) -> str:
    """Return a message if part of a record could not be read, else an empty string. Without this
    check, the lost annotation would count as removed by the annotator.
    """
    lost = [m for m in messages if DISCONTINUOUS not in m and DOUBTFUL not in m]
    return Errors.B029.format(path=path, doc_id=name, n=len(lost), fault=lost[0]) if lost else ""


def _gold_doc(nlp: Language, doc: Doc, record: Record, path: Path, report: Report) -> Doc:
    """Build a gold document from a corrected record, with the tokens of the exported document."""
    nlp.tokenizer = lambda text: bare_doc(doc)
    record = replace(record, doc_id=get_doc_id(doc) or record.doc_id)
    corrected = build_doc(nlp, record, path, report)
    if has_assertion(doc):
        mark_annotated(corrected)
    copy_details(doc, corrected)
    return corrected


def _restore_scores(proposed: Doc, corrected: Doc, report: Report) -> None:
    """Restore the scores of attributes in a format that does not show them: they are still
    predictions."""
    scores = annotation_scores(proposed, ATTRIBUTES)
    kept = [
        attribute._replace(score=scores.get(attribute_key(attribute), attribute.score))
        for attribute in get_attributes(corrected)
    ]
    if kept:
        set_attributes(corrected, kept)
        report.doubtful[NOT_SHOWN] += len(kept)


def _original_names(settings: Dict[str, Any], proposed: Sequence[Doc]) -> Dict[str, str]:
    """Map types, labels and attributes as brat writes them, without white space, to the original
    names."""
    attributes = (attribute.name for doc in proposed for attribute in get_attributes(doc))
    names = {*settings["types"], *settings["labels"], *attributes}
    originals = {brat_name(name): name for name in sorted(names)}
    return {written: name for written, name in originals.items() if written not in names}


def _restore_names(record: Record, names: Dict[str, str]) -> Record:
    """Return a record with its original types, labels and attributes. All scores are 1, because the
    annotation was reviewed."""
    mentions = [
        mention._replace(
            type=names.get(mention.type, mention.type),
            attributes=tuple(names.get(name, name) for name in mention.attributes),
            attribute_scores=(),
        )
        for mention in record.mentions
    ]
    relations = [
        link._replace(label=names.get(link.label, link.label), score=1.0)
        for link in record.relations
    ]
    return replace(record, mentions=mentions, relations=relations)
