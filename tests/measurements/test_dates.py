"""Dates, relative times and durations in invented lines."""

from datetime import date, datetime
from functools import lru_cache

import pytest

from spacy_clinrel.measurements.dates import DateParser
from spacy_clinrel.measurements.relative_dates import read_moment
from spacy_clinrel.measurements.rule_sets import read_rule_sets

NOTE = date(2024, 2, 13)
# Text, and dates and durations: normalized date or offset and anchor; duration, ~ if approximate.
CHINESE = [
    ("2024-02-13入院", "2024-02-13"),
    ("2024/2/13、2024.2.13", "2024-02-13; 2024-02-13"),
    ("2024年2月13日", "2024-02-13"),
    ("２０２４年２月１３日", "2024-02-13"),
    ("2024--02--13行CT", "2024-02-13"),
    ("2024-02-13 10:30抢救", "2024-02-13T10:30"),
    ("2024年2月13日下午3时", "2024-02-13T15"),
    ("2024年2月13日 8时5分", "2024-02-13T08:05"),
    ("2024年2月", "2024-02"),
    ("2015-10复查", "2015-10"),
    ("1995年产后", "1995"),
    ("2月13日", "--02-13"),
    ("5月份", "--05"),
    ("于5月住院", "--05"),
    ("去年11月", "--11"),
    ("于24-2-13入院", "None"),
    ("24年2月13日", "None"),
    ("2024-13-45", ""),
    ("2023-02-29", ""),
    ("13月40日", ""),
    ("编号2024-12345", ""),
    ("血压120/80mmHg，3/6级，L4/5", ""),
    ("评分3-5分，1.5×2.0cm，门牌12-3-4", ""),
    ("45岁，孕20周，28+4周早产", ""),
    ("血糖5.6，餐后2小时8.9", ""),
    ("24h尿蛋白，24小时动态心电图", ""),
    ("每3天一次，5～7日一行，3次/天，q8h", ""),
    ("一天三次，一天比一天重，3年级", ""),
    ("第3天，第2、6周", ""),
    ("男，3个月", ""),
    ("男，1小时前跌倒", "-PT1H note"),
    ("吸烟1200年支", ""),
    ("本周期化疗，目前天气", ""),
    ("后天性，术后天", ""),
    ("服药，一天拉稀七八次", ""),
    ("4周期", ""),
    ("30min看一次，24h片", ""),
    ("3D重建", ""),
    ("3天前", "-P3D note"),
    ("3天以前", "-P3D note"),
    ("半年前", "-P6M note"),
    ("2小时前", "-PT2H note"),
    ("10余年前", "-P10Y note ~"),
    ("3月前", "-P3M note"),
    ("入院前2周", "-P2W admission"),
    ("术前3天", "-P3D operation"),
    ("术后第3天", "P3D operation"),
    ("术后2周", "P2W operation"),
    ("入院第5天", "P4D admission"),
    ("住院第1天", "P0D admission"),
    ("生后7小时", "PT7H birth"),
    ("产后40天", "P40D delivery"),
    ("3天后热退", "P3D event"),
    ("10天后ALT正常", "P10D event"),
    ("昨CT示出血", "-P1D note"),
    ("早产32周", ""),
    ("昨日", "-P1D note"),
    ("昨出海", "-P1D note"),
    ("今晨", "P0D note"),
    ("前天", "-P2D note"),
    ("上周", "-P1W note"),
    ("去年", "-P1Y note"),
    ("前列腺增生3天", "P3D"),
    ("头痛3天", "P3D"),
    ("10余年", "P10Y ~"),
    ("约10年", "P10Y ~"),
    ("20多年", "P20Y ~"),
    ("1周余", "P1W ~"),
    ("十几天", "P10D ~"),
    ("二十五年", "P25Y"),
    ("半月", "P15D"),
    ("1年半", "P1Y6M"),
    ("一个半月", "P1M15D"),
    ("1年3个月", "P1Y3M"),
    ("2小时", "PT2H"),
    ("半小时", "PT30M"),
    ("30min", "PT30M"),
    ("锐痛2d", "P2D"),
    ("3-5天", "P3D P5D"),
    ("两三天", "P2D P3D"),
    ("咳嗽3月，加重2天", "P3M; P2D"),
    ("乏力1月入院", ""),
    ("高热已三日", "P3D"),
    ("反复咳嗽10年，3天前加重", "-P3D note; P10Y"),
]
ENGLISH = [
    ("on Feb 13, 2024", "2024-02-13"),
    ("13 Feb 2024", "2024-02-13"),
    ("13-Feb-2024", "2024-02-13"),
    ("February 2024", "2024-02"),
    ("March 3rd", "--03-03"),
    ("since March", "--03"),
    ("2024-02-13 10:30", "2024-02-13T10:30"),
    ("02/13/2024", "2024-02-13"),
    ("13/02/2024", "2024-02-13"),
    ("03/04/2024", "2024"),
    ("since 2019", "2019"),
    ("2019 mL, may be, march", ""),
    ("May 5 mg", ""),
    ("BP 120/80, 45-year-old, 24 yo, 62 y/o", ""),
    ("14-day event monitor, 24-h urine, 20 pack-years", ""),
    ("q8h, every 3 days, once a day, 3 nights/wk", ""),
    ("6 weeks 4 days by LMP, G2P1 at 34.3 weeks", ""),
    ("2 days ago", "-P2D note"),
    ("two weeks ago", "-P2W note"),
    ("a year ago", "-P1Y note"),
    ("half a year ago", "-P6M note"),
    ("yesterday", "-P1D note"),
    ("last night", "-P1D note"),
    ("last month", "-P1M note"),
    ("3 d PTA", "-P3D admission"),
    ("two days prior to admission", "-P2D admission"),
    ("POD #4", "P4D operation"),
    ("hospital day 2", "P1D admission"),
    ("HD 3x/wk, POD 1-2, 16 h/d", ""),
    ("two weeks after surgery", "P2W operation"),
    ("thirty-six hours later", "PT36H event"),
    ("for 3 weeks", "P3W"),
    ("about 2 weeks", "P2W ~"),
    ("over the past 10 weeks", "P10W"),
    ("6-12 months", "P6M P12M"),
    ("1.5 years", "P1Y6M"),
]
RESOLVED = [
    ("3天前", "2024-02-10"),
    ("2周前", "2024-W05"),
    ("1个月前", "2024-01"),
    ("半年前", "2023-08"),
    ("10余年前", "2014"),
    ("3-5天前", None),
    ("昨日", "2024-02-12"),
    ("今晨", "2024-02-13"),
    ("上月", "2024-01"),
    ("去年", "2023"),
    ("去年11月", "2023-11"),
    ("今年1月3日", "2024-01-03"),
    ("12月30日", "2023-12-30"),
    ("2月20日", "2024-02-20"),
    ("3月20日", "--03-20"),
    ("7月1日", "--07-01"),
    ("于24-2-13入院", "2024-02-13"),
    ("98年2月13日", None),
    ("45年2月13日", None),
    ("2小时前", None),
    ("术后第3天", None),
    ("入院前2周", None),
    ("3天后", None),
]


