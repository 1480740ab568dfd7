"""Corpus readers for the training loop and for evaluation."""

from itertools import islice
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Union

from spacy import util
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example
from spacy.training.corpus import Corpus as SpacyCorpus
from spacy.training.corpus import walk_corpus

from ..errors import Errors
from ..tokens import GROUP, all_mentions, bare_doc, relabel_relations
from .schemes import get_scheme

Reader = Callable[[Language], Iterable[Example]]


def Corpus(
    path: Optional[Path] = None,
    gold_entities: bool = False,
    max_length: int = 0,
    limit: int = 0,
    shuffle: bool = False,
    scheme: Optional[str] = None,
) -> Reader:
    """Create a reader of .spacy files whose examples keep relations and may carry gold entities.

    path (Optional[Path]): A .spacy file, or a folder of them.
    gold_entities (bool): Give the predicted Doc the reference's tokens and mentions, so that
        relations are learned and scored on gold entities.
    max_length (int): Leave out longer documents; 0 keeps all. (spaCy's own reader splits them
        and loses their span groups.)
    limit (int): Read only so many documents; 0 reads all.
    shuffle (bool): Shuffle the documents each time.
    scheme (Optional[str]): Name of a label scheme (`schemes`), e.g. "15-labels" or "11-labels",
        that relations are projected to.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader.
    RAISES (ValueError): If the path is missing or holds no documents, or the scheme is unknown.
    """
    if path is None:
        raise ValueError(Errors.F019)
    path = util.ensure_path(path)
    if path.is_file() and path.suffix != ".spacy":
        raise ValueError(Errors.F021.format(path=path))
    if not path.exists():
        raise ValueError(Errors.F001.format(path=path))
    corpus = SpacyCorpus(path, limit=limit, shuffle=shuffle)
    labels = None if scheme is None else get_scheme(scheme)

    def read(nlp: Language) -> Iterator[Example]:
        count = 0
        # spaCy's reader takes at least one document of each further file.
        for example in islice(read_corpus(nlp, path, corpus), limit or None):
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


def read_corpus(nlp: Language, path: Union[str, Path], corpus: SpacyCorpus) -> Iterator[Example]:
    """Read with spaCy's reader, and name the file where it fails.

    nlp (Language): The pipeline.
    path (Union[str, Path]): What is read, for the error.
    corpus (SpacyCorpus): spaCy's reader over it.
    YIELDS (Example): The examples.
    RAISES (ValueError): If a file is no DocBin; whatever else spaCy's reader raises.
    """
    examples = iter(corpus(nlp))
    while True:
        try:
            example = next(examples)
        except StopIteration:
            return
        except Exception as err:  # msgpack, zlib and the DocBin have no error in common
            broken = broken_file(Path(path), nlp)
            if broken is None:  # the files are sound, and the error says what else is wrong
                raise
            raise ValueError(Errors.F003.format(path=broken, error=err)) from err
        yield example


def broken_file(path: Path, nlp: Language) -> Optional[Path]:
    """Find the file of a folder that can't be read.

    path (Path): A .spacy file, or a folder of them.
    nlp (Language): The pipeline.
    RETURNS (Optional[Path]): The first such file; None if all can be read.
    """
    for file in walk_corpus(path, ".spacy"):
        try:
            list(DocBin().from_disk(file).get_docs(nlp.vocab))
        except Exception:  # as above
            return file
    return None


def gold_mentions_doc(nlp: Language, reference: Doc) -> Doc:
    """A fresh Doc with the tokens and mentions of another, but without its relations.

    nlp (Language): The pipeline.
    reference (Doc): The gold document.
    RETURNS (Doc): With the same entities; where mentions nest, they are all in the span group.
    """
    doc = bare_doc(reference, nlp.vocab)

    def here(span: Span) -> Span:
        return Span(doc, span.start, span.end, label=span.label)

    doc.set_ents([here(ent) for ent in reference.ents], default="outside")
    mentions = all_mentions(reference)
    if len(mentions) > len(reference.ents):
        spans = [here(mention) for mention in mentions]
        doc.spans[GROUP] = SpanGroup(doc, name=GROUP, spans=spans)
    return doc
