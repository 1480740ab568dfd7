"""Focused attention as it is computed, against whole windows: time, and how far apart.

    python benchmarks/focused_speed.py [--tokens 128] [--pairs 200] [--gpu-id 0]

The last K layers of a BERT of random weights run for the pairs of one window, once as `STREncoder`
does it (for equation 14 over the word pieces of [CLS] and both mentions alone), once over the
window with the mask of the equation. One thread, dropout off, medians. Writes
benchmarks/results/focused_speed.{md,json}.
"""

import argparse
import platform
import statistics
import time
from pathlib import Path
from typing import Any, Callable, Dict

import srsly
import torch
from cell_training import commit
from relation_report import table
from relation_settings import ROOT
from torch import Tensor
from transformers import BertConfig, BertModel

from spacy_clinrel.layers.focused import MASKS, STREncoder, attention_bias, focused_mask

# Name → layers, width, heads, K.
SIZES = {
    "small, K = 2": (4, 128, 4, 2),
    "small, K = 4": (6, 128, 4, 4),
    "BERT-base, K = 4": (12, 768, 12, 4),
}
MENTION = (1, 9)  # word pieces of a mention, at least and at most


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=128, help="word pieces of the window")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--gpu-id", type=int, default=-1)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/focused_speed.md")
    return parser.parse_args()


def make_spans(pairs: int, tokens: int) -> Tensor:
    """Mentions at random places.

    pairs (int): How many pairs.
    tokens (int): Word pieces of the window.
    RETURNS (Tensor): As `pair_places` takes them. *Shape:* (pairs, 4)
    """
    sizes = torch.randint(MENTION[0], MENTION[1] + 1, (pairs, 2))
    starts = 1 + (torch.rand(pairs, 2) * (tokens - 2 - sizes)).long()
    return torch.stack([starts, starts + sizes], dim=2).reshape(pairs, 4)


def whole_windows(
    bert: BertModel,
    focused: int,
    kind: str,
    hidden: Tensor,
    lengths: Tensor,
    windows: Tensor,
    spans: Tensor,
) -> Tensor:
    """The last layers over the window of each pair as they stand, with its mask, in chunks of about
    8,192 word pieces.

    bert (BertModel): The encoder.
    focused (int): K.
    kind (str): Name of the mask.
    hidden, lengths, windows, spans (Tensor): What `STREncoder.relate` takes; all windows are of
        one length.
    RETURNS (Tensor): *Shape:* (pairs, width)
    """
    vectors = []
    size = int(lengths[0])
    padded = hidden[:, 0].view(len(lengths), size, -1)
    for rows in torch.arange(len(spans), device=hidden.device).split(max(1, 8192 // size)):
        states = padded[windows[rows]]
        mask = focused_mask(kind, spans[rows], lengths[windows[rows]], size)
        bias = attention_bias(mask, states.dtype)
        for layer in bert.encoder.layer[-focused:]:
            states = layer(states, bias)[0]
        vectors.append(states[:, 0])
    return torch.cat(vectors)


def seconds(way: Callable[[], Tensor], repeat: int, cuda: bool) -> float:
    """way (Callable[[], Tensor]): What to time.
    repeat (int): How often.
    cuda (bool): Whether it runs on a GPU.
    RETURNS (float): The median.
    """
    taken = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        way()
        if cuda:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


@torch.no_grad()
def measure(
    size: str, kind: str, options: argparse.Namespace, device: torch.device
) -> Dict[str, Any]:
    """Time one size both ways.

    size (str): Its name.
    kind (str): Name of the mask.
    options (Namespace): The options.
    device (torch.device): Where to run.
    RETURNS (Dict[str, Any]): Seconds, their ratio, the largest difference.
    """
    layers, width, heads, focused = SIZES[size]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=100,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
    )
    bert = BertModel(config).eval().to(device)
    encoder = STREncoder(bert, focused=focused, mask=kind, budget=8192)
    ids = torch.randint(0, 100, (1, options.tokens))
    inputs = {"input_ids": ids.to(device), "attention_mask": torch.ones_like(ids).to(device)}
    _, hidden = encoder.encode(inputs)
    windows = torch.zeros(options.pairs, dtype=torch.long)
    spans = make_spans(options.pairs, options.tokens)
    lengths = torch.tensor([options.tokens])
    args = [hidden, *(some.to(device) for some in (lengths, windows, spans))]
    ways = [lambda: encoder.relate(*args), lambda: whole_windows(bert, focused, kind, *args)]
    difference = float((ways[0]() - ways[1]()).abs().max())
    took = [seconds(way, options.repeat, hidden.is_cuda) for way in ways]
    return {
        **{"size": size, "mask": kind, "device": str(device)},
        **{"tokens": options.tokens, "pairs": options.pairs},
        **{"seconds": took[0], "whole": took[1], "ratio": took[1] / took[0]},
        "difference": difference,
    }


def main() -> None:
    """Measure all sizes and write the table."""
    options = arguments()
    torch.set_num_threads(1)
    device = torch.device("cpu" if options.gpu_id < 0 else f"cuda:{options.gpu_id}")
    rows = [measure(size, kind, options, device) for kind in MASKS for size in options.sizes]
    header = [
        "Mask",
        "Encoder",
        "as computed, ms",
        "whole window, ms",
        "ratio",
        "largest difference",
    ]
    cells = [
        [
            row["mask"],
            row["size"],
            f"{1000 * row['seconds']:.1f}",
            f"{1000 * row['whole']:.1f}",
            f"{row['ratio']:.1f}",
            f"{row['difference']:.1e}",
        ]
        for row in rows
    ]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    text = (
        "# Focused attention as it is computed, and in whole windows\n\n"
        f"{options.pairs} pairs of a window of {options.tokens} word pieces, mentions of "
        f"{MENTION[0]} to {MENTION[1]}; the last K layers alone. Equation 14 gathers the pieces of "
        "[CLS] and the two mentions, and so does equation 13 in the first and the last of the "
        "layers; of the last, [CLS] alone is computed. All of this is part of the ratio. "
        f"{name}, one thread, commit {commit()}.\n\n" + table(header, cells)
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    srsly.write_json(options.out.with_suffix(".json"), rows)
    print(text)


if __name__ == "__main__":
    main()
