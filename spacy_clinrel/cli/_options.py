"""Options that several commands have."""

from typing import Annotated, Optional

import typer

EncodingOption = Annotated[
    Optional[str],
    typer.Option(
        "--encoding",
        help="Encoding of text files, e.g. gb18030. By default, UTF-8 and UTF-16 are detected per "
        "file",
    ),
]
