#!/usr/bin/env python3
"""What a token costs here, in training and in decoding, and the memory it takes: against the length
of the source, the length of the target, the batch, the width of the model, and the workers.

    Benchmarks/costs.py                                        a Transformer
    Benchmarks/costs.py --family recurrent --svg runs/costs    curves too, a file for each axis
    Benchmarks/costs.py --source 8 32 128 --rounds 5           other values, more rounds

Every axis is walked alone, the others standing at their middle, the middle value of their lists.
Sentences are made of random words; the models are untrained, for what a token costs depends on
sizes alone. Training is `seq2seq train`, in float32, each step a batch; the time is that of a step
after some have passed, for every target token, EOS included. Decoding is
.build/release/DecodingSpeed, greedy and with a beam of 4, loaded and warm, every output as long as
the target. A batch is what a worker searches together; in training, what a step learns from and
workers share. Rounds go through all points, every other one backwards; figures are medians, and
ratios are those to the middle point of the same round. Standard library only.
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

from peer import COMMAND, ROOT, build, measured
from translation import END, FIRST_WORD, OURS, Form, started

DRAW = ROOT / ".build/release/DrawCurves"
BEAMS = {"greedy": 1, "beam 4": 4}
KINDS = ["training", *BEAMS]
AXES = {"source": "source tokens", "target": "target tokens", "batch": "sentences a batch",
        "width": "embedding size", "workers": "workers"}


@dataclasses.dataclass(frozen=True)
class Point:
    """What a measurement is made with."""

    source: int
    target: int
    batch: int
    width: int
    workers: int


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of a target token, and of the process."""

    microseconds: float
    megabytes: float


def points(options: argparse.Namespace) -> tuple[Point, dict[str, list[Point]]]:
    """The middle, and the points of every axis."""
    values = {axis: sorted(set(getattr(options, axis))) for axis in AXES}
    middle = Point(**{axis: some[(len(some) - 1) // 2] for axis, some in values.items()})
    return middle, {axis: [dataclasses.replace(middle, **{axis: value}) for value in some]
                    for axis, some in values.items()}


class Models:
    """An untrained model of every width, all with the same vocabulary."""

    def __init__(self, options: argparse.Namespace, folder: pathlib.Path):
        self.options = options
        self.folder = folder
        words = [f"w{number}" for number in range(options.vocabulary - FIRST_WORD)]
        self.words = words
        lines = [" ".join(words[start:start + 50]) for start in range(0, len(words), 50)]
        self.pairs = folder / "vocabulary.tsv"
        write_pairs(self.pairs, [(line, line) for line in lines])

    def of(self, width: int) -> pathlib.Path:
        """The directory of a model that has made a single step."""
        output = self.folder / f"model-{width}"
        if not output.exists():
            train(self.folder, output, self.sizes(width), self.pairs, batch=1, steps=1, workers=1,
                  tokenizer={"type": "whitespace", "shared": True})
        return output

    def sizes(self, width: int) -> dict:
        layers = self.options.layers
        common = {"encoder_layer_count": layers, "decoder_layer_count": layers,
                  "embedding_size": width, "dropout": 0.1}
        if self.options.family == "recurrent":
            return {"type": "recurrent", **common, "hidden_size": width}
        return {"type": "transformer", **common, "feed_forward_size": 4 * width,
                "head_count": self.options.heads}


def write_pairs(path: pathlib.Path, pairs: list[tuple[str, str]]) -> None:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))


def train(folder: pathlib.Path, output: pathlib.Path, model: dict, pairs: pathlib.Path, *,
          batch: int, steps: int, workers: int, tokenizer: dict | None) -> float:
    """Trains and gives the peak memory in megabytes."""
    configuration = {
        "data": {"train": {"pairs": str(pairs), "source_column": 1, "target_column": 2},
                 "max_length": 8192},
        "model": model, **({"tokenizer": tokenizer} if tokenizer else {}),
        "training": {"batch_sentences": batch, "max_steps": steps, "report_every_steps": 1,
                     "schedule": {"type": "constant", "peak_rate": 1e-4, "warmup_steps": 0}}}
    # JSON is YAML.
    path = folder / "configuration.yaml"
    path.write_text(json.dumps(configuration))
    _, megabytes = measured(
        [COMMAND, "train", path, "--output", output, "--workers", workers])
    return megabytes


def training(point: Point, models: Models, options: argparse.Namespace) -> Cost:
    draws = random.Random(1)
    pairs, output = models.folder / "pairs.tsv", models.folder / "run"
    steps = options.warmup + options.steps
    # A source ends in EOS, and so does a target: a word less than tokens.
    write_pairs(pairs, [
        (" ".join(draws.choices(models.words, k=point.source - 1)),
         " ".join(draws.choices(models.words, k=point.target - 1)))
        for _ in range(point.batch * steps)])
    subprocess.run(["rm", "-rf", output], check=True)
    megabytes = train(
        models.folder, output, {"from": str(models.of(point.width))}, pairs, batch=point.batch,
        steps=steps, workers=point.workers, tokenizer=None)
    with open(output / "metrics.jsonl", encoding="utf-8") as lines:
        speeds = [report["target_tokens_per_second"] for report in map(json.loads, lines)
                  if "target_tokens_per_second" in report]
    return Cost(1e6 / statistics.median(speeds[options.warmup:]), megabytes)


def decoding(point: Point, beam: int, models: Models, options: argparse.Namespace) -> Cost:
    draws = random.Random(2)
    sources = models.folder / "sources.jsonl"
    count = point.batch * point.workers * options.batches
    sources.write_text("".join(
        json.dumps([*draws.choices(range(FIRST_WORD, options.vocabulary), k=point.source - 1), END])
        + "\n" for _ in range(count)))
    form = Form("DecodingSpeed", (
        OURS, models.of(point.width), "--sources", sources, "--beam", beam,
        "--tokens", point.target, "--batch", point.batch, "--threads", point.workers))
    with started(form) as process:
        runs = [process.run() for _ in range(options.runs)]
        return Cost(1e6 * statistics.median(run["seconds"] / run["tokens"] for run in runs),
                    process.finish())


def measure(options: argparse.Namespace, walked: list[Point]) -> dict[tuple, list[Cost]]:
    """The costs of every kind at every point, a value a round."""
    costs: dict[tuple, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        models = Models(options, pathlib.Path(temporary))
        for point in walked:
            models.of(point.width)
        for round in range(options.rounds):
            for point in walked if round % 2 == 0 else reversed(walked):
                for kind in KINDS:
                    cost = (training(point, models, options) if kind == "training"
                            else decoding(point, BEAMS[kind], models, options))
                    costs.setdefault((kind, point), []).append(cost)
                    print(f"round {round + 1} {kind} {point}: {cost.microseconds:.1f} µs a token, "
                          f"{cost.megabytes:.0f} MB", file=sys.stderr)
    return costs


def median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.microseconds for cost in costs),
                statistics.median(cost.megabytes for cost in costs))


