#!/usr/bin/env python3
"""Compares `seq2seq evaluate` with sacreBLEU and rouge-score, segment by segment.

    Scripts/peers/setup.sh
    ~/.cache/swift-seq2seq/peers/bin/python Scripts/compare_metrics.py \\
        [--generated 10000] [--real FILE]... [--pair HYPOTHESIS REFERENCE]... [--only ter]

Segments are made up (the generator of the goldens), lines of the --real files beside changed copies
of themselves, and output beside references of your own. On each set every metric runs in several
settings: the figure of every segment and of the corpus must agree to 1e-9 and the signatures exactly;
then significance of two systems by both tests, whose p-values must be equal and confidence agree to
what float32 sums leave. Exit code 1 if anything differs.
"""

import argparse
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "goldens"))
import segments  # noqa: E402
from rouge_score import rouge_scorer  # noqa: E402
from sacrebleu.metrics import BLEU, CHRF, TER  # noqa: E402
from sacrebleu.significance import PairedTest  # noqa: E402

TOLERANCE = 1e-9
MARK = "<n>"

SACREBLEU = [
    (lambda: BLEU(force=True, effective_order=True), ["bleu"]),
    (lambda: BLEU(force=True, effective_order=True, tokenize="intl", lowercase=True),
     ["bleu", "--tokenize", "intl", "--lowercase"]),
    (lambda: BLEU(force=True, effective_order=True, tokenize="zh", smooth_method="floor"),
     ["bleu", "--tokenize", "zh", "--smooth-method", "floor"]),
    (lambda: BLEU(force=True, effective_order=True, tokenize="char", smooth_method="add-k",
                  smooth_value=0.5),
     ["bleu", "--tokenize", "char", "--smooth-method", "add-k", "--smooth-value", "0.5"]),
    (lambda: CHRF(), ["chrf"]),
    (lambda: CHRF(word_order=2), ["chrf++"]),
    (lambda: CHRF(4, 1, 3, lowercase=True, whitespace=True, eps_smoothing=True),
     ["chrf", "--chrf-char-order", "4", "--chrf-word-order", "1", "--chrf-beta", "3", "--lowercase",
      "--chrf-whitespace", "--chrf-eps-smoothing"]),
    (lambda: TER(), ["ter"]),
    (lambda: TER(normalized=True, asian_support=True, case_sensitive=True),
     ["ter", "--ter-normalized", "--ter-asian-support", "--ter-case-sensitive"]),
    (lambda: TER(no_punct=True, asian_support=True), ["ter", "--ter-no-punct", "--ter-asian-support"]),
]
ROUGE = [("rouge1", False), ("rouge2", True), ("rougeL", False), ("rougeLsum", True)]


