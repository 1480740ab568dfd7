"""Made-up notes, tiny models and what else tests of several rooms call by name."""

import os
import random
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set, Tuple

import catalogue
import numpy as np
import pytest
from click.testing import Result
from spacy.cli._util import app
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import filter_spans, fix_random_seed
from thinc.api import Model, Optimizer
from typer.testing import CliRunner

import spacy_clinrel.cli  # noqa: F401 - joins spaCy's command line
from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.data.schemes import schemes
from spacy_clinrel.tokens import GROUP, Relation, store_relations

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs" / "test"

MODEL_OPTIONS = ("mask", "focused_layers", "budget", "encoder_rate", "layer_decay", "get_spans")

Link = Tuple[int, int, str]

# A text with this makes the pipeline `rules` fail.
FUSE = "爆"

SYMPTOMS = ("头痛", "胸闷", "咳嗽", "腹痛", "气促", "发热", "心悸")
TREATMENTS = ("补液", "吸氧", "布洛芬", "阿莫西林", "硝酸甘油", "止咳糖浆")
TESTS = ("胸片", "心电图", "血常规", "头颅CT", "腹部彩超")
DISEASES = ("肺炎", "脑梗死", "房颤", "贫血", "胆囊结石", "支气管炎")
# Two sentences, each with a relation from its first to its second mention.
TEMPLATES = (
    "患者{s}{n}天，给予[{t}|治疗]后[{s}|症状]缓解，仍有[{x}|症状]。查[{e}|检查]示[{d}|疾病]。",
    "入院查[{e}|检查]提示[{d}|疾病]；予[{t}|治疗]，[{s}|症状]好转，[{x}|症状]如前。",
)
LINKS = ([(0, 1, "改善"), (3, 4, "证实")], [(0, 1, "证实"), (2, 3, "改善")])


def make_doc(nlp: Language, marked: str, links: Sequence[Link] = ()) -> Doc:
    """A gold Doc from text in which mentions are marked, and may nest: `[[左|方位]股骨|部位]`.

    nlp (Language): Makes the Doc of the plain text.
    marked (str): The marked text.
    links (Sequence[Link]): Head, tail (mentions in the order in which they open) and label.
    RETURNS (Doc): Outer mentions are entities; nested and related ones are in the group.
    """
    text, bounds, opened = "", [], []
    parts = iter(marked)
    for char in parts:
        if char == "[":
            opened.append(len(bounds))
            bounds.append([len(text), -1, ""])
        elif char == "|":
            label = "".join(iter(lambda: next(parts), "]"))
            bounds[opened.pop()][1:] = [len(text), label]
        else:
            text += char
    doc = nlp.make_doc(text)
    spans = [doc.char_span(start, end, label=label) for start, end, label in bounds]
    ents = filter_spans(spans)
    doc.set_ents(ents, default="outside")
    if len(ents) < len(spans):
        store_relations(doc, spans, [])
    doc._.relations = [Relation(spans[head], spans[tail], label) for head, tail, label in links]
    return doc


def make_notes(nlp: Language, count: int, seed: int = 0) -> List[Doc]:
    """Gold notes of two sentences that a tiny model learns.

    nlp (Language): Makes the Docs.
    count (int): How many.
    seed (int): Seed of the choice of words.
    RETURNS (List[Doc]): The notes.
    """
    dice = random.Random(seed)
    docs = []
    for i in range(count):
        words = {"s": SYMPTOMS, "t": TREATMENTS, "x": SYMPTOMS, "e": TESTS, "d": DISEASES}
        chosen = {key: dice.choice(values) for key, values in words.items()}
        marked = TEMPLATES[i % 2].format(n=dice.randint(1, 9), **chosen)
        docs.append(make_doc(nlp, marked, LINKS[i % 2]))
    return docs


def gold_examples(nlp: Language, docs: Iterable[Doc]) -> List[Example]:
    """Examples whose predicted side has the gold mentions but no relations."""
    return [Example(gold_mentions_doc(nlp, doc), doc) for doc in docs]


def text_examples(nlp: Language, docs: Iterable[Doc]) -> List[Example]:
    """Examples whose predicted side has nothing but the text."""
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def edges(doc: Doc) -> Set[Tuple[Any, ...]]:
    """The relations of a Doc as values that compare across Docs, without scores."""
    return {
        (h.start_char, h.end_char, h.label_, label, t.start_char, t.end_char, t.label_)
        for h, t, label, _ in doc._.relations
    }


