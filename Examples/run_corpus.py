#!/usr/bin/env python3
"""Trains one of the examples on real text, translates what it has not seen, and scores that.

    Examples/run_corpus.py e2e_nlg --data FOLDER

The names are those of the folders beside this file. Without --data the corpus is looked for where the
variable SEQ2SEQ_DATA says, or else the configuration. Everything is left in --output: the run, for every
split a file of sources and one of each set of references, the translations, and results.jsonl with a line
for each search. Stopped at any point and started again with the same words, it goes on where it was. At
the end, or with --table alone, a table is printed.

--floors scores what needs no training: the sources as they are, and the targets of the most similar
training sources. Standard library only.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from nearest_pairs import NearestPairs
from training_runs import ROOT, Results, command_path, printed, train, training_seconds


@dataclasses.dataclass
class Task:
    """Which files a corpus has, and which figures are customary for it."""

    # Two files of one sentence a line, or one of tab-separated columns, of which the first is the
    # source and the second the target.
    splits: dict[str, list[str]]
    # By the column of the table the metric, and how `evaluate` is to compute it.
    figures: dict[str, tuple[str, list[str]]]
    # Equal sources are one segment, their targets its references.
    is_grouped: bool = True
    # Of the training pairs every so many are translated too; 0 for none.
    train_stride: int = 0

    def pairs(self, data: pathlib.Path, split: str) -> list[tuple[str, str]]:
        columns = [self.lines(data / name) for name in self.splits[split]]
        if len(columns) == 2:
            return list(zip(*columns))
        return [tuple(line.split("\t")[:2]) for line in columns[0]]

    def lines(self, path: pathlib.Path) -> list[str]:
        # Nothing but a line feed ends a line.
        return path.read_bytes().decode().removesuffix("\n").split("\n")

    def examined_splits(self) -> list[str]:
        return [split for split in self.splits if split != "train" or self.train_stride > 0]

    def segments(self, data: pathlib.Path, split: str) -> list[tuple[str, list[str]]]:
        """Sources, each with its references."""
        pairs = self.pairs(data, split)
        if split == "train":
            pairs = pairs[::self.train_stride]
        if not self.is_grouped:
            return [(source, [target]) for source, target in pairs]
        references = {}
        for source, target in pairs:
            references.setdefault(source, []).append(target)
        return list(references.items())


TABLES = {split: [f"{split}.tsv"] for split in ["train", "valid", "test"]}
# Punctuation and symbols of every script apart.
WORDS = ["--tokenize", "intl", "--lowercase"]
KOREAN = {
    "BLEU": ("bleu", WORDS),
    "BLEU of syllables": ("bleu", ["--tokenize", "ko-syllable"]),
    "chrF": ("chrf", []),
    "exact": ("exact_match", []),
}

TASKS = {
    # As the challenge's own script: mteval-v13a without regard to case, COCO's ROUGE-L.
    "e2e_nlg": Task(
        {split: [f"{split}.mr", f"{split}.ref"] for split in ["train", "dev", "test"]},
        {"BLEU": ("bleu", ["--tokenize", "13a", "--lowercase"]), "ROUGE-L": ("rougeL_coco", [])}),
    # As the benchmark's own script: words between white space, line by line.
    "codexglue_java_cs": Task(
        {split: [f"{split}.java", f"{split}.cs"] for split in ["train", "valid", "test"]},
        {"BLEU": ("bleu", ["--tokenize", "none"]), "exact": ("exact_match", [])},
        is_grouped=False),
    "sae4k_korean": Task(
        TABLES,
        {**KOREAN, "ROUGE-1": ("rouge1", ["--rouge-tokenize", "unicode"]),
         "ROUGE-L": ("rougeL", ["--rouge-tokenize", "unicode"])}),
    "korean_chatbot": Task(TABLES, KOREAN, train_stride=10),
    "stylekqc_ko_en": Task(
        TABLES,
        {"BLEU": ("bleu", WORDS), "BLEU, 13a, cased": ("bleu", []), "chrF": ("chrf", []),
         "exact": ("exact_match", [])}),
}

SEARCHES = {"greedy": ["--beam-size", "1"], "beam 5": ["--beam-size", "5"]}


def write_lines(path: pathlib.Path, lines: list[str]) -> pathlib.Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_segments(folder: pathlib.Path, segments: list[tuple[str, list[str]]]) -> list[pathlib.Path]:
    """Writes `source` and a file for each set of references.

    A segment that has fewer than others has its first again instead: the best of them, which all the
    metrics here take, stays what it was. An empty line would be a reference without a word.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("reference.*"):
        stale.unlink()
    write_lines(folder / "source", [source for source, _ in segments])
    count = max(len(references) for _, references in segments)
    return [write_lines(folder / f"reference.{number + 1}",
                        [references[number] if number < len(references) else references[0]
                         for _, references in segments])
            for number in range(count)]


