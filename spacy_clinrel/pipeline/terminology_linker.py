"""The component `terminology_linker`: codes of a terminology for mentions."""

import json
from collections import OrderedDict
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

import srsly
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..files import show_path
from ..terminology import (
    Terminology,
    from_files,
    load_terminology,
    read_files,
    term_form,
    to_files,
    write_files,
)
from ..tokens.candidates import write_links
from ..tokens.mentions import read_mentions
from ..types import ConceptCandidate, Mentions
from .options import Count, MentionSource, Probability
from .rule_pipe import BatchPipe
from .storage import loading, parse_cfg, read_cfg
from .stored_options import check_cfg

# Of the near links of the invented notes that reach this score, 33 of 37 are right, see
# benchmarks/results/terminology.md.
THRESHOLD = 0.85
FOLDER = "terminology"
# Number of mentions whose candidates are kept in memory.
CACHE_SIZE = 2**16

Types = Union[List[str], Dict[str, Union[str, List[str]]]]
# Text of a mention and the allowed types of concepts.
Query = Tuple[str, Optional[FrozenSet[str]]]
Found = List[ConceptCandidate]


class Links(NamedTuple):
    """The links of one document.

    mentions (Mentions): The mentions whose type is linked.
    candidates (List[List[ConceptCandidate]]): The candidates of each mention, the best first.
    codes (List[str]): The code of each mention; empty if no candidate reaches the threshold.
    """

    mentions: Mentions
    candidates: List[Found]
    codes: List[str]


@Language.factory(
    "terminology_linker",
    requires=["doc.ents"],
    assigns=["token.ent_kb_id", "doc.spans", "span._.candidates"],
    default_config={
        "path": None,
        "threshold": THRESHOLD,
        "types": None,
        "n_candidates": 5,
        "batch_size": 1024,
        "mentions": "auto",
    },
)
def make_terminology_linker(
    nlp: Language,
    name: str,
    path: Optional[Union[str, Path]],
    threshold: Probability,
    types: Optional[Types],
    n_candidates: Count,
    batch_size: Count,
    mentions: MentionSource,
) -> "TerminologyLinker":
    """Create a TerminologyLinker component.

    path (Optional[Union[str, Path]]): Folder of a terminology, written by `build-terminology`. It
        is read once: the terminology is saved with the pipeline.
    threshold (float): Minimum score of a candidate whose code is set, from 0 to 1. With 1.0, only
        exact matches are linked.
    types (Optional[Union[List[str], Dict[str, Union[str, List[str]]]]]): Types of mentions that are
        linked; None for all. As a mapping, it also gives the types of concepts that each type of
        mention is linked to, e.g. {"Disease": "诊断", "Treatment": ["药品", "手术"]}.
    n_candidates (int): Maximum number of candidates that are kept of a mention without an exact
        match.
    batch_size (int): Maximum number of different mentions that are searched at a time.
    mentions (str): Which mentions are linked: "ents", "group" or "auto", as in
        `relation_classifier`.
    RETURNS (TerminologyLinker): The component.
    """
    return TerminologyLinker(
        name,
        path=path,
        threshold=threshold,
        types=types,
        n_candidates=n_candidates,
        batch_size=batch_size,
        mentions=mentions,
    )


