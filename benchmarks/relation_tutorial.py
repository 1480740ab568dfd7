"""explosion's tutorial relation component in the same tables.

Its code comes from a checkout of explosion/projects, whose path is given; nothing of it is copied.
Its own config trains it, with a token a character, gold entities, our scorer, and 4,000 steps
instead of 10,000, for the night's sake.
"""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Optional

from spacy import registry, util
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.evaluation.scorers import score_relations
from spacy_clinrel.tokens import Relation

if TYPE_CHECKING:
    from relation_settings import Cell

TUTORIAL = Path("tutorials") / "rel_component"


def load_tutorial(checkout: Path) -> Path:
    """Import the component's code, which registers it.

    checkout (Path): A checkout of explosion/projects.
    RETURNS (Path): The folder of the tutorial.
    RAISES (ValueError): If it is not there.
    """
    folder = (checkout / TUTORIAL).resolve()
    if not (folder / "scripts" / "rel_pipe.py").exists():
        raise ValueError(f"{checkout}: no {TUTORIAL}. Give a checkout of explosion/projects.")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    import scripts.custom_functions  # type: ignore[import-not-found]  # noqa: F401

    # It declares `nO: int = None`, which configs of today's spaCy take for a mistake.
    layer = registry.architectures.get("rel_classification_layer.v1")
    layer.__annotations__.update(nO=Optional[int], nI=Optional[int])
    return folder


@registry.readers("clinrel_benchmark.TutorialCorpus.v1")
def TutorialCorpus(
    path: str, scheme: Optional[str] = None, limit: int = 0
) -> Callable[[Language], Iterable[Example]]:
    """Create a reader with gold entities that also gives relations as the component wants them.

    path (str): A .spacy file.
    scheme (Optional[str]): Label scheme.
    limit (int): Documents to read; 0 for all.
    RETURNS (Callable[[Language], Iterable[Example]]): The reader.
    """
    corpus = Corpus(Path(path), gold_entities=True, scheme=scheme, limit=limit)

    def read(nlp: Language) -> Iterator[Example]:
        for example in corpus(nlp):
            labels: Dict[Any, Dict[str, float]] = {}
            for head, tail, label, _ in example.reference._.relations:
                labels.setdefault((head.start, tail.start), {})[label] = 1.0
            example.reference._.rel = labels
            yield example

    return read


@Language.factory("tutorial_relations", default_config={"threshold": 0.5})
class TutorialRelations:
    """Writes what the component found to `doc._.relations`, and scores that."""

    def __init__(self, nlp: Language, name: str, threshold: float):
        """threshold (float): Scores from it on are relations."""
        self.threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        """doc (Doc): With `doc._.rel`.
        RETURNS (Doc): With `doc._.relations`.
        """
        ents = {ent.start: ent for ent in doc.ents}
        doc._.relations = [
            Relation(ents[head], ents[tail], label, float(score))
            for (head, tail), scores in doc._.rel.items()
            for label, score in scores.items()
            if score >= self.threshold
        ]
        return doc

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """examples (Iterable[Example]): Predicted and gold.
        RETURNS (Dict[str, Any]): Every gold relation counts, also one without a candidate.
        """
        return score_relations(examples, **kwargs)


def tutorial_config(cell: "Cell") -> Config:
    """The tutorial's own config, on our data.

    cell (Cell): What to train.
    RETURNS (Config): The config.
    """
    from relation_settings import CORPORA, SCALES

    assert cell.tutorial is not None
    folder = load_tutorial(cell.tutorial)
    scale, scheme = SCALES[cell.scale], CORPORA[cell.corpus].scheme
    config = util.load_config(folder / "configs" / "rel_tok2vec.cfg", interpolate=False)
    config["nlp"]["lang"] = "zh"
    tokenizer = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "char"}
    config["nlp"]["tokenizer"] = tokenizer
    config["nlp"]["pipeline"] = [*config["nlp"]["pipeline"], "tutorial_relations"]
    config["components"]["tutorial_relations"] = {"factory": "tutorial_relations"}
    for part in ("train", "dev"):
        config["corpora"][part] = {
            "@readers": "clinrel_benchmark.TutorialCorpus.v1",
            "path": str(cell.file(part)),
            "scheme": scheme,
            "limit": scale.limit,
        }
    config["system"]["seed"] = cell.seed
    training = config["training"]
    small = cell.scale == "small"
    training.update(max_steps=4 if small else 4000, eval_frequency=2 if small else 400)
    return config


def speed(nlp: Language, cell: "Cell", seconds: float = 3.0) -> float:
    """Pairs a second at prediction.

    nlp (Language): The trained pipeline.
    cell (Cell): Names the data.
    seconds (float): How long to measure at least.
    RETURNS (float): Pairs/s, the encoding of the text included.
    """
    from relation_settings import SCALES

    limit = SCALES[cell.scale].limit
    examples = Corpus(cell.file("test"), gold_entities=True, limit=limit)(nlp)
    docs: List[Doc] = [example.predicted for example in examples]
    encoder, pipe = nlp.get_pipe("tok2vec"), nlp.get_pipe("relation_extractor")
    instances = pipe.model.attrs["get_instances"]
    docs = [doc for doc in docs if instances(doc)]
    pairs, spent = 0, 0.0
    while spent < seconds:
        for batch in util.minibatch(docs, 16):
            start = time.process_time()
            encoder.set_annotations(batch, encoder.predict(batch))
            scores = pipe.predict(batch)
            spent += time.process_time() - start
            pairs += len(scores)
    return pairs / spent
