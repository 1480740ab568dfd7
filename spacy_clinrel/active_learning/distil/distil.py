"""Labelling of unlabelled texts with the mean probabilities of several pipelines."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, NamedTuple, Sequence, Union

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import minibatch
from tqdm import tqdm

from ...errors import Errors
from ...files import check_output, read_docbin, replacing, show_path
from ...pipeline.loading import load_pipeline
from ...reading.documents import DEFAULT_TEXTS, SPACY, TextOptions, document_files, stream_docs
from ...tokens import bare_doc, get_doc_id, relation_edges, set_doc_id
from ...tokens.silver import check_gold
from .teachers import Teachers
from .texts import TextFilter

BATCH_SIZE = 64


class DistilData(NamedTuple):
    """Paths of the documents of a distillation.

    texts (Union[str, Path]): File or folder of unlabelled documents: .txt, .csv, .jsonl, .parquet
        or .spacy. Their annotation is ignored.
    gold (Union[str, Path, None]): .spacy file of gold training documents. They are written to the
        output as well, and their texts are left out.
    without (Sequence[Union[str, Path]]): Files or folders of documents, e.g. dev and test parts.
        Texts that share 20 characters in a row with one of them are left out.
    options (TextOptions): Names of columns, and the encoding of files with texts.
    """

    texts: Union[str, Path]
    gold: Union[str, Path, None] = None
    without: Sequence[Union[str, Path]] = ()
    options: TextOptions = DEFAULT_TEXTS


class DistilResult(NamedTuple):
    """What a distillation wrote.

    gold (int): Number of gold documents.
    silver (int): Number of silver documents.
    characters (int): Number of characters of the silver documents.
    entities (int): Number of silver entities.
    relations (int): Number of silver relations.
    left_out (Dict[str, int]): Number of texts that were left out, by reason.
    failed (Dict[str, str]): Error of each document that could not be labelled, by document id:
        the type of the exception, since its message may contain the text.
    """

    gold: int
    silver: int
    characters: int
    entities: int
    relations: int
    left_out: Dict[str, int]
    failed: Dict[str, str]


def distil(
    teachers: Sequence[Union[str, Path, Language]],
    data: DistilData,
    output: Union[str, Path],
    *,
    threshold: float = 0.7,
    max_characters: int = 0,
    use_gpu: int = -1,
    progress: bool = False,
) -> DistilResult:
    """Label unlabelled texts with the mean probabilities of several pipelines (teachers), and write
    a training corpus for another pipeline (the student).

    The silver documents have the entities with the highest mean probability, and the mean
    probabilities of all tags, from which a `clinical_ner` learns. If teachers have a
    `relation_classifier`, pairs of mentions get the class with the highest mean probability. The
    tokens are those of the first teacher. A document that cannot be labelled is skipped.

    teachers (Sequence[Union[str, Path, Language]]): Pipelines, or their names or paths, each with
        one `clinical_ner`. All have the same labels.
    data (DistilData): The paths of the documents.
    output (Union[str, Path]): The .spacy file to write: gold, then silver documents.
    threshold (float): Minimum mean probability of a silver pair, from 0 to below 1.
    max_characters (int): Maximum number of characters to label; 0 for all.
    use_gpu (int): GPU ID, or -1 for the CPU.
    progress (bool): Show a progress bar over the texts if stderr is a terminal.
    RETURNS (DistilResult): Counts, and the documents that failed.
    RAISES (ValueError): If teachers do not fit together, an option is invalid, a file cannot be
        read, or no document can be used.
    RAISES (OSError): If a teacher can't be found.

    EXAMPLE:
        from spacy_clinrel.active_learning.distil import DistilData
        data = DistilData("notes.jsonl", gold="train.spacy", without=["dev.spacy", "test.spacy"])
        result = spacy_clinrel.distil(["seed0/model-best", "seed1/model-best"], data, "mixed.spacy")
        print(result.silver, result.left_out)
    """
    output = Path(output)
    _check_options(teachers, output, data, threshold, max_characters)
    if use_gpu >= 0:
        spacy.require_gpu(use_gpu)
    pipelines = [nlp if isinstance(nlp, Language) else load_pipeline(nlp) for nlp in teachers]
    model = Teachers(pipelines, threshold)
    gold: List[Doc] = []
    if data.gold is not None:
        gold = read_docbin(Path(data.gold), pipelines[0].vocab)
        check_gold(gold, Path(data.gold))
    texts = TextFilter(gold, map(Path, data.without), max_characters)
    bar = partial(tqdm, desc="Documents", leave=False, disable=None if progress else True)
    read = stream_docs([Path(data.texts)], pipelines[0], raw=True, texts=data.options)
    failed: Dict[str, str] = {}
    docbin = DocBin(store_user_data=True, docs=gold)
    counts: Counter = Counter()
    for doc in label_docs(model, texts.choose(bar(read)), failed):
        docbin.add(doc)
        relations = len(relation_edges(doc))
        counts.update(
            silver=1, characters=len(doc.text), entities=len(doc.ents), relations=relations
        )
    if not counts["silver"]:
        raise _nothing_left(data, texts, failed)
    with replacing(output) as draft:
        docbin.to_disk(draft)
    return DistilResult(
        gold=len(gold),
        silver=counts["silver"],
        characters=counts["characters"],
        entities=counts["entities"],
        relations=counts["relations"],
        left_out=dict(texts.left_out),
        failed=failed,
    )


def _nothing_left(data: DistilData, texts: TextFilter, failed: Dict[str, str]) -> ValueError:
    """Return the error for texts of which none can be used."""
    n = sum(texts.left_out.values()) + len(failed)
    reasons = [f"{reason}: {count}" for reason, count in texts.left_out.most_common()]
    if failed:
        reasons.append(f"failed: {len(failed)}, first with {next(iter(failed.values()))}")
    place = show_path(Path(data.texts))
    return ValueError(Errors.B052.format(path=place, n=n, reasons=", ".join(reasons)))


def label_docs(teachers: Teachers, docs: Iterable[Doc], failed: Dict[str, str]) -> Iterator[Doc]:
    """Label documents in batches.

    teachers (Teachers): The teachers.
    docs (Iterable[Doc]): The documents. Their annotation is ignored.
    failed (Dict[str, str]): Receives the type of the error of each document that fails, by id.
    YIELDS (Doc): The silver documents.
    """
    for batch in minibatch(docs, BATCH_SIZE):
        yield from label_batch(teachers, [_bare(doc) for doc in batch], failed)


def label_batch(teachers: Teachers, docs: List[Doc], failed: Dict[str, str]) -> Iterator[Doc]:
    """Label the documents of a batch. If it fails, label each half, until only single documents
    fail.

    teachers (Teachers): The teachers.
    docs (List[Doc]): The documents.
    failed (Dict[str, str]): Receives the type of the error of each document that fails, by id.
    YIELDS (Doc): The silver documents.
    """
    try:
        labelled = teachers.label(docs)
    except Exception as error:  # whatever a component raises for one document
        if len(docs) == 1:
            failed[get_doc_id(docs[0]) or "?"] = type(error).__name__
            return
        labelled = None
    if labelled is not None:
        yield from labelled
        return
    half = len(docs) // 2
    yield from label_batch(teachers, docs[:half], failed)
    yield from label_batch(teachers, docs[half:], failed)


def _bare(doc: Doc) -> Doc:
    """Return a document with the tokens and the id of another one."""
    copy = bare_doc(doc)
    doc_id = get_doc_id(doc)
    if doc_id:
        set_doc_id(copy, doc_id)
    return copy


def _check_options(
    teachers: Sequence[Union[str, Path, Language]],
    output: Path,
    data: DistilData,
    threshold: float,
    max_characters: int,
) -> None:
    checks = [
        ("teachers", len(teachers), len(teachers) > 0, "1 or more"),
        ("threshold", threshold, 0 <= threshold < 1, "0 or more and below 1"),
        ("max_characters", max_characters, max_characters >= 0, "0 or more"),
        ("output", output.name, output.suffix == SPACY, "a .spacy file"),
    ]
    for option, value, is_valid, allowed in checks:
        if not is_valid:
            raise ValueError(Errors.B006.format(option=option, value=value, allowed=allowed))
    inputs = document_files([Path(data.texts)], raw=True)
    given = [Path(path) for path in (data.gold, *data.without) if path is not None]
    check_output(output, *inputs, *given)
