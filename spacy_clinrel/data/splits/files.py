"""Splits of documents, written as train.spacy, dev.spacy and test.spacy."""

from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

from spacy.tokens import Doc, DocBin

from ...errors import Errors
from ...files import check_output, ensure_paths, replacing, write_json
from ...reading.documents import document_files, stream_docs
from .plan import PARTS, Plan, describe, split_docs

REPORT = "split.json"


def split(
    sources: Union[str, Path, Sequence[Union[str, Path]]],
    out: Union[str, Path],
    plan: Plan = Plan(),  # noqa: B008 - it is immutable
    *,
    force: bool = False,
) -> Dict[str, Any]:
    """Split documents into train, dev and test.

    Writes `train.spacy`, `dev.spacy`, `test.spacy` (without parts of size 0) and `split.json`. If
    writing fails, no file is written or replaced.

    sources (Union[str, Path, Sequence]): Files or folders: .spacy files, or the output of `apply`.
    out (Union[str, Path]): The folder to write.
    plan (Plan): Sizes of the parts, stratification, groups and seed.
    force (bool): Whether to replace existing files in the folder.
    RETURNS (Dict[str, Any]): The plan, statistics of the parts and near-duplicates, as in
        `split.json`.
    RAISES (ValueError): If a source cannot be read, the plan cannot be fulfilled, or a file exists
        already. Nothing is written in these cases.

    EXAMPLE:
        from spacy_clinrel.data.splits import Plan
        result = spacy_clinrel.split("notes.spacy", "corpus", Plan(ratios=(80, 10, 10), seed=1))
        print(result["parts"]["dev"]["documents"])
    """
    out = Path(out)
    if plan.metadata is not None:
        plan = plan._replace(metadata=Path(plan.metadata))
    paths = document_files(ensure_paths(sources))
    targets = {name: out / f"{name}.spacy" for name, n in zip(PARTS, plan.ratios) if n > 0}
    written = [*targets.values(), out / REPORT]
    for path in written:
        check_output(path, *paths, plan.metadata)
    existing = [path.name for path in written if path.exists()]
    if existing and not force:
        raise ValueError(Errors.F025.format(out=out, n=len(existing), name=existing[0]))
    docs = list(stream_docs(paths))
    assigned = split_docs(docs, plan)
    result = {
        "spacy_clinrel": version("spacy-clinrel"),
        "sources": [str(path) for path in paths],
        **plan._asdict(),
        "metadata": plan.metadata and str(plan.metadata),
        **describe(docs, assigned),
    }
    parts: Dict[str, List[Doc]] = {name: [] for name in PARTS}
    for doc, part in zip(docs, assigned.parts):
        parts[PARTS[part]].append(doc)
    with ExitStack() as drafts:
        for name, path in targets.items():
            draft = drafts.enter_context(replacing(path))
            DocBin(store_user_data=True, docs=parts[name]).to_disk(draft)
        write_json(out / REPORT, result)
    return result
