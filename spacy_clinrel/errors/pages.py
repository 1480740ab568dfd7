"""Pages of the documentation that messages name."""

from typing import Any, Dict

from spacy.errors import ErrorsWithCodes

# Code → path of the page, which is the same on the site and, with .md, in docs/.
PAGES: Dict[str, str] = {
    "B001": "reference/configs",
    "B002": "reference/configs",
    "C001": "tutorials/own-labels",
    "C004": "explanation/candidates",
    "C005": "explanation/candidates",
    "C007": "tutorials/own-labels",
    "C008": "tutorials/own-labels",
    "C041": "reference/configs",
    "C051": "how-to/assertion",
    "C052": "how-to/assertion",
    "C053": "how-to/assertion",
    "C054": "how-to/assertion",
    "C100": "how-to/terminology",
    "F019": "reference/configs",
    "F021": "reference/formats",
    "F034": "reference/formats",
    "F041": "explanation/candidates",
    "F181": "reference/commands",
    "F183": "reference/formats",
    "M003": "reference/configs",
    "M008": "tutorials/pretrained-encoder",
    "W002": "explanation/candidates",
    "W080": "how-to/assertion",
    "W090": "tutorials/few-labels",
    "W091": "tutorials/only-relations",
    "W092": "tutorials/only-relations",
    "W093": "tutorials/own-labels",
    "W094": "tutorials/only-relations",
    "W102": "tutorials/only-relations",
}


class MessagesWithPages(ErrorsWithCodes):
    """Metaclass that adds to a message its code and the page of the documentation that helps. The
    page is named by its path in the checkout."""

    def __getattribute__(self, code: str) -> Any:
        """Return a message.

        code (str): The code, e.g. "C004".
        RETURNS (str): The message with its code and, for some codes, a page.
        """
        message = super().__getattribute__(code)
        if code not in PAGES:
            return message
        return f"{message} More in the documentation: docs/{PAGES[code]}.md"
