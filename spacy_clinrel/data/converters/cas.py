"""UIMA CAS as XMI or JSON, which INCEpTION and WebAnno export (needs the extra `cas`).

XMI needs the type system: `TypeSystem.xml` in the same folder, or an INCEpTION export `NAME.zip`
with both. JSON (`*.json`) has its types in the file. Files are read with dkpro-cassis
(https://github.com/dkpro/dkpro-cassis).

Reading: an annotation becomes a mention if its type has a string feature with a value, such as
`NamedEntity` or a custom span layer; types of tokens, sentences, syntax and document metadata are
skipped. The type of the mention is the value of the feature `value`, or else of the first string
feature that has one. A relation is an annotation with the features `Governor` and `Dependent`; the
governor is the head. Its label is chosen like a type, or is the name of its layer. String and
boolean features that are assertion attributes, such as `negated`, become attributes; a document
with such features is annotated with attributes. Other features are dropped and counted. The
document id is the title in the document's metadata, or the file name.
"""

import io
import warnings
import zipfile
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ...errors import require
from ...types import ASSERTIONS
from . import Converter, Link, Mention, ReadOptions, Record, Report
from .attributes import assertion_feature, stored_attribute
from .report import BROKEN_FILE

TYPE_SYSTEM = "TypeSystem.xml"
HEAD, TAIL = "Governor", "Dependent"
STRING, BOOLEAN = "uima.cas.String", "uima.cas.Boolean"
VALUES = ("value", "label", "type")
IDENTIFIERS = ("identifier", "id", "uiName", "order")
DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
SKIPPED = (
    "uima.",
    "org.dkpro.",
    "de.tudarmstadt.ukp.clarin.",
    *(
        DKPRO + name
        for name in ("segmentation.", "metadata.", "syntax.", "lexmorph.", "transform.")
    ),
)
# Layers that a project defines. Their annotations count even without a value.
CUSTOM = ("webanno.custom.", "custom.")
METADATA = DKPRO + "metadata.type.DocumentMetaData"
MAX_ZIPPED_BYTES = 2**30


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): An `.xmi`, `.json` or `.zip` file.
    report (Report): Receives errors and counts.
    options (ReadOptions): The names of attributes. XML and JSON name their encoding.
    YIELDS (Record): One record per document.
    """
    cassis = require("cassis", "cas")
    documents = iter(_documents(path, cassis))
    while True:
        try:
            name, load = next(documents, ("", None))
            if load is None:
                return
            with warnings.catch_warnings():
                # Offsets outside of the text, which are reported with the mention.
                warnings.simplefilter("ignore", UserWarning)
                cas = load()
            record = _record(name, cas, path, report, options)
        except OSError as error:
            report.lose(BROKEN_FILE, path, None, f"cannot be read ({error.strerror}), skipped")
        except Exception as error:  # cassis, lxml and zipfile raise different types
            problem = f"{type(error).__name__}: {error}"
            report.lose(BROKEN_FILE, path, None, f"not a CAS ({problem}), skipped")
        else:
            yield record


def _documents(path: Path, cassis: Any) -> Iterator[Tuple[str, Callable[[], Any]]]:
    """Yield the name of each document of a file and a function that loads its CAS."""
    if path.suffix.lower() == ".json":
        yield "", lambda: cassis.load_cas_from_json(path.read_text(encoding="utf-8-sig"))
    elif path.suffix.lower() == ".zip":
        yield from _zipped(path, cassis)
    else:
        types = path.with_name(TYPE_SYSTEM)
        if not types.is_file():
            raise ValueError(f"there is no {TYPE_SYSTEM} beside it")
        yield "", lambda: _load_xmi(path.read_bytes(), types.read_bytes(), cassis)


def _zipped(path: Path, cassis: Any) -> Iterator[Tuple[str, Callable[[], Any]]]:
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_ZIPPED_BYTES:
            raise ValueError("the unpacked files have more than 1 GB")
        names = archive.namelist()
        types = next((name for name in names if Path(name).name == TYPE_SYSTEM), None)
        documents = [name for name in names if name.lower().endswith((".xmi", ".json"))]
        if not documents:
            raise ValueError("it has no .xmi or .json file")
        for name in documents:
            title = "" if len(documents) == 1 else str(Path(name).with_suffix(""))
            yield title, partial(_load_member, archive, name, types, cassis)


def _load_member(archive: zipfile.ZipFile, name: str, types: Optional[str], cassis: Any) -> Any:
    data = archive.read(name)
    if name.lower().endswith(".json"):
        return cassis.load_cas_from_json(data.decode("utf-8-sig"))
    if types is None:
        raise ValueError(f"it has no {TYPE_SYSTEM}")
    return _load_xmi(data, archive.read(types), cassis)


def _load_xmi(data: bytes, types: bytes, cassis: Any) -> Any:
    for content in (data, types):
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise ValueError("it declares a document type, which may refer to other files")
    system = cassis.load_typesystem(io.BytesIO(types))
    return cassis.load_cas_from_xmi(io.BytesIO(data), typesystem=system)


def _record(name: str, cas: Any, path: Path, report: Report, options: ReadOptions) -> Record:
    text = cas.sofa_string
    record = Record(name or _title(cas), text if isinstance(text, str) else "")
    if not record.text:
        raise ValueError("it has no text")
    ids: Dict[int, str] = {}
    links: List[Tuple[Any, str]] = []
    for annotation in cas.select_all_annotations():
        features = {feature.name: feature for feature in annotation.type.all_features}
        if annotation.type.name.startswith(SKIPPED):
            continue
        if HEAD in features and TAIL in features:
            links.append((annotation, _value(annotation, features, report) or _short(annotation)))
            continue
        flags = _assertion_features(annotation, features, options)
        others = {name: feature for name, feature in features.items() if name not in flags}
        label = _value(annotation, others, report)
        if not label and annotation.type.name.startswith(CUSTOM):
            label = _short(annotation)
        if not label:
            report.left_out[f"annotation of {annotation.type.name} without a value"] += 1
            continue
        with report.guard(path, None):
            start, end = annotation.begin, annotation.end
            if not isinstance(start, int) or not isinstance(end, int):
                raise ValueError(f"{_short(annotation)} has no offsets")
            ids[annotation.xmiID] = id = str(len(record.mentions))
            mention = Mention(id, start, end, label, attributes=tuple(filter(None, flags.values())))
            record.mentions.append(mention)
            if flags:
                record.assertions = ASSERTIONS
    for annotation, label in links:
        ends = [getattr(annotation, feature) for feature in (HEAD, TAIL)]
        head, tail = (
            ids.get(end.xmiID, f"the {_short(end)} {end.xmiID}") if end else "" for end in ends
        )
        record.relations.append(Link(head, tail, label))
    return record


def _assertion_features(
    annotation: Any, features: Dict[str, Any], options: ReadOptions
) -> Dict[str, str]:
    """Return the features of an annotation that are assertion attributes, with the name in the
    store; empty if the mention does not have the attribute."""
    found: Dict[str, str] = {}
    for name, feature in features.items():
        value = getattr(annotation, name, None)
        if feature.rangeType.name in (STRING, BOOLEAN) and value is not None:
            attribute = assertion_feature(name, value, options.attributes)
            if attribute is not None:
                found[name] = stored_attribute(attribute, options.attributes) or ""
    return found


def _value(annotation: Any, features: Dict[str, Any], report: Report) -> Optional[str]:
    """Return the type of a mention or the label of a relation; None if there is none."""
    values = {
        name: value
        for name, feature in features.items()
        if feature.rangeType.name == STRING
        and (value := getattr(annotation, name, None))
        and isinstance(value, str)
    }
    names = [*VALUES, *(name for name in values if name not in IDENTIFIERS)]
    chosen = next((name for name in names if name in values), None)
    report.lose("feature of an annotation not kept", count=len(values) - (chosen is not None))
    return None if chosen is None else values[chosen]


def _short(annotation: Any) -> str:
    return annotation.type.name.rpartition(".")[2]


def _title(cas: Any) -> str:
    if not cas.typesystem.contains_type(METADATA):
        return ""
    metadata = next(iter(cas.select(METADATA)), None)
    return (metadata and (metadata.documentTitle or metadata.documentId)) or ""


CAS = Converter(
    description="UIMA CAS of INCEpTION: XMI with TypeSystem.xml, JSON or ZIP (extra: cas)",
    patterns=("*.xmi", "*.json", "*.zip"),
    read=read,
    offsets=None,
)
