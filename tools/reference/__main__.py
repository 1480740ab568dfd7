"""Write the reference pages, or check them: `python -m tools.reference [--check]`."""

import sys

from . import FOLDER, PAGES


def main(check: bool) -> int:
    """Write the pages that are not up to date, or only list them.

    check (bool): Write nothing.
    RETURNS (int): The exit code: 1 if `check` is set and a page is not up to date.
    """
    outdated = 0
    for name, write in PAGES.items():
        path = FOLDER / name
        text = write()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        outdated += 1
        if check:
            print(f"{path} is not up to date. Run `python -m tools.reference`.")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"Wrote {path}")
    return int(check and outdated > 0)


sys.exit(main("--check" in sys.argv[1:]))
