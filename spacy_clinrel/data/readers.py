"""Corpus readers for training and evaluation."""

import glob
import math
import random
from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional, Union

from spacy import util
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example
from spacy.training.corpus import Corpus as SpacyCorpus

from ..errors import Errors
from ..reading.documents import ANNOTATED, SPACY, document_files, stream_docs
from ..tokens import GROUP, all_mentions, bare_doc, relabel_relations
from ..tokens.silver import silver_pairs
from .schemes import get_scheme

Reader = Callable[[Language], Iterable[Example]]


def Corpus(
    path: Optional[Path] = None,
    gold_entities: bool = False,
    max_length: int = 0,
    limit: int = 0,
    shuffle: bool = False,
    scheme: Optional[str] = None,
    gold_share: float = 0.0,
) -> Reader:
    """Create a reader of documents that keeps relations and can provide gold entities.

    path (Optional[Path]): A .spacy file, a .parquet or .jsonl file that `apply` wrote, or a
        folder of such files.
    gold_entities (bool): Whether predicted Docs get the gold tokens and mentions, so that relations
        are trained and scored on gold entities. `clinical_ner` and `joint_extractor` keep them
        (unless `overwrite_ents` is set), so their entity scores then mean nothing.
    max_length (int): Maximum number of tokens; longer documents are left out. 0 keeps all. (spaCy's
        own reader splits them and drops their span groups.)
    limit (int): Maximum number of documents; 0 for all.
    shuffle (bool): Whether to shuffle the documents in each epoch.
    scheme (Optional[str]): Label scheme to which relations are mapped, e.g. "15-labels" or
        "11-labels".
    gold_share (float): Minimum share of the tokens that gold documents have, from 0 to below 1.
        They are repeated as often as necessary if the file has silver documents as well, e.g. from
        `distil`. 0 reads each document once.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader.
    RAISES (ValueError): If the path is missing or has no documents, the scheme is unknown, or the
        share is invalid.
    """
    if not 0 <= gold_share < 1:
        allowed = "0 or more and below 1"
        raise ValueError(Errors.B006.format(option="gold_share", value=gold_share, allowed=allowed))
    if path is None:
        raise ValueError(Errors.F019)
    path = util.ensure_path(path)
    if path.is_file() and path.suffix.lower() not in ANNOTATED:
        raise ValueError(Errors.F021.format(path=path))
    if not path.exists() and not glob.has_magic(str(path)):
        raise ValueError(Errors.F001.format(path=path))
    corpus = FileCorpus(path, limit=limit, shuffle=shuffle)
    labels = None if scheme is None else get_scheme(scheme)

    def read(nlp: Language) -> Iterator[Example]:
        examples = read_once(nlp)
        yield from repeat_gold(examples, gold_share) if gold_share else examples

    def read_once(nlp: Language) -> Iterator[Example]:
        count = 0
        # Stop here: beyond the limit, spaCy's reader still reads one document of each further file.
        for example in islice(read_examples(nlp, path, corpus), limit or None):
            count += 1
            if max_length and len(example.reference) > max_length:
                continue
            if labels is not None:
                relabel_relations(example.reference, labels)
            if gold_entities:
                example = Example(gold_mentions_doc(nlp, example.reference), example.reference)
            yield example
        if not count:
            raise ValueError(Errors.F004.format(path=path))

    return read


def repeat_gold(examples: Iterable[Example], share: float) -> Iterator[Example]:
    """Repeat gold documents until they have a share of all tokens. Without silver documents or
    without gold documents, each is read once.

    examples (Iterable[Example]): The examples.
    share (float): The minimum share, from 0 to below 1.
    YIELDS (Example): The examples, then the repeated ones.
    """
    gold: List[Example] = []
    gold_tokens = silver_tokens = 0
    for example in examples:
        if silver_pairs(example.reference) is None:
            gold.append(example)
            gold_tokens += len(example.reference)
        else:
            silver_tokens += len(example.reference)
        yield example
    if gold_tokens:
        repeats = math.ceil(share / (1 - share) * silver_tokens / gold_tokens)
        for _ in range(repeats - 1):
            yield from gold


class FileCorpus(SpacyCorpus):
    """spaCy's reader, with our search of folders. spaCy's own search reads files several times, or
    does not end, if a folder has links to folders above it."""

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the examples.

        nlp (Language): The pipeline.
        YIELDS (Example): The examples.
        """
        docs: Iterable[Doc] = islice(self._read(nlp), self.limit or None)
        if self.shuffle:
            docs = list(docs)
            random.shuffle(docs)
        yield from self.make_examples(nlp, docs)

    def _read(self, nlp: Language) -> Iterator[Doc]:
        # spaCy's method skips files whose suffix is not in lower case.
        for path in document_files([self.path]):
            if path.suffix.lower() == SPACY:
                yield from DocBin().from_disk(path).get_docs(nlp.vocab)
            else:
                yield from stream_docs([path], nlp)


def read_examples(nlp: Language, path: Union[str, Path], corpus: SpacyCorpus) -> Iterator[Example]:
    """Read examples with spaCy's reader. If it fails, find the unreadable file for the error.

    nlp (Language): The pipeline.
    path (Union[str, Path]): The .spacy file, or a folder of them.
    corpus (SpacyCorpus): spaCy's reader for that path.
    YIELDS (Example): The examples.
    RAISES (ValueError): If a file is not a DocBin. Other errors of spaCy's reader are raised
        unchanged.
    """
    examples = iter(corpus(nlp))
    while True:
        try:
            example = next(examples)
        except StopIteration:
            return
        except ImportError:  # the library that reads the file is not installed
            raise
        except Exception as err:  # msgpack, zlib and DocBin raise unrelated types
            broken = find_broken_file(Path(path), nlp)
            if broken is None:  # the files are readable, so the error has another cause
                raise
            raise ValueError(Errors.F003.format(path=broken, error=err)) from err
        yield example


def find_broken_file(path: Path, nlp: Language) -> Optional[Path]:
    """Find the first unreadable file in a folder.

    path (Path): A .spacy file, or a folder of .spacy files.
    nlp (Language): The pipeline.
    RETURNS (Optional[Path]): The file; None if all files can be read.
    """
    for file in document_files([path]):
        if file.suffix.lower() != SPACY:  # its own message names the file
            continue
        try:
            list(DocBin().from_disk(file).get_docs(nlp.vocab))
        except Exception:  # unrelated types, as above
            return file
    return None


def gold_mentions_doc(nlp: Language, reference: Doc) -> Doc:
    """Create a Doc with the tokens and mentions of a gold Doc, but without its relations and
    attributes.

    nlp (Language): The pipeline.
    reference (Doc): The gold document.
    RETURNS (Doc): The new Doc, with the same entities. If there are nested mentions, all mentions
        are in the span group.
    """
    doc = bare_doc(reference, nlp.vocab)

    def copy(span: Span) -> Span:
        return Span(doc, span.start, span.end, label=span.label_)

    doc.set_ents([copy(ent) for ent in reference.ents], default="outside")
    mentions = all_mentions(reference)
    if len(mentions) > len(reference.ents):
        spans = [copy(mention) for mention in mentions]
        doc.spans[GROUP] = SpanGroup(doc, name=GROUP, spans=spans)
    return doc
