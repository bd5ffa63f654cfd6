"""Makes a model directory of the size of OPUS-MT's base models, with random parameters from a seed.

    python Benchmarks/models/base.py OUTPUT [--norm post] [--vocabulary N] [--layers N] ...

What decoding costs depends on a model's sizes, not on what it has learned; a model of this size
need therefore not be trained to be timed. Yet its outputs must not be degenerate: with tied tables
and the usual initialisation a token's own embedding dominates the residual stream, and every
sentence repeats one token. Hence three changes: the weights of the last norm get random signs, so
that a state no longer resembles the token that was read; what the feed-forward networks add is
scaled up and centred, so that it depends on that token; what attention adds, much the same at every
position of a sentence, is scaled down. Needs numpy and safetensors.
"""

import argparse
import json
import math
import pathlib

import numpy
from safetensors.numpy import save_file

SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]


class Parameters:
    """Draws named parameters from one generator, in the order in which they are asked for."""

    def __init__(self, seed: int):
        self.generator = numpy.random.default_rng(seed)
        self.values: dict[str, numpy.ndarray] = {}

    def normal(self, name: str, shape: tuple[int, ...], deviation: float) -> numpy.ndarray:
        values = self.generator.standard_normal(shape, dtype=numpy.float32)
        values *= numpy.float32(deviation)
        self.values[name] = values
        return values

    def linear(self, name: str, inputs: int, outputs: int, gain: float = 1) -> None:
        """A map that keeps the variance of its input, times the gain."""
        self.normal(f"{name}.weight", (outputs, inputs), gain / math.sqrt(inputs))
        self.normal(f"{name}.bias", (outputs,), 0.02)

    def norm(self, name: str, size: int) -> None:
        self.values[f"{name}.weight"] = numpy.ones(size, dtype=numpy.float32)
        self.normal(f"{name}.bias", (size,), 0.02)


def parameters(options: argparse.Namespace) -> dict[str, numpy.ndarray]:
    drawn = Parameters(options.seed)
    size, inner, gain = options.size, options.inner_size, options.gain
    table = drawn.normal("embedding.weight", (options.vocabulary, size), 1 / math.sqrt(size))
    # Rows of zeros give pad and <s> a logit of zero, so no search that allows them chooses them.
    table[:2] = 0

    def attention(scope: str) -> None:
        drawn.linear(f"{scope}.self_attention.input", size, 3 * size)
        drawn.linear(f"{scope}.self_attention.output", size, size, options.attention_gain)
        drawn.norm(f"{scope}.self_attention_norm", size)

    def feed_forward(scope: str) -> None:
        drawn.linear(f"{scope}.feed_forward.inner", size, inner)
        drawn.linear(f"{scope}.feed_forward.outer", inner, size, gain)
        # After relu all inner units are positive: uncentred, rows would add the same to all tokens.
        outer = drawn.values[f"{scope}.feed_forward.outer.weight"]
        outer -= outer.mean(axis=1, keepdims=True)
        drawn.norm(f"{scope}.feed_forward_norm", size)

    for index in range(options.layers):
        attention(f"encoder.layers.{index}")
        feed_forward(f"encoder.layers.{index}")
    for index in range(options.layers):
        scope = f"decoder.layers.{index}"
        attention(scope)
        drawn.linear(f"{scope}.cross_attention.query", size, size)
        drawn.linear(f"{scope}.cross_attention.memory", size, 2 * size)
        drawn.linear(f"{scope}.cross_attention.output", size, size, options.attention_gain)
        drawn.norm(f"{scope}.cross_attention_norm", size)
        feed_forward(scope)
    if options.norm == "pre":
        drawn.norm("encoder.norm", size)
        drawn.norm("decoder.norm", size)
    # The weights of the norm that makes the states get random signs; see above.
    last = "norm" if options.norm == "pre" else f"layers.{options.layers - 1}.feed_forward_norm"
    weight = drawn.values[f"decoder.{last}.weight"]
    weight *= numpy.sign(drawn.generator.random(size, dtype=numpy.float32) - 0.5)
    return drawn.values


def word(number: int) -> str:
    """A made-up word: the number's digits in base 100, a syllable each."""
    consonants, vowels = "bcdfghjklmnpqrstvwxz", "aeiou"
    digits = [number // 10_000, number // 100 % 100, number % 100]
    return "".join(consonants[digit // 5] + vowels[digit % 5] for digit in digits)


def write(options: argparse.Namespace) -> None:
    directory = options.output
    directory.mkdir(parents=True, exist_ok=True)
    configuration = {
        "format_version": 1,
        "model": {
            "activation": "relu", "activation_dropout": 0, "attention_dropout": 0,
            "decoder_layer_count": options.layers, "dropout": 0.1,
            "embedding_size": options.size, "encoder_layer_count": options.layers,
            "feed_forward_size": options.inner_size, "head_count": options.heads,
            "initialization": "xavier", "max_positions": 1024, "norm": options.norm,
            "output_bias": False, "positions": "sinusoidal", "tying": "all",
            "type": "transformer"},
        "vocabularies": {"source": options.vocabulary, "target": options.vocabulary}}
    tokenizer = {
        "configuration": {
            "byte_fallback": False, "character_coverage": 1, "minimum_frequency": 1,
            "normalization": "none", "shared": True, "source_bos": False, "source_eos": True,
            "type": "whitespace", "unit": "scalar"},
        "version": 1}
    for name, value in [("config.json", configuration), ("tokenizer.json", tokenizer)]:
        (directory / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    words = [*SPECIAL, *(word(n) for n in range(options.vocabulary - len(SPECIAL)))]
    (directory / "shared.vocab").write_text("\n".join(words) + "\n", encoding="utf-8")
    values = parameters(options)
    save_file(values, directory / "model.safetensors")
    count = sum(value.size for value in values.values())
    print(json.dumps({"parameter_count": count}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=512, help="of embeddings and states")
    parser.add_argument("--inner-size", type=int, default=2048, help="of the feed-forward networks")
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--layers", type=int, default=6, help="of the encoder, and of the decoder")
    parser.add_argument("--vocabulary", type=int, default=58_101, help="tokens, special ones too")
    parser.add_argument("--norm", choices=["pre", "post"], default="pre")
    parser.add_argument("--gain", type=float, default=2.0,
                        help="of the last map of every feed-forward network")
    parser.add_argument("--attention-gain", type=float, default=0.4,
                        help="of the last map of every attention")
    parser.add_argument("--seed", type=int, default=1)
    write(parser.parse_args())


if __name__ == "__main__":
    main()
