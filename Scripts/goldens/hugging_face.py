"""Small encoder-decoders of Hugging Face's transformers with what they answer, for
Tests/SeqInterchangeTests.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/hugging_face.py

writes a folder for each model into Tests/SeqInterchangeTests/Fixtures (or the folder given as the only
argument): what save_pretrained writes, and beside it

    expected.json         sources and targets as token ids, and what generate() makes of the sources:
                          greedy, and with four beams as generation_config.json says
    expected.safetensors  logits/<n> F32 [target and EOS, vocabulary] of the first pairs

Every model learns for a moment to reverse its source, so that answers differ and end. Between them the
models have every family, every way of tying, float32, float16 and bfloat16, one file and several,
halves of different sizes, forced tokens and forbidden ones.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import numpy as np
import torch
import transformers as hf
from safetensors.numpy import save_file

VOCABULARY, SIZE, INNER, HEADS = 30, 16, 32, 2
SIZES = dict(
    vocab_size=VOCABULARY, d_model=SIZE, encoder_layers=2, decoder_layers=2,
    encoder_attention_heads=HEADS, decoder_attention_heads=HEADS, encoder_ffn_dim=INNER,
    decoder_ffn_dim=INNER, max_position_embeddings=24, dropout=0.0)
T5_SIZES = dict(
    vocab_size=VOCABULARY, d_model=SIZE, d_ff=INNER, num_layers=2, num_decoder_layers=1,
    num_heads=HEADS, relative_attention_num_buckets=8, relative_attention_max_distance=12,
    dropout_rate=0.0, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0)
MARIAN = dict(
    activation_function="swish", scale_embedding=True, pad_token_id=VOCABULARY - 1,
    decoder_start_token_id=VOCABULARY - 1, eos_token_id=0, forced_eos_token_id=0)


def models():
    """Name, model, type its tensors are saved in, bytes of a shard, and how it is searched."""
    yield "marian", hf.MarianMTModel(hf.MarianConfig(**SIZES, **MARIAN)), torch.float32, None, dict(
        num_beams=4, max_length=14, bad_words_ids=[[VOCABULARY - 1], [7, 8]])
    yield "marian-separate", hf.MarianMTModel(
        hf.MarianConfig(
            **{**SIZES, "decoder_layers": 1, "decoder_ffn_dim": 24, "decoder_attention_heads": 4},
            **MARIAN, share_encoder_decoder_embeddings=False,
            decoder_vocab_size=VOCABULARY)), torch.float32, None, dict(
        num_beams=4, max_length=14, length_penalty=0.8)
    yield "bart", hf.BartForConditionalGeneration(
        hf.BartConfig(**SIZES, activation_function="gelu")), torch.float16, None, dict(
        num_beams=4, max_length=14, forced_bos_token_id=0, early_stopping=True, no_repeat_ngram_size=3,
        length_penalty=2.0)
    yield "mbart", hf.MBartForConditionalGeneration(
        hf.MBartConfig(**SIZES, scale_embedding=True, activation_function="relu",
            decoder_start_token_id=5)), torch.float32, None, dict(
        num_beams=4, max_length=14, forced_bos_token_id=6)
    yield "pegasus", hf.PegasusForConditionalGeneration(
        hf.PegasusConfig(**SIZES, scale_embedding=True, activation_function="relu")), (
        torch.float32), "30KB", dict(num_beams=4, max_length=14, length_penalty=0.6, min_length=4)
    yield "t5", hf.T5ForConditionalGeneration(
        hf.T5Config(**T5_SIZES, d_kv=SIZE // HEADS)), torch.float32, None, dict(
        num_beams=4, max_length=14, repetition_penalty=1.3)
    v11 = hf.T5ForConditionalGeneration(
        hf.T5Config(**T5_SIZES, d_kv=6, feed_forward_proj="gated-gelu", tie_word_embeddings=False))
    # transformers 5 ties whatever the settings say, but keeps a matrix that a file has.
    v11.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, SIZE) * 0.3)
    yield "t5-v1.1", v11, torch.bfloat16, None, dict(num_beams=4, max_length=14)


def sentences(generator, count, end, first):
    return [
        [int(x) for x in generator.integers(first, VOCABULARY - 2, generator.integers(1, 11))]
        for _ in range(count)]


def batch(pairs, pad, start, end):
    """Padded sources with their mask, decoder inputs and labels."""
    sources = [source + [end] for source, _ in pairs]
    labels = [target + [end] for _, target in pairs]
    inputs = [[start] + target for _, target in pairs]

    def padded(rows, value):
        width = max(map(len, rows))
        return torch.tensor([row + [value] * (width - len(row)) for row in rows])

    lengths = torch.tensor([len(row) for row in sources])
    ids = padded(sources, pad)
    mask = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
    return ids, mask, padded(inputs, pad), padded(labels, -100)


def learn(model, generator, first):
    """A few hundred steps of reversing."""
    config = model.config
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    model.train()
    for _ in range(400):
        pairs = [(s, s[::-1]) for s in sentences(generator, 48, config.eos_token_id, first)]
        ids, mask, inputs, labels = batch(
            pairs, config.pad_token_id, config.decoder_start_token_id, config.eos_token_id)
        loss = model(
            input_ids=ids, attention_mask=mask, decoder_input_ids=inputs, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    return loss.item()


def generated(model, ids, mask, **settings):
    found = model.generate(input_ids=ids, attention_mask=mask, **settings)
    end, start = model.config.eos_token_id, model.config.decoder_start_token_id
    rows = []
    for row in found.tolist():
        assert row[0] == start
        row = row[1:]
        rows.append(row[:row.index(end)] if end in row else row + [-1])
    return rows


def main(output):
    for name, model, kind, shard, search in models():
        torch.manual_seed(len(name))
        generator = np.random.default_rng(len(name))
        for parameter in model.parameters():
            if parameter.requires_grad and parameter.dim() == 2:
                parameter.data.normal_(std=0.3)
        first = 7
        loss = learn(model, generator, first)
        folder = output / name
        folder.mkdir(parents=True, exist_ok=True)
        model = model.to(kind)
        model.generation_config = hf.GenerationConfig(
            pad_token_id=model.config.pad_token_id, eos_token_id=model.config.eos_token_id,
            decoder_start_token_id=model.config.decoder_start_token_id,
            **{**({"forced_eos_token_id": model.config.forced_eos_token_id}
                  if getattr(model.config, "forced_eos_token_id", None) is not None else {}), **search})
        for old in folder.glob("*"):
            old.unlink()
        model.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
        # What is compared is what the file holds, computed in float32.
        model = type(model).from_pretrained(folder, dtype=torch.float32).eval()
        pairs = [(s, s[::-1]) for s in sentences(generator, 24, model.config.eos_token_id, first)]
        config = model.config
        with torch.no_grad():
            tensors = {}
            for number, pair in enumerate(pairs[:4]):
                ids, mask, inputs, _ = batch(
                    [pair], config.pad_token_id, config.decoder_start_token_id, config.eos_token_id)
                logits = model(input_ids=ids, attention_mask=mask, decoder_input_ids=inputs).logits
                tensors[f"logits/{number}"] = np.ascontiguousarray(logits[0].float().numpy())
            ids, mask, _, _ = batch(
                pairs, config.pad_token_id, config.decoder_start_token_id, config.eos_token_id)
            # By itself transformers penalises repetition of logits in greedy search, and of
            # log-probabilities in beams.
            greedy = generated(model, ids, mask, num_beams=1, repetition_penalty=1.0)
            beam = generated(model, ids, mask)
        save_file(tensors, folder / "expected.safetensors")
        (folder / "expected.json").write_text(json.dumps({
            "sources": [s + [config.eos_token_id] for s, _ in pairs], "targets": [t for _, t in pairs],
            "greedy": greedy, "beam": beam}) + "\n")
        tokens = {t for row in greedy + beam for t in row}
        print(f"{name}: loss {loss:.2f}, {len(tokens)} tokens in answers, "
              f"{sum(-1 in r for r in greedy + beam)} without an end, "
              f"{sum(g != b for g, b in zip(greedy, beam))} differ by beam")


if __name__ == "__main__":
    root = pathlib.Path(__file__).resolve().parents[2]
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "Tests/SeqInterchangeTests/Fixtures")
