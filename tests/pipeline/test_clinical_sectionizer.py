"""Sections of clinical notes, found by their headings."""

import re
import time
from itertools import pairwise
from unittest.mock import ANY

import pytest
import spacy
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_clinrel.pipeline.clinical_sectionizer import ClinicalSectionizer
from spacy_clinrel.pipeline.headings import HeadingFinder, check_headings, read_headings
from spacy_clinrel.tokens import get_sections, section_ids, section_of

from ..util import ROOT

NAME = "clinical_sectionizer"
TOKENIZERS = {lang: spacy.blank(lang) for lang in ("zh", "en")}
SECTIONIZERS = {lang: ClinicalSectionizer(lang=lang) for lang in ("zh", "en")}
ZH, EN = (HeadingFinder(read_headings(lang)) for lang in ("zh", "en"))


def found(finder, text):
    """Return the section id and the heading of each section, without white space."""
    headings = finder(text)
    return [(h.label, "".join(text[h.start : h.content].split())) for h in headings]


def contents(finder, text):
    return [(h.label, text[h.content : h.end].strip()) for h in finder(text)]


@pytest.mark.parametrize(
    "text, expected",
    [
        # colons, brackets, numbers, bold marks, spaces
        ("主诉：咽痛2天。", [("chief_complaint", "主诉：")]),
        ("主诉:咽痛2天。", [("chief_complaint", "主诉:")]),
        ("【主诉】咽痛2天。", [("chief_complaint", "【主诉】")]),
        ("[现病史]患者2天前受凉。", [("present_illness", "[现病史]")]),
        ("〖既往史〗：体健。", [("past_history", "〖既往史〗：")]),
        ("主　诉：腹泻1天", [("chief_complaint", "主诉：")]),
        ("现 病 史 ： 患者1天前腹泻", [("present_illness", "现病史：")]),
        ("【 家 族 史 】否认遗传病", [("family_history", "【家族史】")]),
        ("1. 主诉：头晕", [("chief_complaint", "1.主诉：")]),
        ("２．现病史：头晕半天", [("present_illness", "２．现病史：")]),
        ("3、既往史：体健", [("past_history", "3、既往史：")]),
        ("(4) 个人史：不吸烟", [("personal_history", "(4)个人史：")]),
        ("（五）婚育史：已婚", [("marital_history", "（五）婚育史：")]),
        ("六、月经史：规律", [("menstrual_history", "六、月经史：")]),
        ("①体格检查：一般可", [("physical_examination", "①体格检查：")]),
        ("2.1 辅助检查：胸片清晰", [("auxiliary_examination", "2.1辅助检查：")]),
        ("**主诉**：耳鸣", [("chief_complaint", "**主诉**：")]),
        ("**主诉：**耳鸣", [("chief_complaint", "**主诉：**")]),
        ("## 出院医嘱\n低盐饮食", [("discharge_instructions", "##出院医嘱")]),
        ("◆ 诊疗经过：予补液", [("treatment_course", "◆诊疗经过：")]),
        ("<b>出院诊断</b>：胃炎", [("discharge_diagnosis", "<b>出院诊断</b>：")]),
        ("初步诊断（2031-05-02）：胃炎", [("admission_diagnosis", "初步诊断（2031-05-02）：")]),
        ("主诉——心悸", [("chief_complaint", "主诉——")]),
        # line starts without colon
        ("家族史无特殊", [("family_history", "家族史")]),
        ("既往史有痛风10年", [("past_history", "既往史")]),
        ("主诉 反复咳嗽", [("chief_complaint", "主诉")]),
        ("诊断\n1. 胃炎", [("diagnosis", "诊断")]),
        ("    专科检查\n右膝肿胀", [("specialist_examination", "专科检查")]),
        ("主诉\t咳嗽", [("chief_complaint", "主诉")]),
        # variants and affixes
        ("体检：心肺正常", [("physical_examination", "体检：")]),
        ("入院时查体：神清", [("physical_examination", "入院时查体：")]),
        ("出院时情况：好转", [("discharge_condition", "出院时情况：")]),
        ("手术经过如下：麻醉满意后切开", [("operation", "手术经过如下：")]),
        ("既往史、个人史、家族史：无特殊", [("past_history", "既往史、个人史、家族史：")]),
        ("个人史及家族史：无特殊", [("personal_history", "个人史及家族史：")]),
        ("诊断意见：双肺未见异常", [("impression", "诊断意见：")]),
        ("CT所见：肝内低密度影", [("imaging_findings", "CT所见：")]),
        ("病例特点：中年男性", [("case_features", "病例特点：")]),
        ("一般项目：女，40岁", [("general_information", "一般项目：")]),
        ("出院带药 氨氯地平片", [("discharge_medications", "出院带药")]),
        ("病理：慢性炎", [("pathology", "病理：")]),
        ("药物过敏史：青霉素", [("allergies", "药物过敏史：")]),
        ("查体及辅助检查结果：无异常", [("physical_examination", "查体及辅助检查结果：")]),
        # inside a line
        (
            "夜间出汗。既往史：体健。查体：心肺正常。",
            [("past_history", "既往史："), ("physical_examination", "查体：")],
        ),
        ("睡眠可；4.查体：体温正常", [("physical_examination", "4.查体：")]),
        ("活动自如5.专科情况：踝部肿", [("specialist_examination", "5.专科情况：")]),
        (
            "主诉：耳鸣 现病史：半月",
            [("chief_complaint", "主诉："), ("present_illness", "现病史：")],
        ),
        ("言语欠清既往史：否认癫痫", [("past_history", "既往史：")]),
        ("胸痛缓解。【查体】神清", [("physical_examination", "【查体】")]),
        (
            "检查所见：两肺清晰。印象：未见异常。",
            [("imaging_findings", "检查所见："), ("impression", "印象：")],
        ),
        ("精神可。PE：无异常", []),
    ],
)
def test_chinese_headings(text, expected):
    assert found(ZH, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\r\n",
        "诊断为胃溃疡，予抑酸。",
        "查体合作，步入病房。",
        "询问既往史无异常。",
        "追问既往史：母亲不详。",
        "详见现病史：略",
        "患者无不适主诉。",
        "入院诊断为阑尾炎",
        "入院后依据查体及辅助检查结果：无异常",
        "既往史及用药情况不详",
        "行肠镜，术后病理：管状腺瘤。",
        "外院治疗。诊断：胃溃疡，予抑酸。",
        "好转出院，出院诊断：哮喘。",
        "入院后完善辅助检查：血常规正常。",
        "来院，\n既往史无特殊",
        "指数=3.1，结论：正常",
        "每日12.15，生育史不详",
        "复查后。超声提示：胆囊息肉。",
        "双肺清。处理",
        "[主诉单一时间3天",
        "建议患者戒烟",
        "诊断性刮宫",
    ],
)
def test_chinese_running_text(text):
    assert ZH(text) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("CHIEF COMPLAINT: cough", [("chief_complaint", "CHIEFCOMPLAINT:")]),
        ("Chief Complaint: cough", [("chief_complaint", "ChiefComplaint:")]),
        ("chief complaint: cough", [("chief_complaint", "chiefcomplaint:")]),
        ("HPI: 3 days of cough", [("present_illness", "HPI:")]),
        ("History of Present Illness :\nCough", [("present_illness", "HistoryofPresentIllness:")]),
        ("PMH: gout", [("past_history", "PMH:")]),
        ("Past Medical History\ngout", [("past_history", "PastMedicalHistory")]),
        ("1. Past Surgical History: none", [("past_history", "1.PastSurgicalHistory:")]),
        ("FAMILY HISTORY Mother had gout.", [("family_history", "FAMILYHISTORY")]),
        ("Social History - smoker", [("personal_history", "SocialHistory-")]),
        ("**Allergies**: latex", [("allergies", "**Allergies**:")]),
        ("- Medications: none", [("medications", "-Medications:")]),
        ("[Physical Exam] well", [("physical_examination", "[PhysicalExam]")]),
        ("ROS: negative", [("review_of_systems", "ROS:")]),
        (
            "Physical Exam on Admission: well",
            [("physical_examination", "PhysicalExamonAdmission:")],
        ),
        ("Pertinent Results: WBC 6", [("auxiliary_examination", "PertinentResults:")]),
        ("Labs: WBC 6", [("laboratory", "Labs:")]),
        ("FINDINGS: Clear lungs.", [("imaging_findings", "FINDINGS:")]),
        ("Impression: no change", [("impression", "Impression:")]),
        ("Assessment and Plan: rest", [("assessment", "AssessmentandPlan:")]),
        ("A/P: rest", [("assessment", "A/P:")]),
        ("Brief Hospital Course: uneventful", [("treatment_course", "BriefHospitalCourse:")]),
        ("Discharge Diagnoses:\n1. Gout", [("discharge_diagnosis", "DischargeDiagnoses:")]),
        ("Discharge Instructions\nRest", [("discharge_instructions", "DischargeInstructions")]),
        ("DISCHARGE MEDICATIONS:\nnone", [("discharge_medications", "DISCHARGEMEDICATIONS:")]),
        ("Condition on Discharge: good", [("discharge_condition", "ConditiononDischarge:")]),
        ("Discharge Exam: well", [("physical_examination", "DischargeExam:")]),
        (
            "Medications at Time of Transfer: none",
            [("medications", "MedicationsatTimeofTransfer:")],
        ),
        ("PAST MEDICAL HISTORY/PAST SURGICAL HISTORY: gout", [("past_history", ANY)]),
        (
            "Lungs clear. Allergies: latex. Family History: gout",
            [("allergies", "Allergies:"), ("family_history", "FamilyHistory:")],
        ),
    ],
)
def test_english_headings(text, expected):
    assert found(EN, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Family history is negative.",
        "He lists these allergies: latex.",
        "medications\n",
        "Medications were stopped.",
        "The past medical history includes gout.",
        "Her lungs were clear. The findings: none.",
        "FAMILY HISTORY OF gout",
        "Planned: surgery",
        "History of Gout: none",
        "Allergies were reviewed as follows: none",
        "Impressions of teeth were taken",
        "She has no complaints,\nAllergies\n",
        "Dr. Plan saw her.",
    ],
)
def test_english_running_text(text):
    assert EN(text) == []


