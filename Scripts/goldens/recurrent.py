"""Writes what PyTorch's recurrent layers and hand-written attention scores compute in float64, for
Tests/SeqLayersTests.

    python Scripts/goldens/recurrent.py [folder, default Tests/SeqLayersTests/Fixtures]

One file a stack: stock nn.RNN (tanh, relu), nn.LSTM or nn.GRU over packed sequences of several
lengths, the shortest a single token, started from given states. Dropout is 0. The loss is the sum of
all results, each element times a fixed random weight.

    x              F32 [tokens, input]          the real tokens, sentence after sentence
    lengths        I32
    start/<l>/<p>  F32 [sentences, columns]     start state of layer l; part 0 hidden, 1 cell
    memory         F32 [tokens, columns]        states of the last layer
    final/<l>/<p>  F32 [sentences, columns]     final states
    weights/memory, weights/final/<l>/<p>       the loss' weights
    parameters/<name>                           our names; the two biases of PyTorch summed, but for
                                                a GRU's candidate
    gradients/x, gradients/start/<l>/<p>, gradients/parameters/<name>

A bidirectional layer's states lie side by side, forward first; columns is one or two hidden sizes.

One file for attention, scores written out as the papers do: queries, memory, lengths of both, and for
each score <s> its parameters, `<s>/context`, the loss' weights and all gradients.

Metadata: one entry, `golden`, a JSON object that says how the layers are made.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUT, HIDDEN = 5, 6
LENGTHS = [4, 1, 7, 3]

# The name of the file -> cell, layers, direction.
STACKS = {
    f"{cell}-{layers}-{direction}": (cell, layers, direction)
    for cell in ["rnn_tanh", "rnn_relu", "lstm", "gru"]
    for layers, direction in [(1, "forward"), (1, "bidirectional"), (2, "forward"),
                              (3, "bidirectional")]
}


def single(tensor):
    return np.ascontiguousarray(tensor.detach().numpy().astype(np.float32))


def draw(generator, *shape, scale=1.0):
    """Numbers that a float32 holds exactly."""
    values = (generator.standard_normal(shape) * scale).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64))


def make_module(cell, layers, direction):
    options = dict(num_layers=layers, bidirectional=direction == "bidirectional",
                   batch_first=True)
    if cell.startswith("rnn"):
        return nn.RNN(INPUT, HIDDEN, nonlinearity=cell.removeprefix("rnn_"), **options)
    return {"lstm": nn.LSTM, "gru": nn.GRU}[cell](INPUT, HIDDEN, **options)


def our_parameters(module, cell, layers, direction, get):
    """Our parameters by our names; `get` gives a PyTorch parameter's values or gradient."""
    result = {}
    for layer in range(layers):
        for name, suffix in [("forward", ""), ("backward", "_reverse")]:
            if name == "backward" and direction != "bidirectional":
                continue
            def part(kind):
                return get(getattr(module, f"{kind}_l{layer}{suffix}"))
            scope = f"{name}.{layer}"
            result[f"{scope}.input_weight"] = part("weight_ih")
            result[f"{scope}.hidden_weight"] = part("weight_hh")
            result[f"{scope}.bias"] = (part("bias_ih"), part("bias_hh"))
    merged = {}
    for name, value in result.items():
        if not isinstance(value, tuple):
            merged[name] = value
            continue
        input_bias, hidden_bias = value
        if cell == "gru":
            rest = 2 * HIDDEN
            merged[name] = (input_bias, hidden_bias, rest)
            merged[name.replace("bias", "hidden_bias")] = hidden_bias[rest:]
        else:
            merged[name] = (input_bias, hidden_bias, None)
    return merged


def summed_bias(entry):
    """The bias that acts: both, except on a GRU's candidate."""
    input_bias, hidden_bias, rest = entry
    if rest is None:
        return input_bias + hidden_bias
    return torch.cat([(input_bias + hidden_bias)[:rest], input_bias[rest:]])


