"""Find mentions and relations with Ray Data: on this machine, or on a cluster.

python examples/ray_notes.py zh_clinrel notes.parquet found

The Parquet files have the columns "id" and "text". On a cluster, the pipeline must be installed on
each machine, or be in a folder that all machines can read.
"""

import argparse
import os

import ray

from spacy_clinrel.processing.ray import annotate_dataset


def main() -> None:
    """Read, annotate, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a pipeline's name or folder")
    parser.add_argument("notes", help="Parquet file or folder with the columns id and text")
    parser.add_argument("out", help="folder for the result, as Parquet")
    parser.add_argument("--address", default="local", help="local, or a cluster (auto)")
    parser.add_argument("--actors", type=int, default=1, help="number of parallel pipelines")
    parser.add_argument("--gpus", type=float, default=0, help="GPUs per pipeline, 0 for CPU")
    args = parser.parse_args()

    # By default, Ray sends usage statistics over the network.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # A local Ray needs a core for each actor and one for reading and writing, but no dashboard.
    local = {"num_cpus": args.actors + 1, "include_dashboard": False}
    ray.init(address=args.address, **(local if args.address == "local" else {}))
    try:
        notes = ray.data.read_parquet(args.notes)
        # Each actor loads the pipeline once. Other options: batch_size=…, text=True, …
        found = annotate_dataset(notes, args.model, concurrency=args.actors, num_gpus=args.gpus)
        # The column "error" has the error of a document that could not be processed.
        found.write_parquet(args.out)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
