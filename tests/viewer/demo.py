"""An invented note with assertion attributes, values, doses, sections and relations.

As a script, this takes the pictures of the README: python -m tests.viewer.demo [FOLDER]
"""

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from spacy_clinrel.tokens import (
    GROUP,
    all_mentions,
    get_relations,
    set_relations,
    store_relations,
    write_assertion,
)
from spacy_clinrel.tokens.group import DOSAGES, VALUES, span_key
from spacy_clinrel.types import ASSERTIONS

from ..util import make_doc

# Mentions are marked as [text|type], attributes follow after a slash: n(egated), u(ncertain),
# (h)ypothetical, p(ast), f(amily).
LETTERS = dict(zip("nuhpf", ASSERTIONS))
NOTE = """主诉：[咳嗽|Symptom]、[咳痰|Symptom]5天，[发热|Symptom]2天。
现病史：患者5天前受凉后出现[咳嗽|Symptom]，咳黄痰，2天前[发热|Symptom]，最高39.2℃，\
无[胸痛|Symptom/n]、[咯血|Symptom/n]，[胸部|Body][CT|Test]示[右下肺|Body][斑片影|Symptom]，\
未见[胸腔积液|Symptom/n]，考虑[社区获得性肺炎|Disease/u]。
既往史：[高血压|Disease/p]病史10年，[阑尾切除术|Treatment/p]后3年，否认[肺结核|Disease/np]史。
家族史：父亲患[肺癌|Disease/f]，否认家族中[糖尿病|Disease/nf]史。
辅助检查：
[白细胞|Test]\t14.6×10^9/L↑\t(3.5-9.5)
[血红蛋白|Test]\t108g/L↓\t(115-150)
[C反应蛋白|Test]\t86.4mg/L↑\t(0-10)
[支原体抗体|Test]\t阴性
诊疗经过：予[莫西沙星|Treatment]0.4g qd静滴、[氨溴索|Treatment]30mg bid后[咳嗽|Symptom]减轻，\
[发热|Symptom/n]消退。如再次[发热|Symptom/h]，复查[胸片|Test]。"""
LINKS = [
    *((8, 7, "TeAP"), (8, 9, "TeCP"), (8, 10, "TeRS"), (8, 11, "TeRS"), (8, 12, "TeRD")),
    *((10, 9, "SAP"), (22, 24, "TrIS"), (23, 24, "TrIS"), (22, 25, "TrIS")),
]
VALUES_OF = {
    18: {"text": "14.6×10^9/L↑", "number": 14.6, "unit": "10^9/L", "flag": "high"},
    19: {"text": "108g/L↓", "number": 108.0, "unit": "g/L", "flag": "low"},
    20: {"text": "86.4mg/L↑", "number": 86.4, "unit": "mg/L", "flag": "high"},
    21: {"text": "阴性", "form": "qualitative", "qualitative": "negative"},
}
DOSAGES_OF = {
    22: {"text": "0.4g qd静滴", "dose": 0.4, "unit": "g", "frequency": "qd"},
    23: {"text": "30mg bid", "dose": 30.0, "unit": "mg", "frequency": "bid"},
}
HEADINGS = {
    "主诉：": "chief_complaint",
    "现病史：": "present_illness",
    "既往史：": "past_history",
    "家族史：": "family_history",
    "辅助检查：": "auxiliary_exam",
    "诊疗经过：": "treatment_course",
}


def mark(doc: Doc, letters: Sequence[str], scores: Sequence[float] = ()) -> None:
    """Write assertion attributes to the mentions of a document.

    doc (Doc): The document.
    letters (Sequence[str]): The attributes of each mention, as keys of LETTERS.
    scores (Sequence[float]): The score of all attributes of each mention. Empty for 1.0.
    """
    holds = np.asarray([[letter in row for letter in LETTERS] for row in letters], dtype=bool)
    probabilities = np.repeat(np.asarray(scores)[:, None], 5, axis=1) if len(scores) else None
    write_assertion(doc, all_mentions(doc), holds, probabilities)


def set_rows(doc: Doc, key: str, rows: Dict[int, Dict[str, Any]]) -> None:
    """Write values or doses to the store.

    doc (Doc): The document.
    key (str): Key of the rows.
    rows (Dict[int, Dict[str, Any]]): The value of each mention, by index in `all_mentions`.
    """
    keys = [span_key(span) for span in doc.spans[GROUP]]
    mentions = all_mentions(doc)
    doc.spans[GROUP].attrs[key] = [
        [keys.index(span_key(mentions[i])), row] for i, row in rows.items()
    ]


def find_spans(doc: Doc, texts: Sequence[Tuple[str, str]]) -> List[Span]:
    """Return the first span of each text.

    doc (Doc): The document.
    texts (Sequence[Tuple[str, str]]): Text and label of each span.
    RETURNS (List[Span]): The spans.
    """
    starts = [doc.text.index(text) for text, _ in texts]
    found = [
        doc.char_span(start, start + len(text), label=label, alignment_mode="expand")
        for start, (text, label) in zip(starts, texts)
    ]
    return [span for span in found if span is not None]


def make_demo(nlp: Language) -> Doc:
    """Return the note with all annotations.

    nlp (Language): A blank Chinese pipeline.
    RETURNS (Doc): The document.
    """
    doc = make_doc(nlp, NOTE, LINKS)
    letters = [mention.label_.partition("/")[2] for mention in all_mentions(doc)]
    labels = [mention.label_.partition("/")[0] for mention in all_mentions(doc)]
    spans = [
        Span(doc, mention.start, mention.end, label)
        for mention, label in zip(all_mentions(doc), labels)
    ]
    links = [(r.head, r.tail, r.label) for r in get_relations(doc)]
    by_start = {span.start: span for span in spans}
    doc.set_ents(spans)
    store_relations(doc, spans, [])
    scores = (0.98, 0.99, 0.93, 0.97, 0.74, 0.96, 0.91, 0.88, 0.82)
    set_relations(
        doc,
        [
            (by_start[head.start], by_start[tail.start], label, score)
            for (head, tail, label), score in zip(links, scores)
        ],
    )
    mark(doc, letters, [0.9 + (i % 10) / 100 for i in range(len(letters))])
    set_rows(doc, VALUES, VALUES_OF)
    set_rows(doc, DOSAGES, DOSAGES_OF)
    measured = [(row["text"], "VALUE") for row in VALUES_OF.values()]
    measured += [(row["text"], "DOSAGE") for row in DOSAGES_OF.values()]
    doc.spans["measurements"] = SpanGroup(doc, spans=find_spans(doc, measured))
    starts = [doc.text.index(heading) for heading in HEADINGS] + [len(doc.text)]
    doc.spans["sections"] = SpanGroup(
        doc,
        spans=[
            doc.char_span(start, end, label=label, alignment_mode="contract")
            for start, end, label in zip(starts, starts[1:], HEADINGS.values())
        ],
    )
    doc.user_data["title"] = "肺炎"
    return doc