def figures_of(
    seq2seq: pathlib.Path, task: Task, hypothesis: pathlib.Path, references: list[pathlib.Path]
) -> dict:
    figures = {}
    for column, (metric, settings) in task.figures.items():
        report = json.loads(printed(
            [seq2seq, "evaluate", "--hypothesis", hypothesis, "--reference", *references,
             "--metric", metric, *settings, "--width", "2", "--json"]))
        figures[column] = {key: report[key] for key in ["score", "signature"]}
    return figures


def floors(
    seq2seq: pathlib.Path, task: Task, data: pathlib.Path, folder: pathlib.Path
) -> list[dict]:
    """The lines of the test set's two floors."""
    segments = task.segments(data, "test")
    references = write_segments(folder, segments)
    nearest = NearestPairs(task.pairs(data, "train"))
    outputs = {"source": [source for source, _ in segments],
               "nearest": [nearest.target(source) for source, _ in segments]}
    return [{"split": "test", "search": name, "segments": len(segments), "figures": figures_of(
                seq2seq, task, write_lines(folder / name, lines), references)}
            for name, lines in outputs.items()]


def show(lines: list[dict], columns: list[str]) -> None:
    print("| split | segments | output | " + " | ".join(columns) + " | training |")
    print("|---" * (len(columns) + 4) + "|")
    for line in lines:
        scores = [f"{line['figures'][column]['score']:.2f}" for column in columns]
        time = "–"
        if "training_seconds" in line:
            time = "{} min {} s".format(*divmod(round(line["training_seconds"]), 60))
        print("| " + " | ".join(
            [line["split"], str(line["segments"]), line["search"], *scores, time]) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=TASKS)
    parser.add_argument("--data", default=os.environ.get("SEQ2SEQ_DATA"), metavar="FOLDER",
                        help="the corpus's folder")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="replaces a value of the configuration")
    parser.add_argument("--output", type=pathlib.Path, help="default: runs/NAME")
    parser.add_argument("--seq2seq", type=pathlib.Path)
    parser.add_argument("--table", action="store_true", help="only print the table")
    parser.add_argument("--floors", action="store_true",
                        help="score what needs no training, and train nothing")
    options = parser.parse_args()
    seq2seq = command_path(options.seq2seq)
    task = TASKS[options.name]
    data = pathlib.Path(options.data or ROOT.parent / "shared/data" / options.name).resolve()
    if not data.is_dir():
        sys.exit(f"no folder {data}; name the corpus's with --data, or set SEQ2SEQ_DATA")
    output = options.output or ROOT / "runs" / options.name
    if options.floors:
        show(floors(seq2seq, task, data, output / "floors"), list(task.figures))
        return
    settings = dict(setting.split("=", 1) for setting in options.set)
    results = Results(output / "results.jsonl", settings)
    done = {(line["split"], line["search"]) for line in results.lines}
    plan = [(split, search) for split in task.examined_splits() for search in SEARCHES
            if (split, search) not in done]
    if plan and not options.table:
        run = output / "run"
        train(seq2seq, ROOT / "Examples" / options.name / "transformer.yaml",
              {"data.root": str(data), **settings}, run)
        for split, search in plan:
            segments = task.segments(data, split)
            references = write_segments(output / split, segments)
            hypothesis = output / split / search.replace(" ", "-")
            print(f"== {split}, {search}", file=sys.stderr)
            printed([seq2seq, "translate", run, "--input", output / split / "source",
                     "--output", hypothesis, *SEARCHES[search]])
            results.add({"split": split, "search": search, "segments": len(segments),
                         "figures": figures_of(seq2seq, task, hypothesis, references),
                         "training_seconds": training_seconds(run)})
    if not results.lines:
        sys.exit(f"no results in {results.path}")
    show(results.lines, list(task.figures))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
