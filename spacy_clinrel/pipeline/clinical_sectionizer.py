"""The component `clinical_sectionizer`: sections of clinical notes, by their headings."""

import json
from pathlib import Path
from typing import Any, Dict, Iterable, Optional, Union

import srsly
from spacy import util
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc

from ..errors import Errors
from ..tokens.sections import set_sections
from .headings import HeadingFinder, check_headings, read_headings
from .storage import loading, read_file

RULES = "rules.json"


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


class ClinicalSectionizer(Pipe):
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

    @property
    def rules(self) -> Dict[str, Any]:
        """Return the rules.

        RETURNS (Dict[str, Any]): Rules of the form of `rules/zh/sections.yml`.
        RAISES (ValueError): If the file of rules did not exist when the component was created.
        """
        return dict(self._finder().rules)

    def __call__(self, doc: Doc) -> Doc:
        """Find the sections of a document and replace existing ones.

        doc (Doc): The document.
        RETURNS (Doc): The same document.
        RAISES (ValueError): If the component has no rules.
        """
        set_sections(doc, self._finder()(doc.text))
        return doc

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the rules, so that a user's file is not needed to load the pipeline.

        exclude (Iterable[str]): Ignored.
        RETURNS (bytes): The rules.
        """
        return srsly.msgpack_dumps(self.rules)

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "ClinicalSectionizer":
        """Load the rules.

        data (bytes): Output of `to_bytes`.
        exclude (Iterable[str]): Ignored.
        RETURNS (ClinicalSectionizer): The component.
        RAISES (ValueError): If the data is damaged.
        """
        with loading(self.name, "bytes"):
            self._set_rules(srsly.msgpack_loads(data), "bytes")
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Write the rules to a folder.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Ignored.
        """
        util.to_disk(path, {RULES: lambda file: srsly.write_json(file, self.rules)}, exclude)

    def from_disk(
        self, path: Union[str, Path], *, exclude: Iterable[str] = ()
    ) -> "ClinicalSectionizer":
        """Load the rules.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Ignored.
        RETURNS (ClinicalSectionizer): The component.
        RAISES (ValueError): If the file is missing or damaged.
        """
        file = Path(path) / RULES
        with loading(self.name, str(file)):
            self._set_rules(json.loads(read_file(file)), str(file))
        return self

    def _set_rules(self, rules: Any, place: str) -> None:
        """Check and set the rules."""
        check_headings(rules, place)
        self.finder = HeadingFinder(rules, inline=self.inline)

    def _finder(self) -> HeadingFinder:
        """Return the finder.

        RAISES (ValueError): If the component has no rules.
        """
        if self.finder is None:
            raise ValueError(Errors.C071.format(name=self.name, path=self.path))
        return self.finder
