"""Loading of whole pipelines from folders that may be damaged."""

import re
from pathlib import Path
from typing import Union

from spacy import util
from spacy.language import Language
from thinc.config import ConfigValidationError

from ..errors import Errors
from .storage import short_reason

# Messages of spaCy and of this package begin with a code.
CODED = re.compile(r"\[[A-Z]+\d+\]")


def load_pipeline(name: Union[str, Path]) -> Language:
    """Load a pipeline.

    name (Union[str, Path]): Package name or folder.
    RETURNS (Language): The pipeline.
    RAISES (OSError): If there is no such package or folder.
    RAISES (ValueError): If a file of the pipeline is missing or damaged, or its config is invalid.
    RAISES (ImportError): If a library that the pipeline needs is not installed.
    """
    try:
        return util.load_model(name)
    except (ImportError, ConfigValidationError):
        raise
    except Exception as error:  # msgpack, JSON, NumPy and spaCy raise different types
        if isinstance(error, (ValueError, OSError)) and CODED.match(str(error)):
            raise
        # NumPy's message recommends to load pickles.
        reason = "vocab/vectors" if "allow_pickle" in str(error) else short_reason(error)
        raise ValueError(Errors.C040.format(name=name, error=reason)) from error
