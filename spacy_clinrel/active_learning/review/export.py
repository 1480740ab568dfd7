"""Choose documents for annotators, and write them with the model's relations."""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ...data.converters import Report
from ...errors import Errors
from ...evaluation.evaluate import entity_components
from ...evaluation.pair_scores import ClassifierSettings, classifier_settings, score_pairs
from ...files import json_text, replacing, write_docs, write_json
from ...pipeline.loading import load_pipeline
from ...reading.documents import DEFAULT_TEXTS, TextOptions, stream_docs
from ...tokens import all_mentions, get_relations
from ...tokens.normalize import single_spaces
from ...types import LabelNames
from ..unlabelled import predict_mentions, remove_relations, unique_docs
from .formats import pipeline_labels, review_files
from .ranking import ReviewOptions, check_options, rank_documents

PROPOSED = "proposed.spacy"
RANKING = "ranking.jsonl"
SETTINGS = "review.json"
DEFAULT_OPTIONS = ReviewOptions()

Progress = Callable[[Iterable[Doc]], Iterable[Doc]]


def review(
    model: Union[str, Path, Language],
    unlabelled: Union[str, Path],
    output: Union[str, Path],
    options: ReviewOptions = DEFAULT_OPTIONS,
    *,
    formats: Sequence[str] = ("brat",),
    labelled: Union[str, Path, None] = None,
    ner: Optional[str] = None,
    report: Optional[Report] = None,
    texts: TextOptions = DEFAULT_TEXTS,
    progress: bool = False,
) -> Dict[str, Any]:
    """Choose the documents that the model would learn most from, and write them with the model's
    relations, for annotators to correct.

    model (Union[str, Path, Language]): A pipeline with one `relation_classifier`, or its name or
        path.
    unlabelled (Union[str, Path]): A file or a folder: texts (.txt, .csv, .jsonl, .parquet), .spacy
        files, or the output of `apply`. Relations of the documents are ignored.
    output (Union[str, Path]): The folder to write, new or empty.
    options (ReviewOptions): Options for choosing documents.
    formats (Sequence[str]): The formats to write, of FORMATS, each to a folder of that name.
    labelled (Union[str, Path, None]): File or folder. Documents with these texts are left
        out.
    ner (Optional[str]): Name or path of a pipeline that predicts mentions for documents without
        any. By default, the model itself predicts them, if it has a component that sets entities.
    report (Optional[Report]): Counts annotations that a format cannot represent.
    texts (TextOptions): Names of columns, and the encoding of files with texts.
    progress (bool): Show a progress bar over the documents if stderr is a terminal.
    RETURNS (Dict[str, Any]): The contents of review.json (arguments, options, counts, types and
        labels), and the "ranking", see `rank_documents`.
    RAISES (ValueError): If an option is invalid, an input cannot be read, the folder is not empty,
        or no document has a candidate pair.

    EXAMPLE:
        result = review("run/model-best", "more.spacy", "round1", formats=["doccano"])
        for row in result["ranking"]:
            print(row["doc_id"], row["uncertainty"], row["most_uncertain"]["labels"])
    """
    check_options(options, formats)
    unlabelled, output = Path(unlabelled), Path(output)
    labelled = None if labelled is None else Path(labelled)
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ValueError(Errors.B021.format(path=output))
    nlp = model if isinstance(model, Language) else load_pipeline(model)
    with_bar = partial(tqdm, desc="Documents", leave=False, disable=None if progress else True)
    classifier = classifier_settings(nlp)
    n_given, docs = read_unlabelled(nlp, unlabelled, labelled, texts)
    _complete_mentions(nlp, docs, ner, with_bar)
    remove_relations(docs)
    ranking = rank_documents(docs, score_pairs(nlp, docs, with_bar), classifier, options)
    counts = {
        "documents": n_given,
        "left_out": n_given - len(docs),
        "without_mentions": sum(not all_mentions(doc) for doc in docs),
        "chosen": len(ranking),
    }
    if not ranking:
        n_bare, n_left_out = counts["without_mentions"], counts["left_out"]
        raise ValueError(
            Errors.B020.format(path=unlabelled, n=len(docs), bare=n_bare, left_out=n_left_out)
        )
    proposed = predict_relations(nlp, [docs[row.pop("index")] for row in ranking])
    names = _label_names(nlp, classifier, proposed)
    settings = {
        "spacy_clinrel": version("spacy-clinrel"),
        "model": _pipeline_name(nlp) if isinstance(model, Language) else str(model),
        "unlabelled": str(unlabelled),
        "labelled": labelled and str(labelled),
        "ner": ner,
        "formats": list(formats),
        **options._asdict(),
        **counts,
        **names._asdict(),
    }
    report = Report() if report is None else report
    version_name = f"{_pipeline_name(nlp)}-{nlp.meta['version']}"
    _write_review(output, proposed, ranking, settings, names, report, version_name)
    return {**settings, "ranking": ranking}