def group(doc: Doc) -> List[Tuple[int, int, str]]:
    """The mentions of the store as values."""
    return [(span.start, span.end, span.label_) for span in doc.spans[GROUP]]


def ents(doc: Doc) -> List[Tuple[int, int, str]]:
    """The entities of a Doc as values."""
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def both(doc: Doc) -> List[Any]:
    """The entities and the relations of a Doc as values."""
    return [*ents(doc), *sorted(edges(doc))]


def span(doc: Doc, text: str, label: str = "X") -> Span:
    """The first place of a text in a Doc of single characters."""
    start = doc.text.index(text)
    return doc.char_span(start, start + len(text), label=label)


def tok2vec(width: int = 16) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): A tiny encoder's config."""
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy-clinrel.CharEmbed.v1",
            "width": width,
            "rows": 300,
            "pair_rows": 500,
        },
        "encode": {"@architectures": "spacy-clinrel.ResidualCNN.v1", "width": width, "depth": 1},
    }


def listener(width: int = 16) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of a listener to a shared tok2vec."""
    return {"@architectures": "spacy.Tok2VecListener.v1", "width": width, "upstream": "tok2vec"}


def ner_config(encoder: Dict[str, Any] | None = None) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of a tiny clinical_ner."""
    model = {"@architectures": "spacy-clinrel.CRFTagger.v1", "tok2vec": encoder or tok2vec()}
    return {"model": model}


def relation_config(
    encoder: Dict[str, Any] | None = None, *, context: bool = True, **options: Any
) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of a tiny relation_classifier."""
    birnn = {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 16, "depth": 1}
    model = {
        "@architectures": "spacy-clinrel.MentionPair.v1",
        "tok2vec": encoder or tok2vec(),
        "width": 16,
        "between": 8,
        "context": birnn if context else None,
    }
    return {"model": model, **options}


def chain_config(**options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): Of a tiny relation_classifier, hierarchical with a CRF."""
    model = {
        "@architectures": "spacy-clinrel.Hierarchical.v1",
        "tok2vec": tok2vec(),
        "width": 16,
        "hidden_width": 16,
        "between": 8,
    }
    chains = {"@architectures": "spacy-clinrel.PairCRF.v1", "relations": model}
    return {"model": chains, "threshold": 0.0, **options}


