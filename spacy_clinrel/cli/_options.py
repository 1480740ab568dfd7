"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer

EncodingOption = Annotated[
    Optional[str],
    typer.Option(
        "--encoding",
        help="Encoding of text files, e.g. gb18030. By default, UTF-8 and UTF-16 are detected per "
        "file",
    ),
]
KeptApartOption = Annotated[
    Optional[List[Path]],
    typer.Option(
        "--without",
        help="Dev or test part, a file or a folder. Lines that share more than a tenth of their "
        "runs of 20 characters with it are left out. Can be repeated",
    ),
]
TextColumnOption = Annotated[
    str,
    typer.Option(
        "--text-column", "-tc", help="Column or key that contains the text (.csv, .jsonl, .parquet)"
    ),
]
IdColumnOption = Annotated[
    str,
    typer.Option(
        "--id-column",
        "-ic",
        help="Column or key of the document id. If there is no 'id', the id is file name and line "
        "number",
    ),
]
CodeOption = Annotated[
    Optional[Path],
    typer.Option(
        "--code",
        "-c",
        help="Python file to run first: registered functions that a config or pipeline names",
    ),
]
GpuOption = Annotated[
    int,
    typer.Option("--gpu-id", "-g", help="Number of the GPU, from 0 on; -1 for the CPU"),
]
