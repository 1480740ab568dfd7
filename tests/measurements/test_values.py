"""Values of tests in invented lines, and the tests that they belong to."""

import pytest

from .util import bind

CHINESE = [
    (
        "[体温]38.2℃，[脉搏]96次/分，[呼吸]22次/min，[血压]138/86mmHg。",
        "体温: 38.2 Cel; 脉搏: 96 /min; 呼吸: 22 /min; 血压: 138/86 mm[Hg]",
    ),
    ("T [体温] 37 度，[R]18bpm", "体温: 37 Cel; R: 18 /min"),
    ("[T]36.8 [P]72 [BP]118/76", "T: 36.8; P: 72; BP: 118/76"),
    ("[T]37.1C [HR]88", "T: 37.1 Cel; HR: 88"),
    ("[心率]约为110次/分左右", "心率: ~ 110 /min"),
    (
        "[白细胞]11.6×10^9/L，[血小板]98×10⁹/L，[红细胞]4.1×1012/L",
        "白细胞: 11.6 10*9/L; 血小板: 98 10*9/L; 红细胞: 4.1 10*12/L",
    ),
    ("[白细胞计数](WBC)5.2*10^9/L↓", "白细胞计数: 5.2 10*9/L low"),
    ("[WBC]１２．３×１０^９／Ｌ", "WBC: 12.3 10*9/L"),
    ("[血红蛋白]：86 g/L（参考值 115～150）", "血红蛋白: 86 g/L [low 115 high 150]"),
    ("[肌酐]为 248 μmol/L↑，[尿素]=18.3mmol/L", "肌酐: 248 umol/L high; 尿素: 18.3 mmol/L"),
    (
        "[CRP]<0.5mg/L，[PCT]＞100ng/ml，[D-二聚体]≥20mg/L FEU",
        "CRP: < 0.5 mg/L; PCT: > 100 ng/mL; D-二聚体: >= 20 mg/L",
    ),
    ("[PSA]不足0.1ng/mL，[CA125]大于5000U/ml", "PSA: < 0.1 ng/mL; CA125: > 5000 U/mL"),
    ("[血糖]7.8～11.2mmol/L，[尿量]1500-1800ml", "血糖: 7.8..11.2 mmol/L; 尿量: 1500..1800 mL"),
    ("[TSH]0.01mIU/L（0.27-4.2）", "TSH: 0.01 m[IU]/L [low 0.27 high 4.2]"),
    ("[钾]2.9mmol/L(3.5-5.3)↓", "钾: 2.9 mmol/L low [low 3.5 high 5.3]"),
    ("[Hb]由112降至78g/L，[ALT]从46U/L升高至320U/L", "Hb: 112 -> 78 g/L; ALT: 46 -> 320 U/L"),
    ("[血钠]118→126→133mmol/L", "血钠: 126 -> 133 mmol/L"),
    ("[血小板]降至31×10^9/L", "血小板: 31 10*9/L"),
    (
        "[尿蛋白](++)，[尿潜血]3+，[酮体](±)",
        "尿蛋白: positive ++; 尿潜血: positive +++; 酮体: weakly positive",
    ),
    (
        "[HBsAg]阳性，[HIV抗体]阴性，[梅毒抗体]弱阳性，[ANA]强阳性",
        "HBsAg: positive; HIV抗体: negative; 梅毒抗体: weakly positive; ANA: strongly positive",
    ),
    (
        "[Babinski征](-)，[Kernig征]（－），[霍夫曼征]阳性",
        "Babinski征: negative; Kernig征: negative; 霍夫曼征: positive",
    ),
    ("[移动性浊音]-，[肝区叩击痛]+。", "移动性浊音: negative; 肝区叩击痛: positive +"),
    ("[压痛]、[反跳痛](+)，[肌紧张](-)", "压痛: positive +; 反跳痛: positive +; 肌紧张: negative"),
    ("[G试验]和[GM试验]均阴性", "G试验: negative; GM试验: negative"),
    ("[ANA]1:320，[抗dsDNA]阳性(1:100)", "ANA: 1:320; 抗dsDNA: 1:100 positive"),
    (
        "[ER](+)80%，[PR]10%(+)，[Ki-67]约30%",
        "ER: 80 % positive +; PR: 10 % positive +; Ki-67: ~ 30 %",
    ),
    ("[HBV-DNA]2.6×10^5IU/ml", "HBV-DNA: 260000 [IU]/mL"),
    ("[EBV-DNA]8.2E3拷贝/ml", "EBV-DNA: 8200 {copies}/mL"),
    ("[血压]、[心率] 126/74mmHg、82次/分", "血压: 126/74 mm[Hg]; 心率: 82 /min"),
    ("[肌力]4级，[GCS]13分，[NRS]6分", "肌力: 4 {grade}; GCS: 13 {score}; NRS: 6 {score}"),
    ("[肌力]3→4级", "肌力: 3 -> 4 {grade}"),
    ("[膝关节活动度]5-95°", "膝关节活动度: 5..95 deg"),
    ("[视力]0.8", "视力: 0.8"),
    (
        "[K]+ 3.1mmol/L，[Na]+：128mmol/L，[Ca]2+ 1.9mmol/L",
        "K: 3.1 mmol/L; Na: 128 mmol/L; Ca: 1.9 mmol/L",
    ),
    (
        "[SpO2]92%，[FiO2]0.4，[PaO2]58mmHg，[pH]7.31",
        "SpO2: 92 %; FiO2: 0.4; PaO2: 58 mm[Hg]; pH: 7.31",
    ),
    ("[BE] -8.2mmol/L", "BE: -8.2 mmol/L"),
    ("[LVEF]38%±2%", "LVEF: 38 36..40 %"),
    ("[肝功能]正常，[血常规]未见异常", "肝功能: normal"),
    ("[心胸比]0.62，考虑心影增大", "心胸比: 0.62"),
    (
        "[eGFR]28ml/min/1.73m²，[ESR]45mm/h，[白蛋白/肌酐]320mg/gCr",
        "eGFR: 28 mL/min/{1.73_m2}; ESR: 45 mm/h; 白蛋白/肌酐: 320 mg/g{creat}",
    ),
    ("[血淀粉酶]1,860U/L", "血淀粉酶: 1860 U/L"),
    ("[尿白细胞]15-20个/HP，[管型]2/LP", "尿白细胞: 15..20 /[HPF]; 管型: 2 /[LPF]"),
    ("[24h尿蛋白]3.6g/24h，[尿量]80ml/h", "24h尿蛋白: 3.6 g/(24.h); 尿量: 80 mL/h"),
    ("[INR]2.4，[APTT]58.2s，[PT]17秒", "INR: 2.4; APTT: 58.2 s; PT: 17 s"),
    ("[BNP]4300 pg/ml（前次1200）", "BNP: 1200 -> 4300 pg/mL"),
    ("[抑制物]12BU，[抗体]260XX/ml", "抑制物: 12 'BU'; 抗体: 260 'XX/ml'"),
    ("[尿酸]520↑", "尿酸: 520 high"),
    ("[血压]140/90mmHg以上", "血压: >= 140/90 mm[Hg]"),
    (
        "[体重]62kg，[BMI]23.4kg/m2，[身高]168cm，[腹围]102cm",
        "体重: 62 kg; BMI: 23.4 kg/m2; 身高: 168 cm; 腹围: 102 cm",
    ),
    ("[体重] 58.5公斤", "体重: 58.5 kg"),
    ("[血压]最高达210/120mmHg", "血压: 210/120 mm[Hg]"),
    ("[血糖]目前8.6mmol/L", "血糖: 8.6 mmol/L"),
    ("[肌钙蛋白I](0.86ng/ml)升高", "肌钙蛋白I: 0.86 ng/mL"),
    ("[淀粉酶](1260)", "淀粉酶: 1260"),
    ("[白细胞] 9.2×10^9/L [中性粒细胞] 76.5%", "白细胞: 9.2 10*9/L; 中性粒细胞: 76.5 %"),
    ("[降钙素原]复查2.1ng/ml", "降钙素原: 2.1 ng/mL"),
    ("[乳酸]6.4mmol/L伴[休克|Disease]", "乳酸: 6.4 mmol/L"),
    ("[肠鸣音]3-5次/分", "肠鸣音: 3..5 /min"),
    ("[双顶径]92mm，[胎心率]146次/分", "双顶径: 92 mm; 胎心率: 146 /min"),
    ("1.[WBC]14.2 2.[Hb]106 3.[PLT]388", "WBC: 14.2; Hb: 106; PLT: 388"),
    ("[ALT]↑、[AST]↑，[白蛋白]↓", "ALT: high; AST: high; 白蛋白: low"),
    (
        "[FT4]16.2pmol/L，[CA19-9]210U/ml，[SpO2]95%",
        "FT4: 16.2 pmol/L; CA19-9: 210 U/mL; SpO2: 95 %",
    ),
    ("[ALT]↑、[AST]↑，[白蛋白]↓", "ALT: high; AST: high; 白蛋白: low"),
    ("[尿酸]（520μmol/L↑）", "尿酸: 520 umol/L high"),
    ("[淋巴细胞]18.2%，[单核细胞]0.4×109/L", "淋巴细胞: 18.2 %; 单核细胞: 0.4 10*9/L"),
    ("空腹[血糖]已降到7左右", "血糖: ~ 7"),
    ("[BP]62/30→106/64", ""),
    ("[HBV-DNA]25000000IU/ml", "HBV-DNA: 25000000 [IU]/mL"),
    ("双上肢[肌力]Ⅳ级，左下肢[肌力]5-级", "肌力: 4 {grade}; 肌力: < 5 {grade}"),
    ("[心功能]III级，[肌力] 4+级", "心功能: 3 {grade}; 肌力: > 4 {grade}"),
]

