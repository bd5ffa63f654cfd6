"""Trains the lean Transformer on the reverse task until 512 of 512 are exact; prints one JSON object.

    python reverse.py --directory DIR --seed 1

The directory holds `batches.jsonl`, the training batches in order, and `test.jsonl`, the sequences
to be reversed.
"""

import argparse
import json
import math
import pathlib
import statistics
import time

import torch

import batches
from transformer import LeanModel, Sizes

PEAK_RATE, WARMUP_STEPS = 1e-3, 200


def rate(step: int, last: int) -> float:
    """A linear rise, then half a cosine down to 0 at the last step."""
    if step < WARMUP_STEPS:
        return PEAK_RATE * step / WARMUP_STEPS
    return PEAK_RATE * (1 + math.cos(math.pi * (step - WARMUP_STEPS) / (last - WARMUP_STEPS))) / 2


def exact_count(model: LeanModel, test: batches.Batch) -> int:
    """Sequences whose every label is the likeliest token, so that greedy decoding says them."""
    model.eval()
    with torch.inference_mode():
        logits = model.states(test.source, test.source_padding, test.inputs) @ model.table.T
        right = (logits.argmax(-1) == test.labels) | test.target_padding
    model.train()
    return int(right.all(dim=1).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)

    data = batches.read(options.directory / "batches.jsonl")
    test = batches.Batch(**json.loads((options.directory / "test.jsonl").read_text()))
    vocabulary = 1 + max(int(batch.source.max()) for batch in data)
    model = LeanModel(Sizes(vocabulary, layer_count=3, embedding_size=256, feed_forward_size=1024,
                            head_count=8, dropout=0.1, label_smoothing=0.0))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01,
        fused=True)
    times, first = [], None
    for step, batch in enumerate(data[: options.steps], start=1):
        begun = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = rate(step, options.steps)
        optimizer.zero_grad(set_to_none=True)
        (model(*batch.tensors) / batch.target_tokens).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        times.append(time.perf_counter() - begun)
        if step % options.every == 0 and exact_count(model, test) == len(test.source):
            first = step
            break
    print(json.dumps({"first_step": first, "steps": len(times),
                      "seconds_per_step": statistics.median(times)}))


if __name__ == "__main__":
    main()
