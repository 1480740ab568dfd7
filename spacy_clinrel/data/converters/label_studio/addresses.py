"""Texts that a task gives as an address (`valueType="url"`), read from files beside the export."""

import re
from pathlib import Path
from typing import Dict, List, Optional
from urllib.parse import parse_qs, unquote, urlsplit

from ....errors import Errors
from ....files import other_type, walk_files
from .. import BOM, ReadOptions, Report, read_text

_ADDRESS = re.compile(
    r"(?:(?:https?|s3s?|gs|azure-blob|azure|hdfs|file|ftp)://|/data/(?:upload|local-files)\b)\S*",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"\S+\.(?:txt|text|html?|xhtml|md|json|xml)", re.IGNORECASE)
# Label Studio puts this before the names of uploaded files.
_UPLOAD_PREFIX = re.compile(r"[0-9a-f]{8}-")
MAX_LENGTH = 2000


def is_address(text: str) -> bool:
    """Return whether a text looks like the address or the name of a file.

    text (str): The text.
    RETURNS (bool): Whether it is a URL, a path of Label Studio's, or a file name without spaces.
    """
    text = text.strip()
    if not text or len(text) > MAX_LENGTH:
        return False
    return any(pattern.fullmatch(text) for pattern in (_ADDRESS, _FILE_NAME))


class TextFiles:
    """The files in the folder of an export and its subfolders, by name.

    folder (Path): The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_name: Optional[Dict[str, List[Path]]] = None

    def find(self, address: str) -> Optional[Path]:
        """Return the file with the name of an address. No file outside the folder is found.

        address (str): The address.
        RETURNS (Optional[Path]): The file; None if there is none.
        RAISES (ValueError): If several files have the name, and none is in the folders of the
            address.
        """
        *folders, name = _parts(address) or [""]
        without_prefix = _UPLOAD_PREFIX.sub("", name, count=1)
        if self._by_name is None:
            self._by_name = self._search()
        for candidate in dict.fromkeys((name, without_prefix)):
            paths = self._by_name.get(candidate, [])
            if paths:
                return _nearest(paths, folders, address)
        return None

    def read(self, address: str, report: Report, options: ReadOptions) -> Optional[str]:
        """Read the file with the name of an address.

        address (str): The address.
        report (Report): Receives an error if the file cannot be read.
        options (ReadOptions): How the files are read.
        RETURNS (Optional[str]): The text, without a byte order mark; None if it cannot be read.
        RAISES (ValueError): If there is no such file.
        """
        path = self.find(address)
        if path is None:
            raise ValueError(Errors.F090.format(address=address.strip(), folder=self.folder))
        text = read_text(path, report, options)
        if text is None:
            return None
        report.add_text_file(path, other_type(path.name))
        return text.removeprefix(BOM)

    def _search(self) -> Dict[str, List[Path]]:
        root = self.folder.resolve()
        by_name: Dict[str, List[Path]] = {}
        for path, _ in walk_files(self.folder):
            if not path.resolve().is_relative_to(root):
                continue
            for name in dict.fromkeys((path.name, _uploaded_name(path.name))):
                by_name.setdefault(name, []).append(path)
        return by_name


def _parts(address: str) -> List[str]:
    """Return the folders and the file name of an address."""
    address = address.strip()
    try:
        url = urlsplit(address)
    except ValueError:  # invalid IPv6 address
        return []
    path = unquote(url.path if url.scheme or url.path.startswith("/data/") else address)
    if url.path.endswith("/local-files/"):
        path = parse_qs(url.query).get("d", [""])[0]
    return [part for part in re.split(r"[/\\]", path) if part not in ("", ".", "..")]


def _uploaded_name(name: str) -> str:
    """Return the name under which Label Studio stores an uploaded file."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))


def _nearest(paths: List[Path], folders: List[str], address: str) -> Path:
    """Return the path that shares the most folders with an address, counted from the name."""

    def n_shared(path: Path) -> int:
        count = 0
        for folder, expected in zip(path.parts[-2::-1], folders[::-1]):
            if folder != expected:
                break
            count += 1
        return count

    most = max(n_shared(path) for path in paths)
    nearest = [path for path in paths if n_shared(path) == most]
    if len(nearest) > 1:
        raise ValueError(
            Errors.F091.format(address=address.strip(), first=nearest[0], second=nearest[1])
        )
    return nearest[0]
