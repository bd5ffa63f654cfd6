"""Converts a Transformer of this toolkit to a model directory of CTranslate2.

    python Benchmarks/ctranslate2/convert.py MODEL OUTPUT [--quantization int8]

The tokens of the written vocabularies are ids in decimal, since the benchmark exchanges ids only.
"""

import argparse
import pathlib
import sys

import ctranslate2
from ctranslate2.specs import common_spec, transformer_spec

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from models.directory import BEGIN, END, UNKNOWN, Pair, TransformerDirectory  # noqa: E402

ACTIVATIONS = {"relu": common_spec.Activation.RELU, "gelu": common_spec.Activation.GELU}


def set_linear(spec: common_spec.LinearSpec, pair: Pair) -> None:
    spec.weight, spec.bias = pair


def set_norm(spec: common_spec.LayerNormSpec, pair: Pair) -> None:
    spec.gamma, spec.beta = pair


def set_layer(spec, model: TransformerDirectory, scope: str) -> None:
    """A layer of the encoder or, where the specification attends to the memory, of the decoder."""
    set_linear(spec.self_attention.linear[0], model.pair(f"{scope}.self_attention.input"))
    set_linear(spec.self_attention.linear[1], model.pair(f"{scope}.self_attention.output"))
    set_norm(spec.self_attention.layer_norm, model.pair(f"{scope}.self_attention_norm"))
    if hasattr(spec, "attention"):
        for linear, name in zip(spec.attention.linear, ["query", "memory", "output"]):
            set_linear(linear, model.pair(f"{scope}.cross_attention.{name}"))
        set_norm(spec.attention.layer_norm, model.pair(f"{scope}.cross_attention_norm"))
    set_linear(spec.ffn.linear_0, model.pair(f"{scope}.feed_forward.inner"))
    set_linear(spec.ffn.linear_1, model.pair(f"{scope}.feed_forward.outer"))
    set_norm(spec.ffn.layer_norm, model.pair(f"{scope}.feed_forward_norm"))


def specification(model: TransformerDirectory) -> transformer_spec.TransformerSpec:
    spec = transformer_spec.TransformerSpec.from_config(
        (model.encoder_layers, model.decoder_layers), model.heads, pre_norm=model.pre_norm,
        activation=ACTIVATIONS[model.activation])
    spec.encoder.embeddings[0].weight = model.embedding("source")
    spec.decoder.embeddings.weight = model.embedding("target")
    for side, half in [("encoder", spec.encoder), ("decoder", spec.decoder)]:
        half.position_encodings.encodings = model.positions(side)
        for index, layer in enumerate(half.layer):
            set_layer(layer, model, f"{side}.layers.{index}")
        if model.pre_norm:
            set_norm(half.layer_norm, model.pair(f"{side}.norm"))
    spec.decoder.projection.weight, bias = model.projection()
    if bias is not None:
        spec.decoder.projection.bias = bias
    spec.register_source_vocabulary([str(id) for id in range(model.source_vocabulary)])
    spec.register_target_vocabulary([str(id) for id in range(model.target_vocabulary)])
    spec.config.bos_token = spec.config.decoder_start_token = str(BEGIN)
    spec.config.eos_token, spec.config.unk_token = str(END), str(UNKNOWN)
    # Sources come with their end token.
    spec.config.add_source_bos = spec.config.add_source_eos = False
    return spec


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--quantization", choices=ctranslate2.specs.model_spec.ACCEPTED_MODEL_TYPES,
                        help="how weights are stored; as they are by default")
    options = parser.parse_args()
    spec = specification(TransformerDirectory(options.model))
    spec.validate()
    spec.optimize(quantization=options.quantization)
    options.output.mkdir(parents=True, exist_ok=True)
    spec.save(str(options.output))


if __name__ == "__main__":
    main()
