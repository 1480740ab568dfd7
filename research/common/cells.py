"""A training run (cell) of a study: one system, trained and evaluated on one corpus with one
seed."""

import re
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional


class Cell(NamedTuple):
    """One training run of a study, a cell of its tables.

    system (str): Name of the model or system in the tables.
    corpus (str): Name of the corpus, or of the share of it that is labelled.
    seed (int): Random seed.
    scale (str): Name of the settings that all systems share, e.g. "cpu".
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
        """Return the id of the training run, which names its record and its files.

        RETURNS (str): For example "cpu.cmeie.cnn-max.0".
        """
        parts = (self.scale, self.corpus, self.system, self.seed)
        return ".".join(re.sub(r"[^\w-]+", "_", str(part)).strip("_").lower() for part in parts)

    def key(self) -> Dict[str, Any]:
        """Return the fields that identify the training run in its record.

        RETURNS (Dict[str, Any]): The fields.
        """
        fields = {name: getattr(self, name) for name in ("system", "corpus", "seed", "scale")}
        return {"cell": self.id, **fields}