TABLES = [
    ("[白细胞]\t14.2\t10^9/L\t3.5-9.5\t↑", "白细胞: 14.2 10*9/L high [low 3.5 high 9.5]"),
    ("[血红蛋白]\t98\tg/L\t130-175\tL", "血红蛋白: 98 g/L low [low 130 high 175]"),
    ("[钾]  5.9  mmol/L  3.5-5.3  H", "钾: 5.9 mmol/L high [low 3.5 high 5.3]"),
    ("[葡萄糖]\t↑\t12.1\tmmol/L", "葡萄糖: 12.1 mmol/L high"),
    ("[总胆红素]\t36.2\t↑\tμmol/L\t3.4~20.5", "总胆红素: 36.2 umol/L high [low 3.4 high 20.5]"),
    (
        "[ALT] 86 U/L 7-40 ↑ [AST] 52 U/L 13-35",
        "ALT: 86 U/L high [low 7 high 40]; AST: 52 U/L [low 13 high 35]",
    ),
    ("[CRP]: 36.1 mg/L (0-8) [H]", "CRP: 36.1 mg/L high [low 0 high 8]"),
    ("[尿糖]\t++\n[尿比重]\t1.025", "尿糖: positive ++; 尿比重: 1.025"),
]

ENGLISH = [
    ("[WBC] 14.2, [Hgb] 9.8, [platelets] 412.", "WBC: 14.2; Hgb: 9.8; platelets: 412"),
    (
        "[BP] 142/88 mmHg, [HR] 96 bpm, [RR] 18/min, [Temp] 100.4 F",
        "BP: 142/88 mm[Hg]; HR: 96 /min; RR: 18 /min; Temp: 100.4 [degF]",
    ),
    ("[T] 38.4 C, [O2 sat] 94% on room air", "T: 38.4 Cel; O2 sat: 94 %"),
    ("[Creatinine] was 2.1 mg/dL (baseline 0.9).", "Creatinine: 0.9 -> 2.1 mg/dL"),
    ("[Potassium] of 5.9 mEq/L; [sodium] is 128.", "Potassium: 5.9 meq/L; sodium: 128"),
    ("[Troponin] peaked at 3.4 ng/mL", "Troponin: 3.4 ng/mL"),
    ("[TSH] < 0.01 mIU/L, [free T4] > 5.0 ng/dL", "TSH: < 0.01 m[IU]/L; free T4: > 5 ng/dL"),
    ("[CRP] less than 5 mg/L; [ESR] greater than 100 mm/h", "CRP: < 5 mg/L; ESR: > 100 mm/h"),
    ("[hCG] 12,400 mIU/mL", "hCG: 12400 m[IU]/mL"),
    ("[Hemoglobin] dropped from 11.2 to 7.9 g/dL", "Hemoglobin: 11.2 -> 7.9 g/dL"),
    ("[Bicarbonate] 16, down from 22.", "Bicarbonate: 22 -> 16"),
    ("[Lactate] 4.4 <- 6.1", "Lactate: 6.1 -> 4.4"),
    ("[CEA] 6.2 (was 3.3)", "CEA: 3.3 -> 6.2"),
    ("[Glucose] 65-140 mg/dL", "Glucose: 65..140 mg/dL"),
    (
        "[RPR] 1:32, [ANA] positive, [rheumatoid factor] negative",
        "RPR: 1:32; ANA: positive; rheumatoid factor: negative",
    ),
    ("[Influenza PCR] came back positive.", "Influenza PCR: positive"),
    ("[Urine protein] 3+, [ketones] trace", "Urine protein: positive +++; ketones: trace"),
    ("[CT head] was negative for [hemorrhage|problem].", "CT head: negative"),
    (
        "Positive [Murphy sign]. Negative [pregnancy test].",
        "Murphy sign: positive; pregnancy test: negative",
    ),
    ("[MoCA] 22/30", "MoCA: 22/30"),
    ("[eGFR] was 31 mL/min/1.73 m2", "eGFR: 31 mL/min/{1.73_m2}"),
    ("[Platelet count] fell to 45 K/uL", "Platelet count: 45 10*3/uL"),
    ("[ABG] 7.28/60/72", "ABG: 7.28/60/72"),
    ("[Hgb] 8.1 g/dL (L)", "Hgb: 8.1 g/dL low"),
    ("[K] 6.1 (3.5-5.1) H", "K: 6.1 high [low 3.5 high 5.1]"),
    ("[INR] 2.6, therapeutic", "INR: 2.6"),
    ("[PTT] 62 sec", "PTT: 62 s"),
    ("[Ferritin] approximately 1,200 ng/mL", "Ferritin: ~ 1200 ng/mL"),
    ("[Urine output] 30 mL/h", "Urine output: 30 mL/h"),
    ("[Weight] 82.4 kg, [BMI] 31", "Weight: 82.4 kg; BMI: 31"),
    ("[Opening pressure] 28 cm H2O", "Opening pressure: 28 cm[H2O]"),
    ("[LDL] at 162 mg/dL this visit", "LDL: 162 mg/dL"),
    ("[A1c] of 9.1%", "A1c: 9.1 %"),
    ("[TSH] undetectable", "TSH: undetectable"),
    ("[Neutrophils] 82%, [CD4] 180 cells/uL", "Neutrophils: 82 %; CD4: 180 {cells}/uL"),
]

