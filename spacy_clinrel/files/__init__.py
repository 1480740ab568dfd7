"""Files: encodings, search of folders, .spacy files, atomic writing, and locks."""

from .docbin import ensure_paths, read_docbin, spacy_files, stream_docbin, write_docs
from .encoding import (
    DecodedLine,
    Encoding,
    EncodingError,
    check_encoding,
    decode_lines,
    decode_text,
    detect_encoding,
    encoding_doubt,
    is_doubtful,
    line_problem,
    read_encoded,
)
from .names import has_surrogates, printable, printable_name, show_path
from .transcode import open_utf8, read_text_lines, warn_about_encoding
from .walk import (
    FoundFile,
    LeftOut,
    check_source,
    existing_path,
    is_hidden,
    other_type,
    skip_hidden,
    walk_files,
)
from .writing import LOCK_FILE, check_output, locked_folder, replacing, replacing_folder, write_json

__all__ = [
    "LOCK_FILE",
    "DecodedLine",
    "Encoding",
    "EncodingError",
    "FoundFile",
    "LeftOut",
    "check_encoding",
    "check_output",
    "check_source",
    "decode_lines",
    "decode_text",
    "detect_encoding",
    "encoding_doubt",
    "ensure_paths",
    "existing_path",
    "has_surrogates",
    "is_doubtful",
    "is_hidden",
    "line_problem",
    "locked_folder",
    "open_utf8",
    "other_type",
    "printable",
    "printable_name",
    "read_docbin",
    "read_encoded",
    "read_text_lines",
    "replacing",
    "replacing_folder",
    "show_path",
    "skip_hidden",
    "spacy_files",
    "stream_docbin",
    "walk_files",
    "warn_about_encoding",
    "write_docs",
    "write_json",
]