class TerminologyLinker(BatchPipe):
    """Component that links mentions to the concepts of a terminology.

    It sets `kb_id_` of the mentions, in `doc.ents` and `doc.spans["clinrel"]`, and the candidates,
    `span._.candidates`. Mentions are linked whatever their assertion attributes are. A mention
    without a candidate that reaches the threshold gets the empty code. Mentions of other types are
    not changed, so a pipeline can have several linkers with different terminologies.
    """

    def __init__(
        self,
        name: str = "terminology_linker",
        *,
        path: Optional[Union[str, Path]] = None,
        threshold: float = THRESHOLD,
        types: Optional[Types] = None,
        n_candidates: int = 5,
        batch_size: int = 1024,
        mentions: str = "auto",
    ):
        """Initialize the component. The arguments are those of `make_terminology_linker`.

        The terminology is loaded when it is first needed, since a saved pipeline does not need the
        folder `path`.
        """
        self.name = name
        self.path = path
        self.cfg: Dict[str, Any] = {"threshold": threshold}
        self.n_candidates = n_candidates
        self.batch_size = batch_size
        self.mentions = mentions
        self._types = _concept_types(types)
        self._terminology: Optional[Terminology] = None
        self._cache: OrderedDict[Query, Found] = OrderedDict()

    @property
    def terminology(self) -> Terminology:
        """Return the terminology.

        RETURNS (Terminology): The terminology.
        RAISES (ValueError): If there is none, it is damaged, or it has no concepts of a type in the
            option `types`.
        """
        if self._terminology is None:
            if self.path is None:
                raise ValueError(Errors.C100.format(name=self.name))
            if not Path(self.path).exists():
                path = show_path(Path(self.path))
                raise ValueError(Errors.C102.format(name=self.name, path=path))
            self._set_terminology(load_terminology(self.path))
        assert self._terminology is not None
        return self._terminology

    def initialize(self, get_examples: Callable, *, nlp: Optional[Language] = None) -> None:
        """Load the terminology, so that errors are found before training.

        get_examples (Callable[[], Iterable[Example]]): Ignored.
        nlp (Optional[Language]): Ignored.
        """
        self.terminology  # noqa: B018

    def predict(self, docs: Sequence[Doc]) -> List[Links]:
        """Find the concepts of the mentions of documents, which are not changed.

        docs (Sequence[Doc]): The documents.
        RETURNS (List[Links]): The links of each document.
        RAISES (ValueError): If the component has no terminology.
        """
        batch = [(self._linked_mentions(doc), doc) for doc in docs]
        queries = [self._queries(doc, mentions) for mentions, doc in batch]
        found = self._search(query for doc_queries in queries for query in doc_queries)
        links = []
        for (mentions, _), doc_queries in zip(batch, queries):
            candidates = [found[query] for query in doc_queries]
            codes = [items[0].code if self._is_linked(items) else "" for items in candidates]
            links.append(Links(mentions, candidates, codes))
        return links

    def set_annotations(self, docs: Iterable[Doc], links: Iterable[Links]) -> None:
        """Set the codes and the candidates of mentions.

        docs (Iterable[Doc]): The documents.
        links (Iterable[Links]): Output of `predict`.
        """
        for doc, (mentions, candidates, codes) in zip(docs, links):
            rows = zip(*(column.tolist() for column in mentions))
            spans = [Span(doc, start, end, label=label) for start, end, label in rows]
            write_links(doc, spans, codes, candidates)

    def _linked_mentions(self, doc: Doc) -> Mentions:
        """Return the mentions whose type is linked."""
        mentions = read_mentions(doc, self.mentions)
        if self._types is None:
            return mentions
        labels = [doc.vocab.strings[label] in self._types for label in mentions.labels.tolist()]
        return Mentions(*(column[labels] for column in mentions))

    def _queries(self, doc: Doc, mentions: Mentions) -> List[Query]:
        queries: List[Query] = []
        for start, end, label in zip(*(column.tolist() for column in mentions)):
            types = None if self._types is None else self._types[doc.vocab.strings[label]]
            queries.append((doc[start:end].text, types))
        return queries

    def _search(self, queries: Iterable[Query]) -> Dict[Query, Found]:
        """Return the candidates of each query. Those of recent queries are kept in memory."""
        found: Dict[Query, Found] = {}
        missing: Dict[Optional[FrozenSet[str]], List[str]] = {}
        for query in dict.fromkeys(queries):
            if query in self._cache:
                self._cache.move_to_end(query)
                found[query] = self._cache[query]
            else:
                missing.setdefault(query[1], []).append(query[0])
        for types, texts in missing.items():
            for part in util.minibatch(texts, self.batch_size):
                forms = [term_form(text) for text in part]
                results = self.terminology.search(forms, types, self.n_candidates)
                new = {(text, types): result for text, result in zip(part, results)}
                found.update(new)
                self._cache.update(new)
        while len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return found

    def _is_linked(self, candidates: Sequence[ConceptCandidate]) -> bool:
        return bool(candidates) and candidates[0].score >= self.cfg["threshold"]

    # Storage

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the terminology and the threshold.

        exclude (Iterable[str]): Names of parts to exclude: "cfg", "terminology".
        RETURNS (bytes): The data.
        """
        parts: Dict[str, Callable[[], Any]] = {"cfg": lambda: json.dumps(self._stored_cfg())}
        if self._has_terminology():
            parts[FOLDER] = lambda: to_files(self.terminology)
        return util.to_bytes(parts, exclude)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "TerminologyLinker":
        """Load the terminology and the threshold.

        data (bytes): Output of `to_bytes`.
        exclude (Iterable[str]): Names of parts to exclude.
        RETURNS (TerminologyLinker): The component.
        RAISES (ValueError): If the data is damaged.
        """
        with loading(self.name, "the bytes of the pipeline"):
            parts = srsly.msgpack_loads(data)
            has_terminology = True
            if "cfg" not in exclude:
                has_terminology = self._load_cfg(parse_cfg(parts["cfg"]))
            if has_terminology and FOLDER not in exclude:
                self._set_terminology(from_files(parts[FOLDER]))
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Write the terminology and the threshold to a folder.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Names of parts to exclude: "cfg", "terminology".
        """

        def write_terminology(folder: Path) -> None:
            folder.mkdir(exist_ok=True)
            write_files(folder, to_files(self.terminology))

        parts: Dict[str, Callable[[Path], Any]] = {
            "cfg": lambda file: file.write_text(json.dumps(self._stored_cfg()), encoding="utf-8")
        }
        if self._has_terminology():
            parts[FOLDER] = write_terminology
        util.to_disk(path, parts, exclude)

    def from_disk(
        self, path: Union[str, Path], *, exclude: Iterable[str] = ()
    ) -> "TerminologyLinker":
        """Load the terminology and the threshold from a folder.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Names of parts to exclude.
        RETURNS (TerminologyLinker): The component.
        RAISES (ValueError): If a file is missing or damaged.
        """
        folder = Path(path)
        has_terminology = True
        if "cfg" not in exclude:
            with loading(self.name, str(folder / "cfg")):
                has_terminology = self._load_cfg(read_cfg(folder / "cfg"))
        if has_terminology and FOLDER not in exclude:
            with loading(self.name, str(folder / FOLDER)):
                self._set_terminology(from_files(read_files(folder / FOLDER)))
        return self

    def _has_terminology(self) -> bool:
        return self._terminology is not None or self.path is not None

    def _stored_cfg(self) -> Dict[str, Any]:
        return {**self.cfg, "has_terminology": self._has_terminology()}

    def _load_cfg(self, cfg: Dict[str, Any]) -> bool:
        """Load the options. Return whether a terminology was saved with them."""
        check_cfg(cfg, ["threshold", "has_terminology"])
        self.cfg["threshold"] = cfg["threshold"]
        return bool(cfg["has_terminology"])

    def _set_terminology(self, terminology: Terminology) -> None:
        known = terminology.types
        for types in (self._types or {}).values():
            for kind in sorted((types or frozenset()) - known):
                raise ValueError(
                    Errors.C101.format(
                        name=self.name, type=kind, known=", ".join(sorted(known)) or "none"
                    )
                )
        self._terminology = terminology
        self._cache.clear()


def _concept_types(types: Optional[Types]) -> Optional[Dict[str, Optional[FrozenSet[str]]]]:
    """Return the types of concepts for each type of mention: None for all types."""
    if types is None:
        return None
    if not isinstance(types, dict):
        return dict.fromkeys(types)
    return {
        mention: frozenset([concepts] if isinstance(concepts, str) else concepts)
        for mention, concepts in types.items()
    }
