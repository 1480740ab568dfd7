"""Texts of the report's page, from texts/*.yml."""

from functools import lru_cache
from importlib.resources import files
from typing import Any, Dict

import srsly

# Part of the page → key → text.
Texts = Dict[str, Any]
LANGUAGES = ("en", "zh")


@lru_cache
def get_texts(lang: str) -> Texts:
    """Return the texts of the page.

    lang (str): A language code.
    RETURNS (Dict[str, Any]): The texts by part and key, in English if there is no translation.
    """
    name = lang if lang in LANGUAGES else LANGUAGES[0]
    content = files(__package__).joinpath(f"texts/{name}.yml").read_text(encoding="utf-8")
    texts: Texts = srsly.yaml_loads(content)
    return texts
