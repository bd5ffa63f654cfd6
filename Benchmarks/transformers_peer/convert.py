"""Converts a Transformer of this toolkit to a model directory of Hugging Face transformers.

    python Benchmarks/transformers_peer/convert.py MODEL OUTPUT

With norms before the blocks it becomes a PegasusForConditionalGeneration, with norms after them a
MarianMTModel. Both make sinusoids of other frequencies, so the table of positions is written with
the parameters. There is no tokenizer: the benchmark exchanges ids only.
"""

import argparse
import pathlib
import sys

import numpy
import torch
from transformers import (
    GenerationConfig, MarianConfig, MarianMTModel, PegasusConfig, PegasusForConditionalGeneration)

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from models.directory import BEGIN, END, PAD, Pair, TransformerDirectory  # noqa: E402


def empty(model: TransformerDirectory) -> torch.nn.Module:
    """A model of the same sizes."""
    if model.source_vocabulary != model.target_vocabulary:
        sys.exit("vocabularies of different sizes are not converted")
    tied = model.tying == "all"
    sizes = dict(
        vocab_size=model.source_vocabulary, max_position_embeddings=model.max_positions,
        d_model=model.size, encoder_layers=model.encoder_layers,
        decoder_layers=model.decoder_layers, encoder_ffn_dim=model.inner_size,
        decoder_ffn_dim=model.inner_size, encoder_attention_heads=model.heads,
        decoder_attention_heads=model.heads, activation_function=model.activation,
        scale_embedding=True, pad_token_id=PAD, bos_token_id=BEGIN, eos_token_id=END,
        forced_eos_token_id=None, decoder_start_token_id=BEGIN, tie_word_embeddings=tied)
    if model.pre_norm:
        made = PegasusForConditionalGeneration(PegasusConfig(**sizes))
    else:
        made = MarianMTModel(MarianConfig(
            **sizes, share_encoder_decoder_embeddings=tied,
            decoder_vocab_size=model.target_vocabulary))
    made.generation_config = GenerationConfig(
        pad_token_id=PAD, bos_token_id=BEGIN, eos_token_id=END, decoder_start_token_id=BEGIN,
        use_cache=True)
    # Marian leaves positions out, as it can make its own.
    made._keys_to_ignore_on_save = None
    return made


class Target:
    """The parameters of a model of transformers, to be set by name, each once."""

    def __init__(self, model: torch.nn.Module):
        self.values = dict(model.named_parameters(remove_duplicate=False))
        self.values.update(model.named_buffers())
        self.unset = set(self.values)

    def set(self, name: str, value: numpy.ndarray) -> None:
        with torch.no_grad():
            if self.values[name].shape != value.shape:
                sys.exit(f"{name}: {tuple(self.values[name].shape)}, ours is {value.shape}")
            self.values[name].copy_(torch.from_numpy(numpy.ascontiguousarray(value)))
        self.unset.discard(name)

    def set_pair(self, name: str, pair: Pair) -> None:
        self.set(f"{name}.weight", pair[0])
        self.set(f"{name}.bias", pair[1])


def fill(target: Target, model: TransformerDirectory) -> None:
    for side, layers, table in [("encoder", model.encoder_layers, "source"),
                                ("decoder", model.decoder_layers, "target")]:
        half = f"model.{side}"
        target.set(f"{half}.embed_tokens.weight", model.embedding(table))
        target.set(f"{half}.embed_positions.weight", model.positions(side))
        if model.pre_norm:
            target.set_pair(f"{half}.layer_norm", model.pair(f"{side}.norm"))
        for index in range(layers):
            ours, theirs = f"{side}.layers.{index}", f"{half}.layers.{index}"
            maps = dict(zip("qkv", model.parts(f"{ours}.self_attention.input", 3)))
            maps["out"] = model.pair(f"{ours}.self_attention.output")
            for name, pair in maps.items():
                target.set_pair(f"{theirs}.self_attn.{name}_proj", pair)
            norms = {"self_attn_layer_norm": "self_attention", "final_layer_norm": "feed_forward"}
            if side == "decoder":
                norms["encoder_attn_layer_norm"] = "cross_attention"
                maps = dict(zip("kv", model.parts(f"{ours}.cross_attention.memory", 2)))
                maps["q"] = model.pair(f"{ours}.cross_attention.query")
                maps["out"] = model.pair(f"{ours}.cross_attention.output")
                for name, pair in maps.items():
                    target.set_pair(f"{theirs}.encoder_attn.{name}_proj", pair)
            for name, block in norms.items():
                target.set_pair(f"{theirs}.{name}", model.pair(f"{ours}.{block}_norm"))
            target.set_pair(f"{theirs}.fc1", model.pair(f"{ours}.feed_forward.inner"))
            target.set_pair(f"{theirs}.fc2", model.pair(f"{ours}.feed_forward.outer"))
    weight, bias = model.projection()
    target.set("lm_head.weight", weight)
    target.set("final_logits_bias", numpy.zeros((1, len(weight)), numpy.float32)
               if bias is None else bias[None])
    # Where tables are one, this name is another for the same; otherwise it is not read.
    if "model.shared.weight" in target.unset:
        target.set("model.shared.weight", model.embedding("source"))
    if target.unset:
        sys.exit(f"nothing of ours for {sorted(target.unset)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    model = TransformerDirectory(options.model)
    made = empty(model).eval()
    fill(Target(made), model)
    made.save_pretrained(options.output)
    check(made, type(made).from_pretrained(options.output).eval())


def check(made: torch.nn.Module, loaded: torch.nn.Module) -> None:
    """What was written is what is read, positions and all."""
    ids = torch.arange(4, 12)[None] % made.config.vocab_size
    with torch.inference_mode():
        a, b = (m(input_ids=ids, decoder_input_ids=ids).logits for m in (made, loaded))
    if not torch.equal(a, b):
        sys.exit(f"read back, logits differ by {(a - b).abs().max():g}")


if __name__ == "__main__":
    main()
