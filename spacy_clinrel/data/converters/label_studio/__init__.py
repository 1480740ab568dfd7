"""Label Studio's JSON: a list of tasks (https://labelstud.io/guide/task_format).

A task is `{"data": {"text": "…"}, "annotations": [{"result": […]}], "predictions": [{"score": 0.9,
"model_version": "…", "result": […]}]}`. A result is a region, `{"id": "a", "type": "labels",
"from_name": "label", "to_name": "text", "value": {"start": 0, "end": 7, "text": "Aspirin",
"labels": ["Drug"]}}`, or a relation, `{"type": "relation", "from_id": "a", "to_id": "b",
"direction": "right", "labels": ["TrAP"]}`. Offsets count characters, `\\r\\n` as two. Until the end
of 2021 they counted UTF-16 code units. The recorded texts of regions show which unit applies.

The format `label-studio` reads and writes `annotations`. The format `label-studio-predictions`
reads and writes `predictions` with scores, for annotators to correct.

Containers: a list of tasks, one task per line, a single task, the `completions` of versions before
1.0, a file of target storage (an annotation with its task), and JSON_MIN, which has no relations.

Text: `data.text`, or the field that the recorded texts and the names of text objects (`to_name`)
point to, or the only string in `data`. Regions of other objects are counted, never placed in this
text. HTML (HyperText) is read as its text, by global offsets or XPaths, and a dialogue (Paragraphs)
as one line per paragraph. If the text is the address of a file, the file of that name beside the
export or in a subfolder is read.

Annotations: of several annotations of a task, the one marked as ground truth is used, else the
latest by `updated_at`, else the last in the file. If they differ and none is ground truth, this is
reported. All other annotations, cancelled ones, drafts and tasks without annotations are left out
and counted. A relation with direction "left" has the head `to_id` and the tail `from_id`; a
relation with direction "bi" becomes two. If a region has several labels, its relations refer to the
first. Choices for a region become attributes of its mentions, as "control=choice". If
`data.has_assertion` is true, the document is annotated with assertion attributes, even if no
mention has one. Other results and other fields of `data` are dropped and counted. The document id
is `data.doc_id`, else the id of the task.

Writing: all tasks are in one file. An .xml file has the labelling interface that a project needs to
show them (Settings, Labeling Interface, Code). Label Studio keeps one relation per ordered pair of
regions, with one or several labels, so all relations of a pair are written as one relation with
several labels. Attributes of mentions are written as choices for each region, and the labelling
interface offers all five assertion attributes if a document is annotated with them. In predictions,
the choices of a region have their lowest score.
"""

from functools import partial

from .. import Converter
from .interface import extend_interface, render_interface
from .reading import read
from .tasks import ANNOTATIONS, PREDICTIONS
from .writing import MODEL, join, write

__all__ = [
    "LABEL_STUDIO",
    "LABEL_STUDIO_PREDICTIONS",
    "MODEL",
    "extend_interface",
    "render_interface",
]


def _converter(source: str, description: str) -> Converter:
    return Converter(
        description=description,
        patterns=("*.json", "*.jsonl"),
        read=partial(read, source=source),
        write=partial(write, source=source),
        join=join,
        keeps_scores=source == PREDICTIONS,
        keeps_attributes=True,
    )


LABEL_STUDIO = _converter(ANNOTATIONS, "Label Studio: JSON of tasks with annotations")
LABEL_STUDIO_PREDICTIONS = _converter(
    PREDICTIONS, "Label Studio: predictions of tasks, for annotators to correct"
)
