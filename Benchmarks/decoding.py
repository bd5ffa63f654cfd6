#!/usr/bin/env python3
"""What decoding costs: against the length of the output, against the number of lines, and search
beside search.

    Benchmarks/decoding.py growth MODEL      seconds a token for 32, 128 and 512 output tokens
    Benchmarks/decoding.py memory MODEL      peak memory for 10,000, 100,000 and a million lines
    Benchmarks/decoding.py searches MODEL --source test.en --reference test.de

MODEL is a directory that `train` wrote. Runs alternate, figures are medians. Standard library only.
"""

import argparse
import itertools
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from peer import COMMAND, measured


WORDS = "a man rides his old horse on the beach and two dogs run beside them in the sun".split()


def sentences(count: int) -> list[str]:
    """Lines of five to fourteen words."""
    return [" ".join(WORDS[(7 * line + 3 * place) % len(WORDS)] for place in range(5 + line % 10))
            for line in range(count)]


def translate(model: pathlib.Path, source: pathlib.Path, *options: str) -> tuple[float, float, str]:
    """Seconds, peak megabytes and what was printed."""
    start = time.monotonic()
    text, megabytes = measured([COMMAND, "translate", model, "--input", source, *options])
    return time.monotonic() - start, megabytes, text


def growth(options: argparse.Namespace) -> None:
    """The cost of a step after long and short prefixes, loading and encoding subtracted."""
    lengths = [32, 128, 512]
    seconds: dict[tuple, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "source")
        source.write_text("\n".join(sentences(options.lines)) + "\n")
        for _, beam, length in itertools.product(range(options.rounds), [1, 4], [1, *lengths]):
            taken, _, _ = translate(
                options.model, source, "--beam-size", str(beam), "--workers", str(options.workers),
                "--min-length", str(length), "--max-length", str(length))
            seconds.setdefault((beam, length), []).append(taken)
    print(f"{options.lines} lines, {options.workers} worker(s), median of {options.rounds} rounds")
    print("| beam | output tokens | ms a token and line | against 32 |")
    print("|---|---|---|---|")
    for beam in [1, 4]:
        base = statistics.median(seconds[beam, 1])
        costs = {length: 1000 * (statistics.median(seconds[beam, length]) - base)
                 / ((length - 1) * options.lines) for length in lengths}
        for length in lengths:
            print(f"| {beam} | {length} | {costs[length]:.3f} | {costs[length] / costs[32]:.2f} × |")


def memory(options: argparse.Namespace) -> None:
    """Peak memory of translating from standard input; the lines are made while they are read."""
    print("| lines | peak MB | lines a second |")
    print("|---|---|---|")
    some = [line + "\n" for line in sentences(1000)]
    for count in options.counts:
        process = subprocess.Popen(
            ["/usr/bin/env", "python3", "-c", PEAK, str(COMMAND), "translate", str(options.model),
             "--beam-size", "1", "--max-length", "4"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        start = time.monotonic()
        for line in itertools.islice(itertools.cycle(some), count):
            process.stdin.write(line)
        process.stdin.close()
        report = process.stderr.read()
        if process.wait() != 0:
            sys.exit(report)
        print(f"| {count:,} | {float(report.splitlines()[-1]):.0f} | "
              f"{count / (time.monotonic() - start):,.0f} |", flush=True)


# Runs a command and says at the end what its memory came to.
PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, file=sys.stderr)
sys.exit(status)
"""

SEARCHES = {
    "greedy": ["--beam-size", "1"],
    "beam 4": ["--beam-size", "4"],
    "beam 8": ["--beam-size", "8"],
    "beam 4, coverage penalty 0.2": ["--beam-size", "4", "--coverage-penalty", "0.2"],
    "diverse beam, 4 groups of 2": ["--beam-size", "8", "--diverse-groups", "4"],
    "sampling": ["--sample"],
    "sampling, top-p 0.9": ["--sample", "--top-p", "0.9"],
    "best of 16 samples": ["--sample", "--samples", "16"],
    "MBR by chrF, 16 samples": ["--sample", "--samples", "16", "--mbr", "chrf"],
    "MBR by chrF, 64 samples": ["--sample", "--samples", "64", "--mbr", "chrf"],
}


def searches(options: argparse.Namespace) -> None:
    """BLEU, chrF and seconds of every search over the same sentences."""
    seconds: dict[str, list[float]] = {}
    scores: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for _, (name, flags) in itertools.product(range(options.rounds), SEARCHES.items()):
            taken, _, text = translate(
                options.model, options.source, *flags, "--workers", str(options.workers))
            seconds.setdefault(name, []).append(taken)
            output = pathlib.Path(folder, "output")
            output.write_text(text, encoding="utf-8")
            report, _ = measured(
                [COMMAND, "evaluate", "--hypothesis", output, "--reference", options.reference,
                 "--metric", "bleu", "--metric", "chrf", "--json", "--width", "2"])
            scores[name] = [entry["score"] for entry in json.loads(report)]
    print("| search | BLEU | chrF | seconds |")
    print("|---|---|---|---|")
    for name in SEARCHES:
        bleu, chrf = scores[name]
        print(f"| {name} | {bleu:.2f} | {chrf:.2f} | {statistics.median(seconds[name]):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["growth", "memory", "searches"])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=64, help="sentences translated by growth")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--source", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path)
    options = parser.parse_args()
    if not COMMAND.exists():
        sys.exit(f"no {COMMAND}; run make build")
    if options.what == "searches" and not (options.source and options.reference):
        parser.error("searches needs --source and --reference")
    {"growth": growth, "memory": memory, "searches": searches}[options.what](options)


if __name__ == "__main__":
    main()
