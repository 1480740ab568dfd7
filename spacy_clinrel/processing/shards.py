"""The output folder of `apply`. Names of files that are not shards begin with _ or ., so that
Arrow, pandas and Spark can read the folder as one table:

_manifest.json     settings of the run, and counts once it is finished
_inputs.jsonl.gz   name, size and modification time of each input file at the start
_shards.jsonl      a line per finished shard, with its checksum and the input position after it
_quarantine.jsonl  id, source and error of each document that could not be processed
_retry-001.jsonl   the new quarantine, while quarantined documents are annotated again
part-000000.parquet
"""

import hashlib
import json
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from spacy.tokens import DocBin

from ..errors import require
from ..files import replacing
from .schema import ATTRIBUTES

INPUTS = "_inputs.jsonl.gz"
QUARANTINE = "_quarantine.jsonl"
# Number of bytes of a file that are read at a time.
BLOCK = 2**20

Record = Dict[str, Any]
Write = Callable[[Any], Any]


@contextmanager
def _parquet_shard(path: Path, schema: Any) -> Iterator[Write]:
    parquet = require("pyarrow.parquet", "apply")
    # pyarrow does not accept file names that are not UTF-8.
    with path.open("wb") as file, parquet.ParquetWriter(file, schema) as writer:
        yield writer.write_batch


@contextmanager
def _jsonl_shard(path: Path, schema: Any) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        # Not srsly.write_jsonl, which rounds scores to nine digits and escapes Chinese characters.
        yield lambda batch: file.writelines(
            json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist()
        )


@contextmanager
def _spacy_shard(path: Path, schema: Any) -> Iterator[Write]:
    has_attributes = schema.field("mentions").type.value_type.get_field_index(ATTRIBUTES) >= 0
    docs = DocBin(store_user_data=has_attributes)

    def write(batch: Any) -> None:
        for data in batch.column("doc").to_pylist():
            docs.merge(DocBin(store_user_data=has_attributes).from_bytes(data))

    yield write
    docs.to_disk(path)


FORMATS = {"parquet": _parquet_shard, "jsonl": _jsonl_shard, "spacy": _spacy_shard}


class Shard:
    """A shard that is being written. The file appears when the context ends without an exception.
    If no document could be processed, there is no file."""

    def __init__(self, folder: Path, number: int, format: str):
        """Set the path and format of the shard.

        folder (Path): The output folder.
        number (int): The number of the shard.
        format (str): A key of `FORMATS`.
        """
        self.path = folder / f"part-{number:06}.{format}"
        self.format = format
        self.failed: List[Record] = []
        self.count = 0
        self._files = ExitStack()
        self._write: Optional[Write] = None

    def __enter__(self) -> "Shard":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._files.__exit__(*exception)

    def write(self, batch: Any) -> None:
        """Append annotated documents.

        batch (pyarrow.RecordBatch): Documents without errors.
        """
        if not len(batch):
            return
        if self._write is None:
            draft = self._files.enter_context(replacing(self.path))
            shard = FORMATS[self.format](draft, batch.schema)
            self._write = self._files.enter_context(shard)
        self._write(batch)
        self.count += len(batch)


def sha256_of(path: Path) -> str:
    """Return the checksum of a file.

    path (Path): The file.
    RETURNS (str): The SHA-256 of its content.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
