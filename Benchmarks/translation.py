#!/usr/bin/env python3
"""Decoding here and in the peers, side by side: the same model, sources and lengths, alternating.

    Benchmarks/translation.py                      all cases and precisions
    Benchmarks/translation.py --cases greedy       some: greedy, beam, alone-greedy, alone-beam
    Benchmarks/translation.py --imported           a MarianMT that each side imports
    Benchmarks/translation.py --trained MODEL --trained-sources FILE
                                                   before that, compare the outputs of a model

The peers are CTranslate2 and Hugging Face transformers, in the environment that
Scripts/peers/setup.sh makes; ours is .build/release/DecodingSpeed. The model has the size of
OPUS-MT's base models and random parameters, every output a given number of tokens: all do the same
work. With --imported it is a MarianMT as transformers writes it: that runs it as it is, CTranslate2 what
its own converter and we what `seq2seq import` makes of it, and before the times come the numbers of
equal outputs. What decodes is loaded and warm before it is timed; only one computes at a time.

Prints for every form the median of output tokens a second, its ratio to ours, peak memory of the
process, and the share of the floor: what this machine would reach if decoding were nothing but its
matrix products at the float32 speed that MatrixPeak measures, or nothing but reading the weights
at the speed of memory, whichever is slower. Below float32 products may be faster than that, so a
share may exceed 100 %. CTranslate2 is tried with several libraries and divisions of the threads
(translators × threads of each) and measured with the fastest. Standard library only.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import queue
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

from peer import COMMAND, PEERS, PYTHON, ROOT, measured, prepare

OURS = ROOT / ".build/release/DecodingSpeed"
PEAK = ROOT / ".build/release/MatrixPeak"
BENCHMARKS = ROOT / "Benchmarks"
CONVERTER = PYTHON.parent / "ct2-transformers-converter"
# Of vocabularies learned here: four special ids in front, </s> among them.
FIRST_WORD, END = 4, 2


@dataclasses.dataclass(frozen=True)
class Case:
    """A search, over batches or one sentence after the other."""

    title: str
    beam: int
    alone: bool


CASES = {
    "greedy": Case("greedy, in batches", 1, False),
    "beam": Case("beam 4, in batches", 4, False),
    "alone-greedy": Case("greedy, one sentence at a time", 1, True),
    "alone-beam": Case("beam 4, one sentence at a time", 4, True),
}

# What each side offers. CTranslate2 has bfloat16 on processors with instructions for it only.
PRECISIONS = {
    "ours": ["float32", "bfloat16", "int8"],
    "CTranslate2": ["float32", "int8"],
    "transformers": ["float32", "int8", "bfloat16"],
}

# Variables that choose CTranslate2's library of products; oneDNN is its default on AMD, Intel's
# MKL on Intel.
LIBRARIES = {"default": {}, "MKL": {"CT2_USE_MKL": "1"}, "oneDNN": {"CT2_USE_MKL": "0"}}


@dataclasses.dataclass(frozen=True)
class Form:
    """A process to be measured: a command, variables of its environment, and what to call it."""

    name: str
    command: tuple
    environment: tuple = ()


class TooSlow(Exception):
    """A process was not ready in time."""


class Process:
    """A runner that has loaded and warmed up; it decodes when asked."""

    def __init__(self, form: Form, patience: float | None = None):
        self.form = form
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [str(word) for word in form.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, text=True, env=os.environ | dict(form.environment))
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        try:
            self.load_seconds = self.message(patience)["load_seconds"]
        except TooSlow:
            self.stop()
            raise

    def read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def message(self, patience: float | None = None) -> dict:
        try:
            line = self.lines.get(timeout=patience)
        except queue.Empty:
            raise TooSlow from None
        if not line:
            self.process.wait()
            self.errors.seek(0)
            sys.exit(f"{self.form.name} failed:\n{self.errors.read().decode()[-3000:]}")
        return json.loads(line)

    def run(self) -> dict:
        """One timed run over all sources."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.message()

    def finish(self) -> float:
        """Peak memory in megabytes."""
        self.process.stdin.close()
        megabytes = self.message()["peak_mb"]
        self.process.wait()
        return megabytes

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def started(form: Form, patience: float | None = None) -> Iterator[Process]:
    process = Process(form, patience)
    try:
        yield process
    finally:
        process.stop()


