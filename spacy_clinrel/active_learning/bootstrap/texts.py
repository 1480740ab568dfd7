"""The documents of a run, as it sees them."""

import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Set

from spacy import util
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from ...data.readers import Corpus
from ...errors import Errors, Warnings
from ...files import write_docs
from ...tokens import GROUP, all_mentions, get_relations, relation_edges
from ...tokens.normalize import single_spaces
from ...tokens.silver import check_gold
from ..pairs import find_component, with_mentions
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
    ones with their mentions alone, each text once, and none that is among the gold ones or longer
    than those may be. Texts that differ in white space alone are the same.

    folder (RunFolder): Where to.
    config (Config): The config.
    data (Data): The documents.
    ner (Optional[Language]): Finds the mentions of the unlabelled documents; None where they have
        theirs.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Dict[str, int]): Documents of each part; how many unlabelled ones were "left_out", as
        they are gold, and how many "repeated" another one.
    RAISES (ValueError): If a file can't be read, gold documents are silver or none, dev is not
        annotated, or no unlabelled document has two mentions.
    """
    known = config.interpolate()
    nlp = util.get_lang_class(known["nlp"]["lang"])()
    counts: Dict[str, int] = {}
    texts: Set[str] = set()
    gold: Dict[str, List[Doc]] = {}
    for part in ("labelled", "dev", "test"):
        path: Optional[Path] = getattr(data, part)
        if path is not None:
            reader = known["corpora"]["train" if part == "labelled" else "dev"]
            # Of test nothing is left out.
            keys = ("scheme",) if part == "test" else KEPT
            chosen = {key: reader[key] for key in keys if key in reader}
            docs = [eg.reference for eg in Corpus(path, **chosen)(nlp)]
            if not docs:  # all are too long
                raise ValueError(Errors.F004.format(path=path))
            check_gold(docs, path)
            texts.update(single_spaces(doc.text) for doc in docs)
            gold[part] = docs
            counts[part] = len(docs)
            write_docs(docs, folder.data(part))
    if not any(GROUP in doc.spans for doc in gold["dev"]):
        raise ValueError(Errors.B010)
    longest = known["corpora"]["train"].get("max_length", 0)
    docs = [eg.reference for eg in Corpus(data.unlabelled, max_length=longest)(nlp)]
    new = [doc for doc in docs if single_spaces(doc.text) not in texts]
    once: Dict[str, Doc] = {}
    for doc in new:
        once.setdefault(single_spaces(doc.text), doc)
    kept = list(with_mentions(list(once.values()), ner, progress))
    if not any(len(all_mentions(doc)) > 1 for doc in kept):
        hint = "All are among the gold ones." if docs and not kept else "Give --ner PIPELINE."
        raise ValueError(Errors.B005.format(path=data.unlabelled, n=len(docs), hint=hint))
    warn_unlike(gold["labelled"], gold["dev"], kept)
    write_docs(kept, folder.data("unlabelled"))
    out = {"left_out": len(docs) - len(new), "repeated": len(new) - len(kept)}
    return {**counts, "unlabelled": len(kept), **out}


def warn_unlike(labelled: List[Doc], dev: List[Doc], unlabelled: List[Doc]) -> None:
    """Warn of labels of dev and of types of unlabelled mentions that the labelled documents do not
    have.

    labelled (List[Doc]): The labelled documents.
    dev (List[Doc]): Those of dev.
    unlabelled (List[Doc]): Those with mentions alone.
    """
    labels = [
        {label for doc in docs for _, _, label, _ in relation_edges(doc)}
        for docs in (labelled, dev)
    ]
    missing = labels[1] - labels[0]
    if missing:
        warnings.warn(Warnings.W005.format(labels=", ".join(sorted(missing))), stacklevel=4)
    joined = {
        (relation.head.label_, relation.tail.label_)
        for doc in labelled
        for relation in get_relations(doc)
    }
    types = [{span.label_ for span in all_mentions(doc)} for doc in unlabelled]
    if not any(pair <= found for pair in map(set, joined) for found in types):
        pairs = ", ".join(f"{head}–{tail}" for head, tail in sorted(joined)) or "none"
        found = ", ".join(sorted(set().union(*types)))
        warnings.warn(Warnings.W006.format(pairs=pairs, types=found), stacklevel=4)


def check_config(config: Config) -> None:
    """config (Config): A config, to be trained in rounds.
    RAISES (ValueError): If its corpora give no gold entities, it has no relation classifier or
        several, or one that gives a pair several labels.
    """
    corpora = config.get("corpora", {})
    for part in ("train", "dev"):
        reader = corpora.get(part, {})
        if reader.get("@readers") != READER or not reader.get("gold_entities"):
            raise ValueError(Errors.B002.format(part=part, reader=reader.get("@readers")))
    if not pair_settings(config)["exclusive"]:
        raise ValueError(Errors.B013)


def pair_settings(config: Config) -> Dict[str, Any]:
    """What decides which pairs a config's relation classifier scores, and how.

    config (Config): The config.
    RETURNS (Dict[str, Any]): "language", and the component's settings.
    RAISES (ValueError): If it has no relation classifier, or several.
    """
    nlp = util.load_model_from_config(config.interpolate(), auto_fill=True)
    settings = nlp.get_pipe_config(find_component(nlp))
    names = ("candidates", "mentions", "exclusive", "typed")
    return {"language": nlp.lang, **{name: settings[name] for name in names}}


def seed_of(config: Config) -> int:
    """config (Config): A config.
    RETURNS (int): The seed of its training, else that of its system, else 0.
    """
    known = config.interpolate()
    seeds = (known.get(part, {}).get("seed") for part in ("training", "system"))
    return next((int(seed) for seed in seeds if seed is not None), 0)
