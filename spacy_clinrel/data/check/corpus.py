"""Checks of a corpus: statistics of its parts, near-duplicates, recall ceilings and findings."""

from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ...files import ensure_paths
from ...reading.documents import document_files, group_shards, stream_docs
from ...tokens import has_sections
from ...types import CandidateStrategy, LabelNames
from ..splits import clusters, near_duplicates
from .assertion import assertion_findings, assertion_type_findings, describe_assertion
from .ceiling import recall_ceiling, suggest_settings
from .consistency import CorpusRules, consistency
from .findings import (
    Finding,
    candidate_findings,
    direction_findings,
    duplicate_findings,
    label_findings,
    mention_findings,
)
from .mentions import describe_mentions
from .names import name_findings
from .relations import describe_relations, two_way_labels
from .settings import AssertionTypes, assertion_by_cues, default_candidates, sentences_of
from .table import Part, read_part


@dataclass(frozen=True)
class Checks:
    """Settings of the checks.

    strategies (Mapping[str, CandidateStrategy]): Candidate strategies whose recall ceilings are
        measured, by name. The sentence rule of the first strategy is used for all sentence counts.
        Default: `SentencePairs`. `candidates_of` reads the strategies of a config.
    min_count (int): Minimum number of relations per label, and of mentions per assertion attribute,
        in the training part. Labels and attributes with fewer are reported as too rare.
    similarity (float): Minimum similarity of near-duplicates (Jaccard index of character 5-grams),
        above 0 and at most 1.
    sectionizer (Optional[Callable[[Doc], Doc]]): Component that adds sections to documents without
        them, for strategies that depend on sections. `sectionizer_of` reads it from a config.
    rules (CorpusRules): The rules by which the annotation is consistent. `read_corpus_rules` reads
        them from a file.
    assertion_types (Sequence[AssertionTypes]): Entity types that components `assertion_rules`
        depend on, and that the corpus should have. `assertion_types_of` reads them from a config.
    known (Optional[LabelNames]): Types, labels and attributes of a pipeline. Others are reported as
        inconsistent. None checks no names.
    """

    strategies: Mapping[str, CandidateStrategy] = field(default_factory=default_candidates)
    min_count: int = 20
    similarity: float = 0.8
    sectionizer: Optional[Callable[[Doc], Doc]] = None
    rules: CorpusRules = field(default_factory=CorpusRules)
    assertion_types: Sequence[AssertionTypes] = ()
    known: Optional[LabelNames] = None


def debug(
    sources: Union[str, Path, Sequence[Union[str, Path]]], checks: Optional[Checks] = None
) -> Dict[str, Any]:
    """Check a corpus before training.

    Each file, or folder of `apply`, is one part of the corpus (train, dev, test). The
    training part is the first whose name contains "train" or, if there is none, the first.

    sources (Union[str, Path, Sequence]): Files or folders: .spacy files, or the output of `apply`.
    checks (Optional[Checks]): Settings of the checks. None uses the defaults.
    RETURNS (Dict[str, Any]): The files, and the statistics and findings that `check` returns.
    RAISES (ValueError): If a file cannot be read.

    EXAMPLE:
        result = spacy_clinrel.debug(["corpus/train.spacy", "corpus/dev.spacy"])
        problems = [f["text"] for f in result["findings"] if f["level"] in ("error", "warning")]
        places = result["consistency"]["checks"]["two_types"]["places"]
    """
    checks = Checks() if checks is None else checks
    files = group_shards(document_files(ensure_paths(sources)))
    paths = sorted(files, key=lambda path: "train" not in path.stem)
    stems = [path.stem for path in paths]
    names = [path.stem if stems.count(path.stem) == 1 else str(path) for path in paths]
    vocab = Vocab()
    parts = [
        make_part(name, list(stream_docs(files[path], vocab=vocab)), checks)
        for name, path in zip(names, paths)
    ]
    return {
        "spacy_clinrel": version("spacy-clinrel"),
        "data": [str(path) for path in paths],
        **check(parts, checks),
    }


