"""Complete configs, from the defaults of the components and of spaCy."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Sequence, Tuple

import srsly
from spacy import util
from thinc.api import Config

from ..errors import Errors
from ..pipeline.defaults import (
    ASSERTION_MODEL,
    CANDIDATES,
    NER_MODEL,
    RELATION_MODEL,
    SPAN_MODEL,
)
from ..pipeline.score_weights import ASSERTION
from .sizes import Sizes

Encoder = Literal["small", "vectors", "transformer"]
ENCODERS: Tuple[Encoder, ...] = ("small", "vectors", "transformer")

# Short names of components. "assertion" becomes assertion_classifier or assertion_rules.
FACTORIES = {
    "ner": "clinical_ner",
    "spans": "span_ner",
    "joint": "joint_extractor",
    "sections": "clinical_sectionizer",
    "assertion": "assertion",
    "measurements": "measurement_matcher",
    "relations": "relation_classifier",
}
# All components, in the order of the pipeline.
ORDER = (
    "clinical_ner",
    "span_ner",
    "joint_extractor",
    "clinical_sectionizer",
    "assertion",
    "assertion_rules",
    "assertion_classifier",
    "measurement_matcher",
    "relation_classifier",
)
TRAINED = (
    "clinical_ner",
    "span_ner",
    "joint_extractor",
    "assertion_classifier",
    "relation_classifier",
)
FIND_ENTITIES = ("clinical_ner", "span_ner", "joint_extractor")
FIND_RELATIONS = ("joint_extractor", "relation_classifier")
JUDGE_ASSERTION = ("assertion", "assertion_rules", "assertion_classifier")
# Languages that are written without spaces, so that a token is a character.
BY_CHARACTER = ("zh",)
DEFAULT_ENCODERS = {"zh": "hfl/chinese-macbert-base", "en": "roberta-base"}
# Width of encoders of base size.
BASE_WIDTH = 768
MULTILINGUAL = "bert-base-multilingual-cased"
SENTENCES = "clinical_sentencizer"


@dataclass(frozen=True)
class Choices:
    """Choices from which a config is built.

    lang (str): Language of the notes.
    factories (Sequence[str]): The components, without encoder and sentence splitter.
    encoder (str): Kind of encoder: "small", "vectors" or "transformer".
    encoder_name (Optional[str]): Name or folder of the pretrained encoder of "transformer".
    types (Optional[List[str]]): Entity types whose mentions get assertion attributes by rules. None
        for all.
    is_exclusive (bool): Whether a pair of mentions has at most one relation.
    sizes (Sizes): Limits of the candidate pairs, batch size and number of steps.
    paths (Dict[str, Optional[Path]]): Paths of "train", "dev" and "vectors".
    """

    lang: str
    factories: Sequence[str]
    encoder: Encoder
    encoder_name: Optional[str]
    types: Optional[List[str]]
    is_exclusive: bool
    sizes: Sizes
    paths: Dict[str, Optional[Path]]

    @property
    def is_trained(self) -> bool:
        """Return whether any component is trained."""
        return any(name in TRAINED for name in self.factories)

    @property
    def has_gold_entities(self) -> bool:
        """Return whether no component finds entities, so that the documents must have them."""
        return not any(name in FIND_ENTITIES for name in self.factories)

    @property
    def splits_sentences(self) -> bool:
        """Return whether a component splits sentences. In Chinese, the candidates do."""
        return self.lang not in BY_CHARACTER


def read_pipeline(names: Sequence[str]) -> List[str]:
    """Return the components that the names of a pipeline stand for, in their order.

    names (Sequence[str]): Short names such as "ner", or names of factories.
    RETURNS (List[str]): Names of factories; "assertion" stands for either of its two components.
    RAISES (ValueError): If a name is unknown, or two components have the same task.
    """
    found = {FACTORIES.get(name, name) for name in names}
    unknown = [name for name in names if FACTORIES.get(name, name) not in ORDER]
    if unknown or not names:
        known = ", ".join([*FACTORIES, *(name for name in ORDER if name not in FACTORIES)])
        raise ValueError(Errors.F181.format(name=", ".join(unknown), known=known))
    for group in (FIND_ENTITIES, FIND_RELATIONS, JUDGE_ASSERTION):
        chosen = [name for name in group if name in found]
        if len(chosen) > 1:
            raise ValueError(Errors.F182.format(names=" and ".join(chosen)))
    return [name for name in ORDER if name in found]


def build_config(choices: Choices) -> Config:
    """Build a complete config.

    choices (Choices): Components, encoder and sizes.
    RETURNS (Config): The config, which sets every option.
    RAISES (ValueError): If the language has no rules for a component.
    """
    components: Dict[str, Any] = {}
    if choices.splits_sentences:
        components[SENTENCES] = {"factory": SENTENCES}
    if choices.is_trained:
        components["tok2vec"] = _encoder(choices)
    for name in choices.factories:
        if name in JUDGE_ASSERTION and "clinical_sectionizer" not in components:
            components["clinical_sectionizer"] = {"factory": "clinical_sectionizer"}
        components[name] = {"factory": name, **_component(name, choices)}
    base: Dict[str, Any] = {
        "paths": {name: path and path.as_posix() for name, path in choices.paths.items()},
        "nlp": {"lang": choices.lang, "pipeline": list(components), "batch_size": 64},
        "components": components,
    }
    if choices.encoder == "transformer" and choices.is_trained:
        base["paths"]["encoder"] = pretrained_name(choices)
    if choices.lang == "en":
        base["nlp"]["tokenizer"] = {"@tokenizers": "spacy-clinrel.EnglishTokenizer.v1"}
    if choices.is_trained:
        base = {**base, **_training(choices, list(components))}
    return util.load_model_from_config(Config(base), auto_fill=True).config


def pretrained_name(choices: Choices) -> str:
    """Return the name of the pretrained encoder: the chosen one, or that of the language."""
    return choices.encoder_name or DEFAULT_ENCODERS.get(choices.lang, MULTILINGUAL)


def _encoder(choices: Choices) -> Dict[str, Any]:
    if choices.encoder == "transformer":
        return {"factory": "tok2vec", "model": _transformer(choices)}
    model: Dict[str, Any] = deepcopy(NER_MODEL["tok2vec"])
    has_vectors = choices.encoder == "vectors"
    if choices.lang in BY_CHARACTER:
        model["embed"].update(include_static_vectors=has_vectors, pair_vectors=has_vectors)
    else:
        model["embed"] = {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 128,
            "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
            "rows": [5000, 1000, 2500, 2500],
            "include_static_vectors": has_vectors,
        }
    if has_vectors:
        model["embed"]["width"], model["encode"]["width"] = 256, 400
    return {"factory": "tok2vec", "model": model}


def _transformer(choices: Choices) -> Dict[str, Any]:
    """Return the model of configs/zh_clinrel_trf.cfg and configs/en_clinrel_trf.cfg."""
    # A character has at most one word piece, an English word often several.
    window, stride = (500, 400) if choices.lang in BY_CHARACTER else (256, 192)
    spans = {"@span_getters": "spacy-transformers.strided_spans.v1"}
    return {
        "@architectures": "spacy-clinrel.Transformer.v1",
        "width": _encoder_width(pretrained_name(choices)),
        "encoder_rate": 0.02,
        "layer_decay": 0.95,
        "encoder": {
            "@misc": "spacy-clinrel.PretrainedEncoder.v1",
            "name": "${paths.encoder}",
            "tokenizer_config": {"use_fast": True},
        },
        "get_spans": {**spans, "window": window, "stride": stride},
    }


def _encoder_width(name: str) -> int:
    """Return the width of the encoder in a folder. The width of an encoder on the hub is unknown
    until it is downloaded; training reports another one.
    """
    path = Path(name) / "config.json"
    config = srsly.read_json(path) if path.is_file() else {}
    return int(config.get("hidden_size", BASE_WIDTH))


def _listener(choices: Choices) -> Dict[str, Any]:
    encoder = "model" if choices.encoder == "transformer" else "model.encode"
    width = f"${{components.tok2vec.{encoder}.width}}"
    listener = "spacy.Tok2VecListener.v1"
    return {"@architectures": listener, "width": width, "upstream": "tok2vec"}


def _component(name: str, choices: Choices) -> Dict[str, Any]:
    """Return the options of a component that differ from its defaults."""
    listener = _listener(choices)
    candidates = {
        **CANDIDATES,
        "use_sents": choices.splits_sentences,
        "max_sentences": choices.sizes.max_sentences,
        "max_distance": choices.sizes.max_distance,
    }
    # The tokens around mentions are an input too, as in configs/zh_clinrel.cfg.
    relations = {**RELATION_MODEL, "around": 8}
    if name == "clinical_ner":
        return {"model": {**NER_MODEL, "tok2vec": listener}}
    if name == "span_ner":
        return {"model": {**SPAN_MODEL, "tok2vec": listener}}
    if name == "assertion_rules":
        return {"types": choices.types}
    if name == "assertion_classifier":
        return {"model": {**ASSERTION_MODEL, "tok2vec": listener}}
    if name == "relation_classifier":
        model = {**relations, "tok2vec": listener}
        return {"model": model, "candidates": candidates, "exclusive": choices.is_exclusive}
    if name == "joint_extractor":
        model = {
            "@architectures": "spacy-clinrel.JointRelations.v1",
            "tok2vec": listener,
            "relations": {**relations, "tok2vec": None},
        }
        return {"model": model, "candidates": candidates, "train_pairs": "mentions"}
    return {}


def _training(choices: Choices, pipeline: Sequence[str]) -> Dict[str, Any]:
    """Return the blocks of corpora, training and initialization."""
    needs_mentions = {"relation_classifier", "assertion_classifier"} & set(pipeline)
    gold = {"train": bool(needs_mentions), "dev": choices.has_gold_entities}
    is_transformer = choices.encoder == "transformer"
    sizes = choices.sizes
    learn_rate = {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": max(sizes.max_steps // 20, 20),
        "total_steps": sizes.max_steps,
        "initial_rate": {"small": 0.005, "vectors": 0.002, "transformer": 0.0015}[choices.encoder],
    }
    annotating = [SENTENCES] if SENTENCES in pipeline else []
    if "assertion_classifier" in pipeline:  # its features include the section
        annotating.append("clinical_sectionizer")
    training: Dict[str, Any] = {
        "dropout": 0.1 if is_transformer else 0.2,
        "patience": 0,
        "max_steps": sizes.max_steps,
        "eval_frequency": sizes.eval_frequency,
        "annotating_components": annotating,
        "batcher": {
            "@batchers": "spacy.batch_by_padded.v1",
            "discard_oversize": False,
            "size": sizes.batch_size,
            "buffer": 256,
        },
        "logger": {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": "train"},
        "optimizer": {
            "@optimizers": "Adam.v1",
            "use_averages": not is_transformer,
            "learn_rate": learn_rate,
        },
    }
    if "assertion_rules" in pipeline:  # rules are not trained, so their scores do not count
        training["score_weights"] = dict.fromkeys(ASSERTION)
    threads = 0 if is_transformer else 1
    initialize: Dict[str, Any] = {
        "before_init": {"@callbacks": "spacy-clinrel.cpu_threads.v1", "threads": threads}
    }
    if choices.lang == "en":
        lookups = {"@misc": "spacy.LookupsDataLoader.v1", "lang": "en", "tables": ["lexeme_norm"]}
        initialize["lookups"] = lookups
    corpora = {
        part: {
            "@readers": "spacy-clinrel.Corpus.v1",
            "path": f"${{paths.{part}}}",
            "gold_entities": is_gold,
        }
        for part, is_gold in gold.items()
    }
    return {"corpora": corpora, "training": training, "initialize": initialize}
