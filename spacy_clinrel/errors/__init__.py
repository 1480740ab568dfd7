"""Coded error and warning messages."""

import importlib
from typing import Any

from .files import FileErrors
from .outputs import OutputErrors
from .pages import MessagesWithPages
from .pipeline import PipelineErrors
from .warnings import WarningMessages

__all__ = ["Errors", "Warnings", "require"]


class Errors(PipelineErrors, FileErrors, OutputErrors, metaclass=MessagesWithPages):
    """Messages of the errors that this package raises. The code is put before the message. Some
    messages end with a page of the documentation.
    """


class Warnings(WarningMessages, metaclass=MessagesWithPages):
    """Messages of the warnings that this package issues. The code is put before the message."""


def require(name: str, extra: str) -> Any:
    """Import an optional dependency.

    name (str): Name of the module.
    extra (str): Extra of this package that installs it.
    RETURNS (Any): The module.
    RAISES (ImportError): If it is not installed, or if importing it fails.
    """
    package = name.split(".")[0]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (package, name):
            raise ImportError(Errors.P023.format(package=package, error=error)) from error
        raise ImportError(Errors.P001.format(package=package, extra=extra)) from error
    except Exception as error:  # e.g. a binary that does not fit the installed numpy
        raise ImportError(Errors.P023.format(package=package, error=error)) from error
