"""Makes a MarianMT of transformers, of the size of OPUS-MT's, with random parameters from a seed.

    python Benchmarks/models/marian.py OUTPUT [--vocabulary N] [--layers N] ...

It is a directory as save_pretrained leaves it, tokenizer files included, so that each side reads it by
its own import. Words are named by their ids in decimal, since the benchmark exchanges ids only. The
parameters are drawn as base.py describes, for its reasons.
"""

import argparse
import json
import os
import pathlib
import tempfile

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import sentencepiece  # noqa: E402
import torch  # noqa: E402
from transformers import GenerationConfig, MarianConfig, MarianMTModel  # noqa: E402

END, UNKNOWN = 0, 1


def configuration(options: argparse.Namespace) -> MarianConfig:
    pad = options.vocabulary - 1
    return MarianConfig(
        vocab_size=options.vocabulary, d_model=options.size, encoder_layers=options.layers,
        decoder_layers=options.layers, encoder_attention_heads=options.heads,
        decoder_attention_heads=options.heads, encoder_ffn_dim=options.inner_size,
        decoder_ffn_dim=options.inner_size, max_position_embeddings=512, activation_function="swish",
        scale_embedding=True, pad_token_id=pad, decoder_start_token_id=pad, eos_token_id=END,
        forced_eos_token_id=None)


def draw(model: MarianMTModel, options: argparse.Namespace) -> None:
    """Parameters that keep variances, and outputs that are varied."""
    torch.manual_seed(options.seed)
    for name, value in model.named_parameters():
        if not value.requires_grad:
            continue  # the table of positions
        if value.dim() == 1:
            value.data.fill_(1) if "norm.weight" in name else value.data.normal_(std=0.02)
            continue
        gain = (options.gain if "fc2" in name
                else options.attention_gain if "out_proj" in name else 1)
        value.data.normal_(std=gain / value.shape[1] ** 0.5)
        if "fc2" in name:
            value.data -= value.data.mean(dim=1, keepdim=True)
    last = model.model.decoder.layers[-1].final_layer_norm.weight
    last.data *= (torch.rand_like(last) - 0.5).sign()
    # Marian starts from a row of zeros, that of <pad>.
    model.model.shared.weight.data[model.config.pad_token_id] = 0


def write_tokenizer(folder: pathlib.Path, vocabulary: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        prefix = pathlib.Path(temporary) / "digits"
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(str(number) for number in range(2_000)), model_prefix=str(prefix),
            vocab_size=40, hard_vocab_limit=False, minloglevel=2, num_threads=1)
        for name in ("source.spm", "target.spm"):
            (folder / name).write_bytes(prefix.with_suffix(".model").read_bytes())
    ids = {"</s>": END, "<unk>": UNKNOWN}
    ids |= {str(number): number for number in range(len(ids), vocabulary - 1)}
    ids["<pad>"] = vocabulary - 1
    (folder / "vocab.json").write_text(json.dumps(ids), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "de"}))


def write(options: argparse.Namespace) -> None:
    config = configuration(options)
    model = MarianMTModel(config).eval()
    draw(model, options)
    model.generation_config = GenerationConfig(
        pad_token_id=config.pad_token_id, eos_token_id=END,
        decoder_start_token_id=config.pad_token_id, bad_words_ids=[[config.pad_token_id]])
    options.output.mkdir(parents=True, exist_ok=True)
    write_tokenizer(options.output, options.vocabulary)
    model.save_pretrained(options.output)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--size", type=int, default=512, help="of embeddings and states")
    parser.add_argument("--inner-size", type=int, default=2048, help="of the feed-forward networks")
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--layers", type=int, default=6, help="of the encoder, and of the decoder")
    parser.add_argument("--vocabulary", type=int, default=58_101, help="tokens, special ones too")
    parser.add_argument("--gain", type=float, default=2.0,
                        help="of the last map of every feed-forward network")
    parser.add_argument("--attention-gain", type=float, default=0.4,
                        help="of the last map of every attention")
    parser.add_argument("--seed", type=int, default=1)
    write(parser.parse_args())


if __name__ == "__main__":
    main()
