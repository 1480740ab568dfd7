"""Find mentions and relations with Spark: on this machine, or on a cluster.

python examples/spark_notes.py zh_clinrel notes.parquet found

The Parquet files have the columns "id" and "text". On a cluster, use spark-submit; the
pipeline must be installed on each machine, or be in a folder that all machines can read.
"""

import argparse

from pyspark.sql import SparkSession

from spacy_clinrel.processing.spark import annotate_dataframe


def main() -> None:
    """Read, annotate, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a pipeline's name or folder")
    parser.add_argument("notes", help="Parquet file or folder with the columns id and text")
    parser.add_argument("out", help="folder for the result, as Parquet")
    parser.add_argument("--master", help="for example local[1]; leave it out with spark-submit")
    args = parser.parse_args()

    builder = SparkSession.builder.appName("clinical notes")
    if args.master:
        builder = builder.master(args.master)
        # On this machine only: no web page, no open port.
        builder = builder.config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.host", "127.0.0.1")
        builder = builder.config("spark.driver.bindAddress", "127.0.0.1")
    spark = builder.getOrCreate()
    try:
        notes = spark.read.parquet(args.notes)
        # Each Python worker loads the pipeline once. Other options: batch_size=…, text=True, …
        found = annotate_dataframe(notes, args.model)
        # The column "error" has the error of a document that could not be processed.
        found.write.parquet(args.out)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