NOTE = (
    "病例特点：1.患者，女，50岁；2.既往体健；3.患者于2天前腹痛；4.查体：腹软。"
    "5.辅助检查：1.血常规正常 2.B超未见异常。"
)


def test_item_of_a_numbered_list_ends_at_the_next_item():
    assert contents(ZH, NOTE) == [
        ("case_features", "1.患者，女，50岁；"),
        ("past_history", "体健；"),
        ("physical_examination", "腹软。"),
        ("auxiliary_examination", "1.血常规正常 2.B超未见异常。"),
    ]


def test_numbers_without_a_mark():
    text = "1 患者，男，40岁2既往痛风10 年，3 天前复发   3 患者缘于1天前咽痛4查体：咽红"
    assert contents(ZH, text) == [
        ("past_history", "痛风10 年，3 天前复发"),
        ("physical_examination", "咽红"),
    ]


def test_numbered_section_with_a_list_of_its_own():
    text = "2.初步诊断：1.胃炎 2.痛风 3.高血压\n3.诊疗计划：抑酸"
    assert contents(ZH, text) == [
        ("admission_diagnosis", "1.胃炎 2.痛风 3.高血压"),
        ("treatment_plan", "抑酸"),
    ]


def test_headings_only():
    assert contents(ZH, "主诉：\r\n现病史：\r\n【既往史】") == [
        ("chief_complaint", ""),
        ("present_illness", ""),
        ("past_history", ""),
    ]


