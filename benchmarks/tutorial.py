"""The relation component of Explosion's tutorial, a baseline for relation extraction with spaCy.

Its code is imported from a checkout of explosion/projects; none of it is copied here. It is trained
with the tutorial's config, with one token per character, gold entities and our scorer.
"""

import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional

from spacy import registry, util
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Config

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.evaluation.scorers import score_relations
from spacy_clinrel.tokens import Relation

TUTORIAL = Path("tutorials") / "rel_component"


def load_tutorial(checkout: Path) -> Path:
    """Import the component's code, which registers it with spaCy.

    checkout (Path): A checkout of explosion/projects.
    RETURNS (Path): The folder of the tutorial.
    RAISES (ValueError): If the checkout has no tutorial.
    """
    folder = (checkout / TUTORIAL).resolve()
    if not (folder / "scripts" / "rel_pipe.py").exists():
        raise ValueError(f"{checkout}: no {TUTORIAL}. Give a checkout of explosion/projects.")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    import scripts.custom_functions  # type: ignore[import-not-found]  # noqa: F401

    # It declares `nO: int = None`, which current versions of spaCy reject in a config.
    layer = registry.architectures.get("rel_classification_layer.v1")
    layer.__annotations__.update(nO=Optional[int], nI=Optional[int])
    return folder


@registry.readers("clinrel_benchmark.TutorialCorpus.v1")
def TutorialCorpus(
    path: str, scheme: Optional[str] = None, limit: int = 0
) -> Callable[[Language], Iterable[Example]]:
    """Create a reader that stores gold relations in `doc._.rel`, where the component reads them.

    path (str): A .spacy file.
    scheme (Optional[str]): Name of the label scheme.
    limit (int): Maximum number of documents read; 0 for all.
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
    """A component that copies the tutorial component's predictions to `doc._.relations` and scores
    them."""

    def __init__(self, nlp: Language, name: str, threshold: float):
        """Create the component.

        nlp (Language): The pipeline.
        name (str): Name in the pipeline.
        threshold (float): Minimum score of a relation.
        """
        self.threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        """Set `doc._.relations`.

        doc (Doc): The document, with `doc._.rel`.
        RETURNS (Doc): The same document.
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
        """Score the predictions.

        examples (Iterable[Example]): Predicted and gold documents.
        RETURNS (Dict[str, Any]): The scores. Gold relations that are not among the candidates count
            as missed.
        """
        return score_relations(examples, **kwargs)


def tutorial_config(
    checkout: Path,
    data: Dict[str, Path],
    scheme: Optional[str] = None,
    *,
    limit: int = 0,
    seed: int = 0,
    steps: int = 4000,
    eval_frequency: int = 400,
) -> Config:
    """Adapt the tutorial's config to our data.

    checkout (Path): A checkout of explosion/projects.
    data (Dict[str, Path]): The .spacy files of "train" and "dev".
    scheme (Optional[str]): Name of the label scheme.
    limit (int): Maximum number of documents read from each file; 0 for all.
    seed (int): Random seed.
    steps (int): Number of training steps. The tutorial uses 10,000.
    eval_frequency (int): Number of steps between evaluations.
    RETURNS (Config): The config.
    """
    folder = load_tutorial(checkout)
    config = util.load_config(folder / "configs" / "rel_tok2vec.cfg", interpolate=False)
    config["nlp"]["lang"] = "zh"
    tokenizer = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "char"}
    config["nlp"]["tokenizer"] = tokenizer
    config["nlp"]["pipeline"] = [*config["nlp"]["pipeline"], "tutorial_relations"]
    config["components"]["tutorial_relations"] = {"factory": "tutorial_relations"}
    for part, path in data.items():
        config["corpora"][part] = {
            "@readers": "clinrel_benchmark.TutorialCorpus.v1",
            "path": str(path),
            "scheme": scheme,
            "limit": limit,
        }
    config["system"]["seed"] = seed
    config["training"].update(max_steps=steps, eval_frequency=eval_frequency)
    return config
