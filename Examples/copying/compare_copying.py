#!/usr/bin/env python3
"""Trains one model without copying, with it, and with coverage from the start or after, on names never
seen.

    Examples/copying/compare_copying.py short
    Examples/copying/compare_copying.py long

short: records of one place, a sentence of about a dozen words. long: records of five to seven places,
answers of 50 words and more, where what is attended to again is said again.

The records are made first (make_records.py). Every run leaves a training directory in --output and a
line in its results.jsonl; stopped at any point and started again with the same words, it goes on where
it was. At the end, or with --table alone, a table is printed: the share of test answers that are
exactly right and of names that are right, BLEU, and the share of sentences that an answer says again,
all in per cent, the mean over seeds. Standard library only.
"""

import argparse
import collections
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import make_records
from training_runs import ROOT, Results, command_path, printed, train, training_seconds

CONFIGURATION = ROOT / "Examples/copying/pointer.yaml"
TASKS = {
    # Places in a record, training records, steps.
    "short": (range(1, 2), 30_000, 1200),
    "long": (range(5, 8), 20_000, 2400),
}
MODELS = {
    "without copying": {"model.copying": "null", "model.attention": "{ score: additive }"},
    "copying": {},
    "copying, coverage": {"model.copying.coverage": "true"},
}
# What goes on from "copying" for a quarter of its steps, at a third of its rate.
CONTINUED = {
    "copying, then more of it": {},
    "copying, then coverage": {"model.copying.coverage": "true"},
}
COLUMNS = ["exact", "names", "bleu", "repeated"]


def shares(answers: list[str], references: list[str]) -> dict[str, float]:
    exact = sum(answer == reference for answer, reference in zip(answers, references))
    names, right, sentences, repeated = 0, 0, 0, 0
    for answer, reference in zip(answers, references):
        words = set(answer.split())
        # Names are the words with a capital that are no food.
        own = {word for word in reference.split()
               if word[0].isupper() and word not in make_records.FIELDS["food"]}
        names += len(own)
        right += len(own & words)
        said = [sentence for sentence in answer.split(" .") if sentence.strip()]
        sentences += len(said)
        repeated += len(said) - len(set(said))
    return {"exact": 100 * exact / len(references), "names": 100 * right / max(names, 1),
            "repeated": 100 * repeated / max(sentences, 1)}


def examined(seq2seq: pathlib.Path, model: pathlib.Path, data: pathlib.Path) -> dict[str, float]:
    pairs = [line.split("\t") for line in
             (data / "test.tsv").read_text(encoding="utf-8").splitlines()]
    source, reference = model / "test.source", model / "test.reference"
    source.write_text("".join(pair[0] + "\n" for pair in pairs), encoding="utf-8")
    reference.write_text("".join(pair[1] + "\n" for pair in pairs), encoding="utf-8")
    answers = model / "test.answers"
    printed([seq2seq, "translate", model, "--input", source, "--output", answers,
             "--beam-size", 4, "--max-length", 150])
    bleu = json.loads(printed([
        seq2seq, "evaluate", "--hypothesis", answers, "--reference", reference, "--json",
        "--tokenize", "none"]))["score"]
    said = answers.read_text(encoding="utf-8").splitlines()
    return {**shares(said, [pair[1] for pair in pairs]), "bleu": bleu}


def show(lines: list[dict]) -> None:
    by_model = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in lines:
        for column in COLUMNS:
            by_model[line["model"]][column].append(line[column])
    print("| model | exactly right | names right | BLEU | said again |")
    print("|---|---|---|---|---|")
    for model, figures in by_model.items():
        print(f"| {model} | " + " | ".join(
            f"{statistics.mean(figures[column]):.1f}" for column in COLUMNS) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--steps", type=int, help="of training; default: as the task needs")
    parser.add_argument("--output", type=pathlib.Path, help="default: runs/copying-TASK")
    parser.add_argument("--seq2seq", type=pathlib.Path)
    parser.add_argument("--table", action="store_true", help="only print the table")
    options = parser.parse_args()
    seq2seq = command_path(options.seq2seq)
    output = options.output or ROOT / f"runs/copying-{options.task}"
    places, count, steps = TASKS[options.task]
    steps = options.steps or steps
    results = Results(output / "results.jsonl", {"steps": steps})
    data = output / "records"
    if not (data / "test.tsv").exists():
        make_records.write(data, places, {"train": count, "valid": 500, "test": 500})
    done = {(line["model"], line["seed"]) for line in results.lines}
    plan = [(name, seed) for seed in options.seeds for name in [*MODELS, *CONTINUED]]

    def folder(name: str, seed: int) -> pathlib.Path:
        return output / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}"

    for name, seed in [] if options.table else plan:
        if (name, seed) in done:
            continue
        print(f"== {name}, seed {seed}", file=sys.stderr)
        model = folder(name, seed)
        settings = {"data.root": str(data.resolve()), "training.seed": seed}
        if name in MODELS:
            settings |= {"training.max_steps": steps, **MODELS[name]}
        else:
            more = max(2, steps // 4)
            settings |= {
                "training.max_steps": more,
                "training.schedule.peak_rate": 1e-3,
                "training.schedule.warmup_steps": min(100, more // 2),
                "model.from": str(folder("copying", seed).resolve()), **CONTINUED[name]}
        train(seq2seq, CONFIGURATION, settings, model)
        results.add({"model": name, "seed": seed, "seconds": training_seconds(model),
                     **examined(seq2seq, model, data)})
    if not results.lines:
        sys.exit(f"no results in {results.path}")
    show(results.lines)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
