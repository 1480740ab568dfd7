"""Base classes of components without a model."""

from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Sequence, Union

import srsly
from spacy import util
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from typing_extensions import Self

from .storage import loading, read_file

RULES_FILE = "rules.json"


class BatchPipe(Pipe):
    """A component that processes several documents together.

    Subclasses define `predict` and `set_annotations`.
    """

    name: str

    def predict(self, docs: Sequence[Doc]) -> Any:
        """Compute the annotation of documents, without changing them.

        docs (Sequence[Doc]): The documents.
        RETURNS (Any): The argument of `set_annotations`.
        """
        raise NotImplementedError

    def set_annotations(self, docs: Sequence[Doc], predictions: Any) -> None:
        """Write the annotation to documents.

        docs (Sequence[Doc]): The documents.
        predictions (Any): The output of `predict`.
        """
        raise NotImplementedError

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a document.

        doc (Doc): The document.
        RETURNS (Doc): The same document.
        """
        self.set_annotations([doc], self.predict([doc]))
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream of documents.

        stream (Iterable[Doc]): The documents.
        batch_size (int): Number of documents that are processed together.
        YIELDS (Doc): The documents, in order.
        """
        handle_error = self.get_error_handler()
        for docs in util.minibatch(stream, size=batch_size):
            try:
                self.set_annotations(docs, self.predict(docs))
            except Exception as error:
                handle_error(self.name, self, docs, error)
            else:
                yield from docs


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
