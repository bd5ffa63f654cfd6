#!/usr/bin/env python3
"""Trains one model under each regime, with several seeds and the same steps, and compares them.

    Examples/teaching/compare_regimes.py g2p --data FOLDER
    Examples/teaching/compare_regimes.py multi30k --data FOLDER --seeds 1 2 3 --steps 700

Every run leaves a training directory in --output and, examined on the test set, a line in its
results.jsonl. Stopped at any point and started again with the same words, it goes on where it was: a
run that has its line is passed over, one that was interrupted is resumed. At the end, or with
--table alone, a table is printed: the mean over seeds and its spread, and how far each seed is from
teacher forcing with the same seed. Standard library only.
"""

import argparse
import collections
import json
import os
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from training_runs import ROOT, Results, command_path, printed, train, training_seconds

# From gold alone at the first step to one own token in two at the last.
FALLING = {"type": "linear", "start": 1.0, "end": 0.5}
REGIMES = {
    "teacher_forcing": {"type": "teacher_forcing"},
    "scheduled_sampling": {"type": "scheduled_sampling", "ratio": FALLING},
    "gumbel_softmax": {"type": "gumbel_softmax", "ratio": FALLING},
    # The paper uses the generator's term from a discriminator accuracy of 0.75 on; with discriminators
    # as small as these that is seldom reached, and the run would be teacher forcing.
    "professor_forcing": {"type": "professor_forcing", "count_above": 0.55},
}


class Task:
    """A configuration, and how a model made with it is examined."""

    configuration: pathlib.Path
    # What differs from the example: fewer steps than it has, and the last step's parameters, since a
    # mean over epochs would reach back to the first.
    settings: dict[str, object] = {
        "training.schedule.warmup_steps": 300, "training.average_last": 1}
    # The slowest regime, professor forcing, needs less than ten minutes for them on two cores.
    steps: int
    # Figures of `evaluate` by the names they have in the table.
    metrics: list[str]

    def __init__(self, data: str):
        self.data = pathlib.Path(data)

    def pairs(self) -> list[str]:
        """Options of `inspect exposure` that name the test set."""
        raise NotImplementedError

    def texts(self, folder: pathlib.Path) -> tuple[pathlib.Path, list[pathlib.Path]]:
        """The sources, a line each, and the files of references."""
        raise NotImplementedError


class Pronunciation(Task):
    configuration = ROOT / "Examples/g2p/recurrent.yaml"
    # Smaller steps and more of them: as many tokens teach more.
    settings = {
        **Task.settings, "model.encoder_layer_count": 1, "model.decoder_layer_count": 1,
        "training.batch_tokens": 512}
    steps = 2400
    metrics = ["per", "exact_match"]

    def pairs(self) -> list[str]:
        return ["--pairs", str(self.data / "test.tsv")]

    def texts(self, folder: pathlib.Path) -> tuple[pathlib.Path, list[pathlib.Path]]:
        words = collections.defaultdict(list)
        for line in (self.data / "test.tsv").read_text(encoding="utf-8").splitlines():
            word, phones = line.split("\t")[:2]
            words[word].append(phones)
        sources = folder / "words"
        sources.write_text("".join(word + "\n" for word in words), encoding="utf-8")
        references = []
        # A word with fewer pronunciations than others has empty lines in the further files.
        for index in range(max(map(len, words.values()))):
            references.append(folder / f"reference.{index + 1}")
            references[-1].write_text("".join(
                (said[index] if index < len(said) else "") + "\n" for said in words.values()),
                encoding="utf-8")
        return sources, references


class Captions(Task):
    configuration = ROOT / "Examples/multi30k/recurrent.yaml"
    steps = 700
    metrics = ["bleu"]

    @property
    def files(self) -> tuple[pathlib.Path, pathlib.Path]:
        return self.data / "test_2016_flickr.en", self.data / "test_2016_flickr.de"

    def pairs(self) -> list[str]:
        return ["--source", str(self.files[0]), "--target", str(self.files[1])]

    def texts(self, folder: pathlib.Path) -> tuple[pathlib.Path, list[pathlib.Path]]:
        return self.files[0], [self.files[1]]


