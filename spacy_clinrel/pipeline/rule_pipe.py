"""The base class of components whose rules are saved with the pipeline."""

from pathlib import Path
from typing import Any, Dict, Iterable, Union

import srsly
from spacy import util
from spacy.pipeline import Pipe
from typing_extensions import Self

from .storage import loading, read_file

RULES_FILE = "rules.json"


class RulePipe(Pipe):
    """A component with rules. They are saved with it, so that a user's file of rules is not needed
    to load the pipeline.

    Subclasses define `stored_rules` and `set_rules`.
    """

    name: str

    def stored_rules(self) -> Dict[str, Any]:
        """Return the rules as plain values.

        RETURNS (Dict[str, Any]): The rules.
        RAISES (ValueError): If the component has no rules, because their file is missing.
        """
        raise NotImplementedError

    def set_rules(self, rules: Any, place: str) -> None:
        """Check and compile rules.

        rules (Any): The rules, as `stored_rules` returns them.
        place (str): Where they come from, for errors.
        RAISES (ValueError): If the rules are invalid.
        """
        raise NotImplementedError

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize the rules.

        exclude (Iterable[str]): Ignored.
        RETURNS (bytes): The rules.
        """
        return srsly.msgpack_dumps(self.stored_rules())

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """Load the rules.

        data (bytes): The output of `to_bytes`.
        exclude (Iterable[str]): Ignored.
        RETURNS (Self): The component.
        RAISES (ValueError): If the data is damaged.
        """
        place = "the bytes of the pipeline"
        with loading(self.name, place):
            self.set_rules(srsly.msgpack_loads(data), place)
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Write the rules to a folder.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Ignored.
        """
        rules = self.stored_rules()
        util.to_disk(path, {RULES_FILE: lambda file: srsly.write_json(file, rules)}, exclude)

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> Self:
        """Load the rules.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Ignored.
        RETURNS (Self): The component.
        RAISES (ValueError): If the file is missing or damaged.
        """
        file = Path(path) / RULES_FILE
        with loading(self.name, str(file)):
            self.set_rules(srsly.json_loads(read_file(file).decode("utf-8")), str(file))
        return self
