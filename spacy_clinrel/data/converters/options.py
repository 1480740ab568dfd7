"""Options for reading a corpus, the same for all formats."""

from dataclasses import dataclass, field
from typing import Literal, Mapping, Optional, get_args

from ...errors import Errors
from ...files import check_encoding
from .offset_units import parse_unit

Align = Literal["strict", "expand", "contract"]
Copies = Literal["all", "first", "last"]


@dataclass(frozen=True)
class ReadOptions:
    """How the files of a corpus are read.

    encoding (Optional[str]): Encoding of the files, as a Python codec. None detects the encoding of
        each file, as described in `spacy_clinrel.files.encoding`.
    offsets (Optional[str]): How the offsets were counted, as in `parse_unit`. None decides by the
        recorded texts of mentions, or takes the format's usual unit.
    id_field (Optional[str]): For JSON formats, the field with the document id. A dot separates the
        names of nested fields, as in "data.filename".
    default_label (Optional[str]): Label of relations that have none. None reports them as lost.
    events (bool): Whether the arguments of an event become relations from its trigger.
    align (Literal["strict", "expand", "contract"]): What happens to a mention that begins or ends
        within a token: it is lost, or it is expanded or contracted to whole tokens.
    copies (Optional[Literal["all", "first", "last"]]): Which documents to keep if several have the
        same id or the same text. None keeps all and reports those that differ.
    attributes (Mapping[str, str]): Assertion attributes by their name in the files, e.g.
        {"Negation": "negated"}. Names that differ only in case from an attribute need no entry.
    lang (str): Language of the texts, which `read_docs` sets. Texts that may be GBK are reported if
        it is "zh".
    """

    encoding: Optional[str] = None
    offsets: Optional[str] = None
    id_field: Optional[str] = None
    default_label: Optional[str] = None
    events: bool = False
    align: Align = "strict"
    copies: Optional[Copies] = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    lang: str = ""

    def __post_init__(self) -> None:
        """Check the options.

        RAISES (ValueError): If an option has an unknown value.
        """
        check_encoding(self.encoding)
        if self.offsets is not None:
            parse_unit(self.offsets)
        for name, value, allowed in (
            ("align", self.align, get_args(Align)),
            ("copies", self.copies, (None, *get_args(Copies))),
        ):
            if value not in allowed:
                known = ", ".join(filter(None, allowed))
                raise ValueError(Errors.F050.format(name=name, value=value, known=known))
