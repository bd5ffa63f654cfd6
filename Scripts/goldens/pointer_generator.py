"""The pointer-generator of See, Liu and Manning (2017, arXiv:1704.04368) in float64, written from the
paper's equations with PyTorch's own operations, for Tests/SeqLayersTests.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/pointer_generator.py

writes `pointer-generator.safetensors` into Tests/SeqLayersTests/Fixtures (or the folder given as the
only argument): attention without and with coverage (equations 1, 2, 10, 11), the gate (8, without the
decoder's input), the mixture over the extended vocabulary (9) and its cross-entropy, smoothed over
the generator's words, plus the coverage loss (12), for a batch of pairs of different lengths with
words that the vocabulary lacks. Two losses are differentiated: `loss`, and `log_loss`, the sum of
log-probabilities of the labels.

    states, memory                                       F32 [rows, size]
    target_lengths, source_lengths, source_ids, labels   I32
    <variant>/weights, <variant>/log_probabilities, <variant>/loss, <variant>/coverage
    <variant>/<loss or log_loss>/<name>                  gradients; parameters/<name> their values
"""

import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

STATE, MEMORY, SIZE, VOCABULARY, SMOOTHING, COVERAGE_WEIGHT = 6, 7, 5, 9, 0.1, 0.7
TARGETS, SOURCES = [3, 1, 5], [4, 2, 7]
# Words from 9 on are outside the vocabulary; the second source has none, the third two.
SOURCE_IDS = [[4, 9, 4, 2], [5, 2], [6, 9, 7, 10, 6, 9, 2]]
LABELS = [[9, 4, 8], [2], [10, 9, 3, 6, 2]]


def single(tensor):
    return np.ascontiguousarray(np.asarray(tensor.detach(), dtype=np.float32))


def whole(values):
    return np.asarray(values, dtype=np.int32)


def draw(generator, *shape):
    """Numbers that a float32 holds exactly."""
    values = generator.standard_normal(shape).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64))


def attention(states, memory, p, covers):
    """Weights of every state of one target, [states, tokens], and the coverage before each."""
    keys = memory @ p["key.weight"].T
    covered = torch.zeros(len(memory))
    weights, before = [], []
    for state in states:
        inside = keys + state @ p["query.weight"].T + p["query.bias"]
        if covers:
            inside = inside + covered[:, None] * p["coverage"]
        row = torch.softmax(torch.tanh(inside) @ p["vector"], dim=0)
        weights.append(row)
        before.append(covered)
        covered = covered + row
    return torch.stack(weights), torch.stack(before)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqLayersTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(17)
    states, memory = draw(generator, sum(TARGETS), STATE), draw(generator, sum(SOURCES), MEMORY)
    p = {
        "query.weight": draw(generator, SIZE, STATE), "query.bias": draw(generator, SIZE),
        "key.weight": draw(generator, SIZE, MEMORY), "vector": draw(generator, SIZE),
        "coverage": draw(generator, SIZE), "context.weight": draw(generator, STATE, MEMORY),
        "gate.weight": draw(generator, 1, STATE + MEMORY), "gate.bias": draw(generator, 1),
        "output.weight": draw(generator, VOCABULARY, STATE),
        "output.bias": draw(generator, VOCABULARY),
    }
    words = max(max(ids) for ids in SOURCE_IDS) + 1
    tensors = {
        "states": single(states), "memory": single(memory),
        "target_lengths": whole(TARGETS), "source_lengths": whole(SOURCES),
        "source_ids": whole(sum(SOURCE_IDS, [])), "labels": whole(sum(LABELS, [])),
        **{f"parameters/{name}": single(value) for name, value in p.items()},
    }
    for variant, covers in [("plain", False), ("coverage", True)]:
        for objective in ["loss", "log_loss"]:
            leaves = {"states": states, "memory": memory, **p}
            for leaf in leaves.values():
                leaf.requires_grad_(True)
                leaf.grad = None
            loss, log_loss, again = 0, 0, 0
            all_weights, all_rows = [], []
            first, start = 0, 0
            for ids, labels in zip(SOURCE_IDS, LABELS):
                s, m = states[first:first + len(labels)], memory[start:start + len(ids)]
                first, start = first + len(labels), start + len(ids)
                weights, before = attention(s, m, p, covers)
                context = weights @ m
                gate = torch.sigmoid(
                    torch.cat([s, context], 1) @ p["gate.weight"].T + p["gate.bias"])
                read = s + context @ p["context.weight"].T
                generated = torch.log_softmax(
                    read @ p["output.weight"].T + p["output.bias"], dim=1)
                mixture = torch.zeros(len(labels), words)
                mixture = torch.cat(
                    [gate * generated.exp(), mixture[:, VOCABULARY:]], dim=1
                ).scatter_add(
                    1, torch.tensor(ids).expand(len(labels), -1), (1 - gate) * weights)
                rows = mixture.log()
                gold = rows[torch.arange(len(labels)), torch.tensor(labels)]
                loss = loss - (1 - SMOOTHING) * gold.sum() - SMOOTHING * generated.mean(1).sum()
                log_loss = log_loss + gold.sum()
                again = again + torch.minimum(weights, before).sum()
                all_weights.append(weights.flatten())
                all_rows.append(rows)
            if covers:
                loss = loss + COVERAGE_WEIGHT * again
            {"loss": loss, "log_loss": log_loss}[objective].backward()
            for name, leaf in leaves.items():
                gradient = leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)
                if name != "coverage" or covers:
                    tensors[f"{variant}/{objective}/{name}"] = single(gradient)
        tensors[f"{variant}/weights"] = single(torch.cat(all_weights))
        tensors[f"{variant}/log_probabilities"] = single(torch.cat(all_rows))
        tensors[f"{variant}/loss"] = single(loss.reshape(1))
        tensors[f"{variant}/coverage"] = single(again.reshape(1))
    description = {
        "stateSize": STATE, "memorySize": MEMORY, "size": SIZE, "vocabulary": VOCABULARY,
        "smoothing": SMOOTHING, "coverageWeight": COVERAGE_WEIGHT, "torch": torch.__version__}
    save_file(
        tensors, folder / "pointer-generator.safetensors",
        metadata={"golden": json.dumps(description)})


if __name__ == "__main__":
    main()