UNBOUND_CHINESE = [
    "1.左肺结节 请结合[PRL] 2.鼻窦炎",
    "[血压]2023-11-08测过",
    "[CT]（2024.3.5）未见异常",
    "[血常规]3天后复查",
    "[心电图]2次",
    "[胸片]示3cm×2cm[结节|Symptom]",
    "[CT]：右肺1.8cm[结节|Symptom]",
    "[MRI]3.0T平扫",
    "[血压]目标＜130/80mmHg",
    "若[体温]>38.5℃予退热",
    "[体温]超过38.5℃时口服布洛芬",
    "[血培养]×2套",
    "[肌力]左侧4级",
    "[电话]13900001234",
    "[血糖]5床护士测",
    "[检查]于14:30完成",
    "[CRP]、[PCT]36.2mg/L",
    "[涂片]革兰阳性球菌",
    "[HBsAg]阳性率高",
    "[超声]见1.2cm×0.8cm低回声",
    "[体重]较[前|Time]下降3kg",
    "[尿常规]白细胞12个/HP",
    "[血气]pH 7.31",
    "较[干体重]+2.5kg",
    "[骨髓涂片]+[免疫分型]",
    "[WBC]升高",
    "[CT]64排",
    "[血压]：见护理单，12床",
    "[心率]80-60次/分",
    "[血小板]12 48",
    "[化验]，[WBC]，12.1×10^9/L",
]