def test_line_breaks_of_windows():
    text = "主诉\r\n头痛\r\n\r\n家族史无特殊\r\n查体：\r\n神清\r\n"
    assert contents(ZH, text) == [
        ("chief_complaint", "头痛"),
        ("family_history", "无特殊"),
        ("physical_examination", "神清"),
    ]


@pytest.mark.parametrize(
    "line", ["查体：神清。", "询问既往史无异常，", "　" * 500, "1." * 300, "*" * 900]
)
def test_time_is_linear_in_the_length_of_the_text(line):
    text = "\n".join([line] * (200 if len(line) > 100 else 10_000))
    start = time.perf_counter()
    ZH(text)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("char", [" ", "　", "*", "1", "（", "。", "主", "\n"])
def test_time_of_a_long_run_of_one_character(char):
    start = time.perf_counter()
    assert ZH(char * 100_000) == []
    assert time.perf_counter() - start < 2


def test_only_line_starts_count_with_inline_off():
    finder = HeadingFinder(read_headings("zh"), inline=False)
    assert found(finder, "夜间出汗。既往史：体健。\n【查体】神清") == [
        ("physical_examination", "【查体】")
    ]


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME)
    return nlp


TEXT = "患者入院。\n主诉：咽痛。\n既往史：体健。查体：神清。"


