"""Dosages in invented lines, and the treatments that they belong to."""

import re
from functools import lru_cache

import pytest

from spacy_clinrel.measurements.dosage import DosageParser
from spacy_clinrel.measurements.rule_sets import read_rule_sets

# Mentions: [treatment], {other}. Expected: amount, unit, route, frequency, prn, duration.
CHINESE = [
    ("[阿莫西林]胶囊0.5g po tid ×7天", "阿莫西林: 0.5 g oral tid P7D"),
    ("口服[阿莫西林]0.5g，每日三次", "阿莫西林: 0.5 g oral tid"),
    (
        "予[头孢曲松]2.0g+[生理盐水]100ml静点 qd",
        "头孢曲松: 2 g intravenous qd; 生理盐水: 100 mL intravenous qd",
    ),
    (
        "[氯化钾]10ml加入5%[葡萄糖]500ml ivgtt qd",
        "氯化钾: 10 mL intravenous qd; 葡萄糖: 500 mL intravenous qd",
    ),
    ("[布洛芬]0.3g bid+[秋水仙碱]0.5mg qd", "布洛芬: 0.3 g bid; 秋水仙碱: 0.5 mg qd"),
    ("[阿司匹林]100mg qd、[阿托伐他汀]20mg qn", "阿司匹林: 100 mg qd; 阿托伐他汀: 20 mg qn"),
    ("[左氧氟沙星]0.5 qd，[氨溴索]30mg bid", "左氧氟沙星: 0.5 qd; 氨溴索: 30 mg bid"),
    ("[地塞米松]磷酸钠注射液 5mg 入壶", "地塞米松: 5 mg intravenous"),
    ("[阿司匹林]（拜阿司匹灵）100mg 每晚一次", "阿司匹林: 100 mg qn"),
    ("[氨氯地平]5mgqd", "氨氯地平: 5 mg qd"),
    ("[卡培他滨]1500mgbidpo d1-14", "卡培他滨: 1500 mg oral bid"),
    ("[奥沙利铂]200mg d1静滴", "奥沙利铂: 200 mg intravenous"),
    ("[美多芭]0.5#tid", "美多芭: 0.5 {tablet} tid"),
    ("[美多芭]半片 qid", "美多芭: 0.5 {tablet} qid"),
    ("[美托洛尔]1/2片 bid", "美托洛尔: 0.5 {tablet} bid"),
    ("[泼尼松]一片半 qd", "泼尼松: 1.5 {tablet} qd"),
    ("[氨氯地平]一天一片", "氨氯地平: 1 {tablet}/d"),
    ("[硝酸甘油]0.5mg舌下含服", "硝酸甘油: 0.5 mg sublingual"),
    ("[布地奈德]1mg 雾化吸入 2次/日", "布地奈德: 1 mg inhalation bid"),
    ("[胰岛素]10U 皮下注射 三餐前", "胰岛素: 10 U subcutaneous tid"),
    ("[青霉素]400万单位 静滴 q8h", "青霉素: 4e+06 U intravenous q8h"),
    ("[低分子肝素]5000IU ih q12h", "低分子肝素: 5000 [IU] subcutaneous q12h"),
    ("[甲氨蝶呤]10mg 每周一次", "甲氨蝶呤: 10 mg qw"),
    ("[阿仑膦酸钠]70mg 1次/周", "阿仑膦酸钠: 70 mg qw"),
    ("[辛伐他汀]10mg，1/日口服", "辛伐他汀: 10 mg oral qd"),
    ("[二甲双胍]0.25g日三次餐中服", "二甲双胍: 0.25 g tid"),
    ("[复方甘草片]3片/次，日3次口服", "复方甘草片: 3 {tablet} oral tid"),
    ("[氯雷他定]每日10mg", "氯雷他定: 10 mg/d"),
    ("[泼尼松]40mg/d×5天", "泼尼松: 40 mg/d P5D"),
    ("[美罗培南]40mg/kg q8h", "美罗培南: 40 mg/kg q8h"),
    ("[万古霉素]60mg/(kg·d)分4次", "万古霉素: 60 mg/kg/d qid"),
    ("[去甲肾上腺素]0.1μg/kg/min泵入", "去甲肾上腺素: 0.1 ug/kg/min intravenous"),
    ("[硝普钠]从20μg/min泵起", "硝普钠: 20 ug/min"),
    ("[泼尼松]由30mg减至20mg qd", "泼尼松: 20 mg qd"),
    ("[呋塞米]加量至40mg/d", "呋塞米: 40 mg/d"),
    ("[螺内酯]、[呋塞米]各20mg qd", "螺内酯: 20 mg qd; 呋塞米: 20 mg qd"),
    (
        "静点[头孢呋辛]、[炎琥宁]，口服[氨溴索]",
        "头孢呋辛: intravenous; 炎琥宁: intravenous; 氨溴索: oral",
    ),
    ("口服[布洛芬]、[左氧氟沙星滴眼液]", "布洛芬: oral; 左氧氟沙星滴眼液: ophthalmic"),
    ("[阿莫西林]，每日2次，每次0.5g", "阿莫西林: 0.5 g bid"),
    ("[泼尼松]20mg每日两次", "泼尼松: 20 mg bid"),
    ("[头孢他啶]2g，静点[甘露醇]125ml", "头孢他啶: 2 g; 甘露醇: 125 mL intravenous"),
    ("[阿司匹林]0.1g口服[氨氯地平]5mg", "阿司匹林: 0.1 g; 氨氯地平: 5 mg"),
    ("[头孢曲松]2g q12h三天，{体温}降", "头孢曲松: 2 g q12h P3D"),
    ("[奥司他韦]5天", "奥司他韦: P5D"),
    ("[奥司他韦]5天后热退", ""),
    ("[地塞米松]第5天{血糖}高", ""),
    ("停[阿司匹林]7天", ""),
    ("[头孢替唑]2.03/日静点", ""),
    ("[鼻饲管]2天", ""),
    ("[钛夹]3枚", ""),
    ("5mg[维生素B1]", "维生素B1: 5 mg"),
    ("[下腔静脉支撑]2天", "下腔静脉支撑: P2D"),
    ("[叩背]，必要时{支气管镜}", ""),
    ("[呋麻滴鼻液]2滴 tid", "呋麻滴鼻液: 2 [drp] nasal tid"),
    ("[唑来膦酸]5mg 每6个月一次", "唑来膦酸: 5 mg q6mo"),
    ("[茵栀黄口服液]，一天{拉稀}数次", "茵栀黄口服液: oral"),
    ("[甲钴胺]0.5mg tid×1月", "甲钴胺: 0.5 mg tid P1M"),
    ("[甲钴胺]0.5mg tid 3月复查", "甲钴胺: 0.5 mg tid"),
    ("隔日[LC]", ""),
    ("[利妥昔单抗]375mg/m²每周1次", "利妥昔单抗: 375 mg/m2 qw"),
    ("[头孢哌酮]用足8天", "头孢哌酮: P8D"),
    ("[异烟肼]0.3g qd，疗程6个月", "异烟肼: 0.3 g qd P6M"),
    ("[甲钴胺]0.5mg 肌注 隔日一次，连用2周", "甲钴胺: 0.5 mg intramuscular qod P2W"),
    ("[阿奇霉素]0.5g，每8小时一次，共3天", "阿奇霉素: 0.5 g q8h P3D"),
    ("[对乙酰氨基酚]1片 必要时", "对乙酰氨基酚: 1 {tablet} prn"),
    ("予2片[布洛芬]", "布洛芬: 2 {tablet}"),
    ("予250ml[生理盐水]", "生理盐水: 250 mL"),
    ("出血约250ml[止血敏]", ""),
    ("[胸腔穿刺引流]600ml", ""),
    ("[胃大部切除术]2周", ""),
    ("[阿莫西林]后{尿量}1500ml", ""),
    ("[预混胰岛素]早16U晚14U", ""),
    ("[碳酸钙D3]2片 qd", "碳酸钙D3: 2 {tablet} qd"),
    ("[维生素D2]5000U qd", "维生素D2: 5000 U qd"),
    (
        "[门冬胰岛素]8U tid，睡前[甘精胰岛素]12U",
        "门冬胰岛素: 8 U tid; 甘精胰岛素: 12 U qn",
    ),
    ("[羟考酮缓释片]10~20mg q12h", "羟考酮缓释片: 10-20 mg q12h"),
    ("[左甲状腺素]鼻饲", "左甲状腺素: nasogastric"),
    ("[尿激酶]２万Ｕ　静推", "尿激酶: 20000 U intravenous"),
    ("[对比剂]浓度300mg/ml", ""),
    ("[万古霉素]谷浓度18mg/L", ""),
    ("[头孢他啶]2g\nqd", "头孢他啶: 2 g"),
    ("[头孢他啶]2\ng qd", ""),
    ("[利福平]，{肝功能}正常，0.45g qd", ""),
    ("[阿莫西林]0.5g。tid", "阿莫西林: 0.5 g"),
]
ENGLISH = [
    (
        "[Carvedilol] 12.5 mg BID, [apixaban] 5 mg b.i.d. for {AF}",
        "Carvedilol: 12.5 mg bid; apixaban: 5 mg bid",
    ),
    ("[IV furosemide] 80 mg BID", "IV furosemide: 80 mg intravenous bid"),
    ("oral [prednisone] 20 mg for 3 days", "prednisone: 20 mg oral P3D"),
    ("40 mg of [furosemide]", "furosemide: 40 mg"),
    ("20 mg [pantoprazole] IV twice daily", "pantoprazole: 20 mg intravenous bid"),
    ("[metoprolol] was increased to 150 mg", "metoprolol: 150 mg"),
    ("[venlafaxine] increased from 75 mg to 150 mg daily", "venlafaxine: 150 mg qd"),
    ("[Ceftriaxone] 2 g q24h x 6 wk for {infection}", "Ceftriaxone: 2 g q24h P6W"),
    ("[a 30 mL/kg crystalloid bolus]", "a 30 mL/kg crystalloid bolus: 30 mL/kg"),
    ("[two units of packed red cells]", "two units of packed red cells: 2 U"),
    ("[Hydrocortisone] 100 mg IV now, then 50 mg q6h", "Hydrocortisone: 100 mg intravenous"),
    ("[aspirin] 81 daily", "aspirin: 81 qd"),
    ("[clobetasol] 0.05% BID x14d", "clobetasol: bid P14D"),
    ("[Carbidopa/levodopa] 25/100 TID", "Carbidopa/levodopa: tid"),
    ("[Insulin glargine] 18 units at bedtime", "Insulin glargine: 18 U qn"),
    ("[acetaminophen] 650 mg q6h PRN for {pain}", "acetaminophen: 650 mg q6h prn"),
    ("[albuterol] two puffs every 4 hours as needed", "albuterol: 2 {puff} q4h prn"),
    ("[methotrexate] 15 mg once a week", "methotrexate: 15 mg qw"),
    ("[hydroxyurea] 1,000 mg daily", "hydroxyurea: 1000 mg qd"),
    ("[haloperidol] 5 mg IM x1", "haloperidol: 5 mg intramuscular once"),
    ("[norepinephrine] at 0.08 mcg/kg/min", "norepinephrine: 0.08 ug/kg/min"),
    ("[oxygen] 8 L/min", "oxygen: 8 L/min"),
    ("[erenumab] 70 mg monthly", "erenumab: 70 mg q1mo"),
    ("[prednisone] 40 mg per day for two weeks", "prednisone: 40 mg/d P2W"),
    ("[lorazepam] half a tablet at night", "lorazepam: 0.5 {tablet} qn"),
    ("[KCl] 40 mEq PO", "KCl: 40 meq oral"),
    ("[levothyroxine] 88 mcg every morning", "levothyroxine: 88 ug qam"),
    ("Hold [CPAP] for 72 h", ""),
    ("[Phenytoin] level 31.4 mcg/mL", ""),
    ("[Thoracentesis] of 900 mL", ""),
    ("[right hemicolectomy] 120 mL", ""),
    ("{Pain} cleared once [melatonin] was given", ""),
    ("[labetalol] 20, 40 and 80 mg", ""),
    (
        "[daptomycin] 10 mg/kg + [ceftaroline] 600 mg q8h",
        "daptomycin: 10 mg/kg; ceftaroline: 600 mg q8h",
    ),
    ("[vancomycin], 1 g [cefepime] IV", "cefepime: 1 g intravenous"),
    ("five gives 3 lives [salt]", ""),
    ("[prednisone] x3 w/ clear improvement", ""),
]


