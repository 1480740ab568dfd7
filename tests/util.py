"""Generated notes, configs of tiny models and helpers that tests of several folders import."""

import os
import random
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Sequence, Set, Tuple

import catalogue
import numpy as np
import pytest
import spacy
from click.testing import Result
from spacy.cli._util import app
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import filter_spans, fix_random_seed
from spacy.vectors import Vectors
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

# The fixture `rules` is a pipeline that fails on texts with this character.
FUSE = "爆"

SYMPTOMS = ("头痛", "胸闷", "咳嗽", "腹痛", "气促", "发热", "心悸")
TREATMENTS = ("补液", "吸氧", "布洛芬", "阿莫西林", "硝酸甘油", "止咳糖浆")
TESTS = ("胸片", "心电图", "血常规", "头颅CT", "腹部彩超")
DISEASES = ("肺炎", "脑梗死", "房颤", "贫血", "胆囊结石", "支气管炎")
# Two sentences, each with a relation from its first to its second mention.
TEMPLATES = (
    (
        "患者{s}{n}天，给予[{t}|治疗]后[{s}|症状]缓解，仍有[{x}|症状]。查[{e}|检查]示[{d}|疾病]。",
        [(0, 1, "改善"), (3, 4, "证实")],
    ),
    (
        "入院查[{e}|检查]提示[{d}|疾病]；予[{t}|治疗]，[{s}|症状]好转，[{x}|症状]如前。",
        [(0, 1, "证实"), (2, 3, "改善")],
    ),
)
WORDS = {"s": SYMPTOMS, "t": TREATMENTS, "x": SYMPTOMS, "e": TESTS, "d": DISEASES}