def joint_config(encoder: Dict[str, Any] | None = None, **options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of a tiny joint_extractor."""
    if encoder is None:
        encoder = tok2vec(24)
        encoder["encode"] = {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 32}
    model = {
        "@architectures": "spacy-clinrel.MultiHeadSelection.v1",
        "tok2vec": encoder,
        "width": 16,
        "tag_width": 8,
    }
    return {"model": model, "train_pairs": "mentions", **options}


def joint_relations_config(**options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The same with a relation model of its own upon the encoder."""
    shared = {"@architectures": "spacy-clinrel.SharedVectors.v1"}
    config = joint_config(**options)
    config["model"] = {
        "@architectures": "spacy-clinrel.JointRelations.v1",
        "tok2vec": config["model"]["tok2vec"],
        "relations": relation_config(shared)["model"],
    }
    return config


def strided(window: int = 100, stride: int = 80) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of windows of so many tokens, so far apart."""
    return {
        "@span_getters": "spacy-transformers.strided_spans.v1",
        "window": window,
        "stride": stride,
    }


def focused_config(encoder: str, **options: Any) -> Dict[str, Any]:
    """RETURNS (Dict[str, Any]): The config of a joint_extractor with focused attention."""
    model = {
        "@architectures": "spacy-clinrel.FocusedAttention.v1",
        "encoder": {"@misc": "spacy-clinrel.PretrainedEncoder.v1", "name": encoder},
        "focused_layers": 1,
        "get_spans": strided(),
    }
    own = {key: options.pop(key) for key in list(options) if key in MODEL_OPTIONS}
    return {"model": {**model, **own}, "train_pairs": "mentions", **options}


def fit(
    nlp: Language, examples: List[Example], steps: int = 40, rate: float = 0.02, **kwargs: Any
) -> Dict[str, float]:
    """Train on all examples at each step.

    RETURNS (Dict[str, float]): The losses of the last step.
    """
    fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = rate
    losses: Dict[str, float] = {}
    for _ in range(steps):
        # A fresh predicted side, as a reader gives one each epoch.
        batch = [Example(eg.predicted.copy(), eg.reference) for eg in examples]
        losses = step(nlp, batch, optimizer, **kwargs)
    return losses


def step(
    nlp: Language, batch: List[Example], optimizer: Optimizer, **kwargs: Any
) -> Dict[str, float]:
    """One step as `spacy train` takes it: the gradients of all components, then the weights.

    (`nlp.update` with an optimizer moves a shared encoder before its listeners have told it
    anything, so that their gradients reach it one batch late.)

    RETURNS (Dict[str, float]): The losses.
    """
    losses: Dict[str, float] = nlp.update(batch, sgd=False, **kwargs)
    for _, component in nlp.pipeline:
        if hasattr(component, "finish_update"):
            component.finish_update(optimizer)
    optimizer.step_schedules()
    return losses


def gradient_arrays(model: Model) -> Iterator[np.ndarray]:
    """YIELDS (ndarray): The gradient of each weight of a model, zeros where there is none."""
    for node in model.walk():
        for name in node.param_names:
            yield node.get_grad(name) if node.has_grad(name) else 0 * node.get_param(name)
        for shim in node.shims:
            for weight in shim._model.parameters():
                yield (0 * weight.detach() if weight.grad is None else weight.grad).numpy()


def gradients(model: Model) -> Iterator[bool]:
    """YIELDS (bool): For each weight of a model, whether it has a gradient other than zero."""
    return (bool(gradient.any()) for gradient in gradient_arrays(model))


@contextmanager
def own_scheme(name: str, labels: Dict[str, str]) -> Iterator[str]:
    """YIELDS (str): The name of a label scheme that is forgotten afterwards."""
    schemes.register(name, func=lambda: labels)
    yield name
    # The registry itself has no way to forget a name.
    catalogue.REGISTRY.pop(("spacy_clinrel", "schemes", name))


def write_docs(path: Path, docs: Iterable[Doc]) -> Path:
    """Write a .spacy file."""
    DocBin(docs=docs).to_disk(path)
    return path


def corpus_paths(folder: Path) -> Tuple[str, ...]:
    """RETURNS (Tuple[str, ...]): The options that give a training command its data."""
    train, dev = folder / "train.spacy", folder / "dev.spacy"
    return ("--paths.train", str(train), "--paths.dev", str(dev))


def require(*needs: str, hint: str) -> None:
    """Skip the test if it needs a program or a package that is missing. In CI, where the
    environment variable CI is set, fail it.

    needs (str): Names or paths of programs, or names of packages.
    hint (str): What to do about a missing one.
    """
    missing = [
        name
        for name in needs
        if not shutil.which(name) and (os.sep in name or find_spec(name) is None)
    ]
    if missing:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop(f"missing: {', '.join(missing)}; {hint}")


def run_python(*args: Any, expect: int = 0) -> str:
    """Run Python in a process of its own, as a user does.

    args (Any): The arguments after `python`.
    expect (int): The exit code it must have.
    RETURNS (str): Output and errors.
    """
    env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *map(str, args)]
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=240)
    output = done.stdout + done.stderr
    assert done.returncode == expect, output
    return output


def invoke(*args: Any) -> Result:
    """Run a command of spaCy's within this process, which saves its start.

    args (Any): The arguments after `python -m spacy`.
    RETURNS (Result): Its output and exit code.
    """
    return CliRunner().invoke(app, [str(arg) for arg in args])


@contextmanager
def inputs_of(*modules: Any) -> Iterator[List[List[Any]]]:
    """YIELDS (List[List[Tensor]]): What comes in meanwhile, for each of some modules of PyTorch."""
    found: List[List[Any]] = [[] for _ in modules]
    hooks = [
        module.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(inputs[0]))
        for module, seen in zip(modules, found)
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def batches_of(bert: Any) -> Iterator[List[Tuple[int, int]]]:
    """YIELDS (List[Tuple[int, int]]): Sequences and pieces of each batch that reaches a layer of a
    BERT, whose keys every piece needs; known at the end."""
    found: List[Tuple[int, int]] = []
    with inputs_of(*(layer.attention.self.key for layer in bert.encoder.layer)) as seen:
        yield found
    found += [tuple(states.shape[:2]) for of_layer in seen for states in of_layer]
