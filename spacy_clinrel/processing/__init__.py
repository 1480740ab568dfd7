"""Many documents: one function from an Arrow record batch to an Arrow record batch, and what runs
it over files in processes (`apply`), on Ray (`processing.ray`) or on Spark (`processing.spark`).

from spacy_clinrel.processing import Options, annotate
annotate(pyarrow.record_batch({"id": ["a"], "text": ["查胸片示肺炎。"]}), Options("zh_clinrel"))
"""

from .annotate import annotate
from .run import Job, apply
from .schema import Options, output_schema
from .shards import FORMATS

__all__ = ["FORMATS", "Job", "Options", "annotate", "apply", "output_schema"]
