"""Reading back what annotators corrected, as gold."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from ...data.converters import (
    Record,
    Report,
    build_doc,
    file_names,
    find_files,
    get_converter,
)
from ...data.converters.report import DISCONTINUOUS
from ...errors import Errors
from ...files import read_docbin
from ...tokens import bare_doc, get_doc_id
from .changes import compare
from .formats import FORMATS, without_space
from .propose import PROPOSED, SETTINGS


class Corrected(NamedTuple):
    """What came back.

    docs (List[Doc]): Gold documents, in the order in which they were given out.
    result (Dict[str, Any]): What was changed, see `compare`; "not_returned", the ids of documents
        that did not come back.
    problems (List[str]): Documents that could not be taken, and why.
    """

    docs: List[Doc]
    result: Dict[str, Any]
    problems: List[str]


def read_review(
    folder: Path,
    corrected: Path,
    format_name: Optional[str] = None,
    report: Optional[Report] = None,
) -> Corrected:
    """Read documents that were given out for review and have been corrected.

    folder (Path): What `review` wrote.
    corrected (Path): The corrected files: a file, or a folder.
    format_name (Optional[str]): Their format, one of those they were given out in. None where that
        was one.
    report (Optional[Report]): Takes counts, losses and repairs.
    RETURNS (Corrected): The documents with the tokens and ids they had, and what was changed.
    RAISES (ValueError): If the folder or the files can't be read, or no document could be taken.
    """
    report = Report() if report is None else report
    nlp = spacy.blank("xx")
    nlp.max_length = sys.maxsize
    settings = _settings(folder)
    proposed = read_docbin(folder / PROPOSED, nlp.vocab)
    given = dict(zip(file_names(proposed), proposed))
    names = _original_names(settings)
    converter = get_converter(FORMATS[_format(settings, format_name)])
    found: Dict[str, Doc] = {}
    problems: List[str] = []
    for path in find_files(corrected, converter):
        before = len(report.messages)
        for record in converter.read(path, report):
            # Of a file with many documents it is not known whose the reader's complaints are.
            before = before if record.source else len(report.messages)
            source, name = record.source or path, record.doc_id
            problem = _problem(record, source, given, found)
            if not problem:
                doc = _gold(nlp, given[name], _renamed(record, names), source, report)
                problem = _losses(report.messages[before:], source, name)
            if problem:
                problems.append(problem)
            else:
                found[name] = doc
    if not found:
        hint = " ".join((problems or report.messages)[:1])
        raise ValueError(Errors.B026.format(path=corrected, n=len(given), problems=hint))
    pairs = [(doc, found[name]) for name, doc in given.items() if name in found]
    missing = [get_doc_id(doc) for name, doc in given.items() if name not in found]
    result = {**compare(pairs), "not_returned": missing}
    return Corrected([gold for _, gold in pairs], result, problems)


def _settings(folder: Path) -> Dict[str, Any]:
    try:
        settings = dict(srsly.read_json(folder / SETTINGS))
        return {**settings, **{key: list(settings[key]) for key in ("formats", "types", "labels")}}
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(Errors.B022.format(path=folder, error=error)) from error
    except KeyError as error:
        problem = f"{SETTINGS} has no {error}"
        raise ValueError(Errors.B022.format(path=folder, error=problem)) from error


def _format(settings: Dict[str, Any], format_name: Optional[str]) -> str:
    """The format as it was given out; annotators' tools may call it otherwise."""
    given: Sequence[str] = settings["formats"]
    named = [name for name in given if format_name in (None, name, FORMATS[name])]
    if len(named) != 1:
        raise ValueError(Errors.B027.format(known=" and ".join(given)))
    return named[0]


def _problem(record: Record, path: Path, given: Dict[str, Doc], found: Dict[str, Doc]) -> str:
    """Why a document can't be taken; empty if it can."""
    name = record.doc_id
    if name in given and not path.exists():
        return Errors.B028.format(path=path, doc_id=name)
    if name not in given:
        return Errors.B024.format(path=path, doc_id=name, n=len(given))
    if name in found:
        return Errors.B025.format(path=path, doc_id=name)
    wanted, got = given[name].text, record.text
    if got == wanted:
        return ""
    both = enumerate(zip(got, wanted))
    place = next((i for i, (one, other) in both if one != other), min(len(got), len(wanted)))
    parts = {"got": got[place : place + 10], "wanted": wanted[place : place + 10]}
    return Errors.B023.format(path=path, doc_id=name, place=place, **parts)


def _losses(messages: List[str], path: Path, name: str) -> str:
    """What was lost of a document is not what an annotator removed. RETURNS why it can't be
    taken; empty if all of it was read."""
    lost = [message for message in messages if DISCONTINUOUS not in message]
    return Errors.B029.format(path=path, doc_id=name, n=len(lost), fault=lost[0]) if lost else ""


def _gold(nlp: Language, doc: Doc, record: Record, path: Path, report: Report) -> Doc:
    """A document as corrected, with its own tokens, whatever would make others of its text."""
    nlp.tokenizer = lambda text: bare_doc(doc)
    return build_doc(nlp, replace(record, doc_id=get_doc_id(doc) or record.doc_id), path, report)


def _original_names(settings: Dict[str, Any]) -> Dict[str, str]:
    """Types and labels by what became of them in a format that allows no white space in them."""
    known = {*settings["types"], *settings["labels"]}
    stored = {without_space(name): name for name in sorted(known)}
    return {short: name for short, name in stored.items() if short not in known}


def _renamed(record: Record, names: Dict[str, str]) -> Record:
    """The record with its original types and labels; what a person has seen has no score."""
    mentions = [
        mention._replace(type=names.get(mention.type, mention.type)) for mention in record.mentions
    ]
    relations = [
        link._replace(label=names.get(link.label, link.label), score=1.0)
        for link in record.relations
    ]
    return replace(record, mentions=mentions, relations=relations)
