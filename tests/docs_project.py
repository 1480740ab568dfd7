"""A small copy of the project in which the snippets of the documentation run."""

import shutil
from pathlib import Path

import spacy
import srsly
from spacy.cli.train import train

from spacy_clinrel import convert

from .util import CONFIGS, ROOT, make_notes, write_docs

N_NOTES = 8  # notes of each part of a corpus
# Sentences with the labels of the project: mentions, and relations between them by number.
SENTENCES = (
    (
        "患者{n}天前出现[{s}|Symptom]、[{x}|Symptom]，无[胸痛|Symptom]，查[{e}|Test]示[{d}|Disease]，"
        "予[{t}|Treatment]静滴后[{s}|Symptom]消退，[{x}|Symptom]未见好转。",
        [(3, 4, "TeRD"), (5, 4, "TrAD"), (5, 6, "TrIS"), (5, 7, "TrWS")],
    ),
    (
        "主诉：[{s}|Symptom]{n}天。既往史：[{d}|Disease]病史{n}年，口服[{t}|Treatment]5mg qd，"
        "否认[糖尿病|Disease]史。查体：[BP|Test] 160/95mmHg，无[{x}|Symptom]。"
        "诊断：考虑[{d}|Disease]。",
        [(2, 1, "TrAD")],
    ),
)
WORDS = {
    "s": ("发热", "头晕", "头痛", "胸闷", "气促"),
    "x": ("咳嗽", "发热", "腹痛", "心悸"),
    "t": ("头孢曲松", "氨氯地平", "阿莫西林", "布洛芬"),
    "e": ("胸片", "胸部CT", "头颅CT", "血常规"),
    "d": ("右下肺炎", "高血压", "脑梗死", "支气管炎", "肺癌"),
}
PACKAGE = """from pathlib import Path
from spacy.util import load_model_from_init_py, get_model_meta
__version__ = get_model_meta(Path(__file__).parent)["version"]
def load(**overrides):
    return load_model_from_init_py(__file__, **overrides)
"""


def train_tiny(folder: Path) -> Path:
    """Train a tiny pipeline with the components and labels of zh_clinrel.

    folder (Path): The folder of the corpus and the pipeline.
    RETURNS (Path): The folder of the pipeline.
    """
    nlp = spacy.blank("zh")
    for part, count in (("train", 100), ("dev", 10)):
        write_docs(folder / f"{part}.spacy", make_notes(nlp, count, count, SENTENCES, WORDS))
    paths = {f"paths.{part}": str(folder / f"{part}.spacy") for part in ("train", "dev")}
    steps = {"training.max_steps": 40, "training.eval_frequency": 40}
    train(CONFIGS / "zh_clinrel.cfg", folder / "tiny", overrides={**paths, **steps})
    return folder / "tiny" / "model-best"


def install(pipeline: Path, packages: Path, name: str) -> None:
    """Make a pipeline importable from a folder, as pip does: a package with metadata.

    pipeline (Path): The folder of the pipeline.
    packages (Path): The folder for sys.path.
    name (str): The name of the package.
    """
    meta = srsly.read_json(pipeline / "meta.json")
    lang, meta["name"] = name.split("_", 1)
    assert lang == meta["lang"]
    data = packages / name / f"{name}-{meta['version']}"
    shutil.copytree(pipeline, data)
    srsly.write_json(data / "meta.json", meta)
    srsly.write_json(packages / name / "meta.json", meta)
    (packages / name / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    info = packages / f"{name}-{meta['version']}.dist-info"
    info.mkdir()
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {meta['version']}\n"
    (info / "METADATA").write_text(text, encoding="utf-8")


def copy_notes(source: Path, target: Path) -> None:
    """Copy the first notes of a folder."""
    target.mkdir(parents=True)
    for note in sorted(source.glob("*.txt"))[:N_NOTES]:
        shutil.copy(note, target)
        shutil.copy(note.with_suffix(".ann"), target)


def make_project(folder: Path, pipeline: Path) -> None:
    """Make the copy of the project, with the files that the snippets use.

    folder (Path): The folder, which does not exist.
    pipeline (Path): The trained pipeline.
    """
    (folder / "assets").mkdir(parents=True)
    for path in (ROOT / "assets").iterdir():
        if not path.name.endswith("_notes"):
            (folder / "assets" / path.name).symlink_to(path)
            continue
        for part in path.iterdir():
            if part.name in ("train", "dev", "test"):
                copy_notes(part, folder / "assets" / path.name / part.name)
            else:
                (folder / "assets" / path.name).mkdir(exist_ok=True)
                (folder / "assets" / path.name / part.name).symlink_to(part)
    link_configs(folder / "configs")
    for name in ("examples", "project.yml", "setup.cfg", "LICENSE", "docs"):
        (folder / name).symlink_to(ROOT / name)
    make_user_files(folder)
    for name in ("model-best", "model-calibrated"):
        shutil.copytree(pipeline, folder / "training" / "zh_clinrel" / name)


def link_configs(folder: Path) -> None:
    """Link the configs. For a config with a small version in configs/test, link that one.

    folder (Path): The folder of configs in the copy of the project.
    """
    folder.mkdir()
    for path in (ROOT / "configs").iterdir():
        small = CONFIGS / path.name.replace("zh_assertion.cfg", "assertion.cfg")
        (folder / path.name).symlink_to(small if small.is_file() else path)


def make_user_files(folder: Path) -> None:
    """Write notes and corpora under the names that the snippets use for the reader's own files.

    folder (Path): The copy of the project.
    """
    own = folder / "assets" / "zh_notes"
    for part in ("train", "dev", "test"):
        shutil.copytree(own / part, folder / "my_notes" / part)
        (folder / "corpus").mkdir(exist_ok=True)
        convert("brat", own / part, folder / f"{part}.spacy")
        for name in (f"zh_notes_{part}.spacy", f"{part}.spacy"):
            shutil.copy(folder / f"{part}.spacy", folder / "corpus" / name)
    for name, source in (("anna", "first"), ("bo", "third")):
        notes = sorted((own / "agreement").glob(f"{source}*"))
        copy_notes(next(path for path in notes if path.is_dir()), folder / "annotations" / name)
    (folder / "icd10.csv").symlink_to(ROOT / "assets" / "terminology" / "example.csv")
    (folder / "corpus_rules.yml").symlink_to(own / "corpus_rules.yml")
    (folder / "notes").mkdir()
    texts = []
    for note in sorted((own / "dev").glob("*.txt"))[:5]:
        shutil.copy(note, folder / "notes")
        texts.append(note.read_text(encoding="utf-8").strip())
    (folder / "notes.txt").write_text("\n".join(t.replace("\n", " ") for t in texts), "utf-8")
    (folder / "raw.txt").write_text("\n".join(texts * 3), encoding="utf-8")
    rows = [{"id": str(number), "text": text} for number, text in enumerate(texts, start=1)]
    srsly.write_jsonl(folder / "notes.jsonl", rows)
