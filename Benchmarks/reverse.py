#!/usr/bin/env python3
"""Steps and seconds until 512 of 512 unseen letter sequences are reversed exactly: here and in
PyTorch, the same model, pairs, batches, schedule and optimizer, several seeds.

    Benchmarks/reverse.py --seeds 1 2 3

Every few steps both sides read the 512 sequences under teacher forcing. Where every token of every
sequence is the likeliest, greedy decoding gives every sequence exactly, and the other way round, so
an accuracy of 1 is 512 of 512. Needs a built command and the environment of Scripts/peers/setup.sh.
Standard library only.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from peer import COMMAND, PYTHON, ROOT, measured, prepare, settings

CONFIGURATION = ROOT / "Examples/reverse/transformer.yaml"
TEST_COUNT = 512


def ours(seed: int, options: argparse.Namespace, test: pathlib.Path, output: pathlib.Path) -> dict:
    changes = {
        "data.validation": f"{{ pairs: {test}, source_column: 1, target_column: 2 }}",
        "training.seed": seed, "training.max_steps": options.steps,
        "training.report_every_steps": options.every, "validation.every_epochs": "null",
        "validation.every_steps": options.every}
    _, megabytes = measured(
        [COMMAND, "train", CONFIGURATION, "--output", output, *settings(changes)])
    with open(output / "metrics.jsonl", encoding="utf-8") as lines:
        reports = [json.loads(line) for line in lines]
    exact = [r["step"] for r in reports if r.get("validation_accuracy") == 1]
    rates = [r["target_tokens_per_second"] for r in reports if "target_tokens_per_second" in r]
    return {"first_step": exact[0] if exact else None,
            "seconds_per_step": options.tokens_per_step / statistics.median(rates),
            "peak_megabytes": megabytes}


def theirs(seed: int, options: argparse.Namespace, directory: pathlib.Path) -> dict:
    output, megabytes = measured(
        [PYTHON, ROOT / "Benchmarks/pytorch/reverse.py", "--directory", directory, "--seed", seed,
         "--steps", options.steps, "--every", options.every])
    return {**json.loads(output.splitlines()[-1]), "peak_megabytes": megabytes}


def test_pairs(path: pathlib.Path) -> None:
    text = subprocess.run(
        [COMMAND, "demo", "--task", "reverse", "--print-pairs", str(TEST_COUNT)], check=True,
        capture_output=True, text=True).stdout
    path.write_text(text)


def encoded(model: pathlib.Path, test: pathlib.Path, column: int) -> list[list[int]]:
    text = "".join(line.split("\t")[column] + "\n" for line in test.read_text().splitlines())
    side = ["source", "target"][column]
    ids = subprocess.run([COMMAND, "tokenizer", "encode", model, "--ids", "--side", side],
                         input=text, check=True, capture_output=True, text=True).stdout
    return [[int(word) for word in line.split()] for line in ids.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=1884, help="where the schedule ends")
    parser.add_argument("--every", type=int, default=20, help="steps between examinations")
    options = parser.parse_args()
    prepare("seq2seq")

    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(temporary)
        test = directory / "test.tsv"
        test_pairs(test)
        for seed in options.seeds:
            batches, _ = measured(
                [COMMAND, "inspect", "batches", CONFIGURATION, "--format", "jsonl", "--count",
                 options.steps, *settings({"training.seed": seed})])
            (directory / "batches.jsonl").write_text(batches)
            counts = [json.loads(line)["target_tokens"] for line in batches.splitlines()]
            options.tokens_per_step = statistics.mean(counts)
            model = directory / f"ours-{seed}"
            here = ours(seed, options, test, model)
            (directory / "test.jsonl").write_text(json.dumps(
                {"source": [ids + [2] for ids in encoded(model, test, 0)],
                 "target": encoded(model, test, 1)}))
            there = theirs(seed, options, directory)
            rows.append((seed, here, there))
            print(f"seed {seed}: {here} {there}", file=sys.stderr)

    print("| seed | steps here | steps in PyTorch | s/step here | s/step in PyTorch | ratio | "
          "MB here | MB in PyTorch |")
    print("|---|---|---|---|---|---|---|---|")
    for seed, here, there in rows:
        print(f"| {seed} | {here['first_step']} | {there['first_step']} | "
              f"{here['seconds_per_step']:.3f} | {there['seconds_per_step']:.3f} | "
              f"{here['seconds_per_step'] / there['seconds_per_step']:.0%} | "
              f"{here['peak_megabytes']:.0f} | {there['peak_megabytes']:.0f} |")
    # A seed that never got there counts as the whole schedule.
    medians = [statistics.median(row[side]["first_step"] or options.steps for row in rows)
               for side in (1, 2)]
    print(f"median steps: {medians[0]:.0f} here, {medians[1]:.0f} in PyTorch, "
          f"{medians[0] / medians[1]:.2f} ×")


if __name__ == "__main__":
    main()
