"""Self-attention with relative positions as Hugging Face transformers computes it, in float64, for
Tests/SeqLayersTests.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/relative_positions.py

writes `relative-positions.safetensors` into Tests/SeqLayersTests/Fixtures (or the folder given as the
only argument). Queries, keys and values are given; what positions add to the scores, or do to queries
and keys, comes from the library's own functions: T5Attention.compute_bias,
DisentangledSelfAttention.disentangled_att_bias (DeBERTa), Wav2Vec2-BERT's relative_key (Shaw et al.),
LLaMA's rotary embedding, BLOOM's slopes of ALiBi. Softmax and sums are PyTorch's. The loss is the sum
of all results, each element times a fixed random weight.

    lengths            I32
    x                  F32 [tokens, 3 · size]   queries, keys, values, sentence after sentence
    weights            F32 [tokens, size]       the loss'
    <scheme>/output, <scheme>/gradients/x
    <scheme>/parameters/<name>, <scheme>/gradients/<name>
    buckets/two_sided, buckets/one_sided        I32, T5's bucket of each distance from −300 to 300
    slopes/<heads>                              F32

Schemes: t5 (two sides), t5_causal, deberta, shaw, rotary, alibi (causal), alibi_two_sided. T5 multiplies
no scores by 1/√(head size); here all schemes do, as Transformers otherwise do.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from transformers import DebertaConfig, LlamaConfig, T5Config
from transformers.models.bloom.modeling_bloom import _get_alibi_slopes
from transformers.models.deberta import modeling_deberta as deberta
from transformers.models.llama import modeling_llama as llama
from transformers.models.t5.modeling_t5 import T5Attention
from transformers.models.wav2vec2_bert.modeling_wav2vec2_bert import (
    _apply_relative_key_position_encoding,
)

LENGTHS, HEADS, HEAD_SIZE = [9, 1, 13], 2, 8
SIZE = HEADS * HEAD_SIZE
SPAN, BUCKETS, MAX_DISTANCE, CLIP = 4, 8, 10, 3


def single(tensor):
    return np.ascontiguousarray(tensor.detach().numpy().astype(np.float32))


def draw(generator, *shape, scale=1.0):
    """Numbers that a float32 holds exactly."""
    values = (generator.standard_normal(shape) * scale).astype(np.float32)
    return torch.from_numpy(values.astype(np.float64))


def fill(module, generator):
    module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(draw(generator, *parameter.shape, scale=0.5))


def heads(x):
    """[tokens, size] -> [1, heads, tokens, head size]"""
    return x.view(1, -1, HEADS, HEAD_SIZE).transpose(1, 2)


def attend(q, k, v, bias, scale, causal):
    scores = scale * q @ k.transpose(-1, -2) + bias
    if causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape(-1, SIZE)


SCALE = 1 / math.sqrt(HEAD_SIZE)


def t5(causal, generator):
    config = T5Config(
        d_model=SIZE, d_kv=HEAD_SIZE, num_heads=HEADS, relative_attention_num_buckets=BUCKETS,
        relative_attention_max_distance=MAX_DISTANCE, is_decoder=causal)
    module = T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
    fill(module, generator)

    def output(q, k, v):
        return attend(q, k, v, module.compute_bias(q.shape[2], k.shape[2]), SCALE, causal)

    return output, {"biases": module.relative_attention_bias.weight}


def disentangled(generator):
    config = DebertaConfig(
        hidden_size=SIZE, num_attention_heads=HEADS, relative_attention=True,
        pos_att_type=["c2p", "p2c"], max_relative_positions=SPAN, hidden_dropout_prob=0,
        attention_probs_dropout_prob=0)
    module = deberta.DisentangledSelfAttention(config)
    fill(module, generator)
    table = draw(generator, 2 * SPAN, SIZE, scale=0.5).requires_grad_()
    factor = deberta.scaled_size_sqrt(torch.zeros(1, HEAD_SIZE), 3).double()

    def output(q, k, v):
        positions = deberta.build_relative_position(q, k)
        bias = module.disentangled_att_bias(q / factor, k, positions, table, 3)
        return attend(q / factor, k, v, bias, 1, False)

    return output, {
        "table": table, "key": module.pos_proj.weight, "query": module.pos_q_proj.weight,
        "query_bias": module.pos_q_proj.bias}


class RelativeKeys(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.left_max_position_embeddings = self.right_max_position_embeddings = CLIP
        self.distance_embedding = torch.nn.Embedding(2 * CLIP + 1, HEAD_SIZE)
        self.scaling = SCALE


def shaw(generator):
    module = RelativeKeys()
    fill(module, generator)

    def output(q, k, v):
        same, bias = _apply_relative_key_position_encoding(module, q, k)
        assert same is q
        return attend(q, k, v, bias, SCALE, False)

    return output, {"table": module.distance_embedding.weight}


def rotary(_):
    config = LlamaConfig(
        hidden_size=SIZE, num_attention_heads=HEADS, max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    module = llama.LlamaRotaryEmbedding(config)

    def output(q, k, v):
        positions = torch.arange(q.shape[2])[None]
        # The library turns by float32 angles; so do these, up to their last bits.
        frequencies = 10000.0 ** (-torch.arange(0, HEAD_SIZE, 2) / HEAD_SIZE)
        assert torch.allclose(module.inv_freq.double(), frequencies, rtol=1e-6)
        angles = positions[0][:, None] * frequencies
        angles = torch.cat([angles, angles], dim=-1)[None]
        q, k = llama.apply_rotary_pos_emb(q, k, angles.cos(), angles.sin())
        return attend(q, k, v, 0, SCALE, False)

    return output, {}


def alibi(_):
    slopes = _get_alibi_slopes(HEADS, torch.device("cpu")).double()

    def output(q, k, v):
        places = torch.arange(q.shape[2])
        distances = (places[:, None] - places[None]).abs()
        return attend(q, k, v, -slopes[:, None, None] * distances, SCALE, True)

    return output, {}


def alibi_two_sided(_):
    """Half of the heads sees what is before, half what is after, with the slopes of half as many."""
    slopes = _get_alibi_slopes(HEADS // 2, torch.device("cpu")).double()[:, None, None]

    def output(q, k, v):
        places = torch.arange(q.shape[2])
        distances = (places[None] - places[:, None]).double()
        back = (slopes * distances).masked_fill(distances > 0, -math.inf)
        ahead = (-slopes * distances).masked_fill(distances < 0, -math.inf)
        return attend(q, k, v, torch.cat([back, ahead]), SCALE, False)

    return output, {}


SCHEMES = {
    "t5": lambda generator: t5(False, generator),
    "t5_causal": lambda generator: t5(True, generator),
    "deberta": disentangled, "shaw": shaw, "rotary": rotary, "alibi": alibi,
    "alibi_two_sided": alibi_two_sided,
}


def main():
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqLayersTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(7)
    values = draw(generator, sum(LENGTHS), 3 * SIZE)
    weights = draw(generator, sum(LENGTHS), SIZE)
    tensors = {"lengths": np.array(LENGTHS, np.int32), "x": single(values),
               "weights": single(weights)}
    for name, make in SCHEMES.items():
        output, parameters = make(generator)
        x = values.clone().requires_grad_()
        results = []
        for sentence in x.split(LENGTHS):
            q, k, v = (heads(part) for part in sentence.split(SIZE, dim=1))
            results.append(output(q, k, v))
        result = torch.cat(results)
        (result * weights).sum().backward()
        tensors |= {f"{name}/output": single(result), f"{name}/gradients/x": single(x.grad)}
        for key, parameter in parameters.items():
            tensors[f"{name}/parameters/{key}"] = single(parameter)
            tensors[f"{name}/gradients/{key}"] = single(parameter.grad)
    distances = torch.arange(-300, 301)
    for name, two_sided in [("two_sided", True), ("one_sided", False)]:
        buckets = T5Attention._relative_position_bucket(distances, two_sided, 32, 128)
        tensors[f"buckets/{name}"] = buckets.numpy().astype(np.int32)
    for count in [1, 2, 3, 6, 8, 12, 16]:
        tensors[f"slopes/{count}"] = single(_get_alibi_slopes(count, torch.device("cpu")))
    made_by = (f"Scripts/goldens/relative_positions.py, torch {torch.__version__.split('+')[0]}, "
               f"transformers {transformers.__version__}")
    golden = {
        "headCount": HEADS, "headSize": HEAD_SIZE, "span": SPAN, "bucketCount": BUCKETS,
        "maxDistance": MAX_DISTANCE, "clip": CLIP, "madeBy": made_by}
    path = folder / "relative-positions.safetensors"
    save_file(tensors, path, {"golden": json.dumps(golden)})
    path.chmod(0o644)
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