def view(doc):
    return [(s.label, s.heading, s.content) for s in get_sections(doc)]


EXPECTED = [
    ("chief_complaint", "主诉：", "咽痛。"),
    ("past_history", "既往史：", "体健。"),
    ("physical_examination", "查体：", "神清。"),
]


def test_sections_of_a_doc(nlp):
    doc = nlp(TEXT)
    assert view(doc) == EXPECTED
    assert [span.text for span in doc.spans["sections"]] == [a + b for _, a, b in EXPECTED]
    assert [span._.section for span in doc.spans["sections"]] == [row[0] for row in EXPECTED]
    assert doc[0:2]._.section == ""


@pytest.mark.parametrize("text", ["", " ", "\n\n", "患者入院。"])
def test_docs_without_headings_are_annotated(nlp, text):
    doc = nlp(text)
    assert len(doc.spans["sections"]) == 0
    assert get_sections(doc) == []


def test_sections_survive_storage(nlp):
    doc = nlp(TEXT)
    restored = [
        Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        doc.copy(),
        *DocBin(docs=[doc]).get_docs(nlp.vocab),
        *nlp.pipe([TEXT, TEXT], n_process=2),
    ]
    assert [view(doc) for doc in restored] == [EXPECTED] * 5


def test_component_is_idempotent_and_replaces_sections(nlp):
    doc = nlp(TEXT)
    assert view(nlp.get_pipe(NAME)(doc)) == EXPECTED


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "own.yml"
    srsly.write_yaml(path, {"sections": {"nursing": ["护理记录"], "my_exam": ["专科检查"]}})
    return path


def test_own_rules_extend_the_built_in_rules(path):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config={"path": str(path)})
    doc = nlp("护理记录：平稳\n专科检查：略\n主诉：无")
    assert [s.label for s in get_sections(doc)] == ["nursing", "my_exam", "chief_complaint"]


def test_own_rules_need_no_sections_if_they_extend_the_built_in_rules(tmp_path):
    path = tmp_path / "own.yml"
    srsly.write_yaml(path, {"no_colon": ["主诉"]})
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config={"path": str(path)})
    assert [s.label for s in get_sections(nlp("主诉咳嗽"))] == ["chief_complaint"]
    with pytest.raises(ValueError, match=r"C070.*own\.yml.*sections"):
        nlp.add_pipe(NAME, name="own", config={"path": str(path), "extend": False})


def test_own_rules_replace_the_built_in_rules(path):
    nlp = spacy.blank("xx")
    nlp.add_pipe(NAME, config={"path": str(path), "extend": False})
    assert [s.label for s in get_sections(nlp("护理记录：平稳\n主诉：无"))] == ["nursing"]


@pytest.mark.parametrize("as_bytes", [True, False])
def test_rules_are_saved_with_the_pipeline(path, tmp_path, as_bytes):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config={"path": str(path)})
    if as_bytes:
        data, config = nlp.to_bytes(), nlp.config
        path.unlink()
        loaded = spacy.blank("zh").from_config(config).from_bytes(data)
    else:
        nlp.to_disk(tmp_path / "pipeline")
        path.unlink()
        loaded = spacy.load(tmp_path / "pipeline")
    assert view(loaded("护理记录：平稳")) == [("nursing", "护理记录：", "平稳")]
    assert loaded.get_pipe(NAME).stored_rules() == nlp.get_pipe(NAME).stored_rules()


def test_missing_file_of_rules():
    component = ClinicalSectionizer(path="absent.yml")
    with pytest.raises(ValueError, match=r"\[C071\].*absent.yml"):
        component(Doc(spacy.blank("zh").vocab, words=["主诉"]))


def test_language_without_rules():
    with pytest.raises(ValueError, match=r"\[C041\]"):
        spacy.blank("xx").add_pipe(NAME)