class Models:
    """A model of ours and what the peers' converters make of it, each when it is first asked for."""

    def __init__(self, ours: pathlib.Path, directory: pathlib.Path,
                 imported: pathlib.Path | None = None):
        self.ours = ours
        self.directory = directory
        self.imported = imported  # what all are made of, where it is not ours

    def of(self, side: str, precision: str) -> pathlib.Path:
        if side == "ours" and precision == "float32":
            return self.ours
        if side == "ours":
            output = self.directory / f"{self.ours.name}-ours-{precision}"
            if not output.exists():
                measured([COMMAND, "quantize", self.ours, "--output", output,
                          "--precision", precision])
            return output
        stored = "int8" if precision == "int8" and side == "CTranslate2" else "float32"
        if self.imported and side == "transformers":
            return self.imported
        output = self.directory / f"{self.ours.name}-{side}-{stored}"
        if self.imported and not output.exists():
            measured([CONVERTER, "--model", self.imported, "--output_dir", output,
                      "--quantization", stored])
        elif not output.exists():
            folder = {"CTranslate2": "ctranslate2", "transformers": "transformers_peer"}[side]
            measured([PYTHON, BENCHMARKS / folder / "convert.py", self.ours, output,
                      *(["--quantization", stored] if stored == "int8" else [])])
        return output


def form(side: str, models: Models, case: Case, precision: str, sources: pathlib.Path, tokens: int,
         options: argparse.Namespace, outputs: pathlib.Path | None = None) -> Form:
    """How a side is started; the arguments are the same for all."""
    start = {"ours": [OURS],
             "CTranslate2": [PYTHON, BENCHMARKS / "ctranslate2/run.py"],
             "transformers": [PYTHON, BENCHMARKS / "transformers_peer/run.py"]}[side]
    return Form(side, (
        *start, models.of(side, precision), "--sources", sources, "--beam", case.beam,
        "--tokens", tokens, "--batch", options.batch, "--threads", options.threads,
        "--precision", precision, *(["--one-at-a-time"] if case.alone else []),
        *(["--outputs", outputs] if outputs else [])))


def settings(plain: Form, case: Case, options: argparse.Namespace) -> list[Form]:
    """The ways in which CTranslate2 is tried."""
    divisions = [(1, options.threads)]
    if options.threads > 1:
        divisions.append((1, 1) if case.alone else (options.threads, 1))
    return [Form(f"CTranslate2 ({library}, {inter} × {intra} threads)",
                 (*plain.command, "--inter-threads", inter, "--intra-threads", intra),
                 tuple(LIBRARIES[library].items()))
            for library in options.libraries for inter, intra in divisions]


def fastest(forms: list[Form], title: str) -> Form:
    """The form with the best of two runs; what starts several times slower is left out."""
    best, chosen, patience = float("inf"), forms[0], None
    for candidate in forms if len(forms) > 1 else []:
        begin = time.monotonic()
        try:
            with started(candidate, patience) as process:
                ready = time.monotonic() - begin
                patience = min(patience or float("inf"), 5 + 3 * ready)
                seconds = min(process.run()["seconds"] for _ in range(2))
        except TooSlow:
            print(f"{title}: {candidate.name} too slow", file=sys.stderr)
            continue
        print(f"{title}: {candidate.name} {seconds:.2f} s", file=sys.stderr)
        if seconds < best:
            best, chosen = seconds, candidate
    return chosen


def write_sources(path: pathlib.Path, count: int, vocabulary: int, options: argparse.Namespace):
    generator = random.Random(options.seed)
    # Special ids of Marian: </s> and <unk> first and <pad> last.
    words, end = ((range(2, vocabulary - 1), 0) if options.imported
                  else (range(FIRST_WORD, vocabulary), END))
    path.write_text("".join(
        json.dumps([generator.choice(words) for _ in range(options.source_tokens)] + [end]) + "\n"
        for _ in range(count)), encoding="utf-8")


def operations(model: dict, case: Case, options: argparse.Namespace) -> float:
    """Additions and multiplications of all matrix products, attention's own included, per token of
    an output; each hypothesis of a beam is a row."""
    size, inner = model["embedding_size"], model["feed_forward_size"]
    encoder, decoder = model["encoder_layer_count"], model["decoder_layer_count"]
    source, target = options.source_tokens + 1, options.tokens
    once = source * (encoder * (4 * size * size + 2 * size * inner + 2 * size * source)
                     + decoder * 2 * size * size)
    step = (decoder * (6 * size * size + 2 * size * inner
                       + 2 * size * ((target + 1) / 2 + source))
            + size * model["vocabulary"])
    return 2 * (once / target + case.beam * step)


def weights(model: dict, options: argparse.Namespace) -> float:
    """Weights that are read per token of one output, where nothing else is decoded with it."""
    size, inner = model["embedding_size"], model["feed_forward_size"]
    encoder, decoder = model["encoder_layer_count"], model["decoder_layer_count"]
    once = encoder * (4 * size * size + 2 * size * inner) + decoder * 2 * size * size
    step = decoder * (6 * size * size + 2 * size * inner) + size * model["vocabulary"]
    return once / options.tokens + step


