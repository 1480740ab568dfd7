"""The pipelines whose speed is compared: this project's, spaCy's, and Explosion's tutorial.

Each is trained for a few hundred steps, so that it predicts about as many entities and relations
as a real pipeline.
"""

from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import spacy
from spacy import util
from spacy.cli.init_config import init_config
from spacy.language import Language
from thinc.api import Config

from benchmarks.common import ROOT
from benchmarks.training import assemble, train
from benchmarks.tutorial import load_tutorial, tutorial_config

SPACY, TUTORIAL = "spaCy ner", "spaCy ner + tutorial relations"
# Language → our systems: name → name of the config.
OURS = {
    "zh": {
        "zh_clinrel": "zh_clinrel",
        "joint, mention pairs": "joint_mentions",
        "joint, multi-head": "joint_multihead",
    },
    "en": {"en_clinrel": "en_clinrel"},
}
PREFIXES = {"zh": "ccks2017_relations", "en": "maccrobat"}  # of the .spacy files
# Settings of an embedding that need vectors.
VECTORS = ("include_static_vectors", "pair_vectors")
DEFAULT = "zh_clinrel"
CHARACTERS = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "char"}


class Setting(NamedTuple):
    """Files and training steps of the benchmark.

    data (Path): Folder of the .spacy files.
    work (Path): Folder for the trained pipelines.
    tutorial (Optional[Path]): A checkout of explosion/projects.
    steps (int): Training steps per model.
    """

    data: Path
    work: Path
    tutorial: Optional[Path] = None
    steps: int = 300

    def file(self, lang: str, part: str) -> Path:
        """Return the path of a .spacy file.

        lang (str): Language.
        part (str): Part of the corpus: "train", "dev" or "test".
        RETURNS (Path): The path.
        """
        return self.data / f"{PREFIXES[lang]}_{part}.spacy"

    def languages(self) -> List[str]:
        """List the languages that have .spacy files.

        RETURNS (List[str]): The languages.
        """
        return [lang for lang in OURS if self.file(lang, "train").exists()]

    def systems(self, lang: str) -> List[str]:
        """List the systems of a language.

        lang (str): Language.
        RETURNS (List[str]): Names of the systems, spaCy's first.
        """
        tutorial = [TUTORIAL] if lang == "zh" and self.tutorial else []
        return [SPACY, *tutorial, *OURS[lang]]


def system_config(setting: Setting, lang: str, system: str) -> Config:
    """Return the config of a system: spaCy's or one of this project's.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    system (str): Name of the system.
    RETURNS (Config): The config.
    """
    if system == SPACY:
        config = init_config(lang=lang, pipeline=["ner"], optimize="efficiency")
        if lang == "zh":
            # Compare models, not tokenizers.
            config["nlp"]["tokenizer"] = dict(CHARACTERS)
    else:
        path = ROOT / "configs" / f"{OURS[lang][system]}.cfg"
        config = util.load_config(path, interpolate=False)
        for component in config["components"].values():
            model = component.get("model", {})
            tok2vec = model.get("tok2vec", model)
            embedding = tok2vec.get("embed", tok2vec)
            embedding.update({name: False for name in VECTORS if name in embedding})
    for part in ("train", "dev"):
        config["corpora"][part]["path"] = str(setting.file(lang, part))
    steps = setting.steps
    config["training"].update(max_steps=steps, eval_frequency=steps, patience=0, max_epochs=0)
    return config


def pipelines(setting: Setting, lang: str) -> Dict[str, Path]:
    """Train the pipelines of a language that are not trained yet.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    RETURNS (Dict[str, Path]): Name of the system → folder of its pipeline.
    """
    return {system: pipeline(setting, lang, system) for system in setting.systems(lang)}


def pipeline(setting: Setting, lang: str, system: str) -> Path:
    """Train a pipeline, unless it exists.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    system (str): Name of the system.
    RETURNS (Path): Folder of the pipeline.
    """
    folder = setting.work / lang / system.replace(" ", "_")
    path = folder / "model"
    if not path.exists():
        if system == TUTORIAL:
            entities = spacy.load(pipeline(setting, lang, SPACY))
            nlp = assemble([entities, _tutorial(setting, folder)])
        else:
            train(system_config(setting, lang, system), folder)
            nlp = spacy.load(folder / "model-best")
        nlp.to_disk(path)
    return path


def load(setting: Setting, path: Path) -> Language:
    """Load a pipeline, with the tutorial's code if there is a checkout.

    setting (Setting): Files and training steps of the benchmark.
    path (Path): The pipeline's folder.
    RETURNS (Language): The pipeline.
    """
    if setting.tutorial:
        load_tutorial(setting.tutorial)
    return spacy.load(path)


def _tutorial(setting: Setting, folder: Path) -> Language:
    """Train the tutorial's component between gold entities, and include the encoder in the
    component."""
    assert setting.tutorial is not None
    data = {part: setting.file("zh", part) for part in ("train", "dev")}
    steps = setting.steps
    config = tutorial_config(setting.tutorial, data, "11-labels", steps=steps, eval_frequency=steps)
    train(config, folder)
    nlp = spacy.load(folder / "model-best")
    listener = "model.create_instance_tensor.tok2vec"
    nlp.replace_listeners("tok2vec", "relation_extractor", [listener])
    nlp.remove_pipe("tok2vec")
    return nlp
