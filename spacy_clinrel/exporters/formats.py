"""Registry of export formats."""

from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Tuple

from ..errors import Errors
from .cypher import write_cypher
from .graphml import write_graphml
from .rdf import write_jsonld, write_turtle
from .schema import Export, Layout
from .tables import write_csv, write_jsonl, write_parquet


class Format(NamedTuple):
    """An export format.

    about (str): Short description for the command's help.
    write (Callable[[Export], int]): Function that writes both tables. It returns the number of
        characters replaced because the format cannot hold them.
    endings (Tuple[str, ...]): Endings of file names in this format.
    is_folder (bool): Whether each table is written to a separate file in a folder.
    """

    about: str
    write: Callable[[Export], int]
    endings: Tuple[str, ...]
    is_folder: bool = False


FORMATS: Dict[str, Format] = {
    "csv": Format("two tables that Neo4j's bulk import can read", write_csv, (".csv",), True),
    "jsonl": Format("two tables, one JSON object per line", write_jsonl, (".jsonl",), True),
    "parquet": Format("two tables", write_parquet, (".parquet",), True),
    "graphml": Format("networkx, Gephi, Cytoscape, yEd", write_graphml, (".graphml",)),
    "turtle": Format("RDF", write_turtle, (".ttl",)),
    "jsonld": Format("RDF as JSON", write_jsonld, (".jsonld",)),
    "cypher": Format("a script of CREATE statements", write_cypher, (".cypher", ".cql")),
}


def get_format(name: str) -> Format:
    """Look up a format.

    name (str): The name of the format.
    RETURNS (Format): The format.
    RAISES (ValueError): If the format is unknown.
    """
    if name not in FORMATS:
        raise ValueError(Errors.G002.format(name=name, known=", ".join(FORMATS)))
    return FORMATS[name]


def guess_format(out: Path) -> str:
    """Determine the format from the name of a file.

    out (Path): The file.
    RETURNS (str): The name of the format.
    RAISES (ValueError): If no format has the ending. Folders have no ending.
    """
    for name, entry in FORMATS.items():
        if out.suffix.lower() in entry.endings and not entry.is_folder:
            return name
    endings = ", ".join(
        ending for entry in FORMATS.values() if not entry.is_folder for ending in entry.endings
    )
    folders = ", ".join(name for name, entry in FORMATS.items() if entry.is_folder)
    raise ValueError(Errors.G003.format(path=out, endings=endings, folders=folders))


def output_files(name: str, out: Path, layout: Layout) -> List[Path]:
    """List the files that an export writes.

    name (str): The name of the format.
    out (Path): The output file, or the output folder if the format has a file for each table.
    layout (Layout): The tables.
    RETURNS (List[Path]): The file, or the file of nodes and the file of edges.
    RAISES (ValueError): If the format is unknown, or `out` is a folder instead of a file or vice
        versa.
    """
    entry = get_format(name)
    ending = entry.endings[0]
    if not entry.is_folder:
        if out.is_dir():
            raise ValueError(Errors.G006.format(path=out, format=name, example=f"graph{ending}"))
        return [out]
    files = [out / f"{table.name}{ending}" for table in layout]
    if out.is_file() or out.suffix.lower() == ending:
        names = " and ".join(path.name for path in files)
        raise ValueError(Errors.G005.format(path=out, format=name, names=names))
    return files
