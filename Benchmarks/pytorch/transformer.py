"""The toolkit's Transformer in PyTorch, twice: as `nn.Transformer` gives it, and lean.

Both have the same parameters, norms, dropout places, tied matrices and sinusoidal positions as the
model that `seq2seq train` makes from the same sizes, so a step of theirs is a step of ours.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Sizes:
    """What decides a model; the names are those of a configuration's `model` section."""

    vocabulary_size: int
    layer_count: int = 4
    embedding_size: int = 128
    feed_forward_size: int = 256
    head_count: int = 4
    dropout: float = 0.3
    norm: str = "pre"
    label_smoothing: float = 0.1


def sinusoids(length: int, size: int) -> Tensor:
    """Sines in the first half of the columns, cosines in the second."""
    rates = torch.exp(torch.arange(size // 2) * (-math.log(10_000.0) / max(size // 2 - 1, 1)))
    angles = torch.arange(length)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Embedding(nn.Module):
    """Rows of the table times the root of the size, plus positions, with dropout."""

    def __init__(self, sizes: Sizes, table: nn.Parameter):
        super().__init__()
        self.table = table
        self.scale = math.sqrt(sizes.embedding_size)
        self.dropout = nn.Dropout(sizes.dropout)
        self.register_buffer("positions", sinusoids(1024, sizes.embedding_size))

    def forward(self, ids: Tensor) -> Tensor:
        rows = functional.embedding(ids, self.table) * self.scale
        return self.dropout(rows + self.positions[: ids.shape[1]])


class StockModel(nn.Module):
    """`torch.nn.Transformer` between a tied embedding and a tied projection.

    Its only difference from ours is that its attention and inner layers share one dropout rate, so
    both are set to zero afterwards, as ours are.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        self.table = nn.Parameter(
            torch.randn(sizes.vocabulary_size, sizes.embedding_size)
            / math.sqrt(sizes.embedding_size))
        self.embedding = Embedding(sizes, self.table)
        self.transformer = nn.Transformer(
            sizes.embedding_size, sizes.head_count, sizes.layer_count, sizes.layer_count,
            sizes.feed_forward_size, sizes.dropout, batch_first=True,
            norm_first=sizes.norm == "pre")
        for module in self.transformer.modules():
            if isinstance(module, nn.MultiheadAttention):
                module.dropout = 0.0
            if isinstance(module, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
                module.dropout = nn.Identity()
        if sizes.norm == "post":
            self.transformer.encoder.norm = None
            self.transformer.decoder.norm = None

    def forward(self, source: Tensor, source_padding: Tensor, inputs: Tensor,
                target_padding: Tensor, labels: Tensor) -> Tensor:
        length = inputs.shape[1]
        causal = torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)
        states = self.transformer(
            self.embedding(source), self.embedding(inputs), tgt_mask=causal, tgt_is_causal=True,
            src_key_padding_mask=source_padding, tgt_key_padding_mask=target_padding,
            memory_key_padding_mask=source_padding)
        return functional.cross_entropy(
            (states @ self.table.T).flatten(0, 1), labels.flatten(), ignore_index=0,
            label_smoothing=self.sizes.label_smoothing, reduction="sum")


class LeanAttention(nn.Module):
    """Multi-head attention on `scaled_dot_product_attention`, its projections in one product."""

    def __init__(self, sizes: Sizes, crossing: bool):
        super().__init__()
        self.head_count = sizes.head_count
        size = sizes.embedding_size
        if crossing:
            self.query = nn.Linear(size, size)
            self.key_value = nn.Linear(size, 2 * size)
        else:
            self.query_key_value = nn.Linear(size, 3 * size)
        self.output = nn.Linear(size, size)

    def heads(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.head_count, -1)).transpose(1, 2)

    def forward(self, rows: Tensor, memory: Tensor | None = None, mask: Tensor | None = None,
                causal: bool = False) -> Tensor:
        if memory is None:
            query, key, value = self.query_key_value(rows).chunk(3, dim=-1)
        else:
            query = self.query(rows)
            key, value = self.key_value(memory).chunk(2, dim=-1)
        mixed = functional.scaled_dot_product_attention(
            self.heads(query), self.heads(key), self.heads(value), attn_mask=mask,
            is_causal=causal)
        return self.output(mixed.transpose(1, 2).flatten(2))


class LeanLayer(nn.Module):
    """A layer of the encoder or, with cross-attention, of the decoder."""

    def __init__(self, sizes: Sizes, decodes: bool):
        super().__init__()
        size = sizes.embedding_size
        self.pre = sizes.norm == "pre"
        self.self_attention = LeanAttention(sizes, crossing=False)
        self.cross_attention = LeanAttention(sizes, crossing=True) if decodes else None
        self.inner = nn.Linear(size, sizes.feed_forward_size)
        self.outer = nn.Linear(sizes.feed_forward_size, size)
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(3 if decodes else 2))
        self.dropout = sizes.dropout

    def residual(self, rows: Tensor, norm: nn.Module, branch) -> Tensor:
        if self.pre:
            return rows + functional.dropout(branch(norm(rows)), self.dropout, self.training)
        return norm(rows + functional.dropout(branch(rows), self.dropout, self.training))

    def forward(self, rows: Tensor, mask: Tensor | None, memory: Tensor | None = None) -> Tensor:
        norms = iter(self.norms)
        if self.cross_attention is None:
            rows = self.residual(rows, next(norms), lambda x: self.self_attention(x, mask=mask))
        else:
            # Pads are at the end, so no real query sees one: the causal mask is enough.
            rows = self.residual(rows, next(norms), lambda x: self.self_attention(x, causal=True))
            rows = self.residual(
                rows, next(norms), lambda x: self.cross_attention(x, memory, mask=mask))
        return self.residual(
            rows, next(norms), lambda x: self.outer(functional.relu(self.inner(x))))


class LeanModel(nn.Module):
    """The model as a careful user of PyTorch would write it for speed.

    One product for the projections, PyTorch's fused attention, and only positions that are no pads
    are projected onto the vocabulary.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        self.table = nn.Parameter(
            torch.randn(sizes.vocabulary_size, sizes.embedding_size)
            / math.sqrt(sizes.embedding_size))
        self.embedding = Embedding(sizes, self.table)
        self.encoder = nn.ModuleList(LeanLayer(sizes, False) for _ in range(sizes.layer_count))
        self.decoder = nn.ModuleList(LeanLayer(sizes, True) for _ in range(sizes.layer_count))
        pre = sizes.norm == "pre"
        self.encoder_norm = nn.LayerNorm(sizes.embedding_size) if pre else nn.Identity()
        self.decoder_norm = nn.LayerNorm(sizes.embedding_size) if pre else nn.Identity()
        for parameter in self.parameters():
            if parameter.dim() == 2 and parameter is not self.table:
                nn.init.xavier_uniform_(parameter)

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        rows = self.embedding(source)
        for layer in self.encoder:
            rows = layer(rows, mask)
        return self.encoder_norm(rows)

    def decode(self, inputs: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        rows = self.embedding(inputs)
        for layer in self.decoder:
            rows = layer(rows, mask, memory)
        return self.decoder_norm(rows)

    def states(self, source: Tensor, source_padding: Tensor, inputs: Tensor) -> Tensor:
        allowed = ~source_padding[:, None, None, :]
        return self.decode(inputs, self.encode(source, allowed), allowed)

    def forward(self, source: Tensor, source_padding: Tensor, inputs: Tensor,
                target_padding: Tensor, labels: Tensor) -> Tensor:
        states = self.states(source, source_padding, inputs)
        kept = ~target_padding.flatten()
        return functional.cross_entropy(
            states.flatten(0, 1)[kept] @ self.table.T, labels.flatten()[kept],
            label_smoothing=self.sizes.label_smoothing, reduction="sum")
