"""`python -m spacy clinrel distil`: label texts with several pipelines, to train another one."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..active_learning.distil import DistilData, DistilResult, distil
from ..reading.columns import ID, TEXT, TextOptions
from ._app import app
from ._options import CodeOption, EncodingOption, GpuOption, IdColumnOption, TextColumnOption

# Maximum number of documents whose errors are printed.
MAX_EXAMPLES = 5


@app.command("distil")
def distil_cli(
    teachers: Annotated[
        List[str],
        typer.Argument(
            metavar="TEACHER…", help="Pipelines with a clinical_ner and the same labels"
        ),
    ],
    texts: Annotated[
        Path,
        typer.Argument(
            metavar="TEXTS",
            help="File or folder of unlabelled documents: .txt (one document each), .csv, .jsonl, "
            ".parquet, .spacy",
        ),
    ],
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT.spacy", help="Training corpus to write")
    ],
    gold: Annotated[
        Optional[Path],
        typer.Option(
            help=".spacy file of gold training documents. They are written to OUTPUT.spacy as "
            "well, and their texts are left out"
        ),
    ] = None,
    without: Annotated[
        Optional[List[Path]],
        typer.Option(
            help="Dev or test part. Texts that share 20 characters in a row with it are left out. "
            "Can be repeated"
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(
            help="Minimum mean probability of a silver pair, if the teachers have a "
            "relation_classifier"
        ),
    ] = 0.7,
    max_characters: Annotated[
        int, typer.Option(help="Maximum number of characters to label; 0 for all")
    ] = 0,
    text_column: TextColumnOption = TEXT,
    id_column: IdColumnOption = ID,
    encoding: EncodingOption = None,
    code_path: CodeOption = None,
    use_gpu: GpuOption = -1,
) -> None:
    """Label unlabelled texts with the mean probabilities of several pipelines, to train a fast
    pipeline on gold documents and these texts.

    Train the student with any config that has a clinical_ner, and with --paths.train OUTPUT.spacy
    --corpora.train.gold_share 0.5.

    Example: distil seed0/model-best seed1/model-best notes.jsonl mixed.spacy --gold train.spacy
    --without dev.spacy
    """
    options = TextOptions(text_column, id_column, encoding)
    data = DistilData(texts, gold, without or [], options)
    try:
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        result = distil(
            teachers,
            data,
            output,
            threshold=threshold,
            max_characters=max_characters,
            use_gpu=use_gpu,
            progress=True,
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_result(result)
    msg.good(f"Saved the training corpus to {output}")


def print_result(result: DistilResult) -> None:
    """Print the counts of a distillation, and what was left out.

    result (DistilResult): The return value of `distil`.
    """
    names = ("gold", "silver", "characters", "entities", "relations")
    labels = (
        "gold documents",
        "silver documents",
        "their characters",
        "their entities",
        "their relations",
    )
    msg.table({label: getattr(result, name) for label, name in zip(labels, names)})
    for reason, n in result.left_out.items():
        msg.warn(f"Left out {n} texts: {reason}.")
    if result.failed:
        examples = list(result.failed.items())[:MAX_EXAMPLES]
        lines = [f"{doc_id}: {error}" for doc_id, error in examples]
        msg.warn(f"Could not label {len(result.failed)} documents.", "\n".join(lines))
