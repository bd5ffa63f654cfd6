"""Reads a model directory of this toolkit for the peers of the decoding benchmark: its sizes, its
parameters by name, and its table of positions. Needs numpy and safetensors."""

import json
import math
import pathlib
import sys

import numpy
from safetensors.numpy import load_file

PAD, BEGIN, END, UNKNOWN = 0, 1, 2, 3

Pair = tuple[numpy.ndarray, numpy.ndarray]


class TransformerDirectory:
    """A Transformer of ours; a directory of another family ends the program."""

    def __init__(self, path: pathlib.Path):
        description = json.loads((path / "config.json").read_text(encoding="utf-8"))
        model = description["model"]
        if description["format_version"] != 1 or model["type"] != "transformer":
            sys.exit(f"{path}: a model of type '{model['type']}', format "
                     f"{description['format_version']}; only Transformers of format 1 are converted")
        self.encoder_layers: int = model["encoder_layer_count"]
        self.decoder_layers: int = model["decoder_layer_count"]
        self.size: int = model["embedding_size"]
        self.inner_size: int = model["feed_forward_size"]
        self.heads: int = model["head_count"]
        self.pre_norm: bool = model["norm"] == "pre"
        self.activation: str = model["activation"]
        self.tying: str = model["tying"]
        self.learned_positions: bool = model["positions"] == "learned"
        self.max_positions: int = model["max_positions"]
        self.source_vocabulary: int = description["vocabularies"]["source"]
        self.target_vocabulary: int = description["vocabularies"]["target"]
        self.parameters: dict[str, numpy.ndarray] = load_file(path / "model.safetensors")

    def pair(self, name: str) -> Pair:
        """Weight and bias of a linear map or a norm."""
        return self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"]

    def parts(self, name: str, count: int) -> list[Pair]:
        """The maps that one matrix stacks, such as queries, keys and values."""
        weight, bias = self.pair(name)
        return list(zip(numpy.split(weight, count), numpy.split(bias, count)))

    def embedding(self, side: str) -> numpy.ndarray:
        """The table of "source" or "target"."""
        name = "embedding" if self.tying == "all" else f"{side}_embedding"
        return self.parameters[f"{name}.weight"]

    def projection(self) -> tuple[numpy.ndarray, numpy.ndarray | None]:
        """The map to the target vocabulary and its bias, where it has one."""
        weight = (self.parameters["output.weight"] if self.tying == "none"
                  else self.embedding("target"))
        return weight, self.parameters.get("output.bias")

    def positions(self, side: str) -> numpy.ndarray:
        """A row for every position of "encoder" or "decoder"."""
        if self.learned_positions:
            return self.parameters[f"{side}.positions.weight"]
        return sinusoids(self.max_positions, self.size)


def sinusoids(count: int, size: int) -> numpy.ndarray:
    """Sines in the first half of the columns, cosines in the second."""
    rates = numpy.exp(numpy.arange(size // 2) * (-math.log(10_000.0) / max(size // 2 - 1, 1)))
    angles = numpy.arange(count)[:, None] * rates[None, :]
    return numpy.concatenate([numpy.sin(angles), numpy.cos(angles)], axis=1).astype(numpy.float32)
