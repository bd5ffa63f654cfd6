#!/usr/bin/env python3
"""Reads the event files of training runs with TensorBoard and compares them with metrics.jsonl.

    Scripts/peers/setup.sh
    ~/.cache/swift-seq2seq/peers/bin/python Scripts/peers/check_tensorboard.py runs/fr-en...

Every number of metrics.jsonl must be there as a scalar at its step, once, and nothing else; runs
that were killed and resumed included. Ends with 1 where they differ.
"""

import json
import math
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

SHARED = {"epoch", "elapsed_seconds"}


def float32(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def scalars_of_metrics(run):
    """{tag: {step: value}} as metrics.jsonl has them, a line that was cut off left out."""
    found = {}
    text = (run / "metrics.jsonl").read_text()
    for line in text.split("\n")[:-1]:
        report = json.loads(line)
        step = report.pop("step")
        validation = any(name.startswith("validation_") for name in report)
        for name, value in report.items():
            if isinstance(value, bool) or (validation and name in SHARED):
                continue
            tag = name.replace("validation_", "validation/", 1)
            found.setdefault(tag, {})[step] = float32(value)
    return found


def scalars_of_events(run):
    """The same as TensorBoard reads it; repeated holds steps that a tag has twice."""
    accumulator = EventAccumulator(str(run), size_guidance={"scalars": 0})
    accumulator.Reload()
    found, repeated = {}, []
    for tag in accumulator.Tags()["scalars"]:
        for event in accumulator.Scalars(tag):
            values = found.setdefault(tag, {})
            if event.step in values:
                repeated.append(f"{tag} at step {event.step} stands there twice")
            values[event.step] = event.value
    return found, repeated


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def problems(run):
    expected = scalars_of_metrics(run)
    found, differences = scalars_of_events(run)
    for tag in sorted(expected.keys() | found.keys()):
        steps = expected.get(tag, {}).keys() | found.get(tag, {}).keys()
        for step in sorted(steps):
            a, b = expected.get(tag, {}).get(step), found.get(tag, {}).get(step)
            if a is None or b is None or not same(a, b):
                differences.append(f"{tag} at step {step}: metrics.jsonl {a}, TensorBoard {b}")
    count = sum(len(values) for values in found.values())
    files = len(list(run.glob("events.out.tfevents.*")))
    print(f"{run}: {count} scalars of {len(found)} tags in {files} files, "
          f"{len(differences)} differences")
    return differences


def main():
    runs = [Path(argument) for argument in sys.argv[1:]]
    if not runs:
        sys.exit(__doc__)
    differences = [difference for run in runs for difference in problems(run)]
    for difference in differences[:20]:
        print("  " + difference)
    sys.exit(1 if differences else 0)


main()
