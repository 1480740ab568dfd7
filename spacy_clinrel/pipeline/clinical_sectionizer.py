"""The component `clinical_sectionizer`: sections of clinical notes, by their headings."""

from pathlib import Path
from typing import Any, Dict, Optional, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..tokens.sections import set_sections
from .headings import HeadingFinder, check_headings, read_headings
from .rule_pipe import RulePipe


@Language.factory(
    "clinical_sectionizer",
    assigns=["doc.spans", "span._.section"],
    default_config={"lang": None, "path": None, "extend": True, "inline": True},
)
def make_clinical_sectionizer(
    nlp: Language,
    name: str,
    lang: Optional[str],
    path: Optional[Union[str, Path]],
    extend: bool,
    inline: bool,
) -> "ClinicalSectionizer":
    """Create a ClinicalSectionizer component.

    lang (Optional[str]): Language of the built-in rules, "zh" or "en". None for the pipeline's.
    path (Optional[Union[str, Path]]): A YAML or JSON file of rules, see `rules/zh/sections.yml`. It
        is read once: the rules are saved with the pipeline.
    extend (bool): Whether the file extends the built-in rules or replaces them.
    inline (bool): Whether headings inside a line count too. If not, only those at line starts.
    RETURNS (ClinicalSectionizer): The component.
    """
    return ClinicalSectionizer(
        name, lang=lang or nlp.lang or "", path=path, extend=extend, inline=inline
    )


class ClinicalSectionizer(RulePipe):
    """Component that finds the sections of a note by their headings and writes them to
    `doc.spans["sections"]`. Text before the first heading has no section.
    """

    def __init__(
        self,
        name: str = "clinical_sectionizer",
        *,
        lang: str = "zh",
        path: Optional[Union[str, Path]] = None,
        extend: bool = True,
        inline: bool = True,
    ):
        """Initialize the component. The arguments are those of `make_clinical_sectionizer`.

        RAISES (ValueError): If there are no rules for the language, or the file is invalid. A file
            that does not exist is reported later, since a saved pipeline does not need it.
        """
        self.name = name
        self.path = path
        self.inline = inline
        self.finder: Optional[HeadingFinder] = None
        if path is None or Path(path).exists():
            self.finder = HeadingFinder(read_headings(lang, path, extend=extend), inline=inline)

    def __call__(self, doc: Doc) -> Doc:
        """Find the sections of a document and replace existing ones.

        doc (Doc): The document.
        RETURNS (Doc): The same document.
        RAISES (ValueError): If the component has no rules.
        """
        set_sections(doc, self._finder()(doc.text))
        return doc

    def stored_rules(self) -> Dict[str, Any]:
        """Return the rules as plain values.

        RETURNS (Dict[str, Any]): Rules of the form of `rules/zh/sections.yml`.
        RAISES (ValueError): If the file of rules did not exist when the component was created.
        """
        return dict(self._finder().rules)

    def set_rules(self, rules: Any, place: str) -> None:
        """Check and compile rules.

        rules (Any): The rules, as `stored_rules` returns them.
        place (str): Where they come from, for errors.
        RAISES (ValueError): If the rules are invalid.
        """
        check_headings(rules, place)
        self.finder = HeadingFinder(rules, inline=self.inline)

    def _finder(self) -> HeadingFinder:
        """Return the finder.

        RAISES (ValueError): If the component has no rules.
        """
        if self.finder is None:
            raise ValueError(Errors.C071.format(name=self.name, path=self.path))
        return self.finder