class Files:
    """Lists of segments as files."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, name, lines, mark=None):
        path = self.folder / name
        text = "".join((line.replace("\n", mark) if mark else line) + "\n" for line in lines)
        path.write_text(text, encoding="utf-8", newline="\n")
        return str(path)


class Comparison:
    def __init__(self, seq2seq, only):
        self.only = only
        self.seq2seq = seq2seq
        self.failures, self.checked, self.worst = 0, 0, 0.0
        self.seconds = {"theirs": 0.0, "ours": 0.0}

    def evaluate(self, hypotheses, references, metric, *options):
        command = [self.seq2seq, "evaluate", *(w for h in hypotheses for w in ("--hypothesis", h)),
                   "--reference", *references, "--metric", *metric, *options]
        start = time.perf_counter()
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        self.seconds["ours"] += time.perf_counter() - start
        return output

    def check(self, what, expected, found, tolerance=TOLERANCE):
        self.checked += 1
        if isinstance(expected, str) or expected is None:
            differs = expected != found
        else:
            difference = abs(expected - found)
            differs = not difference <= tolerance
            self.worst = max(self.worst, difference / tolerance * TOLERANCE)
        if differs:
            self.failures += 1
            if self.failures <= 20:
                print(f"  {what}: expected {expected!r}, found {found!r}")

    def segments(self, name, metric, expected, signature, files):
        """Figures of segments, printed as `name|signature = figure …`."""
        lines = self.evaluate(*files, metric, "--sentence-level", "--width", "12").splitlines()
        self.check(f"{name}: lines", float(len(expected)), float(len(lines)))
        for number, (value, line) in enumerate(zip(expected, lines), 1):
            label, figure = line.split(" = ", 1)
            self.check(f"{name}: line {number}", value, float(figure.split(" ")[0]))
            if signature is not None:
                self.check(f"{name}: signature", signature, label.split("|", 1)[1])

    def corpus(self, name, metric, expected, files):
        found = json.loads(self.evaluate(*files, metric, "--json", "--width", "12"))
        self.check(f"{name}: corpus", expected, found["score"], 2e-9)

    def metrics(self, name, hypotheses, references, files):
        # As sacreBLEU reads files: a segment is one line, without white space at its end.
        flat = lambda lines: [line.replace("\n", MARK).rstrip() for line in lines]
        plain = flat(hypotheses), [flat(lines) for lines in references]
        for make, metric in SACREBLEU:
            if not metric[0].startswith(self.only):
                continue
            start = time.perf_counter()
            scorer = make()
            # What sentence_score and corpus_score do, but for counting everything twice.
            counts = scorer._extract_corpus_statistics(*plain)
            values = [scorer._compute_score_from_stats(row).score for row in counts]
            signature = scorer.get_signature().format()
            scorer.effective_order = False  # of BLEU: corpora have all orders
            corpus = scorer._aggregate_and_compute(counts).score
            self.seconds["theirs"] += time.perf_counter() - start
            what = f"{name}: {' '.join(metric)}"
            self.segments(what, metric, values, signature, files)
            self.corpus(what, metric, corpus, files)
        for variant, stems in ROUGE:
            if not variant.startswith(self.only):
                continue
            start = time.perf_counter()
            scorer = rouge_scorer.RougeScorer([variant], use_stemmer=stems)
            values = [100 * scorer.score_multi(list(r), h)[variant].fmeasure
                      for h, *r in zip(hypotheses, *references)]
            self.seconds["theirs"] += time.perf_counter() - start
            metric = [variant, "--rouge-newline", MARK] + (["--rouge-stemmer"] if stems else [])
            self.segments(f"{name}: {variant}", metric, values, None, files)
            self.corpus(f"{name}: {variant}", metric, sum(values) / len(values), files)

    def significance(self, name, systems, references, paths, reference_paths):
        for make, metric in [(lambda: BLEU(force=True), "bleu"), (CHRF, "chrf"), (TER, "ter")]:
            if not metric.startswith(self.only):
                continue
            for test, option, count in [("bs", "--bootstrap", 1000), ("ar", "--randomization", 10000)]:
                start = time.perf_counter()
                named = [(str(index), system) for index, system in enumerate(systems)]
                _, results = PairedTest(
                    named, {metric: make()}, references, test_type=test, n_samples=count)()
                label = list(results)[1]
                theirs = time.perf_counter() - start
                start = time.perf_counter()
                found = json.loads(self.evaluate(
                    paths, reference_paths, [metric], option, str(count), "--json"))
                ours = time.perf_counter() - start
                for system, (result, object) in enumerate(zip(results[label], found)):
                    what = f"{name}: {option} {count} {label}, system {system}"
                    object = object[label]
                    self.check(f"{what}: score", float(result.score), object["score"])
                    self.check(f"{what}: p", result.p_value, object["p_value"])
                    for key, value in [("mean", result.mean), ("ci", result.ci)]:
                        self.check(f"{what}: {key}", None if value is None else float(value),
                                   object[key], 1e-3)
                last, ours_last = results[label][-1], found[-1][label]
                print(f"  {name}: {label} {option} {count}: p {last.p_value:.4f} and "
                      f"{ours_last['p_value']:.4f}, mean ± {last.mean} {last.ci} and "
                      f"{ours_last['mean']} {ours_last['ci']}; {theirs:.2f} s and {ours:.2f} s")


def read(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\n").rstrip() for line in file]


def generated(count, draw):
    """Hypotheses, two sets of references, and a second system."""
    families = segments.families(draw, max(60, count // 4), long_share=0.005)
    chosen = list(range(40)) + draw.choices(range(len(families)), k=max(0, count - 40))
    member = lambda numbers: [families[n][draw.choice(numbers)] for n in chosen]
    return member([0, 1]), [member([2, 0]), member([3, 4])], member([1, 4])


def changed(lines, draw):
    """Output of a kind: most lines a little like themselves, some those of others."""
    return [draw.choice(lines) if draw.random() < 0.05
            else segments.moved(line, draw) if line and draw.random() < 0.8 else line
            for line in lines]


def main():
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generated", type=int, default=10000, metavar="N")
    parser.add_argument("--real", action="append", default=[], metavar="FILE")
    parser.add_argument("--lines", type=int, default=1000, help="how many of a --real file")
    parser.add_argument("--pair", action="append", default=[], nargs=2,
                        metavar=("HYPOTHESIS", "REFERENCE"))
    parser.add_argument("--only", default="", metavar="NAME", help="metrics that begin so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seq2seq", default=Path(__file__).parents[1] / ".build/release/seq2seq")
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)

    sets = []
    if arguments.generated:
        sets.append((f"{arguments.generated} generated", *generated(arguments.generated, draw)))
    for path in arguments.real:
        lines = read(path)[:arguments.lines]
        sets.append((Path(path).name, changed(lines, draw), [lines], changed(lines, draw)))
    for hypothesis, reference in arguments.pair:
        lines = read(hypothesis)
        sets.append((Path(hypothesis).name, lines, [read(reference)], changed(lines, draw)))

    comparison = Comparison(arguments.seq2seq, arguments.only)
    for name, hypotheses, references, other in sets:
        with tempfile.TemporaryDirectory() as folder:
            files = Files(Path(folder))
            paths = [files.write("hypothesis", hypotheses, MARK)]
            reference_paths = [files.write(f"reference{index}", lines, MARK)
                               for index, lines in enumerate(references)]
            before = comparison.checked
            comparison.metrics(name, hypotheses, references, (paths, reference_paths))
            # The first thousand lines serve; sacreBLEU holds every resample's counts at once.
            flat = lambda lines: [line.replace("\n", MARK).rstrip() for line in lines[:1000]]
            cut = [flat(lines) for lines in references]
            comparison.significance(
                name, [flat(hypotheses), flat(other)], cut,
                [files.write("first", flat(hypotheses)), files.write("second", flat(other))],
                [files.write(f"cut{index}", lines) for index, lines in enumerate(cut)])
            print(f"{name}: {len(hypotheses)} segments, {len(references)} references, "
                  f"{comparison.checked - before} figures compared", flush=True)
    print(f"{comparison.checked} figures, {comparison.failures} differ; largest difference "
          f"{comparison.worst:.2g} (1e-9 is allowed); reference tools "
          f"{comparison.seconds['theirs']:.1f} s, seq2seq {comparison.seconds['ours']:.1f} s")
    sys.exit(1 if comparison.failures else 0)


if __name__ == "__main__":
    main()
