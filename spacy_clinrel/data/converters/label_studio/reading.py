"""Reading of Label Studio's tasks."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterator, List

from ....types import ASSERTIONS
from .. import ReadOptions, Record, Report, first_id, get_field, read_json
from .addresses import TextFiles
from .fields import ChosenText, choose_text, group_regions
from .results import ResultReader, page_objects, spans
from .tasks import ANNOTATIONS, HAS_ASSERTION, PREDICTIONS, Task, choose_annotation, read_task
from .texts import Dialogue, PlainText

MINIMAL = "this is JSON_MIN, which carries no relations"
UNCERTAIN = "offsets may be counted in another unit"
DIFFERENT = "annotations of a task differ"
OTHER_SOURCE = {
    ANNOTATIONS: ("the tasks have predictions but no annotations", "label-studio-predictions"),
    PREDICTIONS: ("the tasks have annotations but no predictions", "label-studio"),
}


def read(path: Path, report: Report, options: ReadOptions, *, source: str) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    source (str): "annotations" or "predictions".
    YIELDS (Record): One record per task with annotations or predictions.
    """
    reader = _FileReader(source, options, TextFiles(path.parent))
    for record in read_json(path, report, options, reader.parse):
        reader.n_records += 1
        yield record
    reader.finish(path, report)


@dataclass
class _FileReader:
    """Reads the tasks of a file, and collects what is reported once per file.

    source (str): "annotations" or "predictions".
    options (ReadOptions): How the file is read.
    files (TextFiles): The files beside the export.
    """

    source: str
    options: ReadOptions
    files: TextFiles
    dropped: Counter = field(default_factory=Counter)
    n_records: int = 0
    n_minimal: int = 0
    n_of_other_source: int = 0

    def parse(self, entry: Dict[str, Any], record: Record, path: Path, report: Report) -> bool:
        """Fill a record from a task.

        entry (Dict[str, Any]): The task, from any container.
        record (Record): The record.
        path (Path): The file, for messages.
        report (Report): Receives losses and counts.
        RETURNS (bool): Whether the task has an annotation or a prediction.
        """
        task = read_task(entry)
        record.doc_id = first_id(task.data.get("doc_id"), task.id)
        self.n_minimal += task.is_minimal
        report.left_out += Counter({"drafts": task.n_drafts})
        chosen, ids = choose_annotation(task.entries(self.source), self.source, report)
        if chosen is None:
            other = PREDICTIONS if self.source == ANNOTATIONS else ANNOTATIONS
            self.n_of_other_source += bool(task.entries(other))
            return False
        results = get_field(chosen, "result", list)
        regions = spans(results)
        if self.source == PREDICTIONS:
            n_scores = sum(region.get("score") is not None for region in regions)
            report.lose("score of a mention not kept", count=n_scores)
        text = choose_text(
            task.data,
            group_regions(regions),
            page_objects(regions),
            partial(self.files.read, report=report, options=self.options),
            self.options.offsets,
        )
        if text is None:
            return False
        record.text = text.text.text
        record.has_final_offsets = not isinstance(text.text, PlainText)
        if text.is_converted:
            report.repair("HTML, paragraphs or a file read as the text")
        if task.data.get(HAS_ASSERTION) is True:
            record.assertions = ASSERTIONS
        ResultReader(record, text, path, report).read(results)
        self._count_dropped(task, text)
        self._report_doubts(record, text, chosen, ids, path, report)
        return True

    def _report_doubts(
        self,
        record: Record,
        text: ChosenText,
        chosen: Dict[str, Any],
        ids: List[Any],
        path: Path,
        report: Report,
    ) -> None:
        if text.is_uncertain:
            detail = (
                f"{record.doc_id!r} is read as characters, but utf-16 would give other mentions. "
                "Choose with --offsets"
            )
            report.warn(UNCERTAIN, path, record.line, detail)
        if ids and self.source == ANNOTATIONS and self.options.copies is None:
            detail = (
                f"{record.doc_id!r}: of {', '.join(map(repr, ids))}, {chosen.get('id')!r} is read. "
                "Mark one as ground truth, or set --copies to accept the choice"
            )
            report.warn(DIFFERENT, path, record.line, detail)

    def _count_dropped(self, task: Task, text: ChosenText) -> None:
        id_field = (self.options.id_field or "").removeprefix("data.")
        kept = {text.field, "doc_id", HAS_ASSERTION, id_field}
        self.dropped.update(f"data.{name}" for name in task.data.keys() - kept)
        if isinstance(text.text, Dialogue):
            keys = {key for paragraph in task.data[text.field] for key in paragraph}
            self.dropped.update(f"data.{text.field}.{key}" for key in keys - {text.text.key})

    def finish(self, path: Path, report: Report) -> None:
        """Report what concerns the whole file.

        path (Path): The file.
        report (Report): Receives losses and doubts.
        """
        if self.dropped:
            fields = [f"{name} ({n} tasks)" for name, n in sorted(self.dropped.items())]
            detail = f"{', '.join(fields)}. --id-field makes one of them the document id"
            report.lose("metadata not kept", path, None, detail, sum(self.dropped.values()))
        if self.n_minimal:
            report.warn(MINIMAL, path, None, "Export the project as JSON")
        if self.n_of_other_source and not self.n_records:
            reason, name = OTHER_SOURCE[self.source]
            detail = f"Use the format {name}"
            if self.source == PREDICTIONS:
                detail += ". Predictions are in the field 'predictions' of a task"
            report.warn(reason, path, None, detail)
