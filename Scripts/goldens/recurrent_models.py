"""Goldens of small recurrent encoder–decoders, written out in PyTorch in float64.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/recurrent_models.py

writes `recurrent-<configuration>.safetensors` into Tests/SeqModelsTests/Fixtures (or the folder
given as the only argument). Encoders are `torch.nn.LSTM` and `torch.nn.GRU` over packed sequences;
decoders are `torch.nn.LSTMCell` and `torch.nn.GRUCell`, one sentence and one step after the other,
so that neither padding nor batching has a part in them. Attention, bridge and combination are the
papers' formulas, one line each.

Conventions:

- The parameters are drawn by NumPy and rounded to float32.
- Bridge: a decoder layer's hidden state is tanh(W h + b) of the encoder layer's final state, both
  directions side by side; its cell state W c + b.
- after: s = cell(e, s'), c = attention(s), o = tanh(W [c; s] + b); with input feeding the cell
  reads [e; o'].
- before: c = attention(s'), s = cell([e; c], s'), o = tanh(W [c; s; e] + b).
- every_step: as before with c = the encoder's final hidden state.
- Logits: W o + b. Loss = Σ over target tokens, EOS included, of −log p, divided by their number.
- Ids: PAD 0, BOS 1, EOS 2. Source sentences hold their EOS; target sentences are bare.

Tensors in a file (sentences end to end; S, T source and target tokens, V vocabulary):

    source_ids [S] I32, source_lengths [3] I32, target_ids [T - 3] I32, target_lengths [3] I32
    logits [T, V] F32, loss [1] F64, weights [Σ target · source tokens] F32 (attention, row by row)
    parameters/<name>, gradients/<name> F32

Metadata: one entry, `golden`, a JSON object of `model` (the keys of RecurrentConfiguration).
"""

import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

BOS, EOS = 1, 2
SOURCE_VOCABULARY, TARGET_VOCABULARY = 23, 19
SOURCES = [[5, 9, 4, 9, 17, 22, EOS], [11, 5, EOS], [8, 20, 6, 13, EOS]]
TARGETS = [[7, 4, 12, 7], [15, 9, 6, 18, 4, 10], [5]]

BASE = {
    "cell": "lstm", "encoderLayerCount": 1, "decoderLayerCount": 1, "embeddingSize": 10,
    "hiddenSize": 8, "direction": "bidirectional", "attention": None, "contextUse": "start",
    "bridge": "learned", "dropout": 0.0, "variationalDropout": False, "forgetBias": 0.0,
    "tying": "none", "outputBias": True,
}


def attention(score, placement="after", feeding=False, size=6):
    return {"score": score, "size": size, "headCount": 1, "placement": placement,
            "inputFeeding": feeding}


CONFIGURATIONS = {
    "luong": BASE | {
        "encoderLayerCount": 2, "decoderLayerCount": 2, "attention": attention("general")},
    "luong-fed": BASE | {"attention": attention("concat", feeding=True)},
    "bahdanau": BASE | {"cell": "gru", "attention": attention("additive", "before")},
    "cho": BASE | {"cell": "gru", "contextUse": "every_step"},
}


class Parameters:
    """Draws parameters by our names, rounded to float32."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.values = {}

    def __call__(self, name, *shape):
        if name not in self.values:
            values = 0.4 * self.generator.standard_normal(shape)
            values = torch.from_numpy(values.astype(np.float32).astype(np.float64))
            self.values[name] = values.requires_grad_()
        return self.values[name]

    def linear(self, name, inputs, outputs):
        weight = self(f"{name}.weight", outputs, inputs)
        bias = self(f"{name}.bias", outputs)
        return lambda x: nn.functional.linear(x, weight, bias)

    def cell(self, name, kind, inputs, hidden):
        """The four parameters of one of PyTorch's recurrent modules."""
        gates = {"lstm": 4, "gru": 3}[kind]
        input_weight = self(f"{name}.input_weight", gates * hidden, inputs)
        hidden_weight = self(f"{name}.hidden_weight", gates * hidden, hidden)
        bias = self(f"{name}.bias", gates * hidden)
        if kind == "lstm":
            return input_weight, hidden_weight, bias, torch.zeros_like(bias)
        candidate = self(f"{name}.hidden_bias", hidden)
        return input_weight, hidden_weight, bias, torch.cat([torch.zeros(2 * hidden), candidate])


def encode(p, model, source):
    """Memory [length, 2 · hidden], and hidden and cell states of every layer, [2 · hidden]."""
    hidden, kind = model["hiddenSize"], model["cell"]
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[kind](
        model["embeddingSize"], hidden, model["encoderLayerCount"], bidirectional=True)
    parameters = {}
    for layer in range(model["encoderLayerCount"]):
        inputs = model["embeddingSize"] if layer == 0 else 2 * hidden
        for direction, suffix in [("forward", ""), ("backward", "_reverse")]:
            values = p.cell(f"encoder.{direction}.{layer}", kind, inputs, hidden)
            for theirs, value in zip(["weight_ih", "weight_hh", "bias_ih", "bias_hh"], values):
                parameters[f"{theirs}_l{layer}{suffix}"] = value
    embedded = p("source_embedding.weight", SOURCE_VOCABULARY, model["embeddingSize"])[source]
    packed = nn.utils.rnn.pack_sequence([embedded])
    output, finals = torch.func.functional_call(module, parameters, (packed,))
    memory, _ = nn.utils.rnn.pad_packed_sequence(output)
    finals = finals if kind == "lstm" else (finals, None)

    def sides(states):  # [2 · layers, 1, hidden] -> a vector a layer
        return None if states is None else [
            torch.cat([states[2 * layer, 0], states[2 * layer + 1, 0]])
            for layer in range(model["encoderLayerCount"])]

    return memory[:, 0], sides(finals[0]), sides(finals[1])


