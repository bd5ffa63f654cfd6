"""Goldens of optimizers and learning-rate schedules, from torch.optim in float64.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/optimizers.py

writes `optimizers.json` and `schedules.json` into Tests/SeqOptimizersTests/Fixtures (or the folder
given as the only argument).

`optimizers.json`: {"shapes": {"<name>": [extents]}, "parameters": {"<name>": [numbers]},
"gradients": [one such object a step], "cases": [{"name", "optimizer": the keys of OptimizerConfiguration, "learningRates": [one a step],
"gradientNorms": [before clipping, one a step], "after": [the parameters after each step]}]}.
All cases start from the same parameters and see the same gradients, whatever the parameters have
become; both are exact in float32. One gradient is zero in every step, one in the first two, one is
tiny beside the largest ε; several parameters, so that clipping is seen to take the norm over all,
one of them a matrix, which Adafactor treats otherwise than a vector. torch's Adafactor always scales
its rate by the size of the parameter; where `scaleParameter` is false it is given an ε₂ above every
size and a rate divided by it, which is the same. torch clips by bound / (norm + 1e-6), which moves parameters by less than 1e-7 here.

`schedules.json`: [{"schedule": the keys of ScheduleConfiguration, "steps": [...], "rates": [...]}].
Steps count from 1: the rate at step s is the one the s-th update uses. Warm-up is peak · s / warmup
and reaches the peak at s = warmup; without warm-up the peak is at step 0, which no update uses.
From there cosine and linear come down to minimumRate at s = decaySteps, and keep it. Cosine, linear
and constant are torch's schedulers chained (the cosine only as far as decaySteps, after which
torch's climbs again); torch has no inverse square root, so that is its closed form,
peak · √(warmup / s), under LambdaLR.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
from torch.optim import lr_scheduler

STEP_COUNT = 8

ADAM = {"type": "adam", "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-9, "weightDecay": 0.0}
ADAMW = ADAM | {"type": "adamw"}
CASES = {
    "adam": ADAM,
    "adam, classic constants": ADAM | {"beta2": 0.999, "epsilon": 1e-8},
    "adam, large epsilon": ADAM | {"epsilon": 1e-3},
    "adam, decay in the gradient": ADAM | {"weightDecay": 0.1},
    "adam, decay in the clipped gradient": ADAM | {"weightDecay": 0.1, "clipNorm": 1.5},
    "adamw without decay": ADAMW,
    "adamw": ADAMW | {"weightDecay": 0.1},
    "adamw, clipped": ADAMW | {"weightDecay": 0.1, "clipNorm": 1.5},
}
SGD = {"type": "sgd"}
ADAFACTOR = {
    "type": "adafactor", "decayRate": 0.8, "clipThreshold": 1.0, "epsilon1": 2.0**-23,
    "epsilon2": 1e-3, "relativeStep": True, "scaleParameter": True,
}
CASES |= {
    "sgd": SGD,
    "sgd, decay, clipped": SGD | {"weightDecay": 0.1, "clipNorm": 1.5},
    "sgd, momentum": SGD | {"momentum": 0.9, "weightDecay": 0.1},
    "sgd, dampened momentum": SGD | {"momentum": 0.8, "dampening": 0.3},
    "sgd, nesterov": SGD | {"momentum": 0.9, "nesterov": True, "weightDecay": 0.1, "clipNorm": 1.5},
    "adafactor": ADAFACTOR,
    "adafactor, other constants": ADAFACTOR | {
        "decayRate": 0.5, "clipThreshold": 1.1, "epsilon1": 1e-2, "epsilon2": 1.2},
    "adafactor, decay, clipped": ADAFACTOR | {"weightDecay": 0.1, "clipNorm": 1.5},
    "adafactor, fast": ADAFACTOR | {"rateFactor": 20},
    "adafactor, rate as it is": ADAFACTOR | {"relativeStep": False, "scaleParameter": False},
}
LEARNING_RATES = [0.01, 0.02, 0.03, 0.04, 0.03, 0.02, 0.01, 0.0]

SHAPES = {"first": (5,), "second": (3,), "third": (4, 3)}


def exact(values):
    return np.asarray(values).astype(np.float32).astype(np.float64)


def draw():
    generator = np.random.default_rng(1)
    parameters = {name: exact(generator.standard_normal(size)) for name, size in SHAPES.items()}
    gradients = []
    for step in range(STEP_COUNT):
        scale = [0.3, 2.0, 0.5, 1.0, 0.1, 3.0, 0.7, 0.4][step]
        gradient = {name: scale * generator.standard_normal(size) for name, size in SHAPES.items()}
        gradient["first"][1] = 0
        gradient["first"][2] *= 1e-4
        if step < 2:
            gradient["second"][0] = 0
        gradients.append({name: exact(values) for name, values in gradient.items()})
    return parameters, gradients


def make_optimizer(rule, parameters):
    decay = rule.get("weightDecay", 0.0)
    if rule["type"] == "sgd":
        return torch.optim.SGD(
            parameters, lr=0.0, momentum=rule.get("momentum", 0.0),
            dampening=rule.get("dampening", 0.0), nesterov=rule.get("nesterov", False),
            weight_decay=decay)
    if rule["type"] == "adafactor":
        size = rule["epsilon2"] if rule["scaleParameter"] else SIZE
        return torch.optim.Adafactor(
            parameters, lr=0.0, beta2_decay=-rule["decayRate"], eps=(rule["epsilon1"], size),
            d=rule["clipThreshold"], weight_decay=decay)
    make = torch.optim.AdamW if rule["type"] == "adamw" else torch.optim.Adam
    return make(
        parameters, lr=0.0, betas=(rule["beta1"], rule["beta2"]), eps=rule["epsilon"],
        weight_decay=decay)


# Above the root mean square of any parameter here.
SIZE = 2.0**20


def optimizer_case(name, rule, start, gradients):
    rule = dict(rule)
    factor = rule.pop("rateFactor", 1)
    rates = [rate * factor for rate in LEARNING_RATES]
    parameters = {key: torch.tensor(values, requires_grad=True) for key, values in start.items()}
    optimizer = make_optimizer(rule, parameters.values())
    norms, after = [], []
    for rate, gradient in zip(rates, gradients, strict=True):
        for key, values in gradient.items():
            parameters[key].grad = torch.tensor(values)
        bound = rule.get("clipNorm", math.inf)
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), bound).item())
        optimizer.param_groups[0]["lr"] = rate if rule.get("scaleParameter", True) else rate / SIZE
        optimizer.step()
        after.append({key: value.detach().flatten().tolist() for key, value in parameters.items()})
    clipped = sum(norm > rule.get("clipNorm", math.inf) for norm in norms)
    if "clipNorm" in rule and not 0 < clipped < STEP_COUNT:
        raise ValueError(f"{name}: {clipped} of {STEP_COUNT} steps are clipped")
    return {
        "name": name, "optimizer": rule, "learningRates": rates,
        "gradientNorms": norms, "after": after,
    }


def torch_rates(schedule, step_count):
    """The rates of steps 1, 2, …, step_count by torch's schedulers."""
    peak, warmup = schedule["peakRate"], schedule["warmupSteps"]
    kind, minimum = schedule["type"], schedule["minimumRate"]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    # torch counts from 0: after a warm-up its epoch e is our step e + 1, without one our step e.
    if kind == "inverse_square_root":
        scheduler = lr_scheduler.LambdaLR(
            optimizer, lambda e: min((e + 1) / warmup, math.sqrt(warmup / (e + 1))))
    else:
        if kind == "constant":
            decay = lr_scheduler.ConstantLR(optimizer, factor=1, total_iters=0)
        elif kind == "cosine":
            decay = lr_scheduler.CosineAnnealingLR(
                optimizer, T_max=schedule["decaySteps"] - warmup, eta_min=minimum)
        else:
            decay = lr_scheduler.LinearLR(
                optimizer, start_factor=1, end_factor=minimum / peak,
                total_iters=schedule["decaySteps"] - warmup)
        scheduler = decay
        if warmup > 1:
            rise = lr_scheduler.LinearLR(
                optimizer, start_factor=1 / warmup, end_factor=1, total_iters=warmup - 1)
            scheduler = lr_scheduler.SequentialLR(
                optimizer, [rise, decay], milestones=[warmup - 1])
    rates = []
    skipped = 1 if warmup == 0 else 0  # the peak, at step 0
    for _ in range(step_count + skipped):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates[skipped:]


