"""Annotation of documents on Spark (extra: spark).

from spacy_clinrel.processing.spark import annotate_dataframe
annotate_dataframe(spark.read.parquet("notes"), "zh_clinrel")
"""

from functools import partial
from typing import Any, Iterable, Iterator

from ..errors import require
from .annotate import annotate
from .schema import Options, output_schema


def annotate_dataframe(frame: Any, model: str, **options: Any) -> Any:
    """Annotate the documents of a DataFrame. A Python worker loads the pipeline once, if Spark is
    left to reuse its workers, as it does by itself. How many documents it takes at once says
    spark.sql.execution.arrow.maxRecordsPerBatch.

    frame (pyspark.sql.DataFrame): Documents, in the columns "id" and "text" if the options name no
        others.
    model (str): A pipeline's name or folder, known on each machine.
    options (Any): More of `Options`, such as batch_size.
    RETURNS (pyspark.sql.DataFrame): A row for each document, in the schema of `output_schema`. It
        is made when something takes its rows.
    RAISES (ImportError): If Spark is not installed.
    """
    types = require("pyspark.sql.pandas.types", "spark")
    settings = Options(model, **options)
    columns = frame.select(settings.id_column, settings.text_column)
    schema = types.from_arrow_schema(output_schema(settings))
    return columns.mapInArrow(partial(_annotate_all, options=settings), schema)


def _annotate_all(batches: Iterable[Any], options: Options) -> Iterator[Any]:
    for batch in batches:
        yield annotate(batch, options)
