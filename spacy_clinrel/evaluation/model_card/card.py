"""Rendering and writing of model cards."""

import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

import srsly
from spacy.language import Language
from wasabi import MarkdownRenderer

from ...errors import Errors
from ...files import replacing_folder, write_json
from ...pipeline.loading import load_pipeline
from ...tokens.normalize import single_spaces
from .corpus import parts_table
from .figures import evaluation_text, weakest_labels
from .labels import label_tables, pipeline_labels
from .markdown import escape
from .settings import CardSettings, read_settings

META, README, LICENSE = "meta.json", "README.md", "LICENSE"


def model_card(
    model: Union[str, Path],
    output: Union[str, Path],
    settings: Union[str, Path],
    *,
    version: Optional[str] = None,
) -> str:
    """Copy a pipeline and add a model card: README.md, and the author, licence, description and
    sources in meta.json. `spacy package` puts both into the package.

    The card explains the labels, and reports figures, limits, training data and licence. Figures
    are read from the output of `evaluate`. If its file is missing or older than the pipeline, the
    card says that nothing was measured.

    model (Union[str, Path]): Folder of the pipeline.
    output (Union[str, Path]): Folder for the copy. A pipeline in it is replaced.
    settings (Union[str, Path]): YAML file with the settings of the card, see `CardSettings`.
    version (Optional[str]): Version of the package. By default, the one in meta.json.
    RETURNS (str): The card, in Markdown.
    RAISES (ValueError): If the settings or a metrics file are invalid, if the pipeline is damaged,
        or if the output is another kind of folder or can't be written.
    RAISES (OSError): If there is no pipeline.

    EXAMPLE:
        card = spacy_clinrel.model_card("training/model-best", "release", "card.yml")
    """
    model, output = Path(model), Path(output)
    _check_folders(model, output)
    card = read_settings(Path(settings))
    nlp = load_pipeline(model)
    modified = max(path.stat().st_mtime for path in model.rglob("*") if path.is_file())
    meta = make_meta({**nlp.meta, **srsly.read_json(model / META)}, card, version)
    text = render_card(nlp, meta, card, modified)
    with replacing_folder(output) as draft:
        shutil.copytree(model, draft, dirs_exist_ok=True)
        write_json(draft / META, meta)
        (draft / README).write_text(text, encoding="utf-8")
        if card.license_file:
            shutil.copyfile(card.license_file, draft / LICENSE)
    return text


def _check_folders(model: Path, output: Path) -> None:
    """Check that the output replaces nothing but an earlier copy."""
    if not (model / META).is_file():
        raise OSError(Errors.F173.format(path=model))
    source, target = model.resolve(), output.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise ValueError(Errors.F174.format(path=output))
    is_free = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    if not is_free and not (output / META).is_file():
        raise ValueError(Errors.B009.format(path=output))


def make_meta(meta: Dict[str, Any], card: CardSettings, version: Optional[str]) -> Dict[str, Any]:
    """Complete the metadata of a pipeline.

    meta (Dict[str, Any]): The content of meta.json.
    card (CardSettings): The settings of the card.
    version (Optional[str]): The new version, or None.
    RETURNS (Dict[str, Any]): The new content.
    """
    texts = {key: getattr(card, key) for key in ("name", "author", "email", "url", "license")}
    new: Dict[str, Any] = {key: single_spaces(value) for key, value in texts.items()}
    new["description"] = single_spaces(card.description)
    new["sources"] = [
        {key: single_spaces(str(value)) for key, value in source.items()} for source in card.sources
    ]
    if version is not None:
        new["version"] = version
    return {**meta, **new}


def render_card(nlp: Language, meta: Dict[str, Any], card: CardSettings, modified: float) -> str:
    """Render a model card.

    nlp (Language): The pipeline.
    meta (Dict[str, Any]): Its metadata, see `make_meta`.
    card (CardSettings): The settings of the card.
    modified (float): When the pipeline was written, in seconds. Older metrics are not reported.
    RETURNS (str): The card, in Markdown.
    RAISES (ValueError): If a metrics file is invalid.
    """
    # Imports all commands of spaCy.
    from spacy.cli.package import generate_readme

    package = f"{meta['lang']}_{meta['name']}"
    md = MarkdownRenderer()
    if card.use:
        md.add(md.title(2, "Use"))
        md.add(single_spaces(card.use))
    md.add(md.code_block(f'import spacy\n\nnlp = spacy.load("{package}")', "python"))
    _add_labels(md, nlp, meta["lang"])
    md.add(md.title(2, "Figures"))
    for evaluation in card.evaluations:
        md.add(md.title(3, escape(evaluation.title)))
        for part in evaluation_text(evaluation, modified):
            md.add(part)
    if not card.evaluations:
        md.add("Not measured.")
    md.add(md.title(2, "Limits"))
    md.add(md.list(_list_limits(nlp, card, modified)))
    md.add(md.title(2, "Training data"))
    for part in (single_spaces(card.data), parts_table(card.parts, nlp.vocab)):
        if part:
            md.add(part)
    md.add(md.title(2, "Licence"))
    md.add(_describe_licences(meta))
    if card.reproduce:
        md.add(md.title(2, "How to reproduce it"))
        md.add(md.code_block("\n".join(card.reproduce), "bash"))
    # spaCy's tables of labels and of scores on dev explain less than those above.
    shown = {**meta, "labels": {}, "performance": {}, "notes": md.text}
    shown["author"] = escape(meta["author"])
    shown["sources"] = [
        {key: value if key == "url" else escape(value) for key, value in source.items()}
        for source in meta["sources"]
    ]
    if not shown.get("url"):
        shown.pop("url", None)
    return f"{md.title(1, package)}\n\n{generate_readme(shown)}\n"


def _add_labels(md: MarkdownRenderer, nlp: Language, lang: str) -> None:
    """Add the tables that explain the labels."""
    tables = label_tables(pipeline_labels(nlp), lang)
    if tables:
        md.add(md.title(2, "Labels"))
    for title, rows in tables.items():
        md.add(md.title(3, title))
        md.add(rows)


def _list_limits(nlp: Language, card: CardSettings, modified: float) -> List[str]:
    """Return the limits of the settings, the weakest labels, and whether scores are calibrated."""
    limits = [single_spaces(limit) for limit in card.limits]
    per_label = [evaluation for evaluation in card.evaluations if evaluation.per_label][:1]
    weakest = weakest_labels(per_label[0], modified) if per_label else ""
    if weakest:
        limits.append(weakest)
    for name, pipe in nlp.pipeline:
        temperature = getattr(pipe, "cfg", {}).get("temperature")
        if temperature is not None:
            state = "not calibrated: of the predictions with score 0.9, more or less may be correct"
            if temperature != 1.0:
                state = f"calibrated, with temperature {temperature:.3f}"
            limits.append(f"The scores of `{name}` are {state}.")
    return limits


def _describe_licences(meta: Dict[str, Any]) -> str:
    """Name the licences of the pipeline and of its training data."""
    parts = [f"Pipeline: {escape(meta['license'])}, {escape(meta['author'])}."]
    parts += [
        f"{escape(source['name'])}: {escape(source['license'])}."
        for source in meta["sources"]
        if source.get("license")
    ]
    return " ".join(parts)