@lru_cache
def parser(lang):
    return DosageParser(read_rule_sets(lang)["dosage"])


def read_marked(marked):
    """Return the text, and start and end of treatments and other mentions."""
    text, treatments, others = "", [], []
    for treatment, other, rest in re.findall(r"\[([^]]*)\]|\{([^}]*)\}|([^][{}]+)", marked):
        start = len(text)
        text += treatment or other or rest
        if treatment:
            treatments.append((start, len(text)))
        elif other:
            others.append((start, len(text)))
    return text, treatments, others


def short(dosage):
    amount = f"{dosage.dose:g}" if dosage.dose is not None else None
    if dosage.low is not None:
        amount = f"{dosage.low:g}-{dosage.high:g}"
    needed = "prn" if dosage.as_needed else None
    fields = (amount, dosage.ucum, dosage.route, dosage.frequency, needed, dosage.duration)
    return " ".join(field for field in fields if field)


def bind(marked, lang):
    text, treatments, others = read_marked(marked)
    return [
        (text[slice(*treatments[index])], dosage)
        for index, dosage in parser(lang).bind(text, treatments, others)
    ]


def as_text(bound):
    return "; ".join(f"{treatment}: {short(dosage)}" for treatment, dosage in bound)


@pytest.mark.parametrize(("line", "expected"), CHINESE)
def test_chinese_dosages(line, expected):
    assert as_text(bind(line, "zh")) == expected


