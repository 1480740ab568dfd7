"""An invented note with assertion attributes, values, doses, sections and relations.

As a script, this takes the pictures of the README, with the installed zh_clinrel:
python -m spacy clinrel visualize zh_clinrel examples/zh_note.txt output/zh_note.html
python -m tests.viewer.demo docs/assets output/zh_note.html
"""

import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Optional, Sequence

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from spacy_clinrel import viewer as displacy
from spacy_clinrel.tokens import (
    all_mentions,
    get_relations,
    set_relations,
    set_sections,
    store_relations,
    write_assertion,
    write_measurements,
)
from spacy_clinrel.types import ASSERTIONS

from ..util import make_doc

# Mentions are marked as [text|type], attributes follow after a slash: n(egated), u(ncertain),
# (h)ypothetical, p(ast), f(amily).
LETTERS = dict(zip("nuhpf", ASSERTIONS))
NOTE = """主诉：[咳嗽|Symptom]、[咳痰|Symptom]5天，[发热|Symptom]2天。
现病史：患者5天前受凉后出现[咳嗽|Symptom]，咳黄痰，2天前[发热|Symptom]，最高39.2℃，\
无[胸痛|Symptom/n]、[咯血|Symptom/n]，[胸部CT|Test]示[右下肺|Body][斑片影|Symptom]，\
未见[胸腔|Body][积液|Symptom/n]，考虑[社区获得性肺炎|Disease/u]。
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
    *((7, 8, "TeCP"), (7, 9, "TeRS"), (7, 10, "TeCP"), (7, 11, "TeRS"), (7, 12, "TeRD")),
    *((9, 8, "SAP"), (11, 10, "SNAP"), (22, 24, "TrIS"), (23, 24, "TrIS"), (22, 25, "TrIS")),
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
    "辅助检查：": "auxiliary_examination",
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
    scores = (0.99, 0.93, 0.98, 0.97, 0.74, 0.96, 0.95, 0.91, 0.88, 0.82)
    set_relations(
        doc,
        [
            (by_start[head.start], by_start[tail.start], label, score)
            for (head, tail, label), score in zip(links, scores)
        ],
    )
    mark(doc, letters, [0.9 + (i % 10) / 100 for i in range(len(letters))])
    mentions = all_mentions(doc)
    for i, row in VALUES_OF.items():
        mentions[i]._.value = row
    for i, row in DOSAGES_OF.items():
        mentions[i]._.dosage = row
    rows = [(row, "VALUE") for row in VALUES_OF.values()]
    rows += [(row, "DOSAGE") for row in DOSAGES_OF.values()]
    starts = [doc.text.index(row["text"]) for row, _ in rows]
    write_measurements(
        doc,
        [
            (start, start + len(row["text"]), label, row)
            for start, (row, label) in zip(starts, rows)
        ],
    )
    starts = [doc.text.index(heading) for heading in HEADINGS] + [len(doc.text)]
    set_sections(
        doc,
        [
            (label, start, start + len(heading), end)
            for (heading, label), start, end in zip(HEADINGS.items(), starts, starts[1:])
        ],
    )
    doc.user_data["title"] = "肺炎"
    return doc


def take_pictures(folder: Path, page: Optional[Path] = None) -> None:
    """Write the pictures of the README, with 128 colours to keep the files small.

    folder (Path): The folder of the pictures. The page of the note is written to assertion.png.
    page (Optional[Path]): A page with predictions of zh_clinrel. It is
        written to zh_clinrel.png and zh_clinrel_phone.png. None to leave these as they are.
    """
    from PIL import Image
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as work:
        demo = Path(work) / "demo.html"
        demo.write_text(displacy.to_html(make_demo(spacy.blank("zh")), page=True), encoding="utf-8")
        pictures = [("assertion.png", demo, (1280, 800), "light")]
        if page is not None:
            pictures.append(("zh_clinrel.png", page.resolve(), (1280, 720), "light"))
            pictures.append(("zh_clinrel_phone.png", page.resolve(), (390, 844), "dark"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path, (width, height), scheme in pictures:
            view = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            view.goto(path.as_uri())
            data = view.screenshot(full_page=path == demo)
            picture = Image.open(BytesIO(data)).convert("RGB").quantize(128)
            picture.save(folder / name, optimize=True)
        browser.close()


if __name__ == "__main__":
    take_pictures(*map(Path, sys.argv[1:]))
