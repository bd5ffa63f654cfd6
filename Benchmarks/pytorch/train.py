"""Trains a model in PyTorch on given batches and prints its speed as one JSON object.

    python train.py --batches FILE --form lean+fused --steps 40 --warmup 10 --sizes '{…}'

`--form` is a model, with the words fused (fused Adam), compiled (torch.compile) and bfloat16
(autocast) added by plus signs. Transformers are stock or lean; recurrent models are loop or whole.
"""

import argparse
import json
import time

import torch

import batches
import recurrent
import transformer

MODELS = {
    "stock": (transformer.StockModel, transformer.Sizes),
    "lean": (transformer.LeanModel, transformer.Sizes),
    "loop": (recurrent.LoopModel, recurrent.Sizes),
    "whole": (recurrent.WholeModel, recurrent.Sizes),
}


def parameter_count(model: torch.nn.Module) -> int:
    own = getattr(model, "parameter_count", None)
    return own if own is not None else sum(p.numel() for p in model.parameters())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", required=True)
    parser.add_argument("--form", default="lean+fused")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sizes", type=json.loads, required=True,
                        help="an object of the model's sizes, vocabulary_size among them")
    parser.add_argument("--rate", type=float, default=1e-4, help="Adam's learning rate")
    options = parser.parse_args()
    name, *words = options.form.split("+")
    unknown = set(words) - {"fused", "compiled", "bfloat16"}
    if name not in MODELS or unknown:
        parser.error(f"--form: expected one of {', '.join(MODELS)} with fused, compiled, bfloat16")

    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    kind, sizes = MODELS[name]
    model = kind(sizes(**options.sizes))
    model.train()
    optimizer = torch.optim.Adam(
        model.parameters(), lr=options.rate, betas=(0.9, 0.98), eps=1e-9, fused="fused" in words)
    compute = torch.compile(model, dynamic=True) if "compiled" in words else model
    data = batches.read(options.batches)

    tokens, started = 0, 0.0
    losses = []
    for step in range(options.warmup + options.steps):
        if step == options.warmup:
            tokens, started = 0, time.perf_counter()
        batch = data[step % len(data)]
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in words):
            loss = compute(*batch.tensors) / batch.target_tokens
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += batch.target_tokens
        losses.append(loss.item())
    seconds = time.perf_counter() - started
    print(json.dumps({
        "form": options.form,
        "steps": options.steps,
        "target_tokens_per_second": tokens / seconds,
        "seconds_per_step": seconds / options.steps,
        "first_loss": losses[0],
        "loss": losses[-1],
        "parameter_count": parameter_count(model),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
