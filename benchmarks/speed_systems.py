"""The pipelines whose speed is compared: shipped ones, spaCy's own, and explosion's tutorial.

Each is trained for a few steps, so that it finds about as much as a real one does.
"""

from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import spacy
from cell_training import assemble, train
from relation_settings import CORPORA, ROOT, Cell, embed
from relation_tutorial import load_tutorial, tutorial_config
from spacy import util
from spacy.cli.init_config import init_config
from spacy.language import Language
from thinc.api import Config

SPACY, TUTORIAL = "spaCy ner", "spaCy ner + tutorial relations"
# Language → systems that are one of ours, by their config.
OURS = {
    "zh": {
        "zh_clinrel": "zh_clinrel",
        "joint, mention pairs": "joint_mentions",
        "joint, multi-head": "joint_multihead",
    },
    "en": {"en_clinrel": "en_clinrel"},
}
# Settings of an embedding that need vectors.
VECTORS = ("include_static_vectors", "pair_vectors")
CHARACTERS = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "char"}


class Setting(NamedTuple):
    """What the benchmark runs on.

    data (Path): Folder of the .spacy files.
    work (Path): Where the pipelines are kept.
    tutorial (Optional[Path]): Checkout of explosion/projects.
    steps (int): Steps of each training.
    """

    data: Path
    work: Path
    tutorial: Optional[Path] = None
    steps: int = 300

    def file(self, lang: str, part: str) -> Path:
        """RETURNS (Path): The .spacy file of "train", "dev" or "test" of a language."""
        prefix = {"zh": CORPORA["11-labels"].prefix, "en": "maccrobat"}[lang]
        return self.data / f"{prefix}_{part}.spacy"

    def languages(self) -> List[str]:
        """RETURNS (List[str]): Those whose files are there."""
        return [lang for lang in OURS if self.file(lang, "train").exists()]

    def systems(self, lang: str) -> List[str]:
        """lang (str): Language.
        RETURNS (List[str]): Names of its systems, spaCy's own first.
        """
        tutorial = [TUTORIAL] if lang == "zh" and self.tutorial else []
        return [SPACY, *tutorial, *OURS[lang]]


def system_config(setting: Setting, lang: str, system: str) -> Config:
    """The config of a system that is trained in one go.

    setting (Setting): The setting.
    lang (str): Language.
    system (str): Its name.
    RETURNS (Config): The config.
    """
    if system == SPACY:
        config = init_config(lang=lang, pipeline=["ner"], optimize="efficiency")
        if lang == "zh":
            # As ours have it: the comparison is of models, not of tokenizers.
            config["nlp"]["tokenizer"] = dict(CHARACTERS)
    else:
        path = ROOT / "configs" / f"{OURS[lang][system]}.cfg"
        config = util.load_config(path, interpolate=False)
        models = [one["model"] for one in config["components"].values() if "model" in one]
        for model in models:
            block = embed(model.get("tok2vec", model))
            block.update({name: False for name in VECTORS if name in block})
    for part in ("train", "dev"):
        config["corpora"][part]["path"] = str(setting.file(lang, part))
    steps = setting.steps
    config["training"].update(max_steps=steps, eval_frequency=steps, patience=0, max_epochs=0)
    return config


def pipelines(setting: Setting, lang: str) -> Dict[str, Path]:
    """Train the pipelines of a language, unless that was done before.

    setting (Setting): The setting.
    lang (str): Language.
    RETURNS (Dict[str, Path]): The folder of each.
    """
    made = {}
    for system in setting.systems(lang):
        folder = setting.work / lang / system.replace(" ", "_")
        made[system] = folder / "model"
        if made[system].exists():
            continue
        if system == TUTORIAL:
            nlp = assemble([spacy.load(made[SPACY]), _tutorial(setting, folder)])
        else:
            train(system_config(setting, lang, system), folder)
            nlp = spacy.load(folder / "model-best")
        nlp.to_disk(made[system])
    return made


def load(setting: Setting, path: Path) -> Language:
    """Load a pipeline, with the tutorial's code where there is a checkout.

    setting (Setting): The setting.
    path (Path): The pipeline's folder.
    RETURNS (Language): The pipeline.
    """
    if setting.tutorial:
        load_tutorial(setting.tutorial)
    return spacy.load(path)


def _tutorial(setting: Setting, folder: Path) -> Language:
    """The tutorial's component, trained between gold entities, with its encoder inside."""
    cell = Cell("", "11-labels", 0, "cpu", setting.data, None, setting.tutorial)
    config = tutorial_config(cell)
    config["training"].update(max_steps=setting.steps, eval_frequency=setting.steps)
    train(config, folder)
    nlp = spacy.load(folder / "model-best")
    listener = "model.create_instance_tensor.tok2vec"
    nlp.replace_listeners("tok2vec", "relation_extractor", [listener])
    nlp.remove_pipe("tok2vec")
    return nlp
