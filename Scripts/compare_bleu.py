#!/usr/bin/env python3
"""Compares `seq2seq evaluate` with sacreBLEU on files of your own.

    pip install sacrebleu
    Scripts/compare_bleu.py HYPOTHESIS REFERENCE [REFERENCE]... [--seq2seq .build/release/seq2seq]

Every tokeniser, smoothing and case: scores must agree to 1e-9, signatures and counts exactly.
Exit code 1 if they do not.
"""

import argparse
import itertools
import json
import logging
import subprocess
import sys
import time
from pathlib import Path

import sacrebleu
from sacrebleu.metrics import BLEU


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\n") for line in file]


def main():
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hypothesis")
    parser.add_argument("references", nargs="+", metavar="reference")
    parser.add_argument("--seq2seq", default=Path(__file__).parents[1] / ".build/release/seq2seq")
    arguments = parser.parse_args()
    hypotheses = lines(arguments.hypothesis)
    references = [lines(path) for path in arguments.references]

    worst, failures, ours, theirs = 0.0, 0, 0.0, 0.0
    settings = list(itertools.product(
        ["13a", "intl", "char", "none"],
        [("exp", None), ("none", None), ("floor", None), ("floor", 0.5), ("add-k", None), ("add-k", 2.0)],
        [False, True]))
    for tokenizer, (method, value), lowercase in settings:
        start = time.perf_counter()
        metric = BLEU(tokenize=tokenizer, smooth_method=method, smooth_value=value,
                      lowercase=lowercase, force=True)
        score = metric.corpus_score(hypotheses, references)
        expected = json.loads(
            score.format(width=12, signature=metric.get_signature().format(), is_json=True))
        theirs += time.perf_counter() - start

        command = [arguments.seq2seq, "evaluate", "--hypothesis", arguments.hypothesis,
                   "--reference", *arguments.references, "--json", "--width", "12",
                   "--tokenize", tokenizer, "--smooth-method", method]
        command += ["--smooth-value", str(value)] if value is not None else []
        command += ["--lowercase"] if lowercase else []
        start = time.perf_counter()
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        ours += time.perf_counter() - start

        difference = abs(expected.pop("score") - found.pop("score"))
        worst = max(worst, difference)
        if difference > 1e-9 or expected != found:
            failures += 1
            print(f"differs by {difference:.3g}: sacreBLEU {score.score!r} {expected}, here {found}")
    print(f"{len(settings)} settings, {len(hypotheses)} segments, {len(references)} references: "
          f"{failures} differ, largest difference {worst:.2g}; "
          f"sacreBLEU {sacrebleu.__version__} {theirs:.1f} s, seq2seq {ours:.1f} s with start-up")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
