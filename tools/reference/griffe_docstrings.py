"""Extension of mkdocstrings that converts docstrings from spaCy's style to Google's."""

import sys
from pathlib import Path
from typing import Any

from griffe import Extension, Object

# mkdocstrings loads this file by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tools.reference.docstrings import to_google


class SpacyDocstrings(Extension):
    """Rewrites each docstring before it is parsed."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Rewrite the docstring of an object.

        obj (Object): The object.
        """
        if obj.docstring is not None:
            title = "Attributes" if obj.is_class else "Args"
            obj.docstring.value = to_google(obj.docstring.value, title)