def make_doc(nlp: Language, marked: str, links: Sequence[Link] = ()) -> Doc:
    """Return a gold Doc of a text with marked mentions, which may nest: `[[左|方位]股骨|部位]`.

    nlp (Language): The pipeline whose tokenizer creates the Doc.
    marked (str): The marked text.
    links (Sequence[Link]): Head, tail and label of each relation. Mentions are numbered from 0 in
        the order of their opening brackets.
    RETURNS (Doc): The Doc. Outer mentions are entities; with nested mentions or relations, the span
        group holds all mentions.
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


def make_notes(
    nlp: Language,
    count: int,
    seed: int = 0,
    templates: Sequence[Tuple[str, Sequence[Link]]] = TEMPLATES,
    words: Mapping[str, Sequence[str]] = WORDS,
) -> List[Doc]:
    """Return gold notes that a tiny model can learn.

    nlp (Language): The pipeline whose tokenizer creates the Docs.
    count (int): Number of notes.
    seed (int): Random seed of the choice of words.
    templates (Sequence[Tuple[str, Sequence[Link]]]): Marked texts with names of words and `{n}`, a
        number, and their relations. The notes take turns with them.
    words (Mapping[str, Sequence[str]]): The words to choose from, by name.
    RETURNS (List[Doc]): The notes.
    """
    dice = random.Random(seed)
    docs = []
    for i in range(count):
        marked, links = templates[i % len(templates)]
        chosen = {key: dice.choice(values) for key, values in words.items()}
        docs.append(make_doc(nlp, marked.format(n=dice.randint(1, 9), **chosen), links))
    return docs


def gold_examples(nlp: Language, docs: Iterable[Doc]) -> List[Example]:
    """Return examples whose predicted Docs have the gold mentions but no relations."""
    return [Example(gold_mentions_doc(nlp, doc), doc) for doc in docs]


def text_examples(nlp: Language, docs: Iterable[Doc]) -> List[Example]:
    """Return examples whose predicted Docs have no annotation."""
    return [Example(nlp.make_doc(doc.text), doc) for doc in docs]


def edges(doc: Doc) -> Set[Tuple[Any, ...]]:
    """Return the relations of a Doc without scores, as values that can be compared across Docs."""
    return {
        (h.start_char, h.end_char, h.label_, label, t.start_char, t.end_char, t.label_)
        for h, t, label, _ in doc._.relations
    }


def group(doc: Doc) -> List[Tuple[int, int, str]]:
    """Return the mentions in the span group as start, end and label."""
    return [(span.start, span.end, span.label_) for span in doc.spans[GROUP]]


def ents(doc: Doc) -> List[Tuple[int, int, str]]:
    """Return the entities of a Doc as start, end and label."""
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def both(doc: Doc) -> List[Any]:
    """Return the entities and the relations of a Doc as values that can be compared."""
    return [*ents(doc), *sorted(edges(doc))]


def span(doc: Doc, text: str, label: str = "X") -> Span:
    """Return the first span with a given text. The text must start and end at token boundaries."""
    start = doc.text.index(text)
    return doc.char_span(start, start + len(text), label=label)


def tok2vec(width: int = 16) -> Dict[str, Any]:
    """Return the config of a tiny encoder."""
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
    """Return the config of a listener to a shared tok2vec."""
    return {"@architectures": "spacy.Tok2VecListener.v1", "width": width, "upstream": "tok2vec"}


def ner_config(encoder: Dict[str, Any] | None = None) -> Dict[str, Any]:
    """Return the config of a tiny clinical_ner."""
    model = {"@architectures": "spacy-clinrel.CRFTagger.v1", "tok2vec": encoder or tok2vec()}
    return {"model": model}


def span_config(encoder: Dict[str, Any] | None = None, **options: Any) -> Dict[str, Any]:
    """Return the config of a tiny span_ner."""
    model = {
        "@architectures": "spacy-clinrel.GlobalPointer.v1",
        "tok2vec": encoder or tok2vec(),
        "width": 16,
    }
    return {"model": model, "max_length": 12, **options}


def relation_config(
    encoder: Dict[str, Any] | None = None, *, context: bool = True, **options: Any
) -> Dict[str, Any]:
    """Return the config of a tiny relation_classifier."""
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
    """Return the config of a tiny relation_classifier: the hierarchical model with a CRF."""
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
    """Return the config of a tiny joint_extractor."""
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
    """Return the config of a tiny joint_extractor with a pair model on the shared encoder."""
    config = joint_config(**options)
    config["model"] = {
        "@architectures": "spacy-clinrel.JointRelations.v1",
        "tok2vec": config["model"]["tok2vec"],
        "relations": {**relation_config()["model"], "tok2vec": None},
    }
    return config


def assertion_config(encoder: Dict[str, Any] | None = None, **options: Any) -> Dict[str, Any]:
    """Return the config of a tiny assertion_classifier."""
    model = {
        "@architectures": "spacy-clinrel.MentionAssertion.v1",
        "tok2vec": encoder or tok2vec(),
        "width": 16,
        "before": 12,
        "after": 4,
    }
    return {"model": model, **options}


def strided(window: int = 100, stride: int = 80) -> Dict[str, Any]:
    """Return the config of windows of `window` tokens that start every `stride` tokens."""
    return {
        "@span_getters": "spacy-transformers.strided_spans.v1",
        "window": window,
        "stride": stride,
    }


def focused_config(encoder: str, **options: Any) -> Dict[str, Any]:
    """Return the config of a joint_extractor with focused attention."""
    model = {
        "@architectures": "spacy-clinrel.FocusedAttention.v1",
        "encoder": {"@misc": "spacy-clinrel.PretrainedEncoder.v1", "name": encoder},
        "focused_layers": 1,
        "get_spans": strided(),
    }
    model_options = {key: options.pop(key) for key in list(options) if key in MODEL_OPTIONS}
    return {"model": {**model, **model_options}, "train_pairs": "mentions", **options}


def fit(
    nlp: Language, examples: List[Example], steps: int = 40, rate: float = 0.02, **kwargs: Any
) -> Dict[str, float]:
    """Initialize the pipeline and train it on all examples in each step.

    RETURNS (Dict[str, float]): The losses of the last step.
    """
    fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = rate
    losses: Dict[str, float] = {}
    for _ in range(steps):
        # A reader too makes new predicted Docs in each epoch.
        batch = [Example(eg.predicted.copy(), eg.reference) for eg in examples]
        losses = step(nlp, batch, optimizer, **kwargs)
    return losses


def step(
    nlp: Language, batch: List[Example], optimizer: Optimizer, **kwargs: Any
) -> Dict[str, float]:
    """Update the pipeline as `spacy train` does: compute all gradients, then update the weights.

    `nlp.update` with an optimizer updates a shared encoder before its listeners backpropagate, so
    that their gradients reach it one batch late.

    RETURNS (Dict[str, float]): The losses.
    """
    losses: Dict[str, float] = nlp.update(batch, sgd=False, **kwargs)
    for _, component in nlp.pipeline:
        if hasattr(component, "finish_update"):
            component.finish_update(optimizer)
    optimizer.step_schedules()
    return losses


def gradient_arrays(model: Model) -> Iterator[np.ndarray]:
    """Yield the gradient of each weight of a model, zeros for a weight without a gradient."""
    for node in model.walk():
        for name in node.param_names:
            yield node.get_grad(name) if node.has_grad(name) else 0 * node.get_param(name)
        for shim in node.shims:
            for weight in shim._model.parameters():
                yield (0 * weight.detach() if weight.grad is None else weight.grad).numpy()


def gradients(model: Model) -> Iterator[bool]:
    """Yield for each weight of a model whether it has a gradient other than zero."""
    return (bool(gradient.any()) for gradient in gradient_arrays(model))


@contextmanager
def own_scheme(name: str, labels: Dict[str, str]) -> Iterator[str]:
    """Register a label scheme for the duration of the context. Yield its name."""
    schemes.register(name, func=lambda: labels)
    yield name
    # catalogue has no function that removes an entry.
    catalogue.REGISTRY.pop(("spacy_clinrel", "schemes", name))


def write_docs(path: Path, docs: Iterable[Doc]) -> Path:
    """Write a .spacy file."""
    DocBin(docs=docs).to_disk(path)
    return path


def corpus_paths(folder: Path) -> Tuple[str, ...]:
    """Return the options that give a training command the paths of its corpora."""
    train, dev = folder / "train.spacy", folder / "dev.spacy"
    return ("--paths.train", str(train), "--paths.dev", str(dev))


def require(*needs: str, hint: str) -> None:
    """Skip the test if it needs a program or a package that is missing. In CI, where the
    environment variable CI is set, fail it.

    needs (str): Names or paths of programs, or names of packages.
    hint (str): How to install what is missing.
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
    """Run Python in a new process, as a user does.

    args (Any): The arguments after `python`.
    expect (int): The expected exit code.
    RETURNS (str): Standard output, then standard error.
    """
    env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *map(str, args)]
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=240)
    output = done.stdout + done.stderr
    assert done.returncode == expect, output
    return output


def invoke(*args: Any) -> Result:
    """Run a spaCy command in this process, which is faster than starting a new one.

    args (Any): The arguments after `python -m spacy`.
    RETURNS (Result): Its output and exit code.
    """
    return CliRunner().invoke(app, [str(arg) for arg in args])


def with_vectors(units: Sequence[str], width: int = 4) -> Tuple[Language, Dict[str, np.ndarray]]:
    """Return a Chinese pipeline with random vectors, and the vectors by string."""
    nlp = spacy.blank("zh")
    for unit in units:
        nlp.vocab.strings.add(unit)
    data = np.random.default_rng(0).normal(size=(len(units), width)).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=units)
    return nlp, dict(zip(units, data))
