"""Measure the speed of pair scoring by number of mentions, and the peak rates of the machine."""

import time
from statistics import median
from typing import Any, Callable, List, Tuple

import numpy as np
import torch
from spacy import registry, util
from spacy.lang.zh import Chinese
from spacy.tokens import Doc, Span

from benchmarks.common import CHARACTERS, ROOT, Record
from benchmarks.memory import peak_mib, reset_peak_mib
from spacy_clinrel.layers.focused import STREncoder
from spacy_clinrel.layers.mention_pair import MentionPair
from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

LABELS, TOKEN_WIDTH = 44, 768
MENTION_STEP = 8  # characters from the start of a mention to that of the next
MENTION_PAIR = {"mention pair": 128, "mention pair, width 768": 768}
FOCUSED = "focused, equation 14, small BERT"
# Name → config in configs/papers.
PAIR_SENTENCE = {"CNN-Max": "cnn_max", "PCNN": "pcnn", "ResNet-PAtt": "resnet_patt"}
MODELS = [*MENTION_PAIR, *PAIR_SENTENCE, FOCUSED]

# What to run, the number of pairs, and the operations of a pair's matrix products (0 if unknown).
Workload = Tuple[Callable[[], Any], int, float]


def all_pairs(mentions: int) -> np.ndarray:
    """Return every ordered pair of two mentions.

    mentions (int): Number of mentions.
    RETURNS (ndarray): Mention indices. Shape: (mentions · (mentions - 1), 2)
    """
    pairs = np.indices((mentions, mentions)).reshape(2, -1).T
    return pairs[pairs[:, 0] != pairs[:, 1]]


def mention_pair(width: int, mentions: int) -> Workload:
    """Create the mention-pair layer, on token vectors of BERT's width.

    width (int): Width of the vectors of mentions and pairs.
    mentions (int): Number of mentions in the text.
    RETURNS (Tuple[Callable[[], Any], int, float]): The workload.
    """
    between = 32
    layer = MentionPair(
        n_in=TOKEN_WIDTH, n_types=5, n_out=LABELS, width=width, between=between
    ).eval()
    tokens = torch.randn(MENTION_STEP * mentions, TOKEN_WIDTH)
    starts = torch.arange(mentions) * MENTION_STEP
    spans = torch.stack([starts, starts + 3, starts % 5], dim=1)
    pairs = torch.from_numpy(all_pairs(mentions))
    return lambda: layer(tokens, spans, pairs), len(pairs), 2.0 * width * (LABELS + between)


def pair_sentence(name: str, mentions: int) -> Workload:
    """Create a model of the papers with the papers' sizes and 20 characters on either side of a
    pair.

    name (str): Name of the model.
    mentions (int): Number of mentions in the text.
    RETURNS (Tuple[Callable[[], Any], int, float]): The workload.
    """
    nlp = Chinese()
    config = util.load_config(ROOT / "configs" / "papers" / f"{PAIR_SENTENCE[name]}.cfg")
    block = config["components"]["relation_classifier"]["model"]
    block["window"] = 20
    network = registry.resolve({"model": block})["model"]
    network.set_dim("nO", LABELS)
    chars = np.random.default_rng(0).choice(list(CHARACTERS), MENTION_STEP * mentions).tolist()
    doc = Doc(nlp.vocab, words=chars, spaces=[False] * len(chars))
    doc.set_ents(
        [Span(doc, MENTION_STEP * i, MENTION_STEP * i + 3, label="X") for i in range(mentions)]
    )
    strategy = SentencePairs(max_sentences=0, max_distance=len(doc))
    inputs = ([doc], make_candidates([doc], strategy, types=["X"]))
    network.initialize(X=inputs)
    return lambda: network.predict(inputs), len(inputs[1]), 0.0


def focused(mentions: int) -> Workload:
    """Create focused attention with 2 layers of width 128.

    It scores all unordered pairs of a window of 512 word pieces.

    mentions (int): Number of mentions in the window. Large numbers of mentions overlap.
    RETURNS (Tuple[Callable[[], Any], int, float]): The workload.
    """
    # Imported here, since the processes of the other measurements need less time without it.
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=100,
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=512,
    )
    encoder = STREncoder(BertModel(config).eval(), focused=2, mask="eq14", budget=8192)
    ids = torch.randint(0, 100, (1, 512))
    _, hidden = encoder.encode({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    starts = 1 + torch.arange(mentions) * 508 // mentions
    pairs = torch.combinations(torch.arange(mentions))
    spans = torch.stack([starts[pairs], starts[pairs] + 3], dim=2).reshape(len(pairs), 4)
    windows = torch.zeros(len(pairs), dtype=torch.long)
    lengths = torch.tensor([512])
    return lambda: encoder.relate(hidden, lengths, windows, spans), len(pairs), 0.0


@torch.no_grad()
def measure_pairs(model: str, mentions: int, threads: int) -> List[Record]:
    """Score all pairs of a text's mentions.

    model (str): Name of the model.
    mentions (int): Number of mentions.
    threads (int): Number of PyTorch threads.
    RETURNS (List[Dict[str, Any]]): One record.
    """
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    for size in (10, mentions):
        if model in MENTION_PAIR:
            run, pairs, operations = mention_pair(MENTION_PAIR[model], size)
        elif model == FOCUSED:
            run, pairs, operations = focused(size)
        else:
            run, pairs, operations = pair_sentence(model, size)
        if size != mentions:
            run()  # warm up
    before, seconds, end = reset_peak_mib(), [], time.perf_counter() + 2.0
    while not seconds or (time.perf_counter() < end and len(seconds) < 50):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return [
        {
            **{"model": model, "mentions": mentions, "threads": threads, "pairs": pairs},
            **{"seconds": median(seconds), "pairs_per_second": pairs / median(seconds)},
            **{"operations": operations, "before_mib": before, "peak_mib": peak_mib()},
        }
    ]


def measure_machine(threads: int, size: int = 1536) -> List[Record]:
    """Measure the machine's peak rates in float32.

    threads (int): Number of PyTorch threads.
    size (int): Number of rows and of columns of the matrices.
    RETURNS (List[Dict[str, Any]]): One record: operations per second in products of large matrices,
        and bytes per second when copying more than the caches hold.
    """
    torch.set_num_threads(threads)
    rounds = 8
    a, b = torch.randn(size, size), torch.randn(size, size)
    long = torch.randn(2**25)
    product, copy = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        a @ b
        product.append(time.perf_counter() - start)
        start = time.perf_counter()
        long.clone()
        copy.append(time.perf_counter() - start)
    rate = 2 * size**3 / median(product)
    return [
        {
            "threads": threads,
            "operations_per_second": rate,
            "bytes_per_second": 2 * 4 * len(long) / median(copy),
        }
    ]
