"""Annotation of documents on Ray Data (extra: ray).

from spacy_clinrel.processing.ray import annotate_dataset
annotate_dataset(ray.data.read_parquet("notes"), "zh_clinrel", concurrency=8)
"""

from typing import Any

from ..errors import require
from .annotation import annotate, load_pipeline
from .schema import AnnotationOptions, output_schema


class Annotator:
    """The callable that a Ray actor runs. Loads the pipeline once."""

    def __init__(self, options: AnnotationOptions):
        """Load the pipeline.

        options (AnnotationOptions): The pipeline and its settings.
        """
        self.options = options
        load_pipeline(options.model, options.gpu_id, options.code)

    def __call__(self, table: Any) -> Any:
        """Annotate a block of documents.

        table (pyarrow.Table): Ids and texts.
        RETURNS (pyarrow.Table): The annotated documents, with the schema of `output_schema`.
        """
        batches = table.combine_chunks().to_batches()
        schema = output_schema(self.options)
        annotated = [annotate(batch, self.options) for batch in batches]
        return require("pyarrow", "ray").Table.from_batches(annotated, schema)


def annotate_dataset(
    dataset: Any,
    model: str,
    *,
    concurrency: Any = 1,
    num_gpus: float = 0,
    rows: int = 500,
    **options: Any,
) -> Any:
    """Annotate the documents of a Ray dataset, on actors that keep the pipeline loaded. Reserve one
    additional CPU core for reading and writing. Ray keeps the order of rows only with its option
    `preserve_order`; without it, match rows by id.

    dataset (ray.data.Dataset): Documents, in the columns "id" and "text" unless the options give
        other names.
    model (str): Package name or folder of the pipeline, on every machine.
    concurrency (Any): Number of actors, or a tuple of minimum and maximum.
    num_gpus (float): GPUs per actor, which may be a fraction; 0 for the CPU.
    rows (int): Maximum number of documents that are sent to an actor at a time.
    options (Any): Further settings of `AnnotationOptions`, e.g. batch_size.
    RETURNS (ray.data.Dataset): One row per document, with the schema of `output_schema`; evaluated
        lazily.
    RAISES (ImportError): If Ray is not installed.
    """
    require("ray.data", "ray")
    # An actor sees only its GPUs, numbered from 0.
    settings = AnnotationOptions(model, gpu_id=0 if num_gpus else -1, **options)
    return dataset.map_batches(
        Annotator,
        fn_constructor_args=(settings,),
        batch_format="pyarrow",
        batch_size=rows,
        concurrency=concurrency,
        num_gpus=num_gpus,
    )
