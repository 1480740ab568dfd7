"""Pages of the documentation that messages name."""

CANDIDATES = "explanation/candidates"
EXISTING_ENTITIES = "how-to/existing-entities"
ASSERTION = "how-to/assertion"
FEW_LABELS = "tutorials/few-labels"
ONLY_RELATIONS = "tutorials/only-relations"
OWN_LABELS = "tutorials/own-labels"
CONFIGS = "reference/configs"
OFFLINE = "how-to/offline"


def see(message: str, page: str) -> str:
    """Append the page of the documentation that explains a problem to its message.

    message (str): The message.
    page (str): The page, relative to the site and to docs/, without suffix.
    RETURNS (str): The message with a last sentence about the page.
    """
    return f"{message} More: documentation, page {page}."
