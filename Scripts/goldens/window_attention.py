"""Self-attention within a sliding window with global tokens as PyTorch computes it over a masked
matrix, in float64, for Tests/SeqLayersTests; Hugging Face transformers' Longformer agrees.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/window_attention.py

writes `window-attention.safetensors` into Tests/SeqLayersTests/Fixtures (or the folder given as the
only argument). LongformerSelfAttention must give the same results, as far as its softmax in float32
lets it. It has maps of their own for the queries, keys and values of global attention; here they hold
the same numbers as the others, which is what this toolkit has. Its input is padded to a multiple of
the window, and the padding masked. `uneven` has a window that reaches farther to one side, which
Longformer does not know. The loss is the sum of all results, each element times a fixed random weight.

    lengths            I32
    x                  F32 [tokens, size]       sentence after sentence
    weights            F32 [tokens, size]       the loss'
    input/weight, input/bias                    F32, the maps to queries, keys, values, one below
                                                the other
    <case>/reach       I32 [3]                  positions before, after, global ones
    <case>/output, <case>/gradients/x
    <case>/gradients/input/weight, <case>/gradients/input/bias
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import LongformerConfig
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

LENGTHS, HEADS, HEAD_SIZE = [41, 1, 7, 90], 2, 8
SIZE = HEADS * HEAD_SIZE
CASES = {"local": (4, 4, 0), "global": (4, 4, 1), "many_global": (2, 2, 5), "wide": (16, 16, 2),
         "uneven": (3, 6, 2)}


def single(tensor):
    return np.ascontiguousarray(tensor.detach().numpy().astype(np.float32))


def draw(generator, *shape, scale=1.0):
    """Numbers that a float32 holds exactly."""
    values = (generator.standard_normal(shape) * scale).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64))


def longformer(x, weight, bias, before, count):
    """One sentence, [tokens, size]."""
    module = LongformerSelfAttention(
        LongformerConfig(
            hidden_size=SIZE, num_attention_heads=HEADS, attention_window=[2 * before],
            attention_probs_dropout_prob=0), layer_id=0).double()
    maps = zip(weight.chunk(3), bias.chunk(3), ["query", "key", "value"])
    replaced = {}
    for matrix, vector, name in maps:
        for suffix in ["", "_global"]:
            replaced |= {f"{name}{suffix}.weight": matrix, f"{name}{suffix}.bias": vector}
    length = x.shape[0]
    padded = -(-length // (2 * before)) * 2 * before
    states = torch.cat([x, x.new_zeros(padded - length, SIZE)])[None]
    # Negative is padding, positive global.
    mask = x.new_zeros(1, padded)
    mask[:, length:] = -10000.0
    mask[:, :min(count, length)] = 10000.0
    found = torch.func.functional_call(module, replaced, (states,), dict(
        attention_mask=mask, is_index_masked=mask < 0, is_index_global_attn=mask > 0,
        is_global_attn=bool((mask > 0).any())))
    return found[0][0, :length]


def masked(x, weight, bias, before, after, count):
    q, k, v = ((x @ matrix.T + vector).view(-1, HEADS, HEAD_SIZE).transpose(0, 1)
               for matrix, vector in zip(weight.chunk(3), bias.chunk(3)))
    place = torch.arange(x.shape[0])
    distance = place[None] - place[:, None]
    shown = ((distance >= -before) & (distance <= after) | (place[None] < count)
             | (place[:, None] < count))
    scores = (q @ k.transpose(1, 2) / math.sqrt(HEAD_SIZE)).masked_fill(~shown, -math.inf)
    return (scores.softmax(-1) @ v).transpose(0, 1).reshape(-1, SIZE)


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqLayersTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(11)
    values = draw(generator, sum(LENGTHS), SIZE)
    weights = draw(generator, sum(LENGTHS), SIZE)
    weight = draw(generator, 3 * SIZE, SIZE, scale=0.4).requires_grad_()
    bias = draw(generator, 3 * SIZE, scale=0.4).requires_grad_()
    tensors = {"lengths": np.array(LENGTHS, np.int32), "x": single(values),
               "weights": single(weights), "input/weight": single(weight),
               "input/bias": single(bias)}
    for name, (before, after, count) in CASES.items():
        x = values.clone().requires_grad_()
        weight.grad = bias.grad = None
        results = []
        for sentence in x.split(LENGTHS):
            results.append(masked(sentence, weight, bias, before, after, count))
            if before == after:
                found = longformer(sentence, weight, bias, before, count)
                assert torch.allclose(found, results[-1], atol=1e-5, rtol=0), name
        result = torch.cat(results)
        (result * weights).sum().backward()
        tensors |= {
            f"{name}/reach": np.array([before, after, count], np.int32),
            f"{name}/output": single(result), f"{name}/gradients/x": single(x.grad),
            f"{name}/gradients/input/weight": single(weight.grad),
            f"{name}/gradients/input/bias": single(bias.grad)}
    made_by = (f"Scripts/goldens/window_attention.py, torch {torch.__version__.split('+')[0]}, "
               f"transformers {transformers.__version__}")
    golden = {"headCount": HEADS, "headSize": HEAD_SIZE, "madeBy": made_by}
    path = folder / "window-attention.safetensors"
    save_file(tensors, path, {"golden": json.dumps(golden)})
    path.chmod(0o644)
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