def floor(model: dict, case: Case, precision: str, options: argparse.Namespace) -> float | None:
    """Output tokens a second that products or memory allow."""
    if options.peak is None:
        return None
    seconds = operations(model, case, options) / (options.peak * 1e9)
    if case.alone:
        size = {"float32": 4, "bfloat16": 2, "int8": 1}[precision]
        seconds = max(seconds, weights(model, options) * size / (options.bandwidth * 1e9))
    return 1 / seconds


def measure(case: Case, precision: str, models: Models, sources: pathlib.Path, model: dict,
            options: argparse.Namespace) -> None:
    """A table of one case and precision."""
    title = f"{case.title}, {precision}"
    forms = []
    for side in options.sides:
        if precision in PRECISIONS[side]:
            plain = form(side, models, case, precision, sources, options.tokens, options)
            forms.append(plain if side != "CTranslate2"
                         else fastest(settings(plain, case, options), title))
    if not forms:
        return
    results: dict[str, list[dict]] = {form.name: [] for form in forms}
    memory = {}
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(started(form)) for form in forms]
        for round in range(options.rounds):
            for process in processes:
                # Threads of the one before may still spin.
                time.sleep(0.3)
                result = process.run()
                results[process.form.name].append(result)
                print(f"{title}, round {round + 1}: {process.form.name} "
                      f"{result['tokens'] / result['seconds']:.0f} tokens/s", file=sys.stderr)
        for process in processes:
            memory[process.form.name] = process.finish()
    counts = {name: {result["tokens"] for result in rounds} for name, rounds in results.items()}
    if len(set.union(*counts.values())) != 1:
        sys.exit(f"{title}: the numbers of output tokens differ: {counts}")
    show(title, results, memory, floor(model, case, precision, options))


def show(title: str, results: dict[str, list[dict]], memory: dict[str, float],
         floor: float | None) -> None:
    tokens = next(iter(results.values()))[0]["tokens"]
    speeds = {name: [result["tokens"] / result["seconds"] for result in rounds]
              for name, rounds in results.items()}
    limit = f"; floor {floor:.0f} tokens/s" if floor else ""
    print(f"\n{title}: {tokens} output tokens{limit}\n")
    print("| form | output tokens/s | range | ours is | share of the floor | peak MB |")
    print("|---|---|---|---|---|---|")
    for name, values in speeds.items():
        median = statistics.median(values)
        # Rounds are compared with themselves: neighbours disturb both sides alike.
        ratio = (f"{statistics.median(a / b for a, b in zip(speeds['ours'], values)):.2f} ×"
                 if "ours" in speeds else "–")
        share = f"{median / floor:.0%}" if floor else "–"
        print(f"| {name} | {median:.0f} | {min(values):.0f}–{max(values):.0f} | {ratio} | {share} "
              f"| {memory[name]:.0f} |", flush=True)


def compare(models: Models, sources: pathlib.Path, tokens: int, options: argparse.Namespace,
            directory: pathlib.Path) -> None:
    """Counts identical outputs in float32, of so many tokens each or, with 0, of free length."""
    print("| search | outputs | sides | identical |\n|---|---|---|---|")
    for case in CASES.values():
        if case.alone:
            continue
        outputs = {}
        for side in options.sides:
            path = directory / f"outputs-{side}"
            with started(form(side, models, case, "float32", sources, tokens, options,
                              path)) as process:
                process.finish()
            outputs[side] = path.read_text(encoding="utf-8").splitlines()
        first, *others = outputs
        for other in others:
            same = sum(a == b for a, b in zip(outputs[first], outputs[other], strict=True))
            print(f"| {case.title} | {len(outputs[first])} | {first}, {other} | {same} |",
                  flush=True)


def gauge(options: argparse.Namespace) -> None:
    """Measures what the floors are computed from, where it was not given."""
    if options.peak is None and PEAK.exists():
        options.peak = json.loads(measured([PEAK])[0])["gigaflops"]
    if options.bandwidth is None:
        output, _ = measured([PYTHON, BENCHMARKS / "models/bandwidth.py",
                              "--threads", options.threads])
        options.bandwidth = json.loads(output)["gigabytes_per_second"]