@lru_cache
def parser(lang):
    return DateParser(read_rule_sets(lang)["dates"])


def short(text, lang, note_date=None):
    times = parser(lang).find(text, note_date)
    shown = []
    for item in times.dates:
        parts = [item.offset, item.anchor] if item.offset else [str(item.date)]
        shown.append(" ".join(parts + ["~"] * item.is_approximate))
    for item in times.durations:
        parts = [item.duration, item.longest] if item.longest else [item.duration]
        shown.append(" ".join(parts + ["~"] * item.is_approximate))
    return "; ".join(shown)


@pytest.mark.parametrize(("text", "expected"), CHINESE)
def test_chinese_times(text, expected):
    assert short(text, "zh") == expected


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_english_times(text, expected):
    assert short(text, "en") == expected


@pytest.mark.parametrize(("text", "expected"), RESOLVED)
def test_dates_with_the_date_of_the_note(text, expected):
    (found,) = parser("zh").find(text, NOTE).dates
    assert found.date == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("记录日期：2024-02-13\n3天前发热", "2024-02-10"),
        ("入院日期：2024年2月13日\n3天前发热", "2024-02-10"),
        ("入院时间:2024-02-10 记录时间:2024-02-13 3天前发热", "2024-02-10"),
        ("手术日期：2024-02-10\n术后第3天", "2024-02-13"),
        ("入院日期：2024-02-13，入院前2天", "2024-02-11"),
        ("出院日期：2024-02-13，3天前发热", None),
    ],
)
def test_dates_after_headings(text, expected):
    assert parser("zh").find(text).dates[-1].date == expected


