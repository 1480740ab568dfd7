"""Translations of the texts in the user interface of a page."""

from typing import Dict

Strings = Dict[str, str]
# The texts by key. The keys of assertion attributes are their names; "about_..." describes them.
TRANSLATIONS: Dict[str, Strings] = {
    "en": {
        "title": "Entities and relations",
        "contents": "Documents",
        "document": "Document {n}",
        "counts": "{mentions} mentions, {relations} relations",
        "head": "Head",
        "relation": "Relation",
        "tail": "Tail",
        "score": "Confidence",
        "filters": "Filters and legend",
        "shown": "of {total} relations",
        "types": "Types",
        "labels": "Relations",
        "all": "All",
        "none": "None",
        "reset": "Reset",
        "dark": "Dark",
        "no_docs": "There are no documents.",
        "no_text": "This document has no text.",
        "no_mentions": "No mentions were found in this document.",
        "no_relations": "No relations were found in this document.",
        "nothing": "None of the documents has mentions or relations.",
        "assertion": "Assertion",
        "affirmed": "Affirmed",
        "negated": "Denied",
        "uncertain": "Suspected?",
        "hypothetical": "Hypothetical",
        "historical": "Past",
        "family": "Family",
        "about_affirmed": "true of the patient now",
        "about_negated": "denied, not found or not given",
        "about_uncertain": "only suspected",
        "about_hypothetical": "conditional, planned or advised",
        "about_historical": "before the present illness",
        "about_family": "about another person",
        "not_asserted": "Assertion is not annotated: mentions may be denied, suspected or past.",
        "denied_relation": "A dashed grey arc is a relation with a denied mention: "
        "“X-ray → shows no → pneumothorax”.",
        "concept": "Concept",
        "section": "Section",
    },
    "zh": {
        "title": "实体与关系",
        "contents": "文档",
        "document": "文档 {n}",
        "counts": "{mentions} 个实体，{relations} 个关系",
        "head": "头实体",
        "relation": "关系",
        "tail": "尾实体",
        "score": "置信度",
        "filters": "筛选与图例",
        "shown": "/ {total} 个关系",
        "types": "实体类型",
        "labels": "关系类型",
        "all": "全选",
        "none": "全不选",
        "reset": "重置",
        "dark": "深色",
        "no_docs": "没有文档。",
        "no_text": "此文档没有文本。",
        "no_mentions": "此文档中未发现实体。",
        "no_relations": "此文档中未发现关系。",
        "nothing": "所有文档均无实体和关系。",
        "assertion": "状态",
        "affirmed": "确认",
        "negated": "否认",
        "uncertain": "疑似?",
        "hypothetical": "假设",
        "historical": "既往",
        "family": "家族",
        "about_affirmed": "患者目前确有",
        "about_negated": "被否认、未见或未给予",
        "about_uncertain": "仅为怀疑",
        "about_hypothetical": "计划、建议或有条件",
        "about_historical": "本次患病之前",
        "about_family": "属于他人",
        "not_asserted": "未标注状态：实体可能为否认、疑似或既往。",
        "denied_relation": "灰色虚线表示头实体或尾实体为否认的关系，如“胸片 → 未见 → 气胸”。",
        "concept": "概念",
        "section": "章节",
    },
}


def get_translation(lang: str) -> Strings:
    """Return the texts of the interface.

    lang (str): A language code.
    RETURNS (Dict[str, str]): The texts by key, in English if there is no translation.
    """
    return TRANSLATIONS.get(lang, TRANSLATIONS["en"])
