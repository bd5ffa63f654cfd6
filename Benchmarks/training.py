#!/usr/bin/env python3
"""Training here and in PyTorch, side by side: the same model, batches and precision, alternating.

    Benchmarks/training.py multi30k            Transformer, d 128, 4+4 layers
    Benchmarks/training.py wide                d 512, feed-forward 2048, 8 heads, 6+6 layers
    Benchmarks/training.py recurrent           bidirectional LSTM 256, LSTM 256, general attention

Needs the corpus (--data, or SEQ2SEQ_DATA), a built command (make build) and the environment that
Scripts/peers/setup.sh makes. Prints for every form the median of non-pad target tokens a second,
its ratio to ours, peak memory of the process, and the share of the matrix-product floor: what this
machine would reach if a step were nothing but its matrix products at the speed that MatrixPeak
measures. Standard library only.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

from peer import COMMAND, PYTHON, ROOT, measured, prepare, settings

VOCABULARY_SIZE = 8000


def transformer_products(sizes: dict, source: int, target: int, batches: list[dict]) -> float:
    """Multiplications of a step's forward matrix products, attention's own included, no pads."""
    size, inner, layers = (
        sizes["embedding_size"], sizes["feed_forward_size"], sizes["layer_count"])
    encoder = layers * (4 * size * size + 2 * size * inner)
    decoder = layers * (6 * size * size + 2 * size * inner) + VOCABULARY_SIZE * size
    crossing = layers * 2 * size * size
    pairs = 0
    for batch in batches:
        for s, t in zip(batch["source"], batch["target"]):
            length = len(t) + 1
            pairs += len(s) ** 2 + length * (length + 1) / 2 + len(s) * length
    return source * (encoder + crossing) + target * decoder + layers * 2 * size * pairs


def recurrent_products(sizes: dict, source: int, target: int, batches: list[dict]) -> float:
    """The same for one bidirectional layer, a bridge, one decoder layer and general attention."""
    size, hidden = sizes["embedding_size"], sizes["hidden_size"]
    memory = 2 * hidden
    layer = 4 * hidden * (size + hidden)
    bridge = 2 * memory * hidden
    decoder = layer + memory * hidden + (memory + hidden) * hidden + VOCABULARY_SIZE * hidden
    count = sum(len(batch["source"]) for batch in batches)
    pairs = sum(len(s) * (len(t) + 1)
                for batch in batches for s, t in zip(batch["source"], batch["target"]))
    return source * 2 * layer + count * bridge + target * decoder + 2 * memory * pairs


@dataclasses.dataclass
class Case:
    """An example's configuration, the sizes that it is given here, and the peers to run beside it."""

    configuration: pathlib.Path
    sizes: dict
    forms: list[str]
    products: Callable


TRANSFORMERS = ["stock", "stock+fused", "lean+fused", "lean+fused+bfloat16"]
CASES = {
    "multi30k": Case(
        ROOT / "Examples/multi30k/transformer.yaml",
        dict(layer_count=4, embedding_size=128, feed_forward_size=256, head_count=4, dropout=0.3),
        TRANSFORMERS, transformer_products),
    "wide": Case(
        ROOT / "Examples/multi30k/transformer.yaml",
        dict(layer_count=6, embedding_size=512, feed_forward_size=2048, head_count=8, dropout=0.1),
        TRANSFORMERS, transformer_products),
    "recurrent": Case(
        ROOT / "Examples/multi30k/recurrent.yaml",
        dict(embedding_size=256, hidden_size=256, dropout=0.2),
        ["loop", "loop+fused", "whole", "whole+fused"], recurrent_products),
}


def ours(case: Case, options: argparse.Namespace, directory: pathlib.Path) -> dict:
    output = directory / "ours"
    subprocess.run(["rm", "-rf", output], check=True)
    steps = options.warmup + options.steps
    changes = {f"model.{key}": value for key, value in case.sizes.items()} | {
        "data.root": options.data, "training.max_steps": steps,
        "training.report_every_steps": 1, "tokenizer.vocabulary_size": VOCABULARY_SIZE,
        "training.schedule": "{ type: constant, peak_rate: 1.0e-3, warmup_steps: 0 }"}
    _, megabytes = measured(
        [COMMAND, "train", case.configuration, "--output", output, *settings(changes)])
    with open(output / "metrics.jsonl", encoding="utf-8") as lines:
        reports = [r for r in map(json.loads, lines) if "target_tokens_per_second" in r]
    # One report a step: tokens over seconds of the steps after warming up.
    counts = [batch["target_tokens"] for batch in options.batches]
    tokens = [counts[r["step"] - 1] for r in reports[options.warmup:]]
    seconds = [n / r["target_tokens_per_second"] for n, r in zip(tokens, reports[options.warmup:])]
    return {"target_tokens_per_second": sum(tokens) / sum(seconds),
            "seconds_per_step": sum(seconds) / len(seconds), "peak_megabytes": megabytes,
            "parameter_count": parameter_count(output), "first_loss": reports[0]["loss"]}