def test_english_headings():
    text = "Date of service: 02/13/2024. DOB: 1950-01-02. Fever 3 days ago."
    assert parser("en").find(text).dates[-1].date == "2024-02-10"


def test_the_given_date_precedes_headings():
    text = "记录日期：2023-01-05 昨日"
    assert parser("zh").find(text, NOTE).dates[-1].date == "2024-02-12"


def test_hours_need_the_time_of_the_note():
    (found,) = parser("zh").find("2小时前", datetime(2024, 2, 13, 1, 30)).dates
    assert (found.date, found.precision) == ("2024-02-12T23", "hour")


@pytest.mark.parametrize(
    ("text", "note_date", "expected"),
    [
        ("1个月前", date(2024, 3, 31), "2024-02"),
        ("1年前", date(2024, 2, 29), "2023"),
        ("昨日", date(2024, 3, 1), "2024-02-29"),
        ("2月29日", date(2024, 3, 1), "2024-02-29"),
        ("2月29日", date(2023, 3, 1), "--02-29"),
        ("999年前", date(500, 1, 1), None),
    ],
)
def test_ends_of_months_and_years(text, note_date, expected):
    (found,) = parser("zh").find(text, note_date).dates
    assert found.date == expected


def test_offsets_and_precisions():
    text = "患者10余年前起病，2024-02-13 10:30入院，咳嗽3天。"
    times = parser("zh").find(text)
    assert [(text[d.start : d.end], d.precision) for d in times.dates] == [
        ("10余年前", "year"),
        ("2024-02-13 10:30", "minute"),
    ]
    assert [text[d.start : d.end] for d in times.durations] == ["3天"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("2024-02-13", NOTE),
        (NOTE, NOTE),
        ("2024-02-13T10:30", datetime(2024, 2, 13, 10, 30)),
    ],
)
def test_date_of_the_note(value, expected):
    assert read_moment(value) == expected


@pytest.mark.parametrize("value", ["yesterday", "2024-13-45"])
def test_invalid_date_of_the_note(value):
    with pytest.raises(ValueError):
        read_moment(value)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("text", ["", "\n", "12 34.5", "年", "天前", "，。", "ago", "1" * 5000])
def test_texts_without_times(lang, text):
    assert parser(lang).find(text) == ([], [])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "unit", ["一", "1", "1.", "2024-", "第", "3天", "3 days ", "1-", "术后", "半"]
)
def test_long_repetitions_take_linear_time(lang, unit):
    parser(lang).find(unit * (20_000 // len(unit)))


@pytest.mark.parametrize(
    "rules",
    [
        {"time_units": {"天": "DAYS"}},
        {"relative_words": {"昨天": "yesterday"}},
        {"time_after_number": {"前": "before"}},
        {"date_headings": {"discharge": ["出院日期"]}},
    ],
)
def test_invalid_rules(rules):
    with pytest.raises(ValueError, match="C082"):
        DateParser({**read_rule_sets("zh")["dates"], **rules})


def test_without_rules_only_calendar_dates_are_found():
    assert [item.date for item in DateParser({}).find("2024-02-13，3天前").dates] == ["2024-02-13"]
