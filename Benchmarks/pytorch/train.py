"""Trains the Transformer in PyTorch on given batches and prints its speed as one JSON object.

    python train.py --batches FILE --form lean --steps 40 --warmup 10 [model sizes]

`--form` is stock or lean, with the words fused (fused Adam), compiled (torch.compile) and
bfloat16 (autocast) added by plus signs: lean+fused+compiled.
"""

import argparse
import json
import time

import torch

import batches
from transformer import LeanModel, Sizes, StockModel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", required=True)
    parser.add_argument("--form", default="lean+fused")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--vocabulary-size", type=int, required=True)
    parser.add_argument("--layer-count", type=int, default=4)
    parser.add_argument("--embedding-size", type=int, default=128)
    parser.add_argument("--feed-forward-size", type=int, default=256)
    parser.add_argument("--head-count", type=int, default=4)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--norm", default="pre")
    options = parser.parse_args()
    words = options.form.split("+")
    unknown = set(words) - {"stock", "lean", "fused", "compiled", "bfloat16"}
    if unknown:
        parser.error(f"--form: unknown {', '.join(sorted(unknown))}")

    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    sizes = Sizes(
        options.vocabulary_size, options.layer_count, options.embedding_size,
        options.feed_forward_size, options.head_count, options.dropout, options.norm)
    model = (StockModel if "stock" in words else LeanModel)(sizes)
    model.train()
    optimizer = torch.optim.Adam(
        model.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-9, fused="fused" in words)
    compute = torch.compile(model, dynamic=True) if "compiled" in words else model
    data = batches.read(options.batches)

    tokens, started = 0, 0.0
    times = []
    for step in range(options.warmup + options.steps):
        if step == options.warmup:
            tokens, started = 0, time.perf_counter()
        begun = time.perf_counter()
        batch = data[step % len(data)]
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in words):
            loss = compute(*batch.tensors) / batch.target_tokens
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += batch.target_tokens
        times.append(time.perf_counter() - begun)
    seconds = time.perf_counter() - started
    print(json.dumps({
        "form": options.form,
        "steps": options.steps,
        "target_tokens_per_second": tokens / seconds,
        "seconds_per_step": seconds / options.steps,
        "loss": loss.item(),
        "parameter_count": sum(p.numel() for p in model.parameters()),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
