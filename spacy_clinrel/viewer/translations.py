"""Translations of the texts in the user interface of a page."""

from typing import Dict

TRANSLATIONS: Dict[str, Dict[str, str]] = {
    "en": {
        "title": "Entities and relations",
        "contents": "Documents",
        "document": "Document {n}",
        "counts": "{mentions} mentions, {relations} relations",
        "head": "Head",
        "relation": "Relation",
        "tail": "Tail",
        "score": "Confidence",
        "filters": "Filters",
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
        "filters": "筛选",
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
        "nothing": "未发现任何内容：所有文档均无实体和关系。",
    },
}


def get_translation(lang: str) -> Dict[str, str]:
    """Return the texts of the interface.

    lang (str): A language code.
    RETURNS (Dict[str, str]): The texts by key, in English if there is no translation.
    """
    return TRANSLATIONS.get(lang, TRANSLATIONS["en"])