def _pipeline_name(nlp: Language) -> str:
    return f"{nlp.meta['lang']}_{nlp.meta['name']}"


def read_unlabelled(
    nlp: Language,
    unlabelled: Path,
    labelled: Optional[Path],
    texts: TextOptions = DEFAULT_TEXTS,
) -> Tuple[int, List[Doc]]:
    """Read unlabelled documents, without those that repeat another text or have the text of a
    labelled document. Texts that differ in white space only are the same.

    nlp (Language): The pipeline whose vocabulary the documents get.
    unlabelled (Path): Texts, .spacy files or the output of `apply`: a file or a folder.
    labelled (Optional[Path]): File or folder of labelled documents.
    texts (TextOptions): How texts are read.
    RETURNS (Tuple[int, List[Doc]]): The number of documents read, and the documents that remain. A
        document without an ID gets the name of its file and its number in the file.
    """
    labelled_texts = {
        single_spaces(doc.text)
        for doc in (stream_docs([labelled], nlp, raw=True) if labelled else ())
    }
    docs = list(stream_docs([unlabelled], nlp, raw=True, texts=texts))
    return len(docs), unique_docs(docs, exclude=labelled_texts)


def _complete_mentions(
    nlp: Language, docs: Sequence[Doc], ner: Optional[str], progress: Progress
) -> None:
    """Predict mentions for documents without any, if `ner` is given or `nlp` sets entities."""
    bare = [doc for doc in docs if not all_mentions(doc)]
    finder = load_pipeline(ner) if ner else nlp if entity_components(nlp) else None
    if bare and finder:
        predict_mentions(bare, finder, progress)


def predict_relations(nlp: Language, docs: Sequence[Doc]) -> List[Doc]:
    """Predict the relations between the existing mentions of documents.

    nlp (Language): The pipeline. Components that set entities do not run.
    docs (Sequence[Doc]): Documents with mentions.
    RETURNS (List[Doc]): The documents with relations.
    """
    with nlp.select_pipes(disable=entity_components(nlp)):
        return list(nlp.pipe(docs))


def _label_names(nlp: Language, classifier: ClassifierSettings, docs: Sequence[Doc]) -> LabelNames:
    """Return the types and labels of the model and of the documents, and the assertion attributes
    if the model predicts them."""
    types = {span.label_ for doc in docs for span in all_mentions(doc)}
    labels = {relation.label for doc in docs for relation in get_relations(doc)}
    known = pipeline_labels(nlp)
    return LabelNames(
        sorted({*classifier.types, *known.types, *types}),
        sorted({*classifier.labels, *known.labels, *labels}),
        classifier.signatures,
        known.attributes,
    )


def _write_review(
    output: Path,
    docs: Sequence[Doc],
    ranking: Sequence[Dict[str, Any]],
    settings: Dict[str, Any],
    names: LabelNames,
    report: Report,
    model: str,
) -> None:
    """Write the folder. The settings come last, so a folder that contains them is complete."""
    for format_name in settings["formats"]:
        for name, content in review_files(format_name, docs, names, report, model).items():
            with replacing(output / format_name / name) as draft:
                draft.write_bytes(content.encode("utf-8"))
    write_docs(docs, output / PROPOSED)
    lines = "".join(f"{json_text(row)}\n" for row in ranking)
    with replacing(output / RANKING) as draft:
        draft.write_text(lines, encoding="utf-8")
    write_json(output / SETTINGS, settings)