def stack_golden(seed, cell, layers, direction):
    generator = np.random.default_rng(seed)
    module = make_module(cell, layers, direction)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            scale = 0.5 if "bias" in name else 0.45
            # Second biases of 0 keep the sum exact in float32; a GRU's candidate has its own.
            values = draw(generator, *parameter.shape, scale=scale)
            if "bias_hh" in name:
                keep = torch.zeros_like(values)
                if cell == "gru":
                    keep[2 * HIDDEN:] = 1
                values = values * keep
            parameter.copy_(values)
    width = 2 if direction == "bidirectional" else 1
    batch, tokens = len(LENGTHS), sum(LENGTHS)
    x = draw(generator, tokens, INPUT).requires_grad_()
    parts = 2 if cell == "lstm" else 1
    # [layers · width, batch, hidden], PyTorch's layout
    start = [draw(generator, layers * width, batch, HIDDEN).requires_grad_()
             for _ in range(parts)]

    sentences = torch.split(x, LENGTHS)
    padded = nn.utils.rnn.pad_sequence(sentences, batch_first=True)
    packed = pack_padded_sequence(padded, LENGTHS, batch_first=True, enforce_sorted=False)
    output, final = module(packed, tuple(start) if cell == "lstm" else start[0])
    output, _ = pad_packed_sequence(output, batch_first=True)
    memory = torch.cat([output[i, :length] for i, length in enumerate(LENGTHS)])
    final = list(final) if cell == "lstm" else [final]

    def by_layer(states, name):
        """[layers · width, batch, hidden] -> one [batch, width · hidden] a layer."""
        return {
            f"{name}/{layer}/{part}": torch.cat(
                [state[layer * width + i] for i in range(width)], dim=1)
            for part, state in enumerate(states) for layer in range(layers)
        }

    results = {"memory": memory, **by_layer(final, "final")}
    weights = {name: draw(generator, *value.shape) for name, value in results.items()}
    loss = sum((results[name] * weights[name]).sum() for name in results)
    loss.backward()

    tensors = {"x": single(x), "lengths": np.array(LENGTHS, np.int32)}
    tensors |= {name: single(value) for name, value in by_layer(start, "start").items()}
    tensors |= {name: single(value) for name, value in results.items()}
    tensors |= {f"weights/{name}": single(value) for name, value in weights.items()}
    values = our_parameters(module, cell, layers, direction, lambda p: p.detach())
    gradients = our_parameters(module, cell, layers, direction, lambda p: p.grad)
    for name, value in values.items():
        value = summed_bias(value) if isinstance(value, tuple) else value
        tensors[f"parameters/{name}"] = single(value)
    for name, value in gradients.items():
        # Both biases have the gradient of the sum.
        value = value[0] if isinstance(value, tuple) else value
        tensors[f"gradients/parameters/{name}"] = single(value)
    tensors["gradients/x"] = single(x.grad)
    grads = by_layer([state.grad for state in start], "start")
    tensors |= {f"gradients/{name}": single(value) for name, value in grads.items()}
    if cell == "rnn_relu" and not any((memory > 1e-3).flatten()):
        raise ValueError("every unit is off")
    return tensors, {"cell": cell, "layerCount": layers, "direction": direction,
                     "inputSize": INPUT, "hiddenSize": HIDDEN, "loss": loss.item()}


QUERY, MEMORY, SIZE, HEADS = 6, 12, 8, 2
QUERIES = [2, 1, 4]
MEMORIES = [5, 1, 3]


def score_tensors(generator):
    """The parameters of every score, drawn; linear maps as [output, input]."""
    def linear(output, size):
        return draw(generator, output, size, scale=size ** -0.5)
    projections = {
        "query.weight": linear(SIZE, QUERY), "query.bias": draw(generator, SIZE, scale=0.3),
        "memory.weight": linear(2 * SIZE, MEMORY), "memory.bias": draw(generator, 2 * SIZE, scale=0.3),
    }
    return {
        "dot": {},
        "general": {"query.weight": linear(MEMORY, QUERY)},
        "concat": {"weight": linear(SIZE, QUERY + MEMORY), "vector": draw(generator, SIZE)},
        "additive": {"query.weight": linear(SIZE, QUERY), "key.weight": linear(SIZE, MEMORY),
                     "vector": draw(generator, SIZE)},
        "scaled_dot": {name: value.clone() for name, value in projections.items()},
        "multi_head": {**{name: value.clone() for name, value in projections.items()},
                       "output.weight": linear(SIZE, SIZE),
                       "output.bias": draw(generator, SIZE, scale=0.3)},
    }


