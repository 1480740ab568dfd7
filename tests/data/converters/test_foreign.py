"""Each format refuses, or reports as lost or doubtful, what other formats wrote."""

import json

import pytest
import spacy

from spacy_clinrel.data.converters import Report, converters
from spacy_clinrel.data.corpus import NO_MENTION, read_corpus

EN = spacy.blank("en")
TEXT = "Aspirin for headache ."
SPANS = [(0, 7, "Drug"), (12, 20, "Problem")]
DOCCANO = {
    "id": 1,
    "text": TEXT,
    "entities": [
        {"id": i, "start_offset": start, "end_offset": end, "label": label}
        for i, (start, end, label) in enumerate(SPANS)
    ],
    "relations": [{"id": 0, "from_id": 0, "to_id": 1, "type": "TrAP"}],
}
PRODIGY = {
    "text": TEXT,
    "answer": "accept",
    "spans": [{"start": start, "end": end, "label": label} for start, end, label in SPANS],
    "relations": [],
}
SPERT = {
    "tokens": TEXT.split(),
    "entities": [{"type": "Drug", "start": 0, "end": 1}],
    "relations": [],
    "orig_id": "1",
}
DYGIE = {"doc_key": "1", "sentences": [TEXT.split()], "ner": [[[0, 0, "Drug"]]], "relations": [[]]}
LABEL_STUDIO_RESULT = {
    "id": "a",
    "type": "labels",
    "from_name": "label",
    "to_name": "text",
    "value": {"start": 0, "end": 7, "text": "Aspirin", "labels": ["Drug"]},
}
BIOC = {
    "documents": [
        {
            "id": "1",
            "passages": [
                {
                    "offset": 0,
                    "text": TEXT,
                    "annotations": [
                        {
                            "id": "1",
                            "infons": {"type": "Drug"},
                            "text": "Aspirin",
                            "locations": [{"offset": 0, "length": 7}],
                        }
                    ],
                }
            ],
        }
    ]
}
CMEIE = {
    "text": TEXT,
    "spo_list": [
        {
            "predicate": "TrAP",
            "subject": "Aspirin",
            "subject_type": "Drug",
            "object": {"@value": "headache"},
            "object_type": {"@value": "Problem"},
        }
    ],
}
WEBANNO = f"""#FORMAT=WebAnno TSV 3.3
#T_SP=webanno.custom.Entity|value


#Text={TEXT}
1-1\t0-7\tAspirin\tDrug\t
1-2\t8-11\tfor\t_\t
1-3\t12-20\theadache\tProblem\t
1-4\t21-22\t.\t_\t
"""
XMI = '<?xml version="1.0"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmi:version="2.0"/>'
BIO = "Aspirin B-Drug\nfor O\nheadache B-Problem\n. O\n"

