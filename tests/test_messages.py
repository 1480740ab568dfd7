"""Error and warning messages, and the pages of the documentation that they name."""

import pytest

from spacy_clinrel.errors import Errors, Warnings
from spacy_clinrel.errors.pages import PAGES

from .util import ROOT


def test_a_message_has_its_code_and_may_name_a_page():
    assert Errors.C004.startswith("[C004] No training document")
    assert Errors.C004.endswith("More in the documentation: docs/explanation/candidates.md")
    assert Errors.C003.endswith("load a trained pipeline.")


@pytest.mark.parametrize("code", PAGES)
def test_pages_exist(code):
    messages = Warnings if code.startswith("W") else Errors
    assert PAGES[code] in getattr(messages, code)
    page = ROOT / "docs" / f"{PAGES[code]}.md"
    if not page.parent.is_dir():
        pytest.skip(f"{page.parent.name} are not written yet")
    assert page.is_file()