def parameter_count(model: pathlib.Path) -> int:
    text = subprocess.run(
        [COMMAND, "inspect", "model", model], check=True, capture_output=True, text=True).stdout
    return int(text.strip().splitlines()[-1].split()[0])


def theirs(form: str, case: Case, options: argparse.Namespace, batches: pathlib.Path) -> dict:
    sizes = {"vocabulary_size": VOCABULARY_SIZE, **case.sizes}
    output, megabytes = measured(
        [PYTHON, ROOT / "Benchmarks/pytorch/train.py", "--batches", batches, "--form", form,
         "--steps", options.steps, "--warmup", options.warmup, "--threads", os.cpu_count(),
         "--sizes", json.dumps(sizes)])
    return {**json.loads(output.splitlines()[-1]), "peak_megabytes": megabytes}


def operations(case: Case, batches: list[dict]) -> float:
    """Additions and multiplications of all matrix products of a step, per target token.

    Forward once, backward twice.
    """
    source = sum(batch["source_tokens"] for batch in batches)
    target = sum(batch["target_tokens"] for batch in batches)
    return 6 * case.products(case.sizes, source, target, batches) / target


def peak() -> float:
    output, _ = measured([ROOT / ".build/release/MatrixPeak"])
    return json.loads(output)["gigaflops"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--data", default=os.environ.get(
        "SEQ2SEQ_DATA", ROOT.parent / "shared/data/multi30k"), help="folder of train.en, train.de")
    parser.add_argument("--forms", nargs="+",
                        help="forms of PyTorch, as pytorch/train.py spells them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    options = parser.parse_args()
    if not (pathlib.Path(options.data) / "train.en").exists():
        sys.exit(f"no train.en in {options.data}; name its folder with --data")
    prepare("seq2seq", "MatrixPeak")

    case = CASES[options.case]
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(temporary)
        batches = directory / "batches.jsonl"
        text, _ = measured([COMMAND, "inspect", "batches", case.configuration, "--format", "jsonl",
                            "--set", f"data.root={options.data}",
                            "--count", options.warmup + options.steps])
        batches.write_text(text)
        options.batches = [json.loads(line) for line in text.splitlines()]
        forms = ["ours", *(options.forms or case.forms)]
        results: dict[str, list[dict]] = {form: [] for form in forms}
        peaks = []
        for round in range(options.rounds):
            peaks.append(peak())
            for form in results:
                result = (ours(case, options, directory) if form == "ours"
                          else theirs(form, case, options, batches))
                results[form].append(result)
                print(f"round {round + 1} {form}: {result['target_tokens_per_second']:.0f} "
                      f"tokens/s, {result['peak_megabytes']:.0f} MB", file=sys.stderr)
        peaks.append(peak())
        show(options, case, results, max(peaks))


def show(options: argparse.Namespace, case: Case, results: dict, peak: float) -> None:
    counts = {r["parameter_count"] for rounds in results.values() for r in rounds}
    if len(counts) != 1:
        sys.exit(f"the models differ: {sorted(counts)} parameters")
    per_token = operations(case, options.batches)
    floor = peak * 1e9 / per_token
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT,
                            capture_output=True, text=True).stdout.strip()
    print(f"case {options.case}: {counts.pop()} parameters, {per_token / 1e6:.1f} Mflop a target "
          f"token; products at {peak:.0f} GFLOP/s on {os.cpu_count()} cores; floor {floor:.0f} "
          f"target tokens/s; commit {commit}")
    print("| form | target tokens/s | range | ours is | share of the floor | s/step | peak MB |")
    print("|---|---|---|---|---|---|---|")
    median = {form: statistics.median(r["target_tokens_per_second"] for r in rounds)
              for form, rounds in results.items()}
    for form, rounds in results.items():
        speeds = sorted(r["target_tokens_per_second"] for r in rounds)
        seconds = statistics.median(r["seconds_per_step"] for r in rounds)
        memory = statistics.median(r["peak_megabytes"] for r in rounds)
        # Rounds are compared with themselves: neighbours disturb both sides alike.
        ratio = statistics.median(
            a["target_tokens_per_second"] / b["target_tokens_per_second"]
            for a, b in zip(results["ours"], rounds))
        print(f"| {form} | {median[form]:.0f} | {speeds[0]:.0f}–{speeds[-1]:.0f} | {ratio:.2f} × | "
              f"{median[form] / floor:.0%} | {seconds:.3f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
