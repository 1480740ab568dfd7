"""A cell: one system, trained and measured on one corpus with one seed."""

import re
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional


class Cell(NamedTuple):
    """One training of a study.

    system (str): Name of the model or system in the tables.
    corpus (str): Name of the corpus, or of the labelled share of it.
    seed (int): The seed.
    scale (str): Name of the settings that all systems share.
    data (Path): Folder of the .spacy files.
    vectors (Optional[str]): Path of a pipeline with character vectors.
    work (Optional[Path]): The study's work folder.
    tutorial (Optional[Path]): A checkout of explosion/projects.
    """

    system: str
    corpus: str
    seed: int
    scale: str
    data: Path
    vectors: Optional[str] = None
    work: Optional[Path] = None
    tutorial: Optional[Path] = None

    @property
    def id(self) -> str:
        """Return the name of the cell in its record and of its files.

        RETURNS (str): For example "cpu.cmeie.cnn-max.0".
        """
        parts = (self.scale, self.corpus, self.system, self.seed)
        return ".".join(re.sub(r"[^\w-]+", "_", str(part)).strip("_").lower() for part in parts)

    def key(self) -> Dict[str, Any]:
        """Return the fields that identify the cell in its record.

        RETURNS (Dict[str, Any]): The fields.
        """
        fields = {name: getattr(self, name) for name in ("system", "corpus", "seed", "scale")}
        return {"cell": self.id, **fields}