def contexts(kind, p, s, h):
    """Context vectors of one sentence: s [queries, query size], h [rows, memory size]."""
    if kind == "dot":
        return (s @ h.T).softmax(-1) @ h
    if kind == "general":
        return (s @ p["query.weight"].T @ h.T).softmax(-1) @ h
    if kind == "concat":
        pairs = torch.cat([s[:, None].expand(-1, len(h), -1),
                           h[None].expand(len(s), -1, -1)], dim=-1)
        return ((pairs @ p["weight"].T).tanh() @ p["vector"]).softmax(-1) @ h
    if kind == "additive":
        hidden = ((s @ p["query.weight"].T)[:, None] + (h @ p["key.weight"].T)[None]).tanh()
        return (hidden @ p["vector"]).softmax(-1) @ h
    q = s @ p["query.weight"].T + p["query.bias"]
    k, v = (h @ p["memory.weight"].T + p["memory.bias"]).split(SIZE, dim=1)
    heads = HEADS if kind == "multi_head" else 1
    size = SIZE // heads
    parts = [
        (q[:, i:i + size] @ k[:, i:i + size].T / size ** 0.5).softmax(-1) @ v[:, i:i + size]
        for i in range(0, SIZE, size)
    ]
    joined = torch.cat(parts, dim=1)
    if kind == "scaled_dot":
        return joined
    return joined @ p["output.weight"].T + p["output.bias"]


def attention_golden(seed):
    generator = np.random.default_rng(seed)
    queries = draw(generator, sum(QUERIES), QUERY)
    wide_queries = draw(generator, sum(QUERIES), MEMORY, scale=0.5)
    memory = draw(generator, sum(MEMORIES), MEMORY)
    tensors = {
        "queries": single(queries), "wide_queries": single(wide_queries),
        "memory": single(memory), "query_lengths": np.array(QUERIES, np.int32),
        "memory_lengths": np.array(MEMORIES, np.int32),
    }
    for kind, parameters in score_tensors(generator).items():
        s = (wide_queries if kind == "dot" else queries).clone().requires_grad_()
        h = memory.clone().requires_grad_()
        for parameter in parameters.values():
            parameter.requires_grad_()
        context = torch.cat([
            contexts(kind, parameters, a, b)
            for a, b in zip(s.split(QUERIES), h.split(MEMORIES))
        ])
        weights = draw(generator, *context.shape)
        (context * weights).sum().backward()
        tensors |= {f"{kind}/context": single(context), f"{kind}/weights": single(weights),
                    f"{kind}/gradients/queries": single(s.grad),
                    f"{kind}/gradients/memory": single(h.grad)}
        for name, parameter in parameters.items():
            tensors[f"{kind}/parameters/{name}"] = single(parameter)
            tensors[f"{kind}/gradients/parameters/{name}"] = single(parameter.grad)
    return tensors, {"querySize": QUERY, "memorySize": MEMORY, "size": SIZE, "headCount": HEADS}


def main():
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqLayersTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    made_by = f"Scripts/goldens/recurrent.py, torch {torch.__version__.split('+')[0]}"

    def write(name, tensors, golden):
        path = folder / f"{name}.safetensors"
        save_file(tensors, path, {"golden": json.dumps(golden | {"madeBy": made_by})})
        path.chmod(0o644)
        print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")

    for seed, (name, stack) in enumerate(STACKS.items()):
        write(f"recurrent-{name}", *stack_golden(seed, *stack))
    write("attention-scores", *attention_golden(100))


if __name__ == "__main__":
    main()
