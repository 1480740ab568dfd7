"""Annotation of large archives. `apply` runs a pipeline over files. `annotate` runs a pipeline over
an Arrow record batch of texts and returns a record batch with the annotation; `apply`,
`processing.ray` and `processing.spark` use it.

from spacy_clinrel.processing import AnnotationOptions, annotate
batch = pyarrow.record_batch({"id": ["a"], "text": ["查胸片示肺炎。"]})
annotate(batch, AnnotationOptions("zh_clinrel"))
"""

from .annotation import annotate
from .run import apply, count_not_utf8
from .schema import AnnotationOptions, Attribute, output_schema
from .shards import FORMATS
from .writing import Counts

__all__ = [
    "FORMATS",
    "AnnotationOptions",
    "Attribute",
    "Counts",
    "annotate",
    "apply",
    "count_not_utf8",
    "output_schema",
]
