"""Annotation of documents on Spark (extra: spark).

from spacy_clinrel.processing.spark import annotate_dataframe
annotate_dataframe(spark.read.parquet("notes"), "zh_clinrel")
"""

from functools import partial
from typing import Any, Iterable, Iterator

from ..errors import require
from .annotation import annotate
from .schema import AnnotationOptions, output_schema


def annotate_dataframe(frame: Any, model: str, **options: Any) -> Any:
    """Annotate the documents of a Spark DataFrame. Each Python worker loads the pipeline once, as
    long as Spark reuses its workers, which is the default. The Spark option
    spark.sql.execution.arrow.maxRecordsPerBatch sets the number of documents that are sent to a
    worker at a time.

    frame (pyspark.sql.DataFrame): Documents, in the columns "id" and "text" unless the options give
        other names.
    model (str): Package name or folder of the pipeline, on every machine.
    options (Any): Further settings of `AnnotationOptions`, e.g. batch_size.
    RETURNS (pyspark.sql.DataFrame): One row per document, with the schema of `output_schema`;
        evaluated lazily.
    RAISES (ImportError): If Spark is not installed.
    """
    types = require("pyspark.sql.pandas.types", "spark")
    settings = AnnotationOptions(model, **options)
    columns = frame.select(settings.id_column, settings.text_column)
    schema = types.from_arrow_schema(output_schema(settings))
    return columns.mapInArrow(partial(_annotate_batches, options=settings), schema)


def _annotate_batches(batches: Iterable[Any], options: AnnotationOptions) -> Iterator[Any]:
    for batch in batches:
        yield annotate(batch, options)