@pytest.mark.parametrize(("line", "expected"), ENGLISH)
def test_english_dosages(line, expected):
    assert as_text(bind(line, "en")) == expected


@pytest.mark.parametrize(
    ("text", "frequency", "times_per_day", "interval_hours"),
    [
        ("qd", "qd", 1, None),
        ("b.i.d.", "bid", 2, None),
        ("每天5次", "5/d", 5, None),
        ("一日两次", "bid", 2, None),
        ("2-3次/日", "2-3/d", None, None),
        ("q8h", "q8h", 3, 8),
        ("q 12 h", "q12h", 2, 12),
        ("每6小时一次", "q6h", 4, 6),
        ("隔日", "qod", 0.5, 48),
        ("每周2次", "biw", 2 / 7, None),
        ("q3d", "q3d", 1 / 3, 72),
        ("q4w", "q4w", 1 / 28, 672),
        ("3次/月", "3/mo", 0.1, None),
        ("睡前", "qn", 1, None),
        ("st", "once", None, None),
    ],
)
def test_frequencies(text, frequency, times_per_day, interval_hours):
    ((_, dosage),) = bind(f"[泼尼松]5mg {text}", "zh")
    assert dosage.frequency == frequency
    assert dosage.times_per_day == pytest.approx(times_per_day)
    assert dosage.interval_hours == interval_hours