@pytest.mark.parametrize(
    "rules, reason",
    [
        ([], "'sections' must be"),
        ({}, "'sections' must be"),
        ({"sections": {"a": "主诉"}}, "'a' must be a list"),
        ({"sections": {"a": ["主诉", ""]}}, "'a' must be a list"),
        ({"sections": {"a": ["主诉"], "b": ["主 诉"]}}, "'主诉' is listed twice"),
        ({"sections": {}, "no_colon": [1]}, "'no_colon' must be a list"),
        ({"sections": {}, "inline_in": ["a"]}, "'inline_in' must be"),
        ({"sections": {}, "bare": []}, "'bare' is not one of"),
    ],
)
def test_invalid_rules(rules, reason):
    with pytest.raises(ValueError, match=r"\[C070\] own.yml: .*" + reason):
        check_headings(rules, "own.yml")


def test_damaged_file_of_a_saved_pipeline(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    (tmp_path / NAME / "rules.json").write_text("{")
    with pytest.raises(ValueError, match=r"\[M022\].*rules.json"):
        spacy.load(tmp_path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_built_in_rules_are_valid(lang):
    rules = read_headings(lang)
    check_headings(rules, lang)
    headings = {name for names in rules["sections"].values() for name in names}
    for key in ("line_start", "no_colon", "no_colon_after_number", "anywhere"):
        assert headings.issuperset(rules[key])
    for place in ({}, *rules["inline_in"].values()):
        assert set(rules["sections"]).issuperset(place)


def test_headings_without_rules():
    assert HeadingFinder({"sections": {}})("主诉：无") == []


PARTS = ["主诉", "既往史", "查体", "PMH", "Allergies", "Plan", *"痛：:。，【】（.1２、"]
TEXTS = st.lists(st.sampled_from([*PARTS, " ", "\u3000", "\n", "\r\n"]), max_size=30).map("".join)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(["zh", "en"]))
def test_sections_of_any_text(text, lang):
    doc = TOKENIZERS[lang](text)
    SECTIONIZERS[lang](doc)
    sections = get_sections(doc)
    assert all(section.heading and section.end <= len(text) for section in sections)
    assert all(a.end <= b.start for a, b in pairwise(sections))
    spans = list(doc.spans["sections"])
    assert [(s.start_char, s.end_char) for s in spans] == [(s.start, s.end) for s in sections]
    for token, label in zip(doc, section_ids(doc, range(len(doc)))):
        assert doc[token.i : token.i + 1]._.section == doc.vocab.strings[int(label)]


def test_tokens_that_cross_headings():
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME)
    doc = nlp("Allergies:latex. PMH:gout\nHPI:PMH:none")
    assert [s.label for s in get_sections(doc)] == ["allergies", "past_history", "present_illness"]
    assert section_of(doc[0:1]) == "allergies"


def test_example_of_the_documentation(capsys):
    page = (ROOT / "docs" / "how-to" / "sections.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(example, {})
    shown = [line[2:] for line in example.splitlines() if line.startswith("# ")]
    assert capsys.readouterr().out.splitlines() == shown


def test_file_of_the_documentation(tmp_path):
    page = (ROOT / "docs" / "how-to" / "sections.md").read_text(encoding="utf-8")
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "own.yml").write_text(rules, encoding="utf-8")
    finder = HeadingFinder(read_headings("zh", tmp_path / "own.yml"))
    assert [h.label for h in finder("护理措施：无\n既往健康情况：好\n主诉：无")] == [
        "nursing",
        "past_history",
        "chief_complaint",
    ]


@pytest.mark.parametrize(
    "text, labels",
    [
        ("家族史：父亲患肺癌。诊断：考虑肺炎。", ["family_history", "diagnosis"]),
        ("家族史：无特殊。入院诊断：1.肺炎 2.贫血", ["family_history", "admission_diagnosis"]),
        ("现病史：外院就诊。诊断：肺炎。予抗感染。", ["present_illness"]),
    ],
)
def test_a_diagnosis_ends_the_history_before_it_also_inside_a_line(text, labels):
    nlp = spacy.blank("zh")
    nlp.add_pipe("clinical_sectionizer")
    assert [section.label for section in get_sections(nlp(text))] == labels
