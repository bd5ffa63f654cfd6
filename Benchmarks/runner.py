"""The protocol of the decoding benchmark, as the peers' runners speak it.

A runner is started as

    run.py MODEL --sources FILE --beam N --tokens T --batch B --threads W --precision P
           [--one-at-a-time] [--outputs FILE]

FILE holds a JSON list of source ids a line, the end token included. Every output has exactly T
tokens, the end token being kept out until then; with T 0 it ends where the model ends it, after at
most FREE_LENGTH tokens. The runner loads, decodes all sources once to warm up, and prints

    {"ready": true, "load_seconds": x}

Then every line that it reads from standard input makes one timed run over all sources, answered by
{"seconds": s, "tokens": n}, end tokens not counted; after the last it prints {"peak_mb": m}. With
--outputs it writes the ids of the first run, a JSON list a line in the order of the sources.
"""

import argparse
import json
import pathlib
import resource
import sys
import time
from collections.abc import Callable

FREE_LENGTH = 100

Ids = list[list[int]]


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser of what every runner takes; the peers add options of their own."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--sources", type=pathlib.Path, required=True)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=20, help="of every output; 0: free length")
    parser.add_argument("--batch", type=int, default=32, help="sentences decoded together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--one-at-a-time", action="store_true")
    parser.add_argument("--outputs", type=pathlib.Path)
    return parser


def peak_megabytes() -> float:
    """The greatest resident memory of this process."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def serve(options: argparse.Namespace, load: Callable[[Ids], Callable[[], list]],
          ids: Callable[..., Ids]) -> None:
    """Loads, warms up, and answers standard input.

    `load` makes from the sources what decodes them all when it is called; `ids` turns that and its
    result, outside the timing, into output ids in the order of the sources.
    """
    with options.sources.open(encoding="utf-8") as lines:
        sources = [json.loads(line) for line in lines]
    start = time.perf_counter()
    decoder = load(sources)
    load_seconds = time.perf_counter() - start
    outputs = ids(decoder, decoder())
    if options.outputs:
        options.outputs.write_text(
            "".join(json.dumps(output) + "\n" for output in outputs), encoding="utf-8")
    say({"ready": True, "load_seconds": load_seconds})
    for _ in sys.stdin:
        start = time.perf_counter()
        results = decoder()
        seconds = time.perf_counter() - start
        say({"seconds": seconds, "tokens": sum(map(len, ids(decoder, results)))})
    say({"peak_mb": peak_megabytes()})


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)