TASKS = {"g2p": Pronunciation, "multi30k": Captions}


def examined(seq2seq: pathlib.Path, task: Task, model: pathlib.Path) -> dict:
    """Figures of the finished model on the test set, all of greedy search."""
    report = json.loads(printed(
        [seq2seq, "inspect", "exposure", model, "--format", "jsonl", *task.pairs()]))
    figures = {
        "teacher_forced": 100 * report["teacher_forced"]["accuracy"],
        "free_running": 100 * report["free_running"]["accuracy"],
        "error_after_error": 100 * report["free_running"]["rate_after_error"],
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        sources, references = task.texts(folder)
        said = folder / "said"
        printed([seq2seq, "translate", model, "--beam-size", 1, "--input", sources,
                 "--output", said])
        for metric in task.metrics:
            score = json.loads(printed(
                [seq2seq, "evaluate", "--hypothesis", said, "--metric", metric, "--json", "--width",
                 4, "--reference", *references]))
            figures[metric] = score["score"]
    return figures


def spread(values: list[float]) -> str:
    """Mean and sample standard deviation."""
    mean = f"{statistics.mean(values):.2f}"
    return f"{mean} ± {statistics.stdev(values):.2f}" if len(values) > 1 else mean


def show(lines: list[dict], metrics: list[str]) -> None:
    columns = ["teacher_forced", "free_running", "error_after_error", *metrics]
    by_regime: dict[str, dict[int, dict]] = collections.defaultdict(dict)
    for line in lines:
        by_regime[line["regime"]][line["seed"]] = line
    base = by_regime.get("teacher_forcing", {})
    last = columns[-1] if metrics == ["bleu"] else metrics[0]
    print("| regime | seeds | " + " | ".join(columns)
          + f" | free_running less teacher forcing's | {last} less teacher forcing's | s/run |")
    print("|---" * (len(columns) + 5) + "|")
    for regime, runs in by_regime.items():
        cells = [regime, f"{len(runs)}"]
        cells += [spread([line[column] for line in runs.values()]) for column in columns]
        for column in ("free_running", last):
            shared = [runs[seed][column] - base[seed][column] for seed in runs if seed in base]
            cells.append(spread(shared) if shared and regime != "teacher_forcing" else "")
        cells.append(f"{statistics.mean(line['seconds'] for line in runs.values()):.0f}")
        print("| " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", default=os.environ.get("SEQ2SEQ_DATA"), help="the corpus's folder")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--regimes", nargs="+", choices=REGIMES, default=list(REGIMES))
    parser.add_argument("--steps", type=int, help="of every run")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="replaces a value of the configuration in every run")
    parser.add_argument("--output", type=pathlib.Path, help="default: runs/regimes-TASK")
    parser.add_argument("--seq2seq", type=pathlib.Path)
    parser.add_argument("--table", action="store_true", help="only print the table")
    options = parser.parse_args()
    if not options.data:
        parser.error("name the corpus's folder with --data, or set SEQ2SEQ_DATA")
    seq2seq = command_path(options.seq2seq)
    task = TASKS[options.task](options.data)
    output = options.output or ROOT / f"runs/regimes-{options.task}"
    common = {"training.max_steps": options.steps or task.steps, **task.settings,
              **dict(setting.split("=", 1) for setting in options.set)}
    results = Results(output / "results.jsonl", common)
    done = {(line["regime"], line["seed"]) for line in results.lines}
    # Seed after seed, so that there is something to compare early.
    plan = [(regime, seed) for seed in options.seeds for regime in options.regimes]
    for regime, seed in [] if options.table else plan:
        if (regime, seed) in done:
            continue
        print(f"== {regime}, seed {seed}", file=sys.stderr)
        settings = {**common, "data.root": str(task.data.resolve()), "training.seed": seed,
                    "training.regime": REGIMES[regime]}
        model = output / f"{regime}-{seed}"
        train(seq2seq, task.configuration, settings, model)
        results.add({"regime": regime, "seed": seed, "seconds": training_seconds(model),
                     **examined(seq2seq, task, model)})
    if not results.lines:
        sys.exit(f"no results in {results.path}")
    show(results.lines, task.metrics)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