def schedule_case(kind, peak, warmup, decay=None, minimum=0.0, last=60):
    schedule = {
        "type": kind, "peakRate": peak, "warmupSteps": warmup, "minimumRate": minimum}
    if decay is not None:
        schedule["decaySteps"] = decay
    steps = list(range(1, last + 1))
    if kind == "cosine":
        rates = torch_rates(schedule, decay) + [minimum] * (last - decay)
    else:
        rates = torch_rates(schedule, last)
    return {"schedule": schedule, "steps": steps, "rates": rates}


def lines(items):
    """A JSON array with one item a line, so that a difference shows where it is."""
    return "[\n" + ",\n".join(json.dumps(item) for item in items) + "\n]"


def write(path, text):
    path.write_text(text + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


def main():
    torch.set_default_dtype(torch.float64)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqOptimizersTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)

    start, gradients = draw()
    cases = [optimizer_case(name, rule, start, gradients) for name, rule in CASES.items()]
    listed = json.dumps({name: values.flatten().tolist() for name, values in start.items()})
    steps = [{name: values.flatten().tolist() for name, values in step.items()} for step in gradients]
    write(
        folder / "optimizers.json",
        f'{{"shapes": {json.dumps(SHAPES)},\n"parameters": {listed},\n"gradients": {lines(steps)},\n"cases": {lines(cases)}}}')
    write(folder / "schedules.json", lines([
        schedule_case("inverse_square_root", 5e-3, 10),
        schedule_case("inverse_square_root", 5e-4, 1),
        schedule_case("cosine", 1e-3, 10, decay=50, minimum=1e-5),
        schedule_case("cosine", 2e-3, 0, decay=40),
        schedule_case("linear", 1e-3, 10, decay=50, minimum=1e-5),
        schedule_case("linear", 2e-3, 0, decay=40),
        schedule_case("constant", 3e-4, 10),
        schedule_case("constant", 3e-4, 0),
    ]))


if __name__ == "__main__":
    main()
