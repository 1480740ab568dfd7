"""What the document benchmark compares: corpora, systems and their configs."""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from relation_settings import COMPONENT, ROOT
from spacy import util
from thinc.api import Config


class Data(NamedTuple):
    """A corpus.

    title (str): In the tables.
    prefix (str): Of its .spacy files.
    config (str): The config whose embedding and reader it takes.
    sents (bool): Whether its sentences are those of the Doc, or end at 。；;！？ and line breaks.
    pairs (Dict[str, int]): How far apart the mentions of a candidate pair may stand.
    steps (int): Steps of training.
    size (int): Padded tokens of a batch.
    """

    title: str
    prefix: str
    config: str
    sents: bool
    pairs: Dict[str, int]
    steps: int
    size: int


CORPORA = {
    "maccrobat": Data(
        "MACCROBAT, eleven types, five labels",
        "maccrobat",
        "en_clinrel",
        True,
        {"max_sentences": 1, "max_distance": 40},
        600,
        1500,
    ),
    "layer": Data(
        "CCKS-2017 relation layer, 22 labels",
        "ccks2017_relations",
        "zh_clinrel",
        False,
        {"max_sentences": 2, "max_distance": 100},
        600,
        2000,
    ),
}

HIERARCHICAL = {"@architectures": "spacy-clinrel.Hierarchical.v1", "width": 128, "between": 32}
HIERARCHICAL.update(hidden_width=128, sentence_level=True, attention=True)
BIGRU_ATT = {
    "@architectures": "spacy-clinrel.PairSentence.v1",
    "position_width": 25,
    "window": 30,
    "encoder": {"@misc": "spacy-clinrel.RNN.v1", "width": 128, "depth": 1, "cell": "gru"},
    "pooling": {"@misc": "spacy-clinrel.AttentionPool.v1"},
}
MENTION_PAIR = {"@architectures": "spacy-clinrel.MentionPair.v1", "width": 128, "between": 32}
BIRNN = {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 256, "depth": 1}


def _crf(scope: str, **options: Any) -> Dict[str, Any]:
    relations = {**HIERARCHICAL, **options}
    return {"@architectures": "spacy-clinrel.PairCRF.v1", "scope": scope, "relations": relations}


# Name → model, without its tok2vec
SYSTEMS: Dict[str, Dict[str, Any]] = {
    "Mention pair": {**MENTION_PAIR, "context": BIRNN},
    "BiGRU-Att": BIGRU_ATT,
    "Hierarchical, CRF of a sentence": _crf("sentence"),
    "Hierarchical, CRF of the document": _crf("document"),
    "Hierarchical, no CRF": HIERARCHICAL,
    "Hierarchical, no sentence level": _crf("sentence", sentence_level=False),
    "Hierarchical, no attention": _crf("sentence", attention=False),
}


class Cell(NamedTuple):
    """One system on a corpus with a seed.

    system (str): Its name.
    corpus (str): Name of the corpus.
    seed (int): The seed.
    data (Path): Folder of the .spacy files.
    small (bool): Few documents and steps, for tests.
    """

    system: str
    corpus: str
    seed: int
    data: Path
    small: bool = False

    def file(self, part: str) -> Path:
        """RETURNS (Path): The .spacy file of "train", "dev" or "test"."""
        return self.data / f"{CORPORA[self.corpus].prefix}_{part}.spacy"


def config(cell: Cell) -> Config:
    """What a cell is trained with: the corpus's own embedding, a BiLSTM upon it but for BiGRU-Att,
    which reads each pair in its own window of embeddings, and the system's model.

    cell (Cell): The cell.
    RETURNS (Config): Of a pipeline that finds relations between gold entities.
    """
    data = CORPORA[cell.corpus]
    made = util.load_config(ROOT / "configs" / f"{data.config}.cfg", interpolate=False)
    made["system"]["seed"] = cell.seed
    tok2vec = made["components"].pop("tok2vec")["model"]
    made["components"].pop("clinical_ner")
    before: List[str] = [name for name in made["components"] if name != COMPONENT]
    made["nlp"]["pipeline"] = [*before, COMPONENT]
    component = made["components"][COMPONENT]
    component["candidates"].update(data.pairs, use_sents=data.sents)
    model = _model(SYSTEMS[cell.system], data.sents)
    inner = model.get("relations", model)
    chained = inner is not model
    # Viterbi decides; the scores are marginal probabilities.
    component.update(model=model, threshold=0.0 if chained else 0.5)
    pair_sentence = inner["@architectures"] == BIGRU_ATT["@architectures"]
    inner["tok2vec"] = tok2vec["embed"] if pair_sentence else tok2vec
    # Each pair is read on its own, so most of those without a relation are left out.
    component["negatives"] = 5 if pair_sentence else None
    for part in ("train", "dev"):
        limit = 6 if cell.small else 0
        made["corpora"][part].update(path=str(cell.file(part)), gold_entities=True, limit=limit)
    training, steps = made["training"], 4 if cell.small else data.steps
    training.update(max_steps=steps, eval_frequency=max(steps // 10, 1))
    training["batcher"]["size"] = data.size
    rate = training["optimizer"]["learn_rate"]
    rate.update(warmup_steps=steps // 10, total_steps=steps, initial_rate=0.002)
    weights = training["score_weights"]
    training["score_weights"] = {key: weights[key] for key in weights if key.startswith("rel_")}
    training["score_weights"]["rel_micro_f"] = 1.0
    return made


def _model(system: Dict[str, Any], sents: bool) -> Dict[str, Any]:
    """A copy that knows which sentences to take."""
    model: Dict[str, Any] = {**system}
    if "relations" in model:
        model["relations"] = _model(model["relations"], sents)
    if "Pair.v1" not in model["@architectures"] and "PairSentence" not in model["@architectures"]:
        model["use_sents"] = sents
    elif "PairSentence" in model["@architectures"] and sents:
        model["sentence_ends"] = ""  # each of the corpus's sentences is a line
    return model