def make_part(name: str, docs: Sequence[Doc], checks: Checks) -> Part:
    """Collect the mentions and relations of one part of a corpus, e.g. of its training documents.

    name (str): The name of the part.
    docs (Sequence[Doc]): At least one document. All parts of a corpus share a vocabulary.
    checks (Checks): Settings of the checks. The sentence rule is that of the first
        strategy.
    RETURNS (Part): The documents with arrays of their mentions and relations.
    """
    for doc in docs:
        if checks.sectionizer is not None and not has_sections(doc):
            checks.sectionizer(doc)
    return read_part(name, docs, sentences_of(next(iter(checks.strategies.values()))))


def check(parts: Sequence[Part], checks: Checks) -> Dict[str, Any]:
    """Check the parts of a corpus.

    parts (Sequence[Part]): The parts, the training part first.
    checks (Checks): Settings of the checks.
    RETURNS (Dict[str, Any]): Statistics by part, near-duplicates, labels that occur in both
        directions, recall ceilings, inconsistent annotation and findings, as plain values for JSON.
    """
    figures = {
        part.name: {
            **describe_mentions(part),
            **describe_relations(part),
            **describe_assertion(part),
        }
        for part in parts
    }
    strategies = checks.strategies.items()
    candidates = {
        part.name: {name: recall_ceiling(part, strategy) for name, strategy in strategies}
        for part in parts
    }
    wider = {name: suggest_settings(parts[0], strategy) for name, strategy in strategies}
    near = _near_duplicates(parts, checks.similarity)
    directions = two_way_labels(parts)
    inconsistent, inconsistencies = check_consistency(parts, checks.rules)
    findings = [
        *mention_findings(parts, figures),
        *label_findings(figures, checks.min_count),
        *assertion_findings(figures, checks.min_count),
        *assertion_type_findings(figures, checks.assertion_types),
        *direction_findings(figures, directions),
        *duplicate_findings(figures, near),
        *candidate_findings(candidates, wider),
        *name_findings(parts, checks.known),
        *inconsistencies,
    ]
    return {
        "parts": figures,
        "directions": [{**row._asdict(), "rare": row.is_rare} for row in directions],
        "near_duplicates": near,
        "candidates": candidates,
        "wider_candidates": wider,
        "min_count": checks.min_count,
        "similarity": checks.similarity,
        "consistency": inconsistent,
        "findings": [finding._asdict() for finding in findings],
    }


def check_consistency(
    parts: Sequence[Part], rules: CorpusRules
) -> Tuple[Dict[str, Any], List[Finding]]:
    """Check that the parts of a corpus are annotated consistently.

    parts (Sequence[Part]): The parts.
    rules (CorpusRules): The rules of the corpus.
    RETURNS (Tuple[Dict[str, Any], List[Finding]]): For JSON, the places by check and the exceptions
        that no place needed; and the findings.
    RAISES (ValueError): If there are no cue words for the language of the check `cue`.
    """
    settings = rules.checks.get("cue", {})
    if settings.get("language") is None:
        return consistency(parts, rules)
    docs = [doc for part in parts for doc in part.docs]
    lang, types = settings["language"], settings["types"]
    return consistency(parts, rules, lambda: assertion_by_cues(docs, lang, types))


def _near_duplicates(parts: Sequence[Part], similarity: float) -> Dict[str, List[List[str]]]:
    """Find clusters of near-duplicates within and across the parts (train, dev, test)."""
    documents = [(part, i) for part in parts for i in range(len(part.docs))]
    texts = [part.docs[i].text for part, i in documents]
    found: Dict[str, List[List[str]]] = {"within": [], "across": []}
    for cluster in clusters(len(texts), near_duplicates(texts, similarity)):
        members = [documents[k] for k in sorted(cluster)]
        extent = "across" if len({part.name for part, _ in members}) > 1 else "within"
        found[extent].append([part.title(i) for part, i in members])
    return found
