"""Sentence boundaries of English clinical notes."""

import textwrap

import numpy as np
import pytest
import spacy

from spacy_clinrel.tokens.tokenizer import blank_pipeline

NAME = "clinical_sentencizer"


@pytest.fixture(scope="module", params=[spacy.blank, blank_pipeline], ids=["spaCy", "clinical"])
def nlp(request):
    """Return an English pipeline with the component, with each of the tokenizers."""
    nlp = request.param("en")
    nlp.add_pipe(NAME)
    return nlp


def sentences(nlp, text):
    return [sent.text.strip() for sent in nlp(text).sents if sent.text.strip()]


@pytest.mark.parametrize(
    "marked",
    [
        "Pt c/o SOB.| No fever.",
        "Temp 98.6 F, WBC 11.2.| Given 2.5 mg p.o. b.i.d. for two days.| Improved!",
        "Was seen by Dr. Smith.| MRI showed mild MR.| EF was 45 %.",
        "Lactate 3.8 mmol/L.| Hgb 10 g / L.| Given approx. 5 L of fluid, i.e. a lot.",
        "Is it a clot?| Yes (see Fig. 3).| “No change.”| Stable vs. prior.",
        "Denies pain ; no nausea.| pH 7.35.",
        "1. Acute mania.| 2. Cellulitis.",
        "It inhibits the factor kappa B.| The patient has hepatitis C.| Serology is pending.",
        "As described.[3] It improved.| No relapse (Fig. 2).",
        "Seen by J. Smith and R. Jones.| Temp 38.2 C.| Weight 70 kg.",
    ],
)
def test_full_stops_that_end_a_sentence(nlp, marked):
    expected = [part.strip() for part in marked.split("|")]
    assert sentences(nlp, marked.replace("|", "")) == expected


def test_lists_headings_and_line_breaks(nlp):
    text = (
        "CHIEF COMPLAINT:\nchest pain\n\nHISTORY\n1. Acute mania. Start olanzapine.\n"
        "2. Cellulitis\n- cefazolin 2 g\nDisposition: home"
    )
    assert sentences(nlp, text) == [
        "CHIEF COMPLAINT:",
        "chest pain",
        "HISTORY",
        "1. Acute mania.",
        "Start olanzapine.",
        "2. Cellulitis",
        "- cefazolin 2 g",
        "Disposition: home",
    ]


@pytest.mark.parametrize(
    "marked",
    [
        "1. Metoprolol 25 mg\n    twice daily|2. Senna, as needed,\n    PO BID|3) Iron",
        "- Fatigue and\n  Weight loss|- Fever",
        "1. Chest CT|   (a) no embolism",
        "Medications|  Metoprolol|  Senna",
        "no fever|SENNA|No pain",
        "no fever|MRI of the knee and\nthe hip",
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\f", "\u2028"])
def test_lists_indented_lines_and_lines_in_capitals(nlp, marked, ends):
    text = marked.replace("|", "\n").replace("\n", ends)
    expected = [" ".join(part.split()) for part in marked.split("|")]
    assert [" ".join(sent.split()) for sent in sentences(nlp, text)] == expected


def test_wrapped_text_in_capitals(nlp):
    lines = textwrap.wrap("THE PATIENT WAS ADMITTED WITH CHEST PAIN AND DYSPNEA ON EXERTION", 35)
    assert len(sentences(nlp, "\n".join(lines))) == 1


def test_short_lines_are_not_wrapped_text(nlp):
    assert sentences(nlp, "Fever\nCough") == ["Fever", "Cough"]


SENTENCES = [
    "The patient is a 64-year-old man who presents with worsening dyspnea and orthopnea.",
    "Chest CT (Siemens, 2.5 mm slices) showed bilateral pleural effusions without consolidation.",
    "BNP was 1,240 pg/mL.",
    "He was given IV furosemide for volume overload with good effect, and was discharged home.",
]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_wrapped_at_a_margin(nlp, width, ends):
    lines = textwrap.wrap(" ".join(SENTENCES), width, break_on_hyphens=False)
    split = sentences(nlp, ends.join(lines))
    assert [" ".join(sent.split()) for sent in split] == SENTENCES


def test_one_sentence_per_line(nlp):
    assert sentences(nlp, "\n".join(SENTENCES)) == SENTENCES
    unpunctuated = [sentence.rstrip(".") for sentence in SENTENCES]
    assert sentences(nlp, "\n".join(unpunctuated)) == unpunctuated


def test_custom_ends_abbreviations_and_line_width():
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, config={"ends": ".;", "abbreviations": ["rash"], "line_width": 0})
    text = "No fever; no rash. Yes.\nand on"
    assert sentences(nlp, text) == ["No fever;", "no rash. Yes.", "and on"]


def test_every_token_is_annotated(nlp):
    doc = nlp("No fever. No rash.")
    assert doc.has_annotation("SENT_START")
    assert [token.is_sent_start for token in doc] == [True, False, False, True, False, False]
    doc = nlp.get_pipe(NAME)(doc)
    assert [sent.text for sent in doc.sents] == ["No fever.", "No rash."]


@pytest.mark.parametrize("text", ["", " ", "\n", ".", "...", ".\n.", "a", "\n\nHx.\n"])
def test_texts_without_words(nlp, text):
    doc = nlp(text)
    assert "".join(sent.text_with_ws for sent in doc.sents) == text
    assert not len(doc) or doc[0].is_sent_start


def test_component_is_saved_with_the_pipeline(nlp, tmp_path):
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    texts = ["Seen by Dr. Smith. MRI showed mild MR. Stable."] * 3
    docs = list(loaded.pipe(texts, n_process=2))
    assert [len(list(doc.sents)) for doc in docs] == [3, 3, 3]
    assert np.array_equal(docs[0].to_array("SENT_START"), nlp(texts[0]).to_array("SENT_START"))


@pytest.mark.parametrize("bullet", ["•", "◦", "●", "▪", "–"])
def test_bullets_begin_items(bullet):
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_sentencizer")
    text = f"{bullet} Aspirin 81 mg\n  Twice a day\n{bullet} Lasix"
    assert len(list(nlp(text).sents)) == 2
