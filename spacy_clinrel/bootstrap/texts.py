"""The documents of a run, as it sees them."""

import warnings
from pathlib import Path
from typing import Callable, Dict, Iterable, Optional, Set

from spacy import util
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from ..errors import Errors, Warnings
from ..files import write_docs
from ..readers import Corpus
from ..tokens import all_mentions, get_doc_id, relation_edges
from ..tokens.silver import silver_pairs
from ..unlabelled import with_mentions
from .options import Data
from .store import RunFolder

READER = "spacy-clinrel.Corpus.v1"
# Settings of the config's readers that hold for the run's gold documents too.
KEPT = ("scheme", "limit", "max_length")


def prepare(
    folder: RunFolder,
    config: Config,
    data: Data,
    ner: Optional[Language],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]],
) -> Dict[str, int]:
    """Write the documents as the run sees them: gold ones in the config's label scheme, unlabelled
    ones with their mentions alone, without those whose text is among the gold ones.

    folder (RunFolder): Where to.
    config (Config): The config.
    data (Data): The documents.
    ner (Optional[Language]): Finds the mentions of the unlabelled documents; None where they have
        theirs.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Dict[str, int]): Documents of each part, and the number of those "left_out".
    RAISES (ValueError): If a file can't be read, gold documents are silver, or no unlabelled
        document has two mentions.
    """
    known = config.interpolate()
    nlp = util.get_lang_class(known["nlp"]["lang"])()
    counts: Dict[str, int] = {}
    texts: Set[str] = set()
    labels: Dict[str, Set[str]] = {}
    for part in ("labelled", "dev", "test"):
        path: Optional[Path] = getattr(data, part)
        if path is not None:
            reader = known["corpora"]["train" if part == "labelled" else "dev"]
            # Of test nothing is left out.
            keys = ("scheme",) if part == "test" else KEPT
            chosen = {key: reader[key] for key in keys if key in reader}
            docs = [eg.reference for eg in Corpus(path, **chosen)(nlp)]
            check_gold(docs, path)
            texts.update(doc.text for doc in docs)
            labels[part] = {label for doc in docs for _, _, label, _ in relation_edges(doc)}
            counts[part] = len(docs)
            write_docs(docs, folder.data(part))
    missing = labels["dev"] - labels["labelled"]
    if missing:
        warnings.warn(Warnings.W005.format(labels=", ".join(sorted(missing))), stacklevel=3)
    docs = [eg.reference for eg in Corpus(data.unlabelled)(nlp)]
    kept = [doc for doc in docs if doc.text not in texts]
    kept = list(with_mentions(kept, ner, progress))
    if not any(len(all_mentions(doc)) > 1 for doc in kept):
        hint = "All are among the gold ones." if docs and not kept else "Give --ner PIPELINE."
        raise ValueError(Errors.B005.format(path=data.unlabelled, n=len(docs), hint=hint))
    write_docs(kept, folder.data("unlabelled"))
    return {**counts, "unlabelled": len(kept), "left_out": len(docs) - len(kept)}


def check_gold(docs: Iterable[Doc], path: Path) -> None:
    """docs (Iterable[Doc]): Documents that are to be gold.
    path (Path): Where they come from.
    RAISES (ValueError): If one is silver.
    """
    silver = [get_doc_id(doc) or "?" for doc in docs if silver_pairs(doc) is not None]
    if silver:
        raise ValueError(Errors.B011.format(path=path, n=len(silver), doc_id=silver[0]))


def check_config(config: Config) -> None:
    """config (Config): A config, to be trained in rounds.
    RAISES (ValueError): If its corpora give no gold entities.
    """
    corpora = config.get("corpora", {})
    for part in ("train", "dev"):
        reader = corpora.get(part, {})
        if reader.get("@readers") != READER or not reader.get("gold_entities"):
            raise ValueError(Errors.B002.format(part=part, reader=reader.get("@readers")))


def seed_of(config: Config) -> int:
    """config (Config): A config.
    RETURNS (int): The seed of its training, else that of its system, else 0.
    """
    known = config.interpolate()
    seeds = (known.get(part, {}).get("seed") for part in ("training", "system"))
    return next((int(seed) for seed in seeds if seed is not None), 0)
