"""Create a training config for a corpus."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Union

from spacy import util

from ..data.check.mentions import describe_mentions
from ..data.check.table import Part
from ..errors import Errors
from ..files import check_output, replacing
from ..tokens import attribute_rows, group_mentions
from ..types import ASSERTIONS
from .build import ENCODERS, Choices, Encoder, build_config, pretrained_name, read_pipeline
from .sizes import TARGET_RECALL, Sizes, choose_candidates, choose_steps
from .survey import (
    Finding,
    check_labels,
    check_learnable,
    corpus_language,
    describe,
    language_findings,
    make_parts,
    read_corpora,
    several_relations,
    survey_findings,
)

PIPELINE = ("ner", "assertion", "relations")
# Language of a config for no corpus.
DEFAULT_LANGUAGE = "zh"
# Names on the Hugging Face hub, e.g. "roberta-base" and "FacebookAI/roberta-base".
HUB_NAME = re.compile(r"\w[\w.-]*(/[\w.-]+)?")


def init_config(
    output: Union[str, Path],
    *,
    lang: Optional[str] = None,
    pipeline: Sequence[str] = PIPELINE,
    encoder: Encoder = "small",
    labels: Sequence[str] = (),
    train: Optional[Union[str, Path]] = None,
    dev: Optional[Union[str, Path]] = None,
    vectors: Optional[Union[str, Path]] = None,
    encoder_name: Optional[str] = None,
    force: bool = False,
) -> Dict[str, Any]:
    """Write a complete training config, with settings that fit a corpus.

    output (Union[str, Path]): The config file to write.
    lang (Optional[str]): Language of the notes. The rules know "zh" and "en". None guesses one of
        the two from the texts of the corpus, and is "zh" without a corpus.
    pipeline (Sequence[str]): Components: "ner", "assertion", "relations", "spans" (nested
        mentions, instead of "ner"), "joint" (entities and relations by one model), "sections",
        "measurements", or names of factories. "assertion" is learned if the corpus has assertion
        attributes, and uses rules otherwise.
    encoder (str): "small" (nothing to download), "vectors" (with vectors of `init_vectors`) or
        "transformer" (pretrained).
    labels (Sequence[str]): Entity types and relation labels that the corpus should have; other
        labels are reported. Without a corpus, the types whose mentions get assertion attributes.
    train (Optional[Union[str, Path]]): Training data: a .spacy file, or a folder of them. Limits of
        the candidate pairs, batch size and steps are chosen for it. None uses those of
        configs/zh_clinrel.cfg.
    dev (Optional[Union[str, Path]]): Dev data, in the same form.
    vectors (Optional[Union[str, Path]]): Folder of vectors, for the encoder "vectors".
    encoder_name (Optional[str]): Name on the Hugging Face hub or folder of the encoder, for the
        encoder "transformer". None uses the recommended one for the language.
    force (bool): Whether to replace an existing file.
    RETURNS (Dict[str, Any]): "config", "lang", "lang_is_guessed", "pipeline" and "encoder";
        "corpus": counts by part;
        "settings": what was chosen; "findings": messages, each with "level" and "text"; and "next":
        the commands to run next.
    RAISES (ValueError): If the file exists, an option does not fit, or a component has nothing to
        learn from the training data.

    EXAMPLE:
        result = spacy_clinrel.init_config("ward.cfg", train="train.spacy", dev="dev.spacy")
        print(result["settings"], result["next"])
    """
    path = Path(output)
    files = {
        name: None if file is None else Path(file)
        for name, file in (("train", train), ("dev", dev), ("vectors", vectors))
    }
    check_output(path, *files.values())
    if path.exists() and not force:
        raise ValueError(Errors.F180.format(path=path))
    _check_encoder(encoder, vectors, encoder_name)
    if lang is not None:
        _check_language(lang)
    factories = read_pipeline(pipeline)
    corpora = read_corpora(files["train"], files["dev"])
    guessed = None if lang is not None else corpus_language(corpora)
    lang = lang or guessed or DEFAULT_LANGUAGE
    parts = make_parts(corpora, lang)
    part = next((part for part in parts if part.name == "train"), None)
    if "assertion" in factories:
        factories[factories.index("assertion")] = _assertion(part)
    sizes = Sizes() if part is None else _sizes(part)
    choices = Choices(
        lang=lang,
        factories=factories,
        encoder=encoder,
        encoder_name=encoder_name,
        types=_types(part, labels),
        is_exclusive=part is None or not several_relations(part),
        sizes=sizes,
        paths=files,
    )
    counts = {part.name: describe(part, sizes) for part in parts}
    findings: List[Finding] = list(language_findings(corpora, lang))
    findings += _encoder_findings(encoder_name)
    if part is not None:
        check_learnable(counts["train"], factories, Path(files["train"] or ""))
        findings += check_labels(labels, counts["train"])
        findings += survey_findings(counts, factories)
    config = build_config(choices)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        config.to_disk(draft, interpolate=False)
    return {
        "spacy_clinrel": version("spacy-clinrel"),
        "config": str(path),
        "lang": lang,
        "lang_is_guessed": guessed is not None,
        "pipeline": config["nlp"]["pipeline"],
        "encoder": encoder,
        "corpus": counts,
        "settings": _settings(choices),
        "findings": [finding._asdict() for finding in findings],
        "next": _commands(path, choices),
    }


def _check_encoder(encoder: str, vectors: Any, name: Optional[str]) -> None:
    if encoder not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise ValueError(Errors.F050.format(name="encoder", known=known, value=encoder))
    for option, value, kind in (
        ("--vectors", vectors, "vectors"),
        ("--encoder-name", name, "transformer"),
    ):
        if value is not None and encoder != kind:
            raise ValueError(Errors.F184.format(option=option, kind=kind))


def _encoder_findings(name: Optional[str]) -> Iterator[Finding]:
    """Report an encoder that is not a folder here. It may be one where the config is trained."""
    if name is None or Path(name).is_dir():
        return
    if HUB_NAME.fullmatch(name):
        text = f"{name} is not a folder here, so training looks for it on the Hugging Face hub"
        yield Finding("info", text)
    else:
        yield Finding("warning", f"there is no folder {name}. Training will fail without it")


def _check_language(lang: str) -> None:
    try:
        util.get_lang_class(lang)
    except ImportError as error:
        raise ValueError(Errors.F185.format(lang=lang)) from error


def _assertion(part: Optional[Part]) -> str:
    """Return the component that judges mentions: a classifier if it can learn, else rules."""
    has_attributes = part is not None and bool(_judged_types(part))
    return "assertion_classifier" if has_attributes else "assertion_rules"


def _types(part: Optional[Part], labels: Sequence[str]) -> Optional[List[str]]:
    """Return the entity types whose mentions the rules judge; None for all."""
    if part is None:
        return list(labels) or None
    types = describe_mentions(part)["per_type"]
    return _judged_types(part) or [label for label in labels if label in types] or None


def _judged_types(part: Part) -> Optional[List[str]]:
    """Return the entity types that have an assertion attribute; None if there are none."""
    types: Set[str] = set()
    for doc in part.docs:
        rows = [index for index, name, _ in attribute_rows(doc) if name in ASSERTIONS]
        spans = group_mentions(doc) if rows else []
        types.update(spans[index].label_ for index in rows)
    return sorted(types) or None


def _sizes(part: Part) -> Sizes:
    batch_size, max_steps = choose_steps(sum(map(len, part.docs)))
    sizes = Sizes(batch_size=batch_size, max_steps=max_steps)
    if not len(part.edges.doc):
        return sizes
    max_sentences, max_distance = choose_candidates(part.edges)
    return Sizes(max_sentences, max_distance, batch_size, max_steps)


def _settings(choices: Choices) -> Dict[str, Any]:
    """Return the settings that were chosen, with their target."""
    sizes = choices.sizes
    settings: Dict[str, Any] = {
        "max_sentences": sizes.max_sentences,
        "max_distance": sizes.max_distance,
        "target_recall": TARGET_RECALL,
        "exclusive": choices.is_exclusive,
        "batch_size": sizes.batch_size,
        "max_steps": sizes.max_steps,
        "eval_frequency": sizes.eval_frequency,
    }
    if choices.encoder == "transformer":
        settings["encoder_name"] = pretrained_name(choices)
    return settings


def _commands(path: Path, choices: Choices) -> List[str]:
    """Return the commands to run next."""
    python, config = "python -m spacy", _quoted(path)
    if not choices.is_trained:
        return [f"{python} assemble {config} pipeline"]
    commands = []
    names = {part: choices.paths[part] or Path(f"{part}.spacy") for part in ("train", "dev")}
    options = [
        f"--paths.{part} {name}" for part, name in names.items() if choices.paths[part] is None
    ]
    if choices.encoder == "vectors" and choices.paths["vectors"] is None:
        if not choices.splits_sentences:
            commands.append(f"{python} clinrel init-vectors raw.txt vectors")
        else:
            commands.append(f"{python} init vectors {choices.lang} word_vectors.txt vectors")
        options.append("--paths.vectors vectors")
    commands.append(" ".join([f"{python} train {config} --output training", *options]))
    evaluate = f"{python} clinrel evaluate training/model-best {_quoted(names['dev'])}"
    commands.append(f"{evaluate} --gold-entities" if choices.has_gold_entities else evaluate)
    return commands


def _quoted(path: Path) -> str:
    """Return a path as an argument of a command."""
    text = path.as_posix()
    return f'"{text}"' if " " in text else text
