"""RMS norm and gated feed-forward networks as LLaMA has them in Hugging Face transformers, in float64,
for Tests/SeqLayersTests.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/gated_layers.py

writes `gated-layers.safetensors` into Tests/SeqLayersTests/Fixtures (or the folder given as the only
argument): `LlamaRMSNorm` and then `LlamaMLP`, with SiLU (SwiGLU) and with the exact GELU (GEGLU). Our
first map has the gate's matrix above the other's. The loss is the sum of all results, each element
times a fixed random weight.

    x, weights                                        F32 [rows, size]
    <activation>/output, <activation>/gradients/x
    <activation>/parameters/<name>, <activation>/gradients/<name>
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm

ROWS, SIZE, INNER = 6, 10, 24


def single(tensor):
    return np.ascontiguousarray(tensor.detach().numpy().astype(np.float32))


def draw(generator, *shape):
    """Numbers that a float32 holds exactly."""
    values = generator.standard_normal(shape).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64))


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqLayersTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(11)
    values, weights = draw(generator, ROWS, SIZE), draw(generator, ROWS, SIZE)
    tensors = {"x": single(values), "weights": single(weights)}
    for name, activation in [("swiglu", "silu"), ("geglu", "gelu")]:
        norm = LlamaRMSNorm(SIZE, eps=1e-5)
        network = LlamaMLP(LlamaConfig(
            hidden_size=SIZE, intermediate_size=INNER, hidden_act=activation, mlp_bias=True,
            num_attention_heads=1, num_key_value_heads=1))
        for module in (norm, network):
            module.double()
            with torch.no_grad():
                for parameter in module.parameters():
                    parameter.copy_(draw(generator, *parameter.shape))
        x = values.clone().requires_grad_()
        # The library's norm computes in float32 whatever it is given; this is its formula.
        normalized = norm.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)
        assert torch.allclose(normalized, norm(x), rtol=1e-5, atol=1e-5)
        output = network(normalized)
        (output * weights).sum().backward()
        tensors |= {f"{name}/output": single(output), f"{name}/gradients/x": single(x.grad)}
        gate, other, outer = network.gate_proj, network.up_proj, network.down_proj
        for kind, of in [("parameters", lambda p: p), ("gradients", lambda p: p.grad)]:
            tensors |= {
                f"{name}/{kind}/norm.weight": single(of(norm.weight)),
                f"{name}/{kind}/inner.weight": single(
                    torch.cat([of(gate.weight), of(other.weight)])),
                f"{name}/{kind}/inner.bias": single(torch.cat([of(gate.bias), of(other.bias)])),
                f"{name}/{kind}/outer.weight": single(of(outer.weight)),
                f"{name}/{kind}/outer.bias": single(of(outer.bias)),
            }
    made_by = (f"Scripts/goldens/gated_layers.py, torch {torch.__version__.split('+')[0]}, "
               f"transformers {transformers.__version__}")
    path = folder / "gated-layers.safetensors"
    golden = {"size": SIZE, "innerSize": INNER, "madeBy": made_by}
    save_file(tensors, path, {"golden": json.dumps(golden)})
    path.chmod(0o644)
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
