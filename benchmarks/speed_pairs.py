"""How fast pairs of mentions are scored as mentions grow, and what the machine could do."""

import time
from statistics import median
from typing import Any, Callable, Dict, List, Tuple

import numpy as np
import torch
from memory import now_mib, peak_mib
from relation_settings import COMPONENT, PAIR_SENTENCE, ROOT
from relation_speed import CHARACTERS
from spacy import registry, util
from spacy.lang.zh import Chinese
from spacy.tokens import Doc, Span
from torch import Tensor
from transformers import BertConfig, BertModel

from spacy_clinrel.layers.focused import STREncoder
from spacy_clinrel.layers.mention_pair import MentionPair
from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

Row = Dict[str, Any]
LABELS, TOKEN_WIDTH = 44, 768
APART = 8  # characters from a mention to the next
MENTION_PAIR = {"mention pair": 128, "mention pair, width 768": 768}
FOCUSED = "focused, equation 14, small BERT"
MODELS = [*MENTION_PAIR, "CNN-Max", "PCNN", "ResNet-PAtt", FOCUSED]


def all_pairs(mentions: int) -> np.ndarray:
    """RETURNS (ndarray): Every ordered pair of two mentions. Shape: (n · (n - 1), 2)"""
    pairs = np.indices((mentions, mentions)).reshape(2, -1).T
    return pairs[pairs[:, 0] != pairs[:, 1]]


def mention_pair(width: int, mentions: int) -> Tuple[Callable[[], Tensor], int, float]:
    """The layer that scores pairs, upon token vectors as wide as BERT's.

    width (int): Of the vectors of mentions and pairs.
    mentions (int): Of the text.
    RETURNS (Tuple[Callable, int, float]): What to run, how many pairs, operations of a pair's
        matrix products.
    """
    between = 32
    layer = MentionPair(
        n_in=TOKEN_WIDTH, n_types=5, n_out=LABELS, width=width, between=between
    ).eval()
    tokens = torch.randn(APART * mentions, TOKEN_WIDTH)
    starts = torch.arange(mentions) * APART
    spans = torch.stack([starts, starts + 3, starts % 5], dim=1)
    pairs = torch.from_numpy(all_pairs(mentions))
    return lambda: layer(tokens, spans, pairs), len(pairs), 2.0 * width * (LABELS + between)


def pair_sentence(name: str, mentions: int) -> Tuple[Callable[[], Any], int, float]:
    """A model of the papers, of their size, each pair with 20 characters on either side.

    name (str): Its name in the tables.
    mentions (int): Of the text.
    RETURNS (Tuple[Callable, int, float]): As `mention_pair`; operations are not counted.
    """
    nlp = Chinese()
    config = util.load_config(ROOT / "configs" / "papers" / f"{PAIR_SENTENCE[name]}.cfg")
    config["components"][COMPONENT]["model"]["window"] = 20
    network = registry.resolve({"model": config["components"][COMPONENT]["model"]})["model"]
    network.set_dim("nO", LABELS)
    chars = np.random.default_rng(0).choice(list(CHARACTERS), APART * mentions).tolist()
    doc = Doc(nlp.vocab, words=chars, spaces=[False] * len(chars))
    doc.set_ents([Span(doc, APART * i, APART * i + 3, label="X") for i in range(mentions)])
    strategy = SentencePairs(max_sentences=0, max_distance=len(doc))
    inputs = ([doc], make_candidates([doc], strategy, types=["X"]))
    network.initialize(X=inputs)
    return lambda: network.predict(inputs), len(inputs[1]), 0.0


def focused(mentions: int) -> Tuple[Callable[[], Tensor], int, float]:
    """Focused attention of 2 layers of 128 over a window of 512 word pieces, each unordered pair.

    mentions (int): Of the window, which they share where there are many.
    RETURNS (Tuple[Callable, int, float]): As `mention_pair`; operations are not counted.
    """
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
def measure_pairs(model: str, mentions: int, threads: int) -> List[Row]:
    """Score all pairs of a text's mentions.

    model (str): Which model.
    mentions (int): How many mentions.
    threads (int): Threads of PyTorch.
    RETURNS (List[Row]): One row.
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
            run()  # what a first run alone takes
    before, taken, end = now_mib(), [], time.perf_counter() + 2.0
    while not taken or (time.perf_counter() < end and len(taken) < 50):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return [
        {
            **{"model": model, "mentions": mentions, "threads": threads, "pairs": pairs},
            **{"seconds": median(taken), "pairs_per_second": pairs / median(taken)},
            **{"operations": operations, "before_mib": before, "peak_mib": peak_mib()},
        }
    ]


def measure_machine(threads: int) -> List[Row]:
    """The rate of float32 matrix products, the bound of arithmetic.

    threads (int): Threads of PyTorch.
    RETURNS (List[Row]): Operations a second in products of large matrices; and bytes a second when
        one is copied that no cache holds.
    """
    torch.set_num_threads(threads)
    size, rounds = 1536, 8
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