@pytest.mark.parametrize(
    ("text", "iso", "days"),
    [
        ("×7d", "P7D", 7),
        ("两周", "P2W", 14),
        ("共3个月", "P3M", 90),
        ("半年", "P6M", 182.5),
        ("用了近2年半", "P2Y6M", 912.5),
        ("36h", "PT36H", 1.5),
        ("*14天", "P14D", 14),
        ("1.5年", "P1Y6M", 547.5),
    ],
)
def test_durations(text, iso, days):
    ((_, dosage),) = bind(f"[泼尼松]5mg qd {text}", "zh")
    assert (dosage.duration, dosage.duration_days) == (iso, days)


def test_parts_have_text_and_offsets():
    text = "口服阿莫西林0.5g，tid"
    ((_, dosage),) = parser("zh").bind(text, [(2, 6)])
    assert [part.kind for part in dosage.parts] == ["route", "dose", "frequency"]
    assert all(text[part.start : part.end] == part.text for part in dosage.parts)
    assert text[dosage.start : dosage.end] == "0.5g，tid" and dosage.unit == "g"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("text", ["", "\n", "0.5", "12 34 5.6", "mg", "qd", "，。", "1" * 5000])
def test_texts_without_dosages(lang, text):
    assert parser(lang).find(text) == []
    assert parser(lang).bind(text, [(0, 0)]) == []


def test_dosages_without_treatments():
    text = "予0.5g po tid，尿量500ml，静点20mg qd 3天"
    found = parser("zh").find(text)
    assert [short(dosage) for dosage in found] == ["0.5 g oral tid", "20 mg qd P3D"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "unit", ["一", "1", "1.", "1/", "q", "每", "静点", "5mg", "5mg qd，", "(", "daily "]
)
def test_long_repetitions_take_linear_time(lang, unit):
    text = unit * (20_000 // len(unit))
    parser(lang).bind(text, [(0, 1), (50, 51), (len(text) - 1, len(text))])


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"routes": {"magic": ["x"]}}, "C082"),
        ({"frequencies": {"hourly": ["x"]}}, "C082"),
        ({"duration_units": {"天": "DAYS"}}, "C082"),
        ({"routes": {"oral": ["po("]}}, "C090"),
        ({"routes": {"oral": ["x?"]}}, "C090"),
        ({"routes": {"oral": [r"\d"]}}, "C090"),
        ({"routes": ["po"]}, "C091"),
        ({"as_needed": {"prn": 1}}, "C091"),
    ],
)
def test_invalid_rules(rules, code):
    with pytest.raises(ValueError, match=code):
        DosageParser({**read_rule_sets("zh")["dosage"], **rules})


def test_own_rules(tmp_path):
    path = tmp_path / "rules.yml"
    text = "routes: {oral: [嚼着吃]}\ndose_units: {钱: '{qian}'}\nday_numbers: {孕周: birth-}\n"
    path.write_text(text, encoding="utf-8")
    own = DosageParser(read_rule_sets("zh", path)["dosage"])
    ((_, dosage),) = own.bind("黄芪3钱 嚼着吃 qd", [(0, 2)])
    assert short(dosage) == "3 {qian} oral qd"


def test_without_rules_nothing_is_found():
    assert DosageParser({}).bind("阿莫西林0.5g tid", [(0, 4)]) == []
