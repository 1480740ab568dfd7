"""Convert many mutated files: `python -m tests.fuzz --files 100000 --seed 1`."""

import argparse
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tqdm import tqdm

from ..data.converters.examples import examples
from .check import check_format

PART = 500


def run_part(name: str, seed: int) -> str:
    """Check a part of the files of a format.

    name (str): The example.
    seed (int): The seed.
    RETURNS (str): The failed check; empty if all are passed.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_format(name, PART, seed, Path(folder))
        except AssertionError as error:
            return str(error)
    return ""


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100000, help="number of files in all")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first part")
    parser.add_argument("--formats", nargs="*", help="examples; default: all")
    parser.add_argument("--n-process", type=int, default=2, help="number of processes")
    options = parser.parse_args()
    names = options.formats or sorted(examples())
    parts = max(options.files // (PART * len(names)), 1)
    jobs = [(name, options.seed * 1000 + part) for part in range(parts) for name in names]
    with ProcessPoolExecutor(options.n_process) as pool:
        results = pool.map(run_part, *zip(*jobs))
        failures = [text for text in tqdm(results, total=len(jobs), disable=None) if text]
    print("\n".join([*failures, f"{len(jobs) * PART} files, {len(failures)} failed checks"]))
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