def show(options: argparse.Namespace, costs: dict, middle: Point, axes: dict) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT,
                            capture_output=True, text=True).stdout.strip()
    at = ", ".join(f"{title} {getattr(middle, axis)}" for axis, title in AXES.items())
    print(f"{options.family}, {options.layers}+{options.layers} layers, vocabulary "
          f"{options.vocabulary}; in the middle {at}; commit {commit}; "
          f"medians of {options.rounds} round(s)")
    for axis, title in AXES.items():
        print(f"\n| {title} |" + "".join(f" {kind} µs/token | of the middle | peak MB |"
                                         for kind in KINDS))
        print("|---|" + "---|---|---|" * len(KINDS))
        for point in axes[axis]:
            row = f"| {getattr(point, axis)} |"
            for kind in KINDS:
                cost = median(costs[kind, point])
                ratio = statistics.median(
                    here.microseconds / there.microseconds
                    for here, there in zip(costs[kind, point], costs[kind, middle]))
                row += f" {cost.microseconds:.1f} | {ratio:.2f} × | {cost.megabytes:.0f} |"
            print(row)


def draw(options: argparse.Namespace, costs: dict, axes: dict) -> None:
    """Writes an SVG for every axis that has more than one point."""
    options.svg.mkdir(parents=True, exist_ok=True)
    for axis, title in AXES.items():
        if len(axes[axis]) < 2:
            continue

        def series(value) -> list[dict]:
            return [{"name": kind, "points": [[getattr(point, axis), value(costs[kind, point])]
                                              for point in axes[axis]]} for kind in KINDS]

        figure = {
            "title": f"{options.family}: what a token costs", "x_label": title,
            "panels": [
                {"title": "µs a target token", "series": series(lambda c: median(c).microseconds)},
                {"title": "peak memory, MB", "series": series(lambda c: median(c).megabytes)}]}
        picture = subprocess.run([DRAW], input=json.dumps(figure), check=True, text=True,
                                 capture_output=True).stdout
        (options.svg / f"{axis}.svg").write_text(picture, encoding="utf-8")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=["transformer", "recurrent"], default="transformer")
    parser.add_argument("--source", type=int, nargs="+", default=[8, 32, 128, 512],
                        help="tokens of a source, EOS included")
    parser.add_argument("--target", type=int, nargs="+", default=[8, 32, 128, 512],
                        help="tokens of a target")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32, 128], help="sentences")
    parser.add_argument("--width", type=int, nargs="+", default=[128, 256, 512],
                        help="of embeddings and states; feed-forward networks have four times it")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--layers", type=int, default=3, help="of the encoder, and of the decoder")
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=8000, help="tokens, special ones too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="of training that are timed")
    parser.add_argument("--warmup", type=int, default=3, help="steps before them")
    parser.add_argument("--batches", type=int, default=2, help="that a worker decodes in a run")
    parser.add_argument("--runs", type=int, default=3, help="of decoding in a round")
    parser.add_argument("--svg", type=pathlib.Path, help="a folder for the curves")
    options = parser.parse_args()
    if min(*options.source, *options.target) < 2:
        parser.error("a length of less than 2 tokens, a word and EOS")
    return options


def main() -> None:
    options = parsed()
    for product in (COMMAND, OURS, *([DRAW] if options.svg else [])):
        if not product.exists():
            build(product.name)
    middle, axes = points(options)
    walked = list(dict.fromkeys(point for some in axes.values() for point in some))
    costs = measure(options, walked)
    show(options, costs, middle, axes)
    if options.svg:
        draw(options, costs, axes)


if __name__ == "__main__":
    main()