UNBOUND_ENGLISH = [
    "[CT] in 2 weeks",
    "[Echo] on 11/08/2023",
    "[MRI] 3 days ago",
    "[Na] q4h",
    "Hold if [SBP] < 90 mmHg",
    "Goal [MAP] > 65 mmHg",
    "[CT] showed 3 cm [mass|problem]",
    "[EKG] at 0730",
    "[Chest x-ray] 2 views",
    "[Culture] no growth at 48 hours",
    "[positive pressure test] pending",
    "[Blood cultures] x2",
    "[WBC] and [Hgb] 9.8 stable 12",
    "the [2nd CT] today",
    "[Ultrasound]: 7 mm [stone|problem]",
]


@pytest.mark.parametrize(("line", "expected"), [*CHINESE, *TABLES])
def test_chinese_values(line, expected):
    assert bind(line) == expected


@pytest.mark.parametrize(("line", "expected"), ENGLISH)
def test_english_values(line, expected):
    assert bind(line, "en") == expected


@pytest.mark.parametrize("line", UNBOUND_CHINESE)
def test_chinese_text_without_a_value_of_the_test(line):
    assert bind(line) == ""


@pytest.mark.parametrize("line", UNBOUND_ENGLISH)
def test_english_text_without_a_value_of_the_test(line):
    assert bind(line, "en") == ""
