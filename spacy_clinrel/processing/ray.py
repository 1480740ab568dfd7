"""Annotation of documents on Ray Data (extra: ray).

from spacy_clinrel.processing.ray import annotate_dataset
annotate_dataset(ray.data.read_parquet("notes"), "zh_clinrel", concurrency=8)
"""

from typing import Any

from ..errors import require
from .annotate import annotate, load_pipeline
from .schema import Options, output_schema


class Annotator:
    """What an actor runs: a pipeline that it has loaded once."""

    def __init__(self, options: Options):
        """options (Options): The pipeline, and how to run it."""
        self.options = options
        load_pipeline(options.model, options.gpu_id, options.code)

    def __call__(self, table: Any) -> Any:
        """table (pyarrow.Table): Ids and texts.
        RETURNS (pyarrow.Table): The same annotated, in the schema of `output_schema`.
        """
        batches = table.combine_chunks().to_batches()
        schema = output_schema(self.options)
        found = [annotate(batch, self.options) for batch in batches]
        return require("pyarrow", "ray").Table.from_batches(found, schema)


def annotate_dataset(
    dataset: Any,
    model: str,
    *,
    concurrency: Any = 1,
    num_gpus: float = 0,
    rows: int = 500,
    **options: Any,
) -> Any:
    """Annotate the documents of a dataset, on actors that keep the pipeline loaded. Leave Ray a
    core more than there are actors, to read and write with. It does not keep the order of rows,
    unless its `preserve_order` is set; ids tell them.

    dataset (ray.data.Dataset): Documents, in the columns "id" and "text" if the options name no
        others.
    model (str): A pipeline's name or folder, known on each machine.
    concurrency (Any): Number of actors, or the least and the most.
    num_gpus (float): GPUs of an actor, which may be less than one; 0 for the CPU.
    rows (int): Documents that an actor takes at once, at most.
    options (Any): More of `Options`, such as batch_size.
    RETURNS (ray.data.Dataset): A row for each document, in the schema of `output_schema`. It is
        made when something takes its rows.
    RAISES (ImportError): If Ray is not installed.
    """
    require("ray.data", "ray")
    # An actor sees the GPUs that are its own, from 0.
    settings = Options(model, gpu_id=0 if num_gpus else -1, **options)
    return dataset.map_batches(
        Annotator,
        fn_constructor_args=(settings,),
        batch_format="pyarrow",
        batch_size=rows,
        concurrency=concurrency,
        num_gpus=num_gpus,
    )
