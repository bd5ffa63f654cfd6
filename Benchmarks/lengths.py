#!/usr/bin/env python3
"""What a source token costs in training, in time and in memory, for each way to read long sources:

    Benchmarks/lengths.py                                    512 to 8,192 tokens
    Benchmarks/lengths.py --svg runs/lengths.svg             curves too
    Benchmarks/lengths.py --lengths 64 128 --rounds 1        whether it runs

`full` lets every token attend to every other, `window` to its neighbours and to global ones; `latent`
reads with latents in the tokens' place; `compressed` is `full` with fewer rows for the decoder to
attend to, `both` is `window` with these. Sources are random words, the models untrained, for what a
token costs depends on sizes alone.

Training is `seq2seq train` with one worker, each step as many tokens whatever their length, so that
what a step costs beside its tokens counts the same everywhere; gradients are computed source by source,
so that memory is that of one. The time is that of a step after some have passed, divided by its source
tokens; the memory is the peak of the process above that of a run with sources of 16 tokens, divided by
the tokens of one source. Rounds go through all points, every other one backwards; figures are medians.
Standard library only.
"""

import argparse
import dataclasses
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

from costs import DRAW, train, write_pairs
from peer import COMMAND, ROOT, build

SHORT = 16


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of a source token."""

    microseconds: float
    kilobytes: float


def kinds(options: argparse.Namespace) -> dict[str, dict]:
    """What each adds to the model's section."""
    window = {"attention_window": options.window, "global_token_count": options.globals}
    compression = {"memory_compression": options.compression}
    every = {"full": {}, "window": window, "latent": {"latent_count": options.latents},
             "compressed": compression, "both": {**window, **compression}}
    return {kind: every[kind] for kind in options.kinds}


def run(kind: dict, length: int, tokens: int, steps: int, folder: pathlib.Path,
        options: argparse.Namespace) -> tuple[float, float]:
    """Microseconds for every source token, and peak megabytes."""
    draws = random.Random(1)
    words = [f"w{number}" for number in range(options.vocabulary)]
    pairs, output = folder / "pairs.tsv", folder / "run"
    sentences = max(1, tokens // length)
    # A source ends in EOS, and so does a target: a word less than tokens.
    write_pairs(pairs, [
        (" ".join(draws.choices(words, k=length - 1)),
         " ".join(draws.choices(words, k=options.target - 1))) for _ in range(sentences * steps)])
    subprocess.run(["rm", "-rf", output], check=True)
    model = {"type": "transformer", "encoder_layer_count": options.layers,
             "decoder_layer_count": options.layers, "embedding_size": options.width,
             "feed_forward_size": 4 * options.width, "head_count": options.heads,
             "dropout": 0.1, **kind}
    megabytes = train(folder, output, model, pairs, batch=sentences, steps=steps, workers=1,
                      tokenizer={"type": "whitespace", "shared": True})
    with open(output / "metrics.jsonl", encoding="utf-8") as lines:
        speeds = [report["target_tokens_per_second"] for report in map(json.loads, lines)
                  if "target_tokens_per_second" in report]
    speed = statistics.median(speeds[options.warmup:])
    return 1e6 * options.target / speed / length, megabytes


def measure(options: argparse.Namespace) -> dict[tuple[str, int], list[Cost]]:
    """The costs of every kind at every length, a value a round."""
    costs: dict[tuple[str, int], list[Cost]] = {}
    points = [(kind, length) for length in options.lengths for kind in options.kinds]
    steps = options.warmup + options.steps
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        short = {kind: run(more, SHORT, SHORT, options.warmup + 1, folder, options)[1]
                 for kind, more in kinds(options).items()}
        for round in range(options.rounds):
            for kind, length in points if round % 2 == 0 else reversed(points):
                microseconds, megabytes = run(
                    kinds(options)[kind], length, options.tokens, steps, folder, options)
                cost = Cost(microseconds, (megabytes - short[kind]) * 1024 / length)
                costs.setdefault((kind, length), []).append(cost)
                print(f"round {round + 1} {kind}, {length} tokens: {microseconds:.1f} µs and "
                      f"{cost.kilobytes:.1f} KB a token, {megabytes:.0f} MB in all",
                      file=sys.stderr)
    return costs


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.microseconds for cost in costs),
                statistics.median(cost.kilobytes for cost in costs))


def show(options: argparse.Namespace, costs: dict) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT,
                            capture_output=True, text=True).stdout.strip()
    print(f"{options.layers}+{options.layers} layers of {options.width}, {options.heads} heads, "
          f"targets of {options.target}; {options.tokens} source tokens a step, one worker; window "
          f"{options.window} and {options.globals} global, {options.latents} latents, compression "
          f"by {options.compression}; commit {commit}; medians of {options.rounds} round(s)")
    for title, value in [("µs a source token", lambda cost: cost.microseconds),
                         ("KB a source token", lambda cost: cost.kilobytes)]:
        print(f"\n| source tokens | {' | '.join(options.kinds)} |")
        print("|---" * (len(options.kinds) + 1) + f"|\n| {title} |" + " |" * len(options.kinds))
        for length in options.lengths:
            cells = [f"{value(median(costs[kind, length])):.1f}" for kind in options.kinds]
            print(f"| {length} | {' | '.join(cells)} |")


def draw(options: argparse.Namespace, costs: dict) -> None:
    def series(value) -> list[dict]:
        return [{"name": kind, "points": [[length, value(median(costs[kind, length]))]
                                          for length in options.lengths]}
                for kind in options.kinds]

    figure = {"title": "what a source token costs in training", "x_label": "source tokens",
              "panels": [
                  {"title": "µs a source token", "series": series(lambda c: c.microseconds)},
                  {"title": "KB a source token", "series": series(lambda c: c.kilobytes)}]}
    picture = subprocess.run([DRAW], input=json.dumps(figure), check=True, text=True,
                             capture_output=True).stdout
    options.svg.parent.mkdir(parents=True, exist_ok=True)
    options.svg.write_text(picture, encoding="utf-8")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=[512, 1024, 2048, 4096, 8192],
                        help="source tokens, EOS included")
    parser.add_argument("--kinds", nargs="+",
                        choices=["full", "window", "latent", "compressed", "both"],
                        default=["full", "window", "latent", "compressed", "both"])
    parser.add_argument("--tokens", type=int, default=8192, help="source tokens a step")
    parser.add_argument("--target", type=int, default=16, help="tokens of a target")
    parser.add_argument("--width", type=int, default=128, help="of embeddings and states")
    parser.add_argument("--layers", type=int, default=2, help="of the encoder, and of the decoder")
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=1000, help="words")
    parser.add_argument("--window", type=int, default=128)
    parser.add_argument("--globals", type=int, default=1)
    parser.add_argument("--latents", type=int, default=64)
    parser.add_argument("--compression", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4, help="of training that are timed")
    parser.add_argument("--warmup", type=int, default=2, help="steps before them")
    parser.add_argument("--svg", type=pathlib.Path, help="a file for the curves")
    options = parser.parse_args()
    if min(options.lengths) <= SHORT:
        parser.error(f"a length of {SHORT} tokens or less, which the others are compared with")
    options.lengths = sorted(set(options.lengths))
    return options


def main() -> None:
    options = parsed()
    for product in (COMMAND, *([DRAW] if options.svg else [])):
        if not product.exists():
            build(product.name)
    costs = measure(options)
    show(options, costs)
    if options.svg:
        draw(options, costs)


if __name__ == "__main__":
    main()