def made(directory: pathlib.Path, options: argparse.Namespace) -> Models:
    """A model of random parameters in the sizes that were asked for."""
    sizes = "".join(f"-{key}{value}" for key, value in options.sizes)
    words = [word for key, value in options.sizes
             for word in (f"--{key.replace('_', '-')}", value)]
    if options.imported:
        marian, ours = directory / f"marian{sizes}", directory / f"marian{sizes}-ours"
        if not (marian / "model.safetensors").exists():
            measured([PYTHON, BENCHMARKS / "models/marian.py", marian, *words])
        if not ours.exists():
            measured([COMMAND, "import", marian, "--output", ours])
        return Models(ours, directory, imported=marian)
    ours = directory / f"base-{options.norm}{sizes}"
    if not (ours / "model.safetensors").exists():
        measured([PYTHON, BENCHMARKS / "models/base.py", ours, "--norm", options.norm, *words])
    return Models(ours, directory)


def benchmark(options: argparse.Namespace, directory: pathlib.Path) -> None:
    if options.trained:
        compare(Models(options.trained.resolve(), directory), options.trained_sources, 0, options,
                directory)
        if not options.cases:
            return
    models = made(directory, options)
    description = json.loads((models.ours / "config.json").read_text(encoding="utf-8"))
    model = description["model"] | {"vocabulary": description["vocabularies"]["target"]}
    if options.imported:
        sources = directory / f"{models.ours.name}-sources-{options.sentences}"
        write_sources(sources, options.sentences, model["vocabulary"], options)
        compare(models, sources, options.tokens, options, directory)
    gauge(options)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT,
                            capture_output=True, text=True).stdout.strip()
    peak = f"{options.peak:.0f} GFLOP/s" if options.peak else "unknown speed"
    print(f"\nd {model['embedding_size']}, feed-forward {model['feed_forward_size']}, "
          f"{model['encoder_layer_count']}+{model['decoder_layer_count']} layers, vocabulary "
          f"{model['vocabulary']}, {model['norm']}-norm; sources of {options.source_tokens} tokens, "
          f"outputs of {options.tokens}, batches of {options.batch}; {options.threads} threads, "
          f"products at {peak}, memory at {options.bandwidth:.1f} GB/s; commit {commit}")
    for case in (CASES[name] for name in options.cases):
        count = options.alone_sentences if case.alone else options.sentences
        sources = directory / f"{models.ours.name}-sources-{count}"
        write_sources(sources, count, model["vocabulary"], options)
        for precision in options.precisions:
            measure(case, precision, models, sources, model, options)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--precisions", nargs="+", default=["float32", "int8"],
                        choices=["float32", "int8", "bfloat16"])
    parser.add_argument("--peers", nargs="+", choices=["CTranslate2", "transformers"],
                        default=["CTranslate2", "transformers"])
    parser.add_argument("--peers-only", action="store_true", help="without ours")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sentences", type=int, default=64)
    parser.add_argument("--alone-sentences", type=int, default=16,
                        help="where they are decoded one at a time")
    parser.add_argument("--source-tokens", type=int, default=20, help="without the end token")
    parser.add_argument("--tokens", type=int, default=32, help="of every output")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=["default", "MKL"],
                        help="that CTranslate2 is tried with")
    parser.add_argument("--norm", choices=["pre", "post"], default="pre")
    parser.add_argument("--imported", action="store_true",
                        help="a MarianMT of transformers, post-norm")
    parser.add_argument("--sizes", nargs="+", default=[], metavar="KEY=VALUE",
                        help="of the model, as the scripts in models name them, such as layers=2")
    parser.add_argument("--seed", type=int, default=1, help="of the sources")
    parser.add_argument("--directory", type=pathlib.Path,
                        help="where models are made and kept; otherwise they are temporary")
    parser.add_argument("--trained", type=pathlib.Path, help="a model whose outputs are compared")
    parser.add_argument("--trained-sources", type=pathlib.Path,
                        help="its sources, a JSON list of ids a line, end tokens included")
    parser.add_argument("--peak", type=float, help="GFLOP/s of products; MatrixPeak's by default")
    parser.add_argument("--bandwidth", type=float, help="GB/s of reading; measured by default")
    options = parser.parse_args()
    if options.trained and not options.trained_sources:
        parser.error("--trained needs --trained-sources")
    options.sizes = [pair.split("=", 1) for pair in options.sizes]
    options.sides = [*([] if options.peers_only else ["ours"]), *options.peers]
    return options


def main() -> None:
    options = parsed()
    if not PYTHON.exists():
        sys.exit(f"no peers in {PEERS}; run Scripts/peers/setup.sh")
    if not options.peers_only and not (OURS.exists() and COMMAND.exists() and PEAK.exists()):
        prepare("seq2seq", "DecodingSpeed", "MatrixPeak")
    with contextlib.ExitStack() as stack:
        directory = options.directory or pathlib.Path(
            stack.enter_context(tempfile.TemporaryDirectory()))
        directory.mkdir(parents=True, exist_ok=True)
        benchmark(options, directory)


if __name__ == "__main__":
    main()
