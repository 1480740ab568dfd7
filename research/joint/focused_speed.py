"""Compare the implementation of focused attention with a computation on full windows.

    python -m research.joint.focused_speed [--tokens 128] [--pairs 200] [--gpu-id 0]

The last K layers of a BERT with random weights run for the pairs of one window. `STREncoder` runs
them only on the word pieces that the mask lets [CLS] see (for equation 14: [CLS] and both
mentions). The alternative runs them on the full window with the mask. Both are timed in one thread
without dropout; times are medians. Results are written to
research/joint/results/focused_speed.jsonl and .md.
"""

import argparse
import platform
import statistics
import time
from pathlib import Path
from typing import Callable, List, Sequence

import torch
from torch import Tensor
from transformers import BertConfig, BertModel

from benchmarks.common import (
    ROOT,
    Record,
    commit,
    read_records,
    table,
    write_records,
    write_text,
)
from spacy_clinrel.layers.focused import MASKS, STREncoder, attention_bias, focused_mask

# Name → layers, width, heads, K.
SIZES = {
    "small, K = 2": (4, 128, 4, 2),
    "small, K = 4": (6, 128, 4, 4),
    "BERT-base, K = 4": (12, 768, 12, 4),
}
MENTION = (1, 9)  # least and most word pieces of a mention
RESULTS = ROOT / "research" / "joint" / "results"


def arguments() -> argparse.Namespace:
    """Parse the command line.

    RETURNS (Namespace): The options.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=128, help="word pieces of the window")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--gpu-id", type=int, default=-1)
    parser.add_argument("--tables", action="store_true", help="only write the table")
    parser.add_argument("--out", type=Path, default=RESULTS / "focused_speed.md")
    return parser.parse_args()


def make_spans(pairs: int, tokens: int) -> Tensor:
    """Create pairs of random mentions.

    pairs (int): Number of pairs.
    tokens (int): Length of the window in word pieces.
    RETURNS (Tensor): Start and end of both mentions. Shape: (pairs, 4)
    """
    sizes = torch.randint(MENTION[0], MENTION[1] + 1, (pairs, 2))
    starts = 1 + (torch.rand(pairs, 2) * (tokens - 2 - sizes)).long()
    return torch.stack([starts, starts + sizes], dim=2).reshape(pairs, 4)


def full_windows(
    bert: BertModel,
    focused: int,
    mask_name: str,
    hidden: Tensor,
    lengths: Tensor,
    windows: Tensor,
    spans: Tensor,
) -> Tensor:
    """Run the last layers on the full window of each pair, with its mask.

    Pairs are processed in chunks of about 8,192 word pieces.

    bert (BertModel): The encoder.
    focused (int): K, the number of layers.
    mask_name (str): Name of the mask.
    hidden, lengths, windows, spans (Tensor): The arguments of `STREncoder.relate`. All windows must
        have the same length.
    RETURNS (Tensor): The vector of [CLS] for each pair. Shape: (pairs, width)
    """
    vectors = []
    size = int(lengths[0])
    padded = hidden[:, 0].view(len(lengths), size, -1)
    for rows in torch.arange(len(spans), device=hidden.device).split(max(1, 8192 // size)):
        states = padded[windows[rows]]
        mask = focused_mask(mask_name, spans[rows], lengths[windows[rows]], size)
        bias = attention_bias(mask, states.dtype)
        for layer in bert.encoder.layer[-focused:]:
            states = layer(states, bias)[0]
        vectors.append(states[:, 0])
    return torch.cat(vectors)


def median_seconds(function: Callable[[], Tensor], repeat: int, on_gpu: bool) -> float:
    """Time a function.

    function (Callable[[], Tensor]): The function.
    repeat (int): Number of timed calls, after one call that is not timed.
    on_gpu (bool): Whether the function runs on a GPU.
    RETURNS (float): The median in seconds.
    """
    taken = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        function()
        if on_gpu:
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


@torch.no_grad()
def measure(size: str, mask_name: str, options: argparse.Namespace, device: torch.device) -> Record:
    """Time an encoder with both implementations.

    size (str): Name of the encoder's size.
    mask_name (str): Name of the mask.
    options (Namespace): The options of the command line.
    device (torch.device): The device.
    RETURNS (Dict[str, Any]): Seconds of each implementation, the ratio, and the maximum difference
        of the outputs.
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
    encoder = STREncoder(bert, focused=focused, mask=mask_name, budget=8192)
    ids = torch.randint(0, 100, (1, options.tokens))
    inputs = {"input_ids": ids.to(device), "attention_mask": torch.ones_like(ids).to(device)}
    _, hidden = encoder.encode(inputs)
    windows = torch.zeros(options.pairs, dtype=torch.long)
    spans = make_spans(options.pairs, options.tokens)
    lengths = torch.tensor([options.tokens])
    args = [hidden, *(tensor.to(device) for tensor in (lengths, windows, spans))]
    functions = [
        lambda: encoder.relate(*args),
        lambda: full_windows(bert, focused, mask_name, *args),
    ]
    difference = float((functions[0]() - functions[1]()).abs().max())
    seconds, full = (
        median_seconds(function, options.repeat, hidden.is_cuda) for function in functions
    )
    return {
        **{"size": size, "mask": mask_name, "device": str(device)},
        **{"tokens": options.tokens, "pairs": options.pairs},
        **{"seconds": seconds, "whole": full, "ratio": full / seconds},
        **{"difference": difference, "machine": device_name(device), "commit": commit()},
    }


def device_name(device: torch.device) -> str:
    """Return the name of a device.

    device (torch.device): The device.
    RETURNS (str): Name of the GPU, or architecture of the processor.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return platform.machine()


def report(records: Sequence[Record]) -> str:
    """Format the table.

    records (Sequence[Dict[str, Any]]): The measurements.
    RETURNS (str): Markdown.
    """
    header = ["Mask", "Encoder", "as implemented, ms", "full window, ms", "ratio"]
    header.append("largest difference")
    rows: List[List[str]] = [
        [
            record["mask"],
            record["size"],
            f"{1000 * record['seconds']:.1f}",
            f"{1000 * record['whole']:.1f}",
            f"{record['ratio']:.1f}",
            f"{record['difference']:.1e}",
        ]
        for record in records
    ]
    return (
        "# Focused attention as implemented, and on full windows\n\n"
        f"{records[0]['pairs']} pairs of a window of {records[0]['tokens']} word pieces, with "
        f"mentions of {MENTION[0]} to {MENTION[1]} word pieces; only the last K layers. With "
        "equation 14, all K layers read only the word pieces of [CLS] and the two mentions; with "
        "equation 13, the first and the last of them do. The last layer computes only [CLS]. "
        f"{records[0]['machine']}, one thread, commit {records[0]['commit']}.\n\n"
        + table(header, rows)
    )


def main() -> None:
    """Measure all sizes and write the table."""
    options = arguments()
    torch.set_num_threads(1)
    device = torch.device("cpu" if options.gpu_id < 0 else f"cuda:{options.gpu_id}")
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        runs = [(size, mask) for mask in MASKS for size in options.sizes]
        write_records(kept, [measure(*run, options, device) for run in runs])
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


if __name__ == "__main__":
    main()
