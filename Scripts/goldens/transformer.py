"""Goldens of small Transformers, from PyTorch's own modules in float64.

    Scripts/peers/setup.sh
    ${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}/bin/python Scripts/goldens/transformer.py

writes `transformer-<configuration>.safetensors` into Tests/SeqModelsTests/Fixtures (or the folder
given as the only argument). Layers are `torch.nn.TransformerEncoderLayer` and
`torch.nn.TransformerDecoderLayer` on padded batches with boolean masks, so that ragged batches are
held against somebody else's arithmetic and somebody else's padding. Encoders of documents are the same
layers over paragraphs, in rows of their own, and over what `torch.nn.MultiheadAttention` pools of them;
decoder layers have another `torch.nn.MultiheadAttention` for these.

Conventions:

- The parameters are drawn by NumPy and rounded to float32, so that a float32 reader starts from
  exactly the numbers that the float64 computation started from.
- Token = weight[id] · √d + position, counted from 0. Sinusoidal positions:
  pe[p, i] = sin(p · w_i), pe[p, d/2 + i] = cos(p · w_i), w_i = 10000^(-i / (d/2 - 1)).
- LayerNorm ε = 1e-5; pre-norm has one more norm after the last layer, post-norm has none.
- Loss = Σ over target tokens, EOS included, of the cross-entropy against
  q = (1 - ε) · onehot + ε / V, ε = 0.1, divided by the number of those tokens.
- Ids: PAD 0, BOS 1, EOS 2. Source sentences hold their EOS; target sentences are bare, the decoder
  reads BOS + target and predicts target + EOS. In documents EOS ends every paragraph.
- Documents: x are the states of tokens after the encoder's layers. p = pooled(n(x)) + position of the
  paragraph, with n a norm in pre-norm and nothing in post-norm; D = layers(p), in pre-norm one more norm.
  The memory is norm(x + W D + b), each token with the row of its paragraph; in post-norm that norm is the
  n that was nothing before.

Tensors in a file (sentences end to end, no padding; S = Σ source lengths,
T = Σ (target length + 1), V = target vocabulary, d = embedding size):

    source_ids [S] I32, source_lengths [3] I32       EOS counted
    target_ids [T - 3] I32, target_lengths [3] I32   without BOS and EOS
    memory [S, d] F32, logits [T, V] F32, log_probabilities [T, V] F32, loss [1] F64
    parameters/<name>, gradients/<name>              F32
    losses [11] F64                                  before each step, and after the tenth
    gradient_norms [10] F64                          of each step, before clipping
    final_parameters/<name> F32                      after ten steps of AdamW on the same batch

Metadata: one entry, `golden`, a JSON object of `model` (the keys of TransformerConfiguration),
`optimizer` (those of OptimizerConfiguration), `task` (vocabulary sizes, special ids, label
smoothing, learning rate, steps), `flat` (see below) and `madeBy`. One entry, because safetensors
writes several in an order that changes from run to run.

`flat`: softmax does not feel a constant added to all its scores, so the loss does not depend on the
key biases. Their gradient is zero but for rounding, which Adam, dividing by its size, turns into
steps of the size of the learning rate. Final values in these rows say nothing and are not to be
compared: {"<name>": [first row, row after the last]}.

The same torch on the same kind of machine writes the same bytes; elsewhere last bits may differ.
PyTorch in float32 agrees with these files to a twentieth of the tolerance of the tests.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

PAD, BOS, EOS = 0, 1, 2
LABEL_SMOOTHING = 0.1
LEARNING_RATE = 1e-3
STEP_COUNT = 10

BASE = {
    "encoderLayerCount": 2,
    "decoderLayerCount": 2,
    "embeddingSize": 16,
    "feedForwardSize": 32,
    "headCount": 4,
    "dropout": 0.0,
    "attentionDropout": 0.0,
    "activationDropout": 0.0,
    "positions": "sinusoidal",
    "maxPositions": 12,
    "norm": "pre",
    "activation": "relu",
    "tying": "none",
    "initialization": "xavier",
    "outputBias": False,
}

# The name of the file -> the model, the sizes of its vocabularies, the norm it clips at, the seed.
CONFIGURATIONS = {
    "post-relu-sinusoidal-untied": dict(
        model=BASE | {"norm": "post", "outputBias": True},
        source_vocabulary=23, target_vocabulary=19, clip_norm=None, seed=1,
    ),
    "pre-gelu-learned-tied-all": dict(
        model=BASE | {"activation": "gelu", "positions": "learned", "tying": "all"},
        source_vocabulary=29, target_vocabulary=29, clip_norm=0.5, seed=2,
    ),
    "pre-relu-sinusoidal-tied-target": dict(
        model=BASE | {"tying": "target"},
        source_vocabulary=23, target_vocabulary=19, clip_norm=None, seed=3,
    ),
    "pre-relu-documents": dict(
        model=BASE | {"documentLayerCount": 2}, documents=True,
        source_vocabulary=23, target_vocabulary=19, clip_norm=None, seed=4,
    ),
    "post-gelu-learned-documents": dict(
        model=BASE | {"norm": "post", "activation": "gelu", "positions": "learned",
                      "tying": "all", "documentLayerCount": 1}, documents=True,
        source_vocabulary=29, target_vocabulary=29, clip_norm=None, seed=5,
    ),
}

# Three pairs whose longest source and longest target are not the same pair; ids repeat within and
# between sentences, so that gradients of embeddings are sums.
SOURCES = [[5, 9, 4, 9, 17, 22, EOS], [11, 5, EOS], [8, 20, 6, 13, EOS]]
TARGETS = [[7, 4, 12, 7], [15, 9, 6, 18, 4, 10], [5]]
# Three paragraphs, one, and two, of which the last was cut.
DOCUMENTS = [[5, 9, EOS, 4, 9, 17, 22, EOS, 5, EOS], [11, 5, EOS], [8, 20, 6, EOS, 13, 8]]


def sinusoids(length, size):
    half = size // 2
    frequencies = 10000 ** (-torch.arange(half) / (half - 1))
    angles = torch.arange(length)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)  # [length, size]


class EncoderDecoder(nn.Module):
    """Embeddings and an output projection around PyTorch's Transformer stacks."""

    def __init__(self, model, source_vocabulary, target_vocabulary):
        super().__init__()
        size = model["embeddingSize"]
        pre = model["norm"] == "pre"
        layer = dict(
            d_model=size, nhead=model["headCount"], dim_feedforward=model["feedForwardSize"],
            dropout=0.0, activation=model["activation"], layer_norm_eps=1e-5, batch_first=True,
            norm_first=pre,
        )
        self.size = size
        self.source_embedding = nn.Embedding(source_vocabulary, size)
        self.target_embedding = nn.Embedding(target_vocabulary, size)
        self.output = nn.Linear(size, target_vocabulary, bias=model["outputBias"])
        if model["tying"] != "none":
            self.output.weight = self.target_embedding.weight
        if model["tying"] == "all":
            self.source_embedding.weight = self.target_embedding.weight
        self.source_positions = self.target_positions = None
        if model["positions"] == "learned":
            self.source_positions = nn.Embedding(model["maxPositions"], size)
            self.target_positions = nn.Embedding(model["maxPositions"], size)
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(**layer), model["encoderLayerCount"],
            norm=nn.LayerNorm(size, eps=1e-5) if pre else None, enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(**layer), model["decoderLayerCount"],
            norm=nn.LayerNorm(size, eps=1e-5) if pre else None)

    def embed(self, ids, embedding, positions):
        length = ids.shape[1]
        table = sinusoids(length, self.size) if positions is None else positions.weight[:length]
        return embedding(ids) * math.sqrt(self.size) + table  # [batch, length, size]

    def forward(self, source, target):
        """Memory [batch, source length, size] and logits [batch, target length, vocabulary]."""
        length = target.shape[1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1)  # true = masked out
        memory = self.encoder(
            self.embed(source, self.source_embedding, self.source_positions),
            src_key_padding_mask=source == PAD)
        states = self.decoder(
            self.embed(target, self.target_embedding, self.target_positions), memory,
            tgt_mask=later, tgt_key_padding_mask=target == PAD,
            memory_key_padding_mask=source == PAD)
        return memory, self.output(states)


