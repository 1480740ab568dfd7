"""Libraries that not everybody needs."""

import importlib
from typing import Any

from .errors import Errors


def require(name: str, extra: str) -> Any:
    """Import a library that not everybody needs.

    name (str): The module.
    extra (str): The extra of this package that brings it.
    RETURNS (Any): The module.
    RAISES (ImportError): If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.split(".")[0]
        raise ImportError(Errors.P001.format(package=package, extra=extra)) from error
