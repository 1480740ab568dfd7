"""The corpora of the studies."""

from pathlib import Path
from typing import Dict, NamedTuple, Optional

COMPONENT = "relation_classifier"


class PairCorpus(NamedTuple):
    """A corpus of relations.

    title (str): Title in the tables.
    prefix (str): Prefix of its .spacy files, which end in _train, _dev and _test.
    scheme (Optional[str]): Name of the label scheme.
    score (str): Prefix of the reported score. The score is strict, or compares the texts of the
        mentions if the corpus gives mentions as strings without offsets.
    pairs (Dict[str, int]): Options of `SentencePairs`.
    """

    title: str
    prefix: str
    scheme: Optional[str]
    score: str
    pairs: Dict[str, int]

    def file(self, data: Path, part: str) -> Path:
        """Return the path of a .spacy file.

        data (Path): Folder of the .spacy files.
        part (str): Part of the corpus: "train", "dev" or "test".
        RETURNS (Path): The path.
        """
        return data / f"{self.prefix}_{part}.spacy"


LAYER = "ccks2017_relations"
CORPORA = {
    "15-labels": PairCorpus(
        "CCKS-2017 relation layer, 15 labels (first paper)", LAYER, "15-labels", "rel_micro", {}
    ),
    "11-labels": PairCorpus(
        "CCKS-2017 relation layer, 11 labels (second paper)", LAYER, "11-labels", "rel_micro", {}
    ),
    "layer": PairCorpus("CCKS-2017 relation layer, 22 labels", LAYER, None, "rel_micro", {}),
    "cmeie": PairCorpus(
        "CMeIE, triples as strings",
        "cmeie",
        None,
        "rel_text",
        {"max_sentences": 9, "max_distance": 300},
    ),
    "maccrobat": PairCorpus(
        "MACCROBAT, eleven types, five labels", "maccrobat", None, "rel_micro", {}
    ),
}
