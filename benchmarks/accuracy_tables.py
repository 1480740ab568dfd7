"""The page of `benchmarks.accuracy`."""

import statistics
from typing import Dict, List, NamedTuple, Sequence, Union

from .accuracy_rows import COMBINATIONS, LAYER, ROWS, Combination, Row
from .common import ROOT, Record, read_records, spread, table

# Systems of the studies in research/ → how the page names what they start from.
JOINT = "research/joint/results/joint.jsonl"
DOCUMENTS = "research/documents/results/documents.jsonl"
NO_VALUE = "–"


class Published(NamedTuple):
    """A published score.

    corpus (str): Corpus and task.
    system (str): The system.
    f (str): Strict F, in per cent.
    source (str): Where it is published.
    """

    corpus: str
    system: str
    f: str
    source: str


CBLUE = "[Zhang et al. 2022](https://arxiv.org/abs/2106.08087), on the official test part"
EZNLP = "[eznlp](https://github.com/syuoni/eznlp/blob/master/docs/entity-recognition.md)"
PUBLISHED = (
    Published(
        "CCKS-2017, entities",
        "first of the shared task: rules, CRF and recurrent networks",
        "91.08",
        "[Hu et al. 2017](https://ceur-ws.org/Vol-1976/paper05.pdf)",
    ),
    Published(
        "CCKS-2017, entities",
        "five BERT models pretrained on clinical text, BiLSTM-CRF, dictionary; one model 91.4",
        "91.60",
        "[Li et al. 2020](https://doi.org/10.1016/j.jbi.2020.103422)",
    ),
    Published(
        "CCKS-2017, entities",
        "LSTM-CRF; with attention and convolutions 90.61; the part is not named",
        "90.17",
        "[Tang et al. 2019](https://doi.org/10.1186/s12911-019-0787-y)",
    ),
    Published("CCKS-2019, entities, official test part", "LSTM-CRF", "80.43", EZNLP),
    Published("CCKS-2019, entities, official test part", "SoftLexicon, LSTM-CRF", "82.70", EZNLP),
    Published("CCKS-2019, entities, official test part", "BERT-CRF", "82.97", EZNLP),
    Published(
        "CCKS-2019, entities, official test part",
        "RoFormer-v2, CRF; not reviewed",
        "87.70",
        "[ccksyidu4k-ner](https://github.com/Bureaux-Tao/ccksyidu4k-ner)",
    ),
    Published("CMeEE, mentions", "BERT-base; ALBERT-tiny 50.5, human 67.0", "62.1", CBLUE),
    Published(
        "CMeIE, triples, end to end",
        "BERT-base; ALBERT-tiny 35.9, human 66.0; six times our training data",
        "54.0",
        CBLUE,
    ),
)


def page(records: Sequence[Record]) -> str:
    """Format the page.

    records (Sequence[Dict[str, Any]]): The records of all runs.
    RETURNS (str): Markdown.
    """
    commits = ", ".join(sorted({record["commit"] for record in records if "commit" in record}))
    machines = "; ".join(sorted({record["machine"] for record in records}))
    return "\n".join(
        [
            "# Accuracy\n",
            "Strict, micro-averaged, in per cent; triples of CMeIE are compared as strings. The "
            "best step and the thresholds are chosen on dev, and test is measured once; mean ± "
            "standard deviation over seeds. Scores between gold entities or mentions say so; all "
            "others are end to end. CCKS-2019 has no test part here: its dev part is "
            "every tenth training document. CMeEE's test part is the published dev part, and its "
            "dev part every thirtieth training sentence, whose neighbours are in the train part. "
            "CMeIE is split from the published dev part.\n",
            measured(records),
            "`python -m benchmarks.accuracy --corpora PATH` trains and measures all of them; "
            "`--only` and `--seeds` select some. Vectors and language models are trained on "
            "unlabelled text, without lines that repeat text of the dev and test parts. The "
            "lexicons are jieba's dictionary and the mentions of the train parts of CCKS-2017, "
            "CCKS-2019, CMeEE and CMeIE "
            "([accuracy_rows.py](../accuracy_rows.py)). Commits ending in -dirty had changes "
            "that were committed later.\n",
            f"Machine: {machines}. Commits: {commits}.\n",
            "## Systems of the papers\n",
            "`python -m research.joint --run` with `--ablations` for the systems with a BERT, and "
            "`python -m research.documents --run` with `--encoders` for the ones with MiniLM; test "
            "part, F.\n",
            papers(),
            "## Published scores\n",
            "F on the same corpora. Training data and parts differ from ours where that is said.\n",
            table(["Corpus", "System", "F", "Source"], PUBLISHED),
        ]
    )


def measured(records: Sequence[Record]) -> str:
    """Format the scores of all rows that have records.

    records (Sequence[Dict[str, Any]]): The records of all runs.
    RETURNS (str): A Markdown table.
    """
    header = ["Corpus", "Score", "Config", "Starts from", "Seeds", "dev F"]
    header += ["test P", "test R", "test F", "minutes"]
    every: Dict[str, Union[Row, Combination]] = {**ROWS, **COMBINATIONS}
    order = {corpus: i for i, corpus in enumerate(dict.fromkeys(r.corpus for r in ROWS.values()))}
    lines = []
    for name, row in sorted(every.items(), key=lambda item: order[item[1].corpus]):
        runs = [record for record in records if record["row"] == name]
        if not runs:
            continue
        times = [run["seconds"] / 60 for run in runs if "seconds" in run]
        minutes = f"{statistics.mean(times):.0f}" if times else NO_VALUE
        for score in row.scores:
            scores = [spread([run["dev"][score]["f"] for run in runs])]
            for key in "prf":
                values = [run["test"][score][key] for run in runs if "test" in run]
                scores.append(spread(values) if values else NO_VALUE)
            config = f"`{row.config}`"
            lines.append([row.corpus, score, config, row.start, str(len(runs)), *scores, minutes])
    return table(header, lines)


def papers() -> str:
    """Format the scores of the papers' systems, from the records of the studies.

    RETURNS (str): A Markdown table.
    """
    joint = [r for r in read_records(ROOT / JOINT) if (r["corpus"], r["scale"]) == ("layer", "cpu")]
    lines: List[List[str]] = []
    for system in dict.fromkeys(record["system"] for record in joint):
        runs = [run["test"] for run in joint if run["system"] == system]
        if "alone" in system or "steps" in system:
            continue
        scores = [
            spread([run[name]["f"] for run in runs])
            for name in ("entities", "relations", "gold_entities")
        ]
        lines.append([LAYER, system, str(len(runs)), *scores])
    documents = [r for r in read_records(ROOT / DOCUMENTS) if r["scale"] == "cpu"]
    for corpus, system in dict.fromkeys((r["corpus"], r["system"]) for r in documents):
        runs = [r["test"] for r in documents if (r["corpus"], r["system"]) == (corpus, system)]
        title = LAYER if corpus == "layer" else "MACCROBAT"
        gold = spread([run["all"]["f"] for run in runs])
        lines.append([title, system, str(len(runs)), NO_VALUE, NO_VALUE, gold])
    header = ["Corpus", "System", "Seeds", "entities", "relations, end to end"]
    return table([*header, "relations, gold entities"], lines)
