"""The pipelines that `benchmarks.accuracy` trains, and published scores on the same corpora."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from .common import WORK

# Score in the table → its prefix in the output of `clinrel evaluate`, and whether gold mentions are
# given.
Scores = Dict[str, Tuple[str, bool]]

ENTITIES: Scores = {"entities": ("ents", False)}
MENTIONS: Scores = {"mentions, nested ones included": ("mentions", False)}
GOLD: Scores = {"relations, gold entities": ("rel_micro", True)}
END_TO_END: Scores = {
    "entities": ("ents", False),
    "relations, end to end": ("rel_micro", False),
}
TRIPLES: Scores = {"triples, gold mentions": ("rel_text", True)}
TRIPLES_END_TO_END: Scores = {
    "mentions": ("mentions", False),
    "triples, end to end": ("rel_text", False),
}
OWN_NOTES: Scores = {**END_TO_END, **GOLD}

# Config → the block of its embedding.
EMBEDDINGS = {
    "ccks2017_ner": "components.clinical_ner.model.tok2vec.embed",
    "cmeie": "components.relation_classifier.model.tok2vec.embed",
}


class LanguageModel(NamedTuple):
    """An encoder trained as a language model with `spacy pretrain`.

    config (str): Name of the config.
    options (Sequence[str]): Config overrides.
    """

    config: str
    options: Sequence[str] = ()

    @property
    def path(self) -> str:
        """Return the path of its weights.

        RETURNS (str): The path.
        """
        return str(WORK / f"language-model-{self.config}" / "model0.bin")


class Row(NamedTuple):
    """A pipeline that is trained and evaluated.

    corpus (str): Name of the corpus in the table.
    config (str): Name of the config.
    start (str): What the training starts from, for the table.
    scores (Dict[str, Tuple[str, bool]]): The reported scores.
    train (str): File or folder of the training documents, in the folder "corpus".
    data (str): Prefix of the files of the other parts.
    options (Sequence[str]): Config overrides.
    language_model (str): Key of `LANGUAGE_MODELS` whose encoder training starts from; empty for
        none.
    encoder_of (str): Key of `ROWS` whose encoder training starts from; empty for none.
    parts (Sequence[str]): Parts that are evaluated.
    calibrated (bool): Whether the pipeline is calibrated on dev after training.
    transformer_steps (int): Number of steps with a pretrained encoder instead of characters and
        BiLSTM; 0 to train the config as it is.
    chosen_on (str): Prefix of the dev file on which the best step and the threshold are chosen;
        empty for that of `data`.
    teachers (Sequence[Tuple[str, int]]): Keys of `ROWS` and seeds of pipelines that label the
        unlabelled records. The pipeline learns from these as well.
    """

    corpus: str
    config: str
    start: str
    scores: Scores
    train: str
    data: str
    options: Sequence[str] = ()
    language_model: str = ""
    encoder_of: str = ""
    parts: Sequence[str] = ("dev", "test")
    calibrated: bool = False
    transformer_steps: int = 0
    chosen_on: str = ""
    teachers: Sequence[Tuple[str, int]] = ()

    @property
    def dev(self) -> str:
        """Return the dev file on which the best step and the threshold are chosen.

        RETURNS (str): The path.
        """
        return f"corpus/{self.chosen_on or self.data}_dev.spacy"


class Combination(NamedTuple):
    """A pipeline whose components come from two trained ones.

    corpus (str): Name of the corpus in the table.
    config (str): Name of the config.
    start (str): What the training of the components started from, for the table.
    scores (Dict[str, Tuple[str, bool]]): The reported scores.
    data (str): Prefix of the files of all parts.
    components (Dict[str, str]): Name of a path in the config → key of `ROWS`.
    """

    corpus: str
    config: str
    start: str
    scores: Scores
    data: str
    components: Dict[str, str]


VECTORS = WORK / "vectors"
WITH_VECTORS = ("--paths.vectors", str(VECTORS))
LEXICONS = (
    "--paths.lexicons",
    '["jieba", "corpus/ccks2017_train.spacy", "corpus/ccks2019_train.spacy", '
    '"corpus/cmeee_train.spacy", "corpus/cmeie_train.spacy"]',
)
LANGUAGE_MODELS = {
    "characters": LanguageModel("ccks2017_ner", WITH_VECTORS),
    "lexicons": LanguageModel("ner_lexicon", (*WITH_VECTORS, *LEXICONS)),
}
SHORTER = ("--training.max_steps", "600", "--training.optimizer.learn_rate.total_steps", "600")
LONGER = ("--training.max_steps", "2000", "--training.optimizer.learn_rate.total_steps", "2000")
LOWER = ("--components.span_ner.threshold", "0.25")
NOTHING, FROM_VECTORS, FROM_MODEL = "random weights", "vectors", "vectors, language model"
WITH_LEXICONS = "vectors, language model, lexicons"
FROM_CMEEE = "vectors, encoder trained on CMeEE"
FROM_E5 = "multilingual-e5-small, 6 layers"
E5_FROM_CMEEE = f"{FROM_E5}, trained on CMeEE"
# What training starts from → config overrides, and key of `LANGUAGE_MODELS`.
STARTS = {
    FROM_VECTORS: (WITH_VECTORS, ""),
    FROM_MODEL: (WITH_VECTORS, "characters"),
    WITH_LEXICONS: ((*WITH_VECTORS, *LEXICONS), "lexicons"),
    FROM_CMEEE: (WITH_VECTORS, ""),
    FROM_E5: ((), ""),
    E5_FROM_CMEEE: ((), ""),
}
LAYER, CMEIE = "CCKS-2017 relation layer", "CMeIE"


def without_vectors(config: str) -> List[str]:
    """Return the overrides that train without vectors.

    config (str): Name of the config.
    RETURNS (List[str]): Arguments of `spacy train`.
    """
    names = ("include_static_vectors", "pair_vectors")
    return [part for name in names for part in (f"--{EMBEDDINGS[config]}.{name}", "false")]


def row(corpus: str, config: str, scores: Scores, data: str, start: str, **fields: Any) -> Row:
    """Return a row whose overrides follow from what its training starts from.

    corpus, config, scores, data, start: See `Row`.
    fields (Any): Other fields of the row; `options` are added to the overrides.
    RETURNS (Row): The row.
    """
    options, model = STARTS[start] if start in STARTS else (without_vectors(config), "")
    fields["options"] = (*options, *fields.get("options", ()))
    fields.setdefault("train", f"{data}_train.spacy")
    return Row(corpus, config, start, scores, data=data, language_model=model, **fields)


CCKS2017 = ("CCKS-2017", "ccks2017_ner", ENTITIES, "ccks2017")
LAYER_GOLD = (LAYER, "ccks2017_relations", GOLD, "ccks2017_relations")
CMEIE_GOLD = (CMEIE, "cmeie", TRIPLES, "cmeie")
CMEIE_MENTIONS = (CMEIE, "cmeee", MENTIONS, "cmeie")
CMEEE = ("CMeEE", "cmeee", MENTIONS, "cmeee")
ROWS: Dict[str, Row] = {
    "notes": Row(
        *("our Chinese notes", "zh_clinrel", NOTHING, OWN_NOTES),
        *("zh_notes_train.spacy", "zh_notes"),
        calibrated=True,
    ),
    "transfer": Row(
        *("relation layer, trained on our notes", "zh_clinrel", NOTHING, OWN_NOTES),
        *("zh_notes_train.spacy", "ccks2017_relations"),
        calibrated=True,
        chosen_on="zh_notes",
    ),
    "transfer-e5": Row(
        *("relation layer, trained on our notes", "zh_clinrel_trf", FROM_E5, OWN_NOTES),
        *("zh_notes_train.spacy", "ccks2017_relations"),
        calibrated=True,
        chosen_on="zh_notes",
        transformer_steps=800,
    ),
    "ccks2017-nothing": row(*CCKS2017, NOTHING),
    "ccks2017-vectors": row(*CCKS2017, FROM_VECTORS),
    "ccks2017-model": row(*CCKS2017, FROM_MODEL),
    "ccks2017-lexicons": row("CCKS-2017", "ner_lexicon", ENTITIES, "ccks2017", WITH_LEXICONS),
    "ccks2017-e5": row(*CCKS2017, FROM_E5, transformer_steps=600),
    "ccks2019-model": row(
        "CCKS-2019", "ccks2017_ner", ENTITIES, "ccks2019", FROM_MODEL, parts=("dev",)
    ),
    "ccks2019-lexicons": row(
        "CCKS-2019", "ner_lexicon", ENTITIES, "ccks2019", WITH_LEXICONS, parts=("dev",)
    ),
    "ccks2019-e5": row(
        *("CCKS-2019", "ccks2017_ner", ENTITIES, "ccks2019", FROM_E5),
        parts=("dev",),
        transformer_steps=600,
    ),
    "ccks2019-distilled": row(
        *("CCKS-2019", "ner_lexicon", ENTITIES, "ccks2019", WITH_LEXICONS),
        options=LONGER,
        parts=("dev",),
        teachers=(("ccks2019-e5", 0), ("ccks2019-e5", 1), ("ccks2019-lexicons", 0)),
    )._replace(start=f"{WITH_LEXICONS}; records labelled by e5 (two seeds) and ner_lexicon"),
    "layer": row(*LAYER_GOLD, FROM_MODEL),
    "layer-notes": row(*LAYER_GOLD, FROM_MODEL, train="layer_and_notes")._replace(
        start=f"{FROM_MODEL}; our notes added"
    ),
    "layer-e5": row(*LAYER_GOLD, FROM_E5, transformer_steps=300),
    "layer-e5-notes": row(
        *LAYER_GOLD, FROM_E5, train="layer_and_notes", transformer_steps=400
    )._replace(start=f"{FROM_E5}; our notes added"),
    "cmeie-nothing": row(*CMEIE_GOLD, NOTHING),
    "cmeie-vectors": row(*CMEIE_GOLD, FROM_VECTORS),
    "cmeie-model": row(*CMEIE_GOLD, FROM_MODEL),
    "cmeie-e5": row(*CMEIE_GOLD, FROM_E5, transformer_steps=600),
    "cmeee-model": row(*CMEEE, FROM_MODEL),
    "cmeee-e5": row(*CMEEE, FROM_E5, transformer_steps=1000),
    "cmeie-mentions-model": row(*CMEIE_MENTIONS, FROM_MODEL, options=(*SHORTER, *LOWER)),
    "cmeie-mentions": row(
        *CMEIE_MENTIONS, FROM_CMEEE, options=(*SHORTER, *LOWER), encoder_of="cmeee-model"
    ),
    "cmeie-mentions-e5": row(
        *(*CMEIE_MENTIONS, E5_FROM_CMEEE),
        options=LOWER,
        encoder_of="cmeee-e5",
        transformer_steps=300,
    ),
}
COMBINATIONS = {
    "layer-end-to-end": Combination(
        *(LAYER, "ccks2017", f"{WITH_LEXICONS}; our notes added", END_TO_END),
        "ccks2017_relations",
        {"ner": "ccks2017-lexicons", "relations": "layer-notes"},
    ),
    "cmeie-end-to-end": Combination(
        *(CMEIE, "cmeie_end_to_end", f"mentions: {FROM_CMEEE}; relations: {FROM_MODEL}"),
        *(TRIPLES_END_TO_END, "cmeie"),
        {"mentions": "cmeie-mentions", "relations": "cmeie-model"},
    ),
    "cmeie-end-to-end-e5": Combination(
        *(CMEIE, "cmeie_end_to_end", f"mentions: {E5_FROM_CMEEE}; relations: {FROM_MODEL}"),
        *(TRIPLES_END_TO_END, "cmeie"),
        {"mentions": "cmeie-mentions-e5", "relations": "cmeie-model"},
    ),
}