class DocumentEncoderDecoder(EncoderDecoder):
    """The same with an encoder that reads paragraphs and lets them know one another."""

    def __init__(self, model, source_vocabulary, target_vocabulary):
        super().__init__(model, source_vocabulary, target_vocabulary)
        size, heads = model["embeddingSize"], model["headCount"]
        self.pre = model["norm"] == "pre"
        self.document = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(
                size, heads, model["feedForwardSize"], dropout=0.0, activation=model["activation"],
                layer_norm_eps=1e-5, batch_first=True, norm_first=self.pre),
            model["documentLayerCount"], norm=nn.LayerNorm(size, eps=1e-5) if self.pre else None,
            enable_nested_tensor=False)
        self.token_norm = nn.LayerNorm(size, eps=1e-5)
        self.question = nn.Parameter(torch.empty(1, size))
        self.pooling = nn.MultiheadAttention(size, heads, batch_first=True)
        self.document_output = nn.Linear(size, size)
        self.document_positions = None
        if model["positions"] == "learned":
            self.document_positions = nn.Embedding(model["maxPositions"], size)
        for layer in self.decoder.layers:
            layer.paragraph_attn = nn.MultiheadAttention(size, heads, batch_first=True)
            layer.paragraph_norm = nn.LayerNorm(size, eps=1e-5)

    def encode(self, source):
        """Memory [batch, length, size], states of paragraphs [batch, paragraphs, size], their lack."""
        documents = [paragraphs(ids) for ids in source]
        tokens = padded([paragraph for document in documents for paragraph in document])
        x = self.embed(tokens, self.source_embedding, self.source_positions)
        for layer in self.encoder.layers:
            x = layer(x, src_key_padding_mask=tokens == PAD)
        seen = self.token_norm(x) if self.pre else x
        question = self.question.expand(len(tokens), 1, self.size)
        pooled = self.pooling(question, seen, seen, key_padding_mask=tokens == PAD)[0][:, 0]
        counts = [len(document) for document in documents]
        table = (sinusoids(max(counts), self.size) if self.document_positions is None
                 else self.document_positions.weight)
        vectors = nn.utils.rnn.pad_sequence(
            [rows + table[:len(rows)] for rows in pooled.split(counts)], batch_first=True)
        missing = torch.arange(max(counts))[None] >= torch.tensor(counts)[:, None]
        states = self.document(vectors, src_key_padding_mask=missing)
        x = x + self.document_output(states[~missing])[:, None]
        x = self.encoder.norm(x) if self.pre else self.token_norm(x)
        memory = x.new_zeros(*source.shape, self.size)
        memory[source != PAD] = x[tokens != PAD]
        return memory, states, missing

    def forward(self, source, target):
        length = target.shape[1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        memory, states, missing = self.encode(source)
        x = self.embed(target, self.target_embedding, self.target_positions)
        for layer in self.decoder.layers:
            for norm, block in [
                (layer.norm1, lambda y: layer.self_attn(
                    y, y, y, attn_mask=later, key_padding_mask=target == PAD)[0]),
                (layer.norm2, lambda y: layer.multihead_attn(
                    y, memory, memory, key_padding_mask=source == PAD)[0]),
                (layer.paragraph_norm, lambda y: layer.paragraph_attn(
                    y, states, states, key_padding_mask=missing)[0]),
                (layer.norm3, lambda y: layer.linear2(layer.activation(layer.linear1(y)))),
            ]:
                x = x + block(norm(x)) if self.pre else norm(x + block(x))
        return memory, self.output(self.decoder.norm(x) if self.pre else x)


def paragraphs(ids):
    """The ids of one source, of which padding is left out, cut behind every EOS."""
    found = [[]]
    for token in ids.tolist():
        if token == PAD:
            break
        if found[-1] and found[-1][-1] == EOS:
            found.append([])
        found[-1].append(token)
    return found


def our_names(model, module):
    """Our name of every parameter -> PyTorch's name and the rows of it that are ours."""
    size = model["embeddingSize"]
    whole = slice(None)
    names = {}

    def both(ours, theirs, rows=(whole, whole)):
        names[f"{ours}.weight"] = (f"{theirs}.weight", rows[0])
        names[f"{ours}.bias"] = (f"{theirs}.bias", rows[1])

    def packed(ours, theirs, rows=whole):
        names[f"{ours}.weight"] = (f"{theirs}.in_proj_weight", rows)
        names[f"{ours}.bias"] = (f"{theirs}.in_proj_bias", rows)

    if model["tying"] == "all":
        names["embedding.weight"] = ("target_embedding.weight", whole)
    else:
        names["source_embedding.weight"] = ("source_embedding.weight", whole)
        names["target_embedding.weight"] = ("target_embedding.weight", whole)
    if model["tying"] == "none":
        names["output.weight"] = ("output.weight", whole)
    if model["outputBias"]:
        names["output.bias"] = ("output.bias", whole)
    if model["positions"] == "learned":
        names["encoder.positions.weight"] = ("source_positions.weight", whole)
        names["decoder.positions.weight"] = ("target_positions.weight", whole)

    def attention(ours, theirs):
        packed(f"{ours}.query", theirs, slice(0, size))
        packed(f"{ours}.memory", theirs, slice(size, 3 * size))
        both(f"{ours}.output", f"{theirs}.out_proj")

    stacks = [("encoder", "encoder"), ("decoder", "decoder")]
    if "documentLayerCount" in model:
        stacks.append(("document", "encoder.document"))
        both("encoder.document.token_norm", "token_norm")
        names["encoder.document.pooling.question"] = ("question", whole)
        attention("encoder.document.pooling", "pooling")
        both("encoder.document.output", "document_output")
        if model["positions"] == "learned":
            names["encoder.document.positions.weight"] = ("document_positions.weight", whole)
    for stack, prefix in stacks:
        for index in range(model[f"{stack}LayerCount"]):
            layer, their = f"{prefix}.layers.{index}", f"{stack}.layers.{index}"
            packed(f"{layer}.self_attention.input", f"{their}.self_attn")
            both(f"{layer}.self_attention.output", f"{their}.self_attn.out_proj")
            both(f"{layer}.self_attention_norm", f"{their}.norm1")
            if stack == "decoder":
                attention(f"{layer}.cross_attention", f"{their}.multihead_attn")
                both(f"{layer}.cross_attention_norm", f"{their}.norm2")
                if "documentLayerCount" in model:
                    attention(f"{layer}.paragraph_attention", f"{their}.paragraph_attn")
                    both(f"{layer}.paragraph_attention_norm", f"{their}.paragraph_norm")
            both(f"{layer}.feed_forward.inner", f"{their}.linear1")
            both(f"{layer}.feed_forward.outer", f"{their}.linear2")
            last = "norm3" if stack == "decoder" else "norm2"
            both(f"{layer}.feed_forward_norm", f"{their}.{last}")
        if model["norm"] == "pre":
            both(f"{prefix}.norm", f"{stack}.norm")

    covered = {}
    theirs = dict(module.named_parameters(remove_duplicate=False))
    for name, rows in names.values():
        covered[id(theirs[name])] = covered.get(id(theirs[name]), 0) + theirs[name][rows].numel()
    for name, parameter in module.named_parameters():
        if covered.get(id(parameter)) != parameter.numel():
            raise ValueError(f"{name}: not every row has exactly one name of ours")
    return names


def flat_rows(model, names):
    """The rows of our parameters that are biases of keys."""
    size = model["embeddingSize"]
    rows = {}
    for name in names:
        if name.endswith("self_attention.input.bias"):
            rows[name] = [size, 2 * size]
        if name.endswith((
                "cross_attention.memory.bias", "paragraph_attention.memory.bias",
                "pooling.memory.bias")):
            rows[name] = [0, size]
    return rows


def draw_parameters(module, seed):
    """Fills every parameter, biases and norms too, with numbers a float32 holds exactly."""
    generator = np.random.default_rng(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            values = generator.standard_normal(parameter.shape)
            if "norm" in name:
                values = values * 0.2 + (1 if name.endswith("weight") else 0)
            elif parameter.dim() == 1:
                values *= 0.2
            elif "positions" in name:
                values *= 0.5
            else:
                values /= math.sqrt(parameter.shape[1])
            parameter.copy_(torch.from_numpy(values.astype(np.float32).astype(np.float64)))


def padded(sentences):
    length = max(map(len, sentences))
    return torch.tensor([sentence + [PAD] * (length - len(sentence)) for sentence in sentences])


class KinkWatch:
    """Remembers how near to zero, where ReLU bends, any input of a ReLU came."""

    def __init__(self, module, real):
        self.nearest = math.inf
        for name, part in module.named_modules():
            if name.endswith("linear1"):
                part.register_forward_hook(self.look(real[name.split(".")[0]]))

    def look(self, real):
        def hook(_module, _inputs, output):
            self.nearest = min(self.nearest, output[real].abs().min().item())
        return hook


def make(model, source_vocabulary, target_vocabulary, clip_norm, seed, documents=False):
    """The tensors and the metadata of one file."""
    kind = DocumentEncoderDecoder if documents else EncoderDecoder
    module = kind(model, source_vocabulary, target_vocabulary)
    module.train()  # dropout is 0; evaluation would take PyTorch's fused path
    draw_parameters(module, seed)
    names = our_names(model, module)
    flat = flat_rows(model, names)
    theirs = dict(module.named_parameters(remove_duplicate=False))

    sources = DOCUMENTS if documents else SOURCES
    source = padded(sources)
    target = padded([[BOS] + sentence for sentence in TARGETS])
    labels = padded([sentence + [EOS] for sentence in TARGETS])
    real = {"encoder": source != PAD, "decoder": labels != PAD}
    if documents:
        cut = [paragraphs(ids) for ids in source]
        real["encoder"] = padded([ids for document in cut for ids in document]) != PAD
        real["document"] = padded([[EOS] * len(document) for document in cut]) != PAD
    kinks = KinkWatch(module, real)
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.01)

    def run():
        memory, logits = module(source, target)
        loss = nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=PAD,
            label_smoothing=LABEL_SMOOTHING)
        return memory, logits, loss

    def ours(get):
        return {
            name: get(theirs[their])[rows].detach().numpy().astype(np.float32)
            for name, (their, rows) in names.items()
        }

    tensors = {
        "source_ids": np.concatenate(sources).astype(np.int32),
        "source_lengths": np.array([len(sentence) for sentence in sources], np.int32),
        "target_ids": np.concatenate(TARGETS).astype(np.int32),
        "target_lengths": np.array([len(sentence) for sentence in TARGETS], np.int32),
    }
    losses, norms = [], []
    for step in range(STEP_COUNT):
        optimizer.zero_grad()
        memory, logits, loss = run()
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            logits = logits[labels != PAD]
            tensors["memory"] = memory[source != PAD].detach().numpy().astype(np.float32)
            tensors["logits"] = logits.detach().numpy().astype(np.float32)
            tensors["log_probabilities"] = (
                logits.log_softmax(-1).detach().numpy().astype(np.float32))
            tensors["loss"] = np.array([loss.item()])
            parameters = ours(lambda parameter: parameter)
            gradients = ours(lambda parameter: parameter.grad)
            for name, (first, end) in flat.items():
                if np.abs(gradients[name][first:end]).max() > 1e-14:
                    raise ValueError(f"{name}: the gradient of a key's bias is not zero")
            tensors |= {f"parameters/{name}": value for name, value in parameters.items()}
            tensors |= {f"gradients/{name}": value for name, value in gradients.items()}
        norm = nn.utils.clip_grad_norm_(module.parameters(), clip_norm or math.inf)
        norms.append(norm.item())
        optimizer.step()
    losses.append(run()[2].item())
    tensors["losses"] = np.array(losses)
    tensors["gradient_norms"] = np.array(norms)
    final = ours(lambda parameter: parameter)
    tensors |= {f"final_parameters/{name}": value for name, value in final.items()}

    if model["activation"] == "relu" and kinks.nearest < 1e-5:
        raise ValueError(f"a ReLU sees {kinks.nearest}: too near its kink, take another seed")
    if clip_norm is not None and min(norms) < clip_norm:
        raise ValueError(f"a gradient of norm {min(norms)} is not clipped at {clip_norm}")

    rule = {"type": "adamw", "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-9, "weightDecay": 0.01}
    if clip_norm is not None:
        rule["clipNorm"] = clip_norm
    task = {
        "sourceVocabularySize": source_vocabulary, "targetVocabularySize": target_vocabulary,
        "pad": PAD, "bos": BOS, "eos": EOS, "labelSmoothing": LABEL_SMOOTHING,
        "learningRate": LEARNING_RATE, "stepCount": STEP_COUNT,
    }
    golden = {
        "model": model, "optimizer": rule, "task": task, "flat": flat,
        "madeBy": f"Scripts/goldens/transformer.py, torch {torch.__version__.split('+')[0]}",
    }
    return tensors, {"golden": json.dumps(golden)}


def main():
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    root = pathlib.Path(__file__).resolve().parents[2]
    default = root / "Tests" / "SeqModelsTests" / "Fixtures"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    for name, configuration in CONFIGURATIONS.items():
        tensors, metadata = make(**configuration)
        path = folder / f"transformer-{name}.safetensors"
        save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, path,
                  metadata)
        path.chmod(0o644)
        losses = tensors["losses"]
        print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes, "
              f"loss {losses[0]:.6f} -> {losses[-1]:.6f}, "
              f"gradient norm {tensors['gradient_norms'][0]:.4f}")


if __name__ == "__main__":
    main()
