"""A valid example of each registered format."""

import io
import json
import zipfile
from typing import Any, Dict

from spacy_clinrel.data.converters import Link, Mention, Record, Report, converters
from spacy_clinrel.types import ASSERTIONS

TEXT = "予😀阿司匹林后\n咳嗽好转，查胸片示肺炎。"
MENTIONS = [
    Mention("0", 2, 6, "药", "阿司匹林"),
    Mention("1", 8, 10, "症状", "咳嗽"),
    Mention("2", 14, 16, "检查", "胸片"),
    Mention("3", 17, 19, "疾病", "肺炎"),
    Mention("4", 17, 18, "部位", "肺"),
]
LINKS = [Link("0", "1", "改善"), Link("2", "3", "证实")]
RECORD = Record("入院/1", TEXT, MENTIONS, LINKS)
UTF16 = {start: start + (start > 1) for start in range(len(TEXT) + 1)}

Files = Dict[str, bytes]


def dumps(value: Any, indent: Any = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def spans(start: str, end: str, label: str, *, text: str = "", inclusive: int = 0) -> Any:
    """Return the mentions as JSON objects with the given keys."""
    return [
        {start: m.start, end: m.end - inclusive, label: m.type, **({text: m.text} if text else {})}
        for m in MENTIONS
    ]


def written(name: str) -> Files:
    """Return the files that a format writes for two documents."""
    converter = converters.get(name)
    files: Files = {}
    attributes = [("Hypothetical", "Certainty=Low"), ("Negated",)]
    described = [m._replace(attributes=names) for m, names in zip(MENTIONS, attributes)]
    described += MENTIONS[len(described) :]
    parts: Dict[str, Any] = {}
    for number in (1, 2):
        record = Record(f"入院-{number}", TEXT + "无。" * number, described, list(LINKS))
        record.assertions = tuple(name.capitalize() for name in ASSERTIONS)
        for suffix, content in converter.write(record, Report()).items():
            if converter.join is None:
                files[f"{number}{suffix}"] = content.encode()
            parts.setdefault(suffix, []).append(content)
    if converter.join is not None:
        files = {f"all{suffix}": converter.join(suffix, p).encode() for suffix, p in parts.items()}
    return files


def _cas(container: str) -> Files:
    import cassis

    types = cassis.TypeSystem()
    span = types.create_type("webanno.custom.Entity", supertypeName="uima.tcas.Annotation")
    types.create_feature(span, "value", "uima.cas.String")
    link = types.create_type("webanno.custom.Relation", supertypeName="uima.tcas.Annotation")
    types.create_feature(link, "label", "uima.cas.String")
    for name in ("Governor", "Dependent"):
        types.create_feature(link, name, span)
    cas = cassis.Cas(types)
    cas.sofa_string = TEXT
    added = [span(begin=m.start, end=m.end, value=m.type) for m in MENTIONS]
    cas.add_all(added)
    for one in LINKS:
        head, tail = added[int(one.head)], added[int(one.tail)]
        cas.add(link(begin=0, end=1, label=one.label, Governor=head, Dependent=tail))
    if container == "json":
        return {"a.json": cas.to_json().encode()}
    files = {"TypeSystem.xml": types.to_xml().encode(), "a.xmi": cas.to_xmi().encode()}
    if container == "xmi":
        return files
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return {"a.zip": buffer.getvalue()}


def _webanno() -> Files:
    lines = [
        "#FORMAT=WebAnno TSV 3.3",
        "#T_SP=webanno.custom.Entity|value",
        "#T_RL=webanno.custom.Relation|label|BT_webanno.custom.Entity",
        "",
        "#Text=予😀阿司匹林后",
        "1-1\t0-1\t予\t_\t_\t_\t",
        "1-2\t3-5\t阿司\t药[1]\t_\t_\t",
        "1-3\t5-7\t匹林\t药[1]\t_\t_\t",
        "",
        "#Text=咳嗽好转，查胸片示肺炎。",
        "2-1\t9-11\t咳嗽\t症状\t改善\t1-2[1_0]\t",
        "2-2\t18-20\t肺炎\t疾病[2]|部位[3]\t_\t_\t",
    ]
    return {"a.tsv": "\n".join(lines).encode()}


def _bioc() -> Files:
    annotations = [
        {
            "id": m.id,
            "infons": {"type": m.type},
            "text": m.text,
            "locations": [{"offset": m.start, "length": m.end - m.start}],
        }
        for m in MENTIONS
    ]
    relations = [
        {"id": "R", "infons": {"type": x.label}, "nodes": [{"refid": x.head}, {"refid": x.tail}]}
        for x in LINKS
    ]
    passage = {"offset": 0, "text": TEXT, "annotations": annotations, "relations": relations}
    return {"a.json": dumps({"documents": [{"id": "1", "passages": [passage]}]})}


def _token_lines() -> Files:
    entry = {
        "doc_key": "1",
        "sentences": [["阿司匹林", "缓解", "咳嗽"], ["No", "rash", "."]],
        "ner": [[[0, 0, "药"], [2, 2, "症状"]], [[4, 4, "症状"]]],
        "relations": [[[0, 0, 2, 2, "改善"]], []],
    }
    return {"a.json": dumps(entry) + b"\n" + dumps({**entry, "doc_key": "2"})}


def _ccks(inclusive: int) -> Files:
    lines = [f"{m.text}\t{m.start}\t{m.end - inclusive}\t{m.type}\n" for m in MENTIONS]
    return {"a.txtoriginal.txt": TEXT.encode(), "a.txt": "".join(lines).encode()}


def _triples() -> Files:
    triples = [
        {
            "predicate": link.label,
            "subject": MENTIONS[int(link.head)].text,
            "subject_type": MENTIONS[int(link.head)].type,
            "object": {"@value": MENTIONS[int(link.tail)].text},
            "object_type": {"@value": MENTIONS[int(link.tail)].type},
        }
        for link in LINKS
    ]
    return {"a.json": dumps({"text": TEXT, "spo_list": triples})}


def _cmeee() -> bytes:
    parts = [f"{m.start} {m.end - 1} {m.type}" for m in MENTIONS]
    return "|||".join([TEXT.replace("\n", " "), *parts, ""]).encode()


def _pubtator() -> Files:
    lines = ["1|t|予😀阿司匹林后", "1|a|咳嗽好转，查胸片示肺炎。"]
    lines += [f"1\t{m.start}\t{m.end}\t{m.text}\t{m.type}\tD1" for m in MENTIONS]
    return {"a.pubtator": "\n".join(lines).encode()}


def examples() -> Dict[str, Files]:
    """Return valid files for each format. A name after a space tells variants of a format apart.

    RETURNS (Dict[str, Dict[str, bytes]]): Contents by file name, by format and variant.
    """
    found = {name: written(name) for name, one in converters.get_all().items() if one.write}
    objects = spans("start_idx", "end_idx", "type", text="entity", inclusive=1)
    found.update(
        {
            "bioc": _bioc(),
            "cas": _cas("json"),
            "cas xmi": _cas("xmi"),
            "cas zip": _cas("zip"),
            "ccks2017": _ccks(1),
            "ccks2018": _ccks(0),
            "ccks2019": {
                "a.txt": dumps(
                    {"originalText": TEXT, "entities": spans("start_pos", "end_pos", "label_type")}
                )
            },
            "cmeee": {"a.txt": _cmeee()},
            "cmeee json": {"a.json": dumps([{"text": TEXT, "entities": objects}], indent=2)},
            "cmeie": _triples(),
            "dygie": _token_lines(),
            "pubtator": _pubtator(),
            "webanno": _webanno(),
        }
    )
    return found
