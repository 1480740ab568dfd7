"""Choosing documents for annotators, and giving them out with the model's relations."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import srsly
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc

from ...data.converters import Report
from ...errors import Errors
from ...evaluation.evaluate import entity_components
from ...files import read_docbin, replacing, spacy_files, write_docs, write_json
from ...tokens import all_mentions, get_doc_id, get_relations, set_doc_id
from ...tokens.normalize import single_spaces
from ..pairs import find_component, score_pairs, with_mentions
from .formats import FORMATS, Names, files_of
from .ranking import RANDOM, Component, Options, rank
from .uncertainty import STRATEGIES

PROPOSED = "proposed.spacy"
RANKING = "ranking.jsonl"
SETTINGS = "review.json"
DEFAULT = Options()

Progress = Callable[[Iterable[Doc]], Iterable[Doc]]


def review(
    model: str,
    unlabelled: Path,
    output: Path,
    options: Options = DEFAULT,
    *,
    formats: Sequence[str] = ("brat",),
    labelled: Optional[Path] = None,
    ner: Optional[str] = None,
    report: Optional[Report] = None,
    progress: Progress = iter,
) -> Dict[str, Any]:
    """Choose the documents from which the model would learn most, and write them as it annotates
    them, for people to correct.

    model (str): Name or path of a pipeline with one `relation_classifier`.
    unlabelled (Path): .spacy file, or a folder of them. Relations that are there are not looked at.
    output (Path): The folder to write, new or empty.
    options (Options): Which documents to choose.
    formats (Sequence[str]): Of FORMATS, each written to a folder of its own.
    labelled (Optional[Path]): .spacy file or folder whose texts are left out.
    ner (Optional[str]): Name or path of a pipeline that finds mentions in documents that have
        none. None takes the model, where it finds mentions.
    report (Optional[Report]): Takes what a format can't hold.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps streams of documents.
    RETURNS (Dict[str, Any]): What was asked for and counted, as in review.json, and the "ranking".
    RAISES (ValueError): If an input can't be read, an option makes no sense, the folder is not
        empty, or no document has a candidate pair.
    """
    check_options(options, formats)
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ValueError(Errors.B021.format(path=output))
    nlp = util.load_model(model)
    name = find_component(nlp)
    given, docs = read_new(nlp, unlabelled, labelled)
    docs = _with_mentions(nlp, docs, ner, progress)
    cfg: Dict[str, Any] = nlp.get_pipe(name).cfg  # type: ignore[attr-defined]
    component = Component(cfg["labels"], cfg["mentions"], cfg["exclusive"])
    ranking = rank(docs, score_pairs(nlp, docs, progress), component, options)
    counts = {
        "documents": given,
        "left_out": given - len(docs),
        "without_mentions": sum(not all_mentions(doc) for doc in docs),
        "chosen": len(ranking),
    }
    if not ranking:
        found = {"n": len(docs), "bare": counts["without_mentions"], "left_out": counts["left_out"]}
        raise ValueError(Errors.B020.format(path=unlabelled, **found))
    chosen = annotated(nlp, [docs[row.pop("index")] for row in ranking])
    names = _names(cfg, chosen)
    asked = {
        "spacy_clinrel": version("spacy-clinrel"),
        "model": str(model),
        "unlabelled": str(unlabelled),
        "labelled": labelled and str(labelled),
        "ner": ner,
        "formats": list(formats),
        **options._asdict(),
    }
    result = {**asked, **counts, **names._asdict()}
    _write(output, chosen, ranking, result, names, Report() if report is None else report)
    return {**result, "ranking": ranking}


def read_new(nlp: Language, unlabelled: Path, labelled: Optional[Path]) -> Tuple[int, List[Doc]]:
    """Read documents, each text once, without those that are labelled. Texts that differ in white
    space alone are the same.

    nlp (Language): The pipeline.
    unlabelled (Path): .spacy file, or a folder of them.
    labelled (Optional[Path]): Likewise; documents with these texts are left out.
    RETURNS (Tuple[int, List[Doc]]): How many there were, and those that are left. One without an
        id is named by its file and its number in it.
    """
    known = {
        single_spaces(doc.text)
        for path in (spacy_files([labelled]) if labelled else ())
        for doc in read_docbin(path, nlp.vocab)
    }
    given = 0
    docs: List[Doc] = []
    for path in spacy_files([unlabelled]):
        for number, doc in enumerate(read_docbin(path, nlp.vocab), start=1):
            given += 1
            if single_spaces(doc.text) not in known:
                known.add(single_spaces(doc.text))
                docs.append(doc)
                if not get_doc_id(doc):
                    set_doc_id(doc, f"{path.stem}-{number}")
    return given, docs


def _with_mentions(
    nlp: Language, docs: Sequence[Doc], ner: Optional[str], progress: Progress
) -> List[Doc]:
    """The documents with mentions, where some are there or can be found, and without relations."""
    bare = [doc for doc in docs if not all_mentions(doc)]
    finder = util.load_model(ner) if ner else nlp if entity_components(nlp) else None
    if bare and finder:
        list(with_mentions(bare, finder, progress))
    return list(with_mentions(docs))


def annotated(nlp: Language, docs: Sequence[Doc]) -> List[Doc]:
    """nlp (Language): The pipeline.
    docs (Sequence[Doc]): Documents with mentions.
    RETURNS (List[Doc]): With the relations it finds between these.
    """
    with nlp.select_pipes(disable=entity_components(nlp)):
        return list(nlp.pipe(docs))


def check_options(options: Options, formats: Sequence[str]) -> None:
    """options (Options): The options.
    formats (Sequence[str]): The formats.
    RAISES (ValueError): If one makes no sense.
    """
    known = (*STRATEGIES, RANDOM)
    checks: List[Tuple[str, Any, bool, str]] = [
        ("n_docs", options.n_docs, options.n_docs > 0, "1 or more"),
        ("strategy", options.strategy, options.strategy in known, " or ".join(known)),
        ("diversity", options.diversity, 0 <= options.diversity <= 1, "from 0 to 1"),
        ("top_pairs", options.top_pairs, options.top_pairs > 0, "1 or more"),
        *(("format", name, name in FORMATS, " or ".join(FORMATS)) for name in formats),
    ]
    for option, value, fits, allowed in checks:
        if not fits:
            raise ValueError(Errors.B006.format(option=option, value=value, allowed=allowed))


def _names(cfg: Dict[str, Any], docs: Sequence[Doc]) -> Names:
    """Types and labels of the model, and those of the documents that it does not know."""
    types = {*cfg["types"], *(span.label_ for doc in docs for span in all_mentions(doc))}
    labels = {*cfg["labels"], *(relation.label for doc in docs for relation in get_relations(doc))}
    signatures = [tuple(signature) for signature in cfg["signatures"]]
    return Names(sorted(types), sorted(labels), signatures)


def _write(
    output: Path,
    docs: Sequence[Doc],
    ranking: Sequence[Dict[str, Any]],
    result: Dict[str, Any],
    names: Names,
    report: Report,
) -> None:
    for format_name in result["formats"]:
        for name, content in files_of(format_name, docs, names, report).items():
            with replacing(output / format_name / name) as draft:
                draft.write_bytes(content.encode("utf-8"))
    write_docs(docs, output / PROPOSED)
    lines = "".join(f"{srsly.json_dumps(row)}\n" for row in ranking)
    with replacing(output / RANKING) as draft:
        draft.write_text(lines, encoding="utf-8")
    # Last: a folder without it is not complete.
    write_json(output / SETTINGS, result)