def attend(p, model, query, memory):
    """Context and weights of one query."""
    kind, size = model["attention"]["score"], model["attention"]["size"]
    hidden, width = model["hiddenSize"], memory.shape[1]
    if kind == "general":
        scores = memory @ (p("decoder.attention.query.weight", width, hidden) @ query)
    elif kind == "additive":
        queries = p("decoder.attention.query.weight", size, hidden) @ query
        keys = memory @ p("decoder.attention.key.weight", size, width).T
        scores = torch.tanh(queries + keys) @ p("decoder.attention.vector", size)
    elif kind == "concat":
        weight = p("decoder.attention.weight", size, hidden + width)
        pairs = torch.cat([query.expand(len(memory), -1), memory], dim=1)
        scores = torch.tanh(pairs @ weight.T) @ p("decoder.attention.vector", size)
    weights = scores.softmax(0)
    return weights @ memory, weights


def decode(p, model, memory, finals, target):
    """Logits [length + 1, vocabulary] and the rows of attention."""
    hidden, embedding, kind = model["hiddenSize"], model["embeddingSize"], model["cell"]
    width, attention = memory.shape[1], model["attention"]
    layers = range(model["decoderLayerCount"])
    states, cells = [], []
    for layer in layers:
        states.append(torch.tanh(
            p.linear(f"decoder.bridge.{layer}.hidden", width, hidden)(finals[0][layer])))
        cells.append(
            p.linear(f"decoder.bridge.{layer}.cell", width, hidden)(finals[1][layer])
            if kind == "lstm" else None)
    enters = attention is None or attention["placement"] == "before"
    feeds = attention is not None and attention["inputFeeding"]
    combination = p.linear(
        "decoder.combination", width + hidden + (embedding if enters else 0), hidden)
    table = p("target_embedding.weight", TARGET_VOCABULARY, embedding)
    output = torch.zeros(hidden)
    logits, rows = [], []
    for token in [BOS] + target:
        embedded = table[token]
        context = finals[0][-1]
        if attention is not None and enters:
            context, weights = attend(p, model, states[-1], memory)
            rows.append(weights)
        x = embedded
        if enters or feeds:
            x = torch.cat([x, context if enters else output])
        for layer in layers:
            weight, recurrent, bias, hidden_bias = p.cell(
                f"decoder.layers.{layer}", kind, len(x), hidden)
            module = {"lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](len(x), hidden)
            parameters = dict(
                weight_ih=weight, weight_hh=recurrent, bias_ih=bias, bias_hh=hidden_bias)
            state = states[layer] if kind == "gru" else (states[layer], cells[layer])
            found = torch.func.functional_call(module, parameters, (x, state))
            states[layer], cells[layer] = found if kind == "lstm" else (found, None)
            x = states[layer]
        if attention is not None and not enters:
            context, weights = attend(p, model, x, memory)
            rows.append(weights)
        parts = [context, x] + ([embedded] if enters else [])
        output = combination(torch.cat(parts))
        output = torch.tanh(output)
        logits.append(p.linear("output", hidden, TARGET_VOCABULARY)(output))
    return torch.stack(logits), rows


def write(name, model, directory, seed):
    p = Parameters(seed)
    logits, rows, labels = [], [], []
    for source, target in zip(SOURCES, TARGETS):
        memory, *finals = encode(p, model, source)
        found, weights = decode(p, model, memory, finals, target)
        logits.append(found)
        rows += weights
        labels += target + [EOS]
    logits = torch.cat(logits)
    loss = nn.functional.cross_entropy(logits, torch.tensor(labels))
    loss.backward()
    tensors = {
        "source_ids": np.array(sum(SOURCES, []), np.int32),
        "source_lengths": np.array([len(s) for s in SOURCES], np.int32),
        "target_ids": np.array(sum(TARGETS, []), np.int32),
        "target_lengths": np.array([len(t) for t in TARGETS], np.int32),
        "logits": logits.detach().numpy().astype(np.float32),
        "loss": np.array([loss.item()]),
    }
    if rows:
        tensors["weights"] = torch.cat(rows).detach().numpy().astype(np.float32)
    for parameter, value in p.values.items():
        tensors[f"parameters/{parameter}"] = value.detach().numpy().astype(np.float32)
        tensors[f"gradients/{parameter}"] = value.grad.numpy().astype(np.float32)
    description = json.dumps({"model": model, "madeBy": f"torch {torch.__version__}"})
    save_file(tensors, directory / f"recurrent-{name}.safetensors", {"golden": description})
    print(f"{name}: loss {loss.item():.6f}, {len(p.values)} parameters")


def main():
    torch.set_default_dtype(torch.float64)
    root = pathlib.Path(__file__).resolve().parents[2]
    directory = pathlib.Path(
        sys.argv[1] if len(sys.argv) > 1 else root / "Tests/SeqModelsTests/Fixtures")
    for seed, (name, model) in enumerate(CONFIGURATIONS.items(), start=1):
        write(name, model, directory, seed)


if __name__ == "__main__":
    main()
