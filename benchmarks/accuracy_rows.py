"""The pipelines that `benchmarks.accuracy` trains, and published scores on the same corpora."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

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

NER_EMBED = "components.clinical_ner.model.tok2vec.embed"
PAIR_EMBED = "components.relation_classifier.model.tok2vec.embed"
SPAN_EMBED = "components.span_ner.model.tok2vec.embed"


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


def without_vectors(embed: str) -> List[str]:
    """Return the overrides that train without vectors.

    embed (str): The block of the embedding.
    RETURNS (List[str]): Arguments of `spacy train`.
    """
    return [
        part
        for name in ("include_static_vectors", "pair_vectors")
        for part in (f"--{embed}.{name}", "false")
    ]


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
LOWER = ("--components.span_ner.threshold", "0.25")
NOTHING, FROM_VECTORS, FROM_MODEL = "random weights", "vectors", "vectors, language model"
WITH_LEXICONS = "vectors, language model, lexicons"
FROM_CMEEE = "vectors, encoder trained on CMeEE"
LAYER, CMEIE = "CCKS-2017 relation layer", "CMeIE"

ROWS: Dict[str, Row] = {
    "notes": Row(
        *("our Chinese notes", "zh_clinrel", NOTHING, OWN_NOTES),
        *("zh_notes_train.spacy", "zh_notes"),
        calibrated=True,
    ),
    "ccks2017-nothing": Row(
        *("CCKS-2017", "ccks2017_ner", NOTHING, ENTITIES, "ccks2017_train.spacy", "ccks2017"),
        options=without_vectors(NER_EMBED),
    ),
    "ccks2017-vectors": Row(
        *("CCKS-2017", "ccks2017_ner", FROM_VECTORS, ENTITIES, "ccks2017_train.spacy", "ccks2017"),
        options=WITH_VECTORS,
    ),
    "ccks2017-model": Row(
        *("CCKS-2017", "ccks2017_ner", FROM_MODEL, ENTITIES, "ccks2017_train.spacy", "ccks2017"),
        options=WITH_VECTORS,
        language_model="characters",
    ),
    "ccks2017-lexicons": Row(
        *("CCKS-2017", "ner_lexicon", WITH_LEXICONS, ENTITIES),
        *("ccks2017_train.spacy", "ccks2017"),
        options=(*WITH_VECTORS, *LEXICONS),
        language_model="lexicons",
    ),
    "ccks2019-model": Row(
        *("CCKS-2019", "ccks2017_ner", FROM_MODEL, ENTITIES, "ccks2019_train.spacy", "ccks2019"),
        options=WITH_VECTORS,
        language_model="characters",
        parts=("dev",),
    ),
    "ccks2019-lexicons": Row(
        *("CCKS-2019", "ner_lexicon", WITH_LEXICONS, ENTITIES),
        *("ccks2019_train.spacy", "ccks2019"),
        options=(*WITH_VECTORS, *LEXICONS),
        language_model="lexicons",
        parts=("dev",),
    ),
    "layer": Row(
        *(LAYER, "ccks2017_relations", FROM_MODEL, GOLD),
        *("ccks2017_relations_train.spacy", "ccks2017_relations"),
        options=WITH_VECTORS,
        language_model="characters",
    ),
    "layer-notes": Row(
        *(LAYER, "ccks2017_relations", f"{FROM_MODEL}; our notes added", GOLD),
        *("layer_and_notes", "ccks2017_relations"),
        options=WITH_VECTORS,
        language_model="characters",
    ),
    "cmeie-nothing": Row(
        *(CMEIE, "cmeie", NOTHING, TRIPLES, "cmeie_train.spacy", "cmeie"),
        options=without_vectors(PAIR_EMBED),
    ),
    "cmeie-vectors": Row(
        *(CMEIE, "cmeie", FROM_VECTORS, TRIPLES, "cmeie_train.spacy", "cmeie"),
        options=WITH_VECTORS,
    ),
    "cmeie-model": Row(
        *(CMEIE, "cmeie", FROM_MODEL, TRIPLES, "cmeie_train.spacy", "cmeie"),
        options=WITH_VECTORS,
        language_model="characters",
    ),
    "cmeee-model": Row(
        *("CMeEE", "cmeee", FROM_MODEL, MENTIONS, "cmeee_train.spacy", "cmeee"),
        options=WITH_VECTORS,
        language_model="characters",
    ),
    "cmeie-mentions-model": Row(
        *(CMEIE, "cmeee", FROM_MODEL, MENTIONS, "cmeie_train.spacy", "cmeie"),
        options=(*WITH_VECTORS, *SHORTER, *LOWER),
        language_model="characters",
    ),
    "cmeie-mentions": Row(
        *(CMEIE, "cmeee", FROM_CMEEE, MENTIONS, "cmeie_train.spacy", "cmeie"),
        options=(*WITH_VECTORS, *SHORTER, *LOWER),
        encoder_of="cmeee-model",
    ),
    "cmeie": Row(
        *(CMEIE, "cmeie", FROM_CMEEE, TRIPLES, "cmeie_train.spacy", "cmeie"),
        options=WITH_VECTORS,
        encoder_of="cmeee-model",
    ),
}
COMBINATIONS = {
    "layer-end-to-end": Combination(
        *(LAYER, "ccks2017", f"{WITH_LEXICONS}; our notes added", END_TO_END),
        "ccks2017_relations",
        {"ner": "ccks2017-lexicons", "relations": "layer-notes"},
    ),
    "cmeie-end-to-end": Combination(
        *(CMEIE, "cmeie_end_to_end", FROM_CMEEE, TRIPLES_END_TO_END, "cmeie"),
        {"mentions": "cmeie-mentions", "relations": "cmeie"},
    ),
}