# Files by name. The first is the one that is read.
EXAMPLES = {
    "bio": {"x.txt": BIO},
    "bio with tabs": {"x.tsv": BIO.replace(" ", "\t")},
    "bioc": {"x.json": json.dumps(BIOC)},
    "brat": {"x.txt": TEXT, "x.ann": "T1\tDrug 0 7\tAspirin\n"},
    "brat annotations": {"x.ann.txt": "T1\tDrug 0 7\tAspirin\n"},
    "cas": {"x.xmi": XMI},
    "ccks2017": {"x.txtoriginal.txt": TEXT, "x.txt": "Aspirin\t0\t6\tDrug\n"},
    "ccks2018": {"x.txtoriginal.txt": "pain,cough", "x.txt": "pain\t0\t4\tProblem\n"},
    "ccks2019": {
        "x.json": json.dumps(
            {
                "originalText": TEXT,
                "entities": [{"label_type": "Drug", "start_pos": 0, "end_pos": 7}],
            }
        )
    },
    "cmeee": {
        "x.json": json.dumps(
            [
                {
                    "text": TEXT,
                    "entities": [
                        {"start_idx": 0, "end_idx": 6, "type": "Drug", "entity": "Aspirin"}
                    ],
                }
            ],
            indent=2,
        )
    },
    "cmeee lines": {"x.txt": f"{TEXT}|||0 6 Drug|||\n"},
    "cmeie": {"x.jsonl": json.dumps(CMEIE)},
    "doccano": {"x.jsonl": json.dumps(DOCCANO)},
    "doccano without relations": {"x.jsonl": json.dumps({"text": TEXT, "label": [[0, 7, "Drug"]]})},
    "dygie": {"x.json": json.dumps(DYGIE)},
    "i2b2": {"x.txt": TEXT, "x.con": 'c="aspirin" 1:0 1:0||t="treatment"\n'},
    "i2b2 concepts": {"x.con.txt": 'c="aspirin" 1:0 1:0||t="treatment"\n'},
    "label-studio": {
        "x.json": json.dumps(
            [{"id": 1, "data": {"text": TEXT}, "annotations": [{"result": [LABEL_STUDIO_RESULT]}]}]
        )
    },
    "label-studio-predictions": {
        "x.json": json.dumps(
            [{"id": 1, "data": {"text": TEXT}, "predictions": [{"result": [LABEL_STUDIO_RESULT]}]}]
        )
    },
    "plain text": {"x.txt": f"{TEXT}\nNo pain .\n"},
    "prodigy": {"x.jsonl": json.dumps(PRODIGY)},
    "pubtator": {"x.txt": f"1|t|{TEXT}\n1|a|No pain .\n1\t0\t7\tAspirin\tDrug\tD1\n"},
    "spacy": {"x.json": json.dumps([{"text": TEXT, "ents": [[0, 7, "Drug"]]}])},
    "spert": {"x.json": json.dumps([SPERT])},
    "table": {"x.txt": f"id,text,label\n1,{TEXT},Drug\n"},
    "webanno": {"x.tsv": WEBANNO},
}
# Formats that read each other's files.
SAME = [{"bio", "bioes"}, {"ccks2017", "ccks2018"}]
# Formats with a text beside its annotations. A text alone is a document without annotations.
PAIRED = {"brat", "i2b2", "ccks2017", "ccks2018"}


def is_own(format, example):
    family = example.split()[0]
    return format == family or any({format, family} <= group for group in SAME)


def put_files(folder, example):
    (folder / example).mkdir()
    for name, content in EXAMPLES[example].items():
        (folder / example / name).write_text(content)
    return folder / example / next(iter(EXAMPLES[example]))


def fault(format, path):
    """Return what is wrong if a file of another format is read in silence, or accepted with
    --strict."""
    report = Report()
    try:
        read_corpus(path, format, nlp=EN, report=report)
    except (ValueError, ImportError):
        return ""
    # A text alone is a document of a format with a text beside its annotations.
    is_text_alone = format in PAIRED and any("annotation file" in r for r in report.repaired)
    doubts = report.doubtful.keys() - {NO_MENTION}
    if not (report.losses or doubts or is_text_alone):
        return f"{path.parent.name}: read in silence"
    try:
        report.check_losses()
    except ValueError:
        return ""
    return f"{path.parent.name}: accepted with --strict"


@pytest.mark.parametrize("format", sorted(converters.get_all()))
def test_files_of_other_formats_are_refused_or_reported(tmp_path, format):
    foreign = [example for example in EXAMPLES if not is_own(format, example)]
    faults = [fault(format, put_files(tmp_path, example)) for example in foreign]
    assert not list(filter(None, faults))


def test_files_of_the_own_format_are_read(tmp_path):
    for example in EXAMPLES.keys() - {"cas"}:
        for format in converters.get_all():
            if format == example or {format, example} in SAME:
                report, path = Report(), tmp_path / format
                path.mkdir(exist_ok=True)
                read_corpus(put_files(path, example), format, nlp=EN, report=report)
                assert report.entities and "broken line" not in report.lost
