#!/usr/bin/env python3
"""Compares models of Hugging Face's transformers with what `seq2seq import` makes of them, sentence by
sentence, at the sizes people use.

    Scripts/peers/setup.sh
    ~/.cache/swift-seq2seq/peers/bin/python Scripts/compare_models.py \\
        --text LINES.txt [--family marian]... [--size real|small] [--count 200] [--keep FOLDER]

Makes a model of each family (marian of OPUS-MT's size, t5 of T5-small's, t5-v1.1 of the same, bart of
BART-base's, pegasus small) with a tokenizer learned of the lines, scales its random weights until its
answers are varied, writes it by save_pretrained, imports it, and compares

    the log-probability of every token of given targets: off by at most 1e-4 of the largest,
    greedy answers and those of four beams, token for token; where greedy ones differ, the reference's
    margin at the first difference is printed; where beams do, the smallest change of its own
    log-probabilities, drawn anew for every token and step, that made it choose our answer; less than 1e-5
    counts as equal,
    the tensors after `seq2seq export`: the same bytes, names, shapes and types.

No file of the models is downloaded. Exit code 1 if anything differs.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import sentencepiece
import tokenizers
import torch
import transformers as hf
from safetensors import safe_open

ROOT = pathlib.Path(__file__).resolve().parents[1]
PIECES = 4000
LONGEST = 24  # tokens of an answer, EOS included

MARIAN_SIZES = {
    "real": dict(vocab_size=58101, d_model=512, encoder_layers=6, decoder_layers=6,
                 encoder_attention_heads=8, decoder_attention_heads=8, encoder_ffn_dim=2048,
                 decoder_ffn_dim=2048, max_position_embeddings=512),
    "small": dict(vocab_size=5000, d_model=64, encoder_layers=2, decoder_layers=2,
                  encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=128,
                  decoder_ffn_dim=128, max_position_embeddings=512),
}
BART_SIZES = {
    "real": dict(vocab_size=50265, d_model=768, encoder_layers=6, decoder_layers=6,
                 encoder_attention_heads=12, decoder_attention_heads=12, encoder_ffn_dim=3072,
                 decoder_ffn_dim=3072, max_position_embeddings=1024),
    "small": MARIAN_SIZES["small"],
}
T5_SIZES = {
    "real": dict(vocab_size=32128, d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_heads=8),
    "small": dict(vocab_size=5000, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4),
}


# The models

def learned_pieces(lines, folder, **ids):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(folder / "learned"), vocab_size=PIECES,
        model_type="unigram", hard_vocab_limit=False, minloglevel=2, num_threads=1, **ids)
    return (folder / "learned.model").read_bytes()


def write_marian_tokenizer(lines, folder, vocabulary):
    with tempfile.TemporaryDirectory() as temporary:
        model = learned_pieces(lines, pathlib.Path(temporary))
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = [processor.id_to_piece(i) for i in range(len(processor)) if not processor.is_control(i)]
    ids = {"</s>": 0, "<unk>": 1}
    for piece in pieces:
        ids.setdefault(piece, len(ids))
    while len(ids) < vocabulary - 1:
        ids[f"<filler_{len(ids)}>"] = len(ids)
    ids["<pad>"] = vocabulary - 1
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "de"}))
    return lambda text: [ids.get(p, 1) for p in processor.encode(text, out_type=str)], (
        {i: p for p, i in ids.items()})


def write_t5_tokenizer(lines, folder, vocabulary):
    with tempfile.TemporaryDirectory() as temporary:
        model = learned_pieces(
            lines, pathlib.Path(temporary), pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    (folder / "spiece.model").write_bytes(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    names = {i: processor.id_to_piece(i) for i in range(len(processor))}
    extra = vocabulary - len(names)
    names |= {vocabulary - 1 - n: f"<extra_id_{n}>" for n in range(extra)}
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "T5Tokenizer", "extra_ids": extra, "pad_token": "<pad>", "eos_token": "</s>",
        "unk_token": "<unk>"}))
    return processor.encode, names


def write_bart_tokenizer(lines, folder, vocabulary):
    bpe = tokenizers.ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        lines, vocab_size=PIECES, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False)
    bpe.save_model(str(folder))
    ids = json.loads((folder / "vocab.json").read_text())
    ids |= {f"<filler_{i}>": i for i in range(len(ids), vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    return lambda text: bpe.encode(text).ids, {i: p for p, i in ids.items()}


def family(name, size):
    """The model, and what writes its tokenizer."""
    if name == "marian":
        sizes = MARIAN_SIZES[size]
        pad = sizes["vocab_size"] - 1
        return hf.MarianMTModel(hf.MarianConfig(
            **sizes, activation_function="swish", scale_embedding=True, pad_token_id=pad,
            decoder_start_token_id=pad, eos_token_id=0, forced_eos_token_id=0)), write_marian_tokenizer
    if name == "pegasus":
        return hf.PegasusForConditionalGeneration(hf.PegasusConfig(
            **MARIAN_SIZES["small"], scale_embedding=True)), write_t5_tokenizer
    if name == "bart":
        return hf.BartForConditionalGeneration(hf.BartConfig(
            **BART_SIZES[size], forced_bos_token_id=0)), write_bart_tokenizer
    return hf.T5ForConditionalGeneration(hf.T5Config(
        **T5_SIZES[size], decoder_start_token_id=0,
        **(dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False)
           if name == "t5-v1.1" else {}))), write_t5_tokenizer


def scaled(model, ids, mask, search):
    """Larger weights until answers are varied; random ones of the usual size say one word."""
    for gain, source in itertools.product((1, 2, 4, 8), (1, 8, 64)):
        torch.manual_seed(1)
        for name, parameter in model.named_parameters():
            if parameter.dim() != 2 or not parameter.requires_grad:
                continue
            width = parameter.shape[1] ** -0.5
            if any(word in name for word in ("position", "relative")):
                scale = 2.0  # so that words do not only repeat
            elif any(word in name for word in ("shared", "embed", "lm_head")):
                scale = width
            elif any(word in name for word in ("encoder_attn.v", "encoder_attn.out",
                                               "EncDecAttention.v", "EncDecAttention.o")):
                scale = source ** 0.5 * gain * width  # what the source says
            else:
                scale = gain * width
            if "q_proj" in name:
                scale *= 3  # sharper attention
            elif "Attention.q" in name:
                scale *= 3 * model.config.d_kv ** -0.5  # T5 does not divide scores
            parameter.data.normal_(std=scale)
        with torch.no_grad():
            found = model.generate(input_ids=ids[:40], attention_mask=mask[:40], num_beams=1, **search)
        if len(set(found.flatten().tolist())) >= 60:
            return f"{gain}, the source's by {source}"
    raise SystemExit("no scale of the weights gives varied answers")


# The comparison

def padded(rows, value):
    width = max(map(len, rows))
    ids = torch.tensor([row + [value] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return ids, (torch.arange(width)[None] < lengths[:, None]).long()


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True,
                          **options).stdout


def answers(model, sources, search, **more):
    """Answers of transformers without start and end, in batches of mixed length."""
    config, found = model.config, []
    for first in range(0, len(sources), 20):
        ids, mask = padded(sources[first:first + 20], config.pad_token_id)
        with torch.no_grad():
            rows = model.generate(input_ids=ids, attention_mask=mask, **search, **more).tolist()
        for row in rows:
            row = row[1:]
            end = config.eos_token_id
            found.append(row[:row.index(end)] if end in row else
                         [token for token in row if token != config.pad_token_id])
    return found


def margin(model, source, own, other):
    """How far the two likeliest tokens lie apart where two answers part, in nats."""
    place = next((i for i, (a, b) in enumerate(zip(own, other)) if a != b), min(len(own), len(other)))
    inputs = torch.tensor([[model.config.decoder_start_token_id] + own[:place]])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([source]), decoder_input_ids=inputs).logits[0, -1]
    first, second = logits.topk(2).values.tolist()
    return first - second


class Changed(hf.LogitsProcessor):
    """Moves every log-probability by as much as `most` up or down."""

    def __init__(self, most, seed):
        self.most = most
        self.draws = torch.Generator().manual_seed(seed)

    def __call__(self, ids, scores):
        return scores + self.most * (2 * torch.rand(scores.shape, generator=self.draws) - 1)


def beam_margin(model, source, other, search, beams):
    """The smallest change of the reference's log-probabilities that made it find the other answer, in nats;
    infinite if none did. A beam decides at every step what it keeps, so that the scores of whole answers do
    not say how near it was."""
    for most in (0, 1e-7, 1e-6, 5e-6, 1e-4, 1e-3):
        for seed in range(1 if most == 0 else 40):
            changed = hf.LogitsProcessorList([Changed(most, seed)])
            if answers(model, [source], search, num_beams=beams, logits_processor=changed) == [other]:
                # Two log-probabilities are moved apart by twice as much.
                return 2 * most
    return float("inf")


def compare(name, args, folder):
    torch.manual_seed(7)
    lines = [line.rstrip("\n") for line in open(args.text, encoding="utf-8")]
    lines = [line for line in lines if line.strip()]
    model, write_tokenizer = family(name, args.size)
    model.eval()
    theirs = folder / name
    theirs.mkdir(parents=True)
    config = model.config
    encode, names = write_tokenizer(lines, theirs, config.vocab_size)
    before = [config.bos_token_id] if name == "bart" else []
    sources = [before + encode(line) + [config.eos_token_id] for line in lines[:args.count]]
    # Random models say one word again and again, so no pair may come twice. (Of single words
    # transformers also counts the token that decoding starts from, which of BART is EOS.)
    search = dict(max_length=LONGEST + 1, early_stopping=False, length_penalty=1.0,
                  no_repeat_ngram_size=2)
    unpredicted = {config.pad_token_id, config.decoder_start_token_id} - {config.eos_token_id}
    model.generation_config = hf.GenerationConfig(
        pad_token_id=config.pad_token_id, eos_token_id=config.eos_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
        bad_words_ids=[[token] for token in sorted(unpredicted)],
        forced_bos_token_id=getattr(config, "forced_bos_token_id", None),
        forced_eos_token_id=getattr(config, "forced_eos_token_id", None), num_beams=4, **search)
    ids, mask = padded(sources, config.pad_token_id)
    gain = scaled(model, ids, mask, search)
    model.save_pretrained(theirs)
    ours = folder / f"{name}-imported"
    run(args.seq2seq, "import", theirs, "--output", ours)
    text = folder / "lines"
    text.write_text("".join(line + "\n" for line in lines[:args.count]), encoding="utf-8")

    failures = 0
    said = set()
    for title, beams in (("greedy", 1), ("beam 4", 4)):
        expected = answers(model, sources, search, num_beams=beams)
        output = run(args.seq2seq, "translate", ours, "--beam-size", beams, "--format", "jsonl", "--input", text)
        found = [json.loads(line)["tokens"] for line in output.splitlines()]
        margins = []
        for source, own, other in zip(sources, expected, found):
            said |= set(own)
            own_names = [names.get(token, "?") for token in own]
            if own_names != other:
                place = {p: i for i, p in names.items()}
                ids = [place.get(p, -1) for p in other]
                margins.append(
                    margin(model, source, own, ids) if beams == 1
                    else beam_margin(model, source, ids, search, beams))
        wrong = [m for m in margins if abs(m) > 1e-5]
        failures += len(wrong)
        listed = ", ".join(f"{m:.1e}" for m in margins[:8])
        print(f"{name:10s} {title:7s} {len(expected) - len(margins)} of {len(expected)} equal"
              + (f"; margins where not: {listed}" if margins else ""))
    print(f"{name:10s} {len(said)} tokens in answers, weights scaled by {gain}")
    failures += len(said) < 50

    # Targets that are given: the lines that follow.
    targets = [encode(line) for line in lines[1:args.count + 1]]
    (folder / "targets").write_text(
        "".join(line + "\n" for line in lines[1:args.count + 1]), encoding="utf-8")
    output = run(args.seq2seq, "score", ours, "--source", text, "--target", folder / "targets",
                 "--format", "jsonl")
    worst, largest = 0.0, 0.0
    for line, source, target in zip(output.splitlines(), sources, targets):
        own = json.loads(line)["token_log_probabilities"]
        labels = target + [config.eos_token_id]
        inputs = torch.tensor([[config.decoder_start_token_id] + target])
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([source]), decoder_input_ids=inputs).logits[0]
        expected = torch.log_softmax(logits.double(), -1)[torch.arange(len(labels)), torch.tensor(labels)]
        worst = max(worst, (expected - torch.tensor(own, dtype=torch.float64)).abs().max().item())
        largest = max(largest, expected.abs().max().item())
    failures += worst > 1e-4 * largest
    print(f"{name:10s} log-probabilities off by at most {worst:.1e}, the largest {largest:.1f}")

    again = folder / f"{name}-exported"
    run(args.seq2seq, "export", ours, "--output", again)
    with safe_open(theirs / "model.safetensors", "pt") as one, safe_open(
            again / "model.safetensors", "pt") as other:
        same = set(one.keys()) == set(other.keys()) and all(
            one.get_tensor(k).dtype == other.get_tensor(k).dtype
            and torch.equal(one.get_tensor(k), other.get_tensor(k)) for k in one.keys())
        print(f"{name:10s} {len(one.keys())} tensors after export "
              + ("are the same" if same else "DIFFER"))
    failures += not same
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--text", required=True, help="lines of text, more than --count")
    parser.add_argument("--family", action="append",
                        choices=["marian", "bart", "t5", "t5-v1.1", "pegasus"])
    parser.add_argument("--size", choices=["real", "small"], default="real")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--keep", type=pathlib.Path, help="leave the models in this new folder")
    parser.add_argument("--seq2seq", default=str(ROOT / ".build/release/seq2seq"))
    args = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or pathlib.Path(temporary)
        for name in args.family or ["marian", "bart", "t5", "t5-v1.1", "pegasus"]:
            failures += compare(name, args, folder)
    print("all equal" if not failures else f"{failures} differences")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
