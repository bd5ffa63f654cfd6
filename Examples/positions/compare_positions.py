#!/usr/bin/env python3
"""Trains one model with each kind of positions, and asks for more than it has seen.

    Examples/positions/compare_positions.py copy
    Examples/positions/compare_positions.py scan --data FOLDER

copy: letters, trained on up to twenty, tested on up to forty; `lengths.svg` draws how many come back
exactly, by length. scan: the splits `simple`, whose test commands are like those of training, and
`length`, whose test actions are longer than all of training.

Every run leaves a training directory in --output and a line in its results.jsonl. Stopped at any point
and started again with the same words, it goes on where it was. At the end, or with --table alone, a
table is printed: exact matches in per cent, the mean over seeds. Standard library only.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from training_runs import ROOT, Results, command_path, printed, train

# More positions than any test asks for, those beyond the training data never trained.
LEARNED = {"model.max_positions": 64, "data.max_length": 60}
POSITIONS = ["sinusoidal", "learned", "shaw", "t5", "disentangled", "rotary", "alibi"]


def exact_matches(seq2seq: pathlib.Path, model: pathlib.Path, pairs: pathlib.Path) -> dict:
    """Of greedy search: shares in per cent by length of the target, and `all`."""
    report = json.loads(printed(
        [seq2seq, "inspect", "exposure", model, "--format", "jsonl", "--pairs", pairs]))
    lengths = {entry["length"]: (entry["exact_matches"], entry["pairs"])
               for entry in report["reference_lengths"]}
    return {"lengths": lengths, "all": 100 * report["exact_matches"] / report["pairs"]}


class Copy:
    """Twenty letters are what is trained on, and twice as many what is asked for."""

    configuration = ROOT / "Examples/positions/copy.yaml"
    splits = {"copy": {}}
    columns = ["up to 20 letters", "21 to 30", "31 to 40"]
    settings = {"learned": LEARNED}

    def __init__(self, data: str | None, output: pathlib.Path):
        self.pairs = output / "test.tsv"
        self.output = output

    def prepare(self) -> None:
        draws = random.Random(7)
        lines = []
        for length in range(3, 41):
            for _ in range(25):
                letters = " ".join(draws.choice("abcdefghij") for _ in range(length))
                lines.append(f"{letters}\t{letters}\n")
        self.pairs.write_text("".join(lines), encoding="utf-8")

    def examined(self, seq2seq: pathlib.Path, model: pathlib.Path, split: str) -> dict:
        lengths = exact_matches(seq2seq, model, self.pairs)["lengths"]
        figures = {}
        for column, within in zip(self.columns, [range(0, 21), range(21, 31), range(31, 41)]):
            chosen = [counts for length, counts in lengths.items() if length in within]
            figures[column] = 100 * sum(c[0] for c in chosen) / max(sum(c[1] for c in chosen), 1)
        return figures

    def draw(self, seq2seq: pathlib.Path, models: list[pathlib.Path]) -> None:
        figure = self.output / "lengths.svg"
        printed([seq2seq, "inspect", "exposure", *models, "--pairs", self.pairs, "--format", "svg",
                 "--output", figure])
        print(f"drawn: {figure}", file=sys.stderr)


class Scan:
    configuration = ROOT / "Examples/positions/scan.yaml"
    splits = {name: {"data.train": {"pairs": f"{name}.train.tsv"},
                     "data.validation": {"pairs": f"{name}.test.tsv"}}
              for name in ["simple", "length"]}
    columns = ["simple", "length"]
    settings = {"learned": LEARNED}

    def __init__(self, data: str | None, output: pathlib.Path):
        if not data:
            sys.exit("name the corpus's folder with --data, or set SEQ2SEQ_DATA")
        self.data = pathlib.Path(data).resolve()
        for values in self.splits.values():
            values["data.root"] = str(self.data)

    def prepare(self) -> None:
        pass

    def examined(self, seq2seq: pathlib.Path, model: pathlib.Path, split: str) -> dict:
        return {split: exact_matches(seq2seq, model, self.data / f"{split}.test.tsv")["all"]}

    def draw(self, seq2seq: pathlib.Path, models: list[pathlib.Path]) -> None:
        pass


TASKS = {"copy": Copy, "scan": Scan}


def show(lines: list[dict], columns: list[str]) -> None:
    by_positions = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        for column in columns:
            if column in line:
                by_positions[line["positions"]][column].append(line[column])
    print("| positions | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for positions, figures in by_positions.items():
        cells = [f"{statistics.mean(figures[column]):.1f}" if figures[column] else ""
                 for column in columns]
        print(f"| {positions} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", default=os.environ.get("SEQ2SEQ_DATA"), help="SCAN's folder")
    parser.add_argument("--positions", nargs="+", choices=POSITIONS, default=POSITIONS)
    parser.add_argument("--splits", nargs="+", choices=list(Scan.splits), default=list(Scan.splits),
                        help="SCAN's")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="replaces a value of the configuration in every run")
    parser.add_argument("--output", type=pathlib.Path, help="default: runs/positions-TASK")
    parser.add_argument("--seq2seq", type=pathlib.Path)
    parser.add_argument("--table", action="store_true", help="only print the table")
    options = parser.parse_args()
    seq2seq = command_path(options.seq2seq)
    output = options.output or ROOT / f"runs/positions-{options.task}"
    task = TASKS[options.task](options.data, output)
    common = dict(setting.split("=", 1) for setting in options.set)
    results = Results(output / "results.jsonl", common)
    task.prepare()
    done = {(line["split"], line["positions"], line["seed"]) for line in results.lines}
    splits = [split for split in task.splits if options.task != "scan" or split in options.splits]
    plan = [(split, positions, seed) for seed in options.seeds for split in splits
            for positions in options.positions]
    for split, positions, seed in [] if options.table else plan:
        if (split, positions, seed) in done:
            continue
        print(f"== {split}, {positions}, seed {seed}", file=sys.stderr)
        model = output / f"{split}-{positions}-{seed}"
        train(seq2seq, task.configuration, {
            "model.positions": positions, "training.seed": seed, **task.splits[split],
            **task.settings.get(positions, {}), **common}, model)
        results.add({"split": split, "positions": positions, "seed": seed,
                     **task.examined(seq2seq, model, split)})
    if not results.lines:
        sys.exit(f"no results in {results.path}")
    show(results.lines, task.columns)
    models = [output / f"{split}-{positions}-{options.seeds[0]}" for split in task.splits
              for positions in options.positions]
    task.draw(seq2seq, [model for model in models if (model / "config.json").exists()])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
