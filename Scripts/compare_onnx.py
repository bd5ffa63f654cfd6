#!/usr/bin/env python3
"""Compares models that `seq2seq export --format onnx` wrote with the models themselves.

    Scripts/peers/setup.sh
    ~/.cache/swift-seq2seq/peers/bin/python Scripts/compare_onnx.py \\
        [--only shaw,lstm] [--keep DIR] [MODEL [SOURCES]]

Without a model small ones of every kind are trained for a few steps, on a task that the toolkit makes
itself; with one, SOURCES are lines of text to translate. Each is exported, checked by ONNX's own
checker and run in ONNX Runtime: the log-probabilities of decoder_model.onnx against `seq2seq score`,
greedy decoding with both decoder graphs against `seq2seq translate --beam-size 1`; with more padding
than needed, with other tokens in the padding, in another order of the batch, and beside a source of
nothing but padding. Prints a row a model; ends with 1 where anything differs. SEQ2SEQ names the
program, .build/release/seq2seq by default.

    compare_onnx.py --expected EXPORTED...

compares exported folders with the expected.json in each, which the tests write: sources, targets,
log_probabilities of the targets' tokens and EOS, greedy answers of at most maximum_length tokens.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

PROGRAM = os.environ.get("SEQ2SEQ", ".build/release/seq2seq").split()
TOLERANCE = 1e-4  # nats, of a token
PADDINGS = (0, 3, 17)

TRANSFORMER = {
    "type": "transformer", "encoder_layer_count": 2, "decoder_layer_count": 2,
    "embedding_size": 32, "feed_forward_size": 48, "head_count": 4, "dropout": 0,
}
RECURRENT = {
    "type": "recurrent", "encoder_layer_count": 2, "decoder_layer_count": 2,
    "embedding_size": 24, "hidden_size": 32, "dropout": 0,
}


def half(family, **options):
    return {**family, **options}


def mixed(encoder, decoder):
    def section(options, side):
        kept = {key: value for key, value in options.items() if not key.endswith("_layer_count")}
        return {**kept, "layer_count": options[f"{side}_layer_count"]}

    return {"type": "mixed", "encoder": section(encoder, "encoder"),
            "decoder": section(decoder, "decoder")}


def attention(score, placement="after", **options):
    return {"score": score, "placement": placement, **options}


def configurations():
    """Names and `model` sections; between them every option that a graph depends on."""
    found = {}
    for positions in ("sinusoidal", "paper_sinusoidal", "learned", "shaw", "t5", "disentangled",
                      "rotary", "alibi"):
        found[positions] = half(TRANSFORMER, positions=positions)
    found["shaw-near"] = half(TRANSFORMER, positions="shaw", max_distance=2)
    found["t5-near"] = half(TRANSFORMER, positions="t5", max_distance=5, bucket_count=6)
    found["disentangled-near"] = half(TRANSFORMER, positions="disentangled", max_distance=3)
    found["alibi-3-heads"] = half(TRANSFORMER, positions="alibi", head_count=3, head_size=8)
    for activation in ("gelu", "gelu_tanh", "swish", "geglu", "geglu_tanh", "swiglu"):
        found[activation] = half(TRANSFORMER, activation=activation)
    found["post-norm"] = half(TRANSFORMER, norm="post", tying="target")
    found["rms-post"] = half(TRANSFORMER, norm="post", norm_type="rms", tying="none")
    found["like-t5"] = half(
        TRANSFORMER, positions="t5", norm_type="rms", tying="all", activation="geglu_tanh",
        conventions={"scaled_embeddings": False, "scaled_attention": False, "linear_bias": False,
                     "norm_epsilon": 1e-6, "scaled_output": True})
    found["like-bart"] = half(
        TRANSFORMER, positions="learned", norm="post", tying="all", activation="gelu",
        output_bias=True, max_positions=300,
        conventions={"scaled_embeddings": False, "embedding_norm": True, "position_offset": 2})
    found["embeddings-tied"] = half(TRANSFORMER, tying="embeddings", output_bias=True)
    found["window"] = half(TRANSFORMER, attention_window=2)
    found["window-global"] = half(
        TRANSFORMER, attention_window=4, global_token_count=2, positions="rotary")
    found["latents"] = half(
        TRANSFORMER, latent_count=5, latent_read_every=2, encoder_layer_count=3)
    found["latents-post"] = half(TRANSFORMER, latent_count=3, norm="post", norm_type="rms")
    found["compression"] = half(TRANSFORMER, memory_compression=3)
    for cell in ("rnn_tanh", "rnn_relu", "lstm", "gru"):
        found[cell] = half(RECURRENT, cell=cell, attention=attention("general"))
    for score in ("dot", "general", "concat", "additive", "scaled_dot", "multi_head"):
        for placement in ("before", "after"):
            options = {"size": 20} if score not in ("dot", "general") else {}
            found[f"{score}-{placement}"] = half(
                RECURRENT, direction="forward", attention=attention(score, placement, **options))
    found["input-feeding"] = half(
        RECURRENT, attention=attention("additive", input_feeding=True), cell="gru")
    found["sutskever"] = half(
        RECURRENT, direction="backward", attention=None, context_use="start", bridge="copy")
    found["cho"] = half(
        RECURRENT, cell="gru", direction="forward", attention=None, context_use="every_step",
        bridge="copy")
    found["cho-bidirectional"] = half(
        RECURRENT, attention=None, context_use="every_step", decoder_layer_count=3)
    found["tied-recurrent"] = half(
        RECURRENT, embedding_size=32, tying="all", output_bias=False,
        attention=attention("multi_head"))
    found["copying"] = half(TRANSFORMER, copying={})
    found["copying-coverage"] = half(TRANSFORMER, copying={"coverage": True, "size": 20})
    found["copying-recurrent"] = half(
        RECURRENT, attention=attention("general"), copying={"coverage": True})
    found["transformer-recurrent"] = mixed(
        half(TRANSFORMER), half(RECURRENT, attention=attention("general")))
    found["transformer-fixed"] = mixed(
        half(TRANSFORMER, memory_compression=2),
        half(RECURRENT, attention=None, context_use="every_step"))
    found["recurrent-transformer"] = mixed(
        half(RECURRENT), half(TRANSFORMER, positions="alibi", tying="target"))
    return found


def train(name, model, folder):
    """A model that has learned a little, so that it has something to say."""
    configuration = {
        "data": {"train": {"task": "reverse", "pair_count": 400, "seed": 1}},
        "tokenizer": {"type": "whitespace", "shared": True},
        "model": model,
        "training": {
            "batch_sentences": 32, "max_steps": 60, "seed": 1,
            "optimizer": {"type": "adam", "clip_norm": 1.0},
            "schedule": {"type": "cosine", "peak_rate": 0.01, "warmup_steps": 10}},
    }
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(configuration))  # JSON is YAML.
    run(["train", file, "--output", folder / name, "--workers", "1"])
    return folder / name


def run(arguments, text=None):
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments)], input=None if text is None else text.encode(),
        capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"seq2seq {arguments[0]}: {done.stderr.decode()[-500:].strip()}")
    return done.stdout.decode()


def ids_of(model, side):
    """A function from pieces to ids."""
    stem = "shared" if (model / "shared.vocab").exists() or (model / "shared.model").exists() \
        else side
    vocabulary = model / f"{stem}.vocab"
    if vocabulary.exists():
        pieces = vocabulary.read_text().split("\n")
        table = {piece: index for index, piece in enumerate(pieces)}
        return lambda tokens: [table[token] for token in tokens]
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model / f"{stem}.model"))
    return lambda tokens: [processor.piece_to_id(token) for token in tokens]


def expected_of(model, sources, maximum):
    """What the program says of these sources."""
    settings = json.loads((model / "tokenizer.json").read_text())["configuration"]
    special = json.loads((model / "config.json").read_text())["vocabularies"].get(
        "special_tokens", {"beginning": 1, "end": 2})
    text = "".join(source + "\n" for source in sources)
    lines = run(["tokenizer", "encode", model, "--ids"], text).split("\n")[:-1]
    encoded = [[int(word) for word in line.split()] for line in lines]
    if settings["source_bos"]:
        encoded = [[special["beginning"], *ids] for ids in encoded]
    if settings["source_eos"]:
        encoded = [[*ids, special["end"]] for ids in encoded]
    to_ids = ids_of(model, "target")
    answers = [json.loads(line) for line in run(
        ["translate", model, "--beam-size", "1", "--max-length", maximum, "--format", "jsonl"],
        text).split("\n")[:-1]]
    # Targets that the model did not choose, as long as sources that are not theirs.
    targets = [source for source in reversed(sources)]
    with tempfile.TemporaryDirectory() as folder:
        (source_file, target_file) = (Path(folder) / "source", Path(folder) / "target")
        source_file.write_text(text)
        target_file.write_text("".join(target + "\n" for target in targets))
        scored = [json.loads(line) for line in run(
            ["score", model, "--source", source_file, "--target", target_file,
             "--format", "jsonl"]).split("\n")[:-1]]
    return {
        "sources": encoded, "maximum_length": maximum,
        "greedy": [to_ids(answer["tokens"]) for answer in answers],
        "targets": [to_ids(score["tokens"][:-1]) for score in scored],
        "log_probabilities": [score["token_log_probabilities"] for score in scored],
    }


class Exported:
    """The three graphs of a folder in ONNX Runtime."""

    def __init__(self, folder):
        self.description = json.loads((folder / "onnx.json").read_text())
        self.special = self.description["special_tokens"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.sessions = {}
        for key in ("encoder", "decoder", "decoder_with_past"):
            file = folder / self.description[key]["file"]
            onnx.checker.check_model(str(file), full_check=True)
            session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"])
            for ports, values in ((self.description[key]["inputs"], session.get_inputs()),
                                  (self.description[key]["outputs"], session.get_outputs())):
                if [port["name"] for port in ports] != [value.name for value in values]:
                    raise RuntimeError(f"onnx.json and {file.name} differ in their names")
            self.sessions[key] = session

    def run(self, key, values):
        session = self.sessions[key]
        names = [value.name for value in session.get_inputs()]
        results = session.run(None, {name: values[name] for name in names})
        found = dict(zip([value.name for value in session.get_outputs()], results))
        for name, value in found.items():
            if not np.isfinite(value).all():
                raise RuntimeError(f"{key}: {name} is not finite")
        return found

    def padded(self, sequences, size, extra, seed):
        """Ids [batch, length] and their mask; what stands in the padding is any token."""
        longest = max(map(len, sequences))
        # A table of positions ends somewhere.
        length = max(longest, min(
            longest + extra, self.description.get("max_positions", longest + extra)))
        draws = random.Random(seed)
        ids = np.array([[*ids, *(draws.randrange(size) for _ in range(length - len(ids)))]
                        for ids in sequences], dtype=np.int64)
        mask = np.array([[index >= len(ids) for index in range(length)] for ids in sequences])
        return ids, mask

    def encode(self, sources, extra):
        ids, mask = self.padded(
            sources, self.description["source_vocabulary_size"], extra, 7 + extra)
        given = {"source_ids": ids, "source_padding_mask": mask}
        # Models that copy see what the words are in their decoders too.
        return {"source_ids": ids, **carried(self.run("encoder", given))}

    def whole(self, inputs, given, extra):
        ids, mask = self.padded(
            inputs, self.description["target_vocabulary_size"], extra, 11 + extra)
        causal = np.triu(np.ones((ids.shape[1], ids.shape[1]), dtype=bool), 1)
        return self.run("decoder", {
            **given, "target_ids": ids, "target_padding_mask": mask, "causal_mask": causal})

    def allowed(self, logits):
        """Of the last position the token of each row that a search may choose and likes best."""
        last = logits[:, -1].copy()
        last[:, self.description["unpredicted_tokens"]] = -np.inf
        return last.argmax(-1)

    def greedy(self, sources, maximum, extra, cached):
        given = self.encode(sources, extra)
        inputs = [[self.special["beginning"]] for _ in sources]
        state = None
        for position in range(maximum + 1):
            if state is None:
                found = self.whole(inputs, given, 0)
            else:
                last = np.array([[ids[-1]] for ids in inputs], dtype=np.int64)
                found = self.run("decoder_with_past", {**state, "target_ids": last})
            if cached:
                state = {**(state or given), **carried(found)}
            for ids, token in zip(inputs, self.allowed(found["logits"])):
                ids.append(int(token))
            if all(self.special["end"] in ids[1:] for ids in inputs):
                break
        return [ended(ids[1:], self.special["end"])[:maximum] for ids in inputs]


def carried(found):
    """Outputs of one graph as inputs of the next."""
    return {("past." + name[len("present."):] if name.startswith("present.") else name): value
            for name, value in found.items() if name != "logits"}


def ended(ids, end):
    return ids[:ids.index(end)] if end in ids else ids


def log_softmax(x):
    x = x.astype(np.float64)
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def compare(name, folder, expected):
    """Prints a row, and says whether all agrees."""
    exported = Exported(folder)
    sources, targets = expected["sources"], expected["targets"]
    end, beginning = exported.special["end"], exported.special["beginning"]
    inputs = [[beginning, *target] for target in targets]
    labels = [[*target, end] for target in targets]
    worst, spread, values = 0.0, 0.0, []
    for extra in PADDINGS:
        # The last source is nothing but padding.
        given = exported.encode([*sources, []], extra)
        logits = exported.whole([*inputs, []], given, extra)["logits"]
        found = log_softmax(logits)
        own = [found[row, range(len(ids)), ids] for row, ids in enumerate(labels)]
        for mine, theirs in zip(own, expected["log_probabilities"]):
            worst = max(worst, float(np.abs(mine - np.array(theirs)).max()))
        values.append(np.concatenate(own))
        spread = max(spread, float(np.abs(values[-1] - values[0]).max()))
    wrong, runs = 0, 0
    for cached in (False, True):
        for extra in PADDINGS[:2]:
            for order in (1, -1):
                found = exported.greedy(
                    sources[::order], expected["maximum_length"], extra, cached)[::order]
                wrong += sum(one != other for one, other in zip(found, expected["greedy"]))
                runs += len(sources)
    fine = worst <= TOLERANCE and spread <= TOLERANCE and wrong == 0
    print(f"{name:24} {worst:12.1e} {spread:12.1e} {runs - wrong:6} of {runs:<6}"
          f" {'' if fine else 'DIFFERS'}".rstrip(), flush=True)
    return fine


def letters(count):
    draws = random.Random(3)
    return [" ".join(draws.choice("abcdefghij") for _ in range(draws.randint(1, 10)))
            for _ in range(count)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--keep")
    parser.add_argument("--expected", action="store_true")
    parser.add_argument("paths", nargs="*", type=Path)
    arguments = parser.parse_args()
    print(f"{'model':24} {'log-prob':>12} {'padding':>12} {'greedy':>8}")
    fine = []
    if arguments.expected:
        for folder in arguments.paths:
            expected = json.loads((folder / "expected.json").read_text())
            fine.append(compare(folder.name, folder, expected))
        sys.exit(0 if all(fine) else 1)
    only = [name for name in arguments.only.split(",") if name]
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(arguments.keep or temporary)
        root.mkdir(parents=True, exist_ok=True)

        def exported_and_compared(name, model, sources, maximum):
            try:
                model = model(root) if callable(model) else model
                output = root / f"{name}-onnx"
                run(["export", model, "--format", "onnx", "--output", output])
                fine.append(compare(name, output, expected_of(model, sources, maximum)))
            except Exception as error:  # A row of the table, and on to the next model.
                print(f"{name:24} {str(error)[:600]}", flush=True)
                fine.append(False)

        if arguments.paths:
            model = arguments.paths[0]
            sources = arguments.paths[1].read_text().split("\n")[:-1]
            exported_and_compared(model.name, model, sources, 60)
        else:
            for name, section in configurations().items():
                if not only or name in only:
                    exported_and_compared(
                        name, lambda root: train(name, section, root), letters(16), 14)
    print(f"{sum(fine)} of {len(fine)} models agree")
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
