"""The toolkit's recurrent model with attention in PyTorch, twice: step by step, and whole sequences.

A bidirectional LSTM encoder, an LSTM decoder whose start state is made of the encoder's last states by
a learned bridge, general attention after the step (Luong et al. 2015, arXiv:1508.04025). Both forms
compute the same: with teacher forcing and no input feeding, no step's input depends on an attention
before it, so the decoder can run over all its inputs before anything attends.

The word bfloat16 needs a processor for which oneDNN has an LSTM in bfloat16; without, PyTorch refuses.

PyTorch adds two biases to the gates of an LSTM where the toolkit has one; the second is left at zero and
is not counted as parameters.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Sizes:
    """What decides a model; the names are those of a configuration's `model` section."""

    vocabulary_size: int
    embedding_size: int = 256
    hidden_size: int = 256
    dropout: float = 0.2
    label_smoothing: float = 0.1


class RecurrentModel(nn.Module):
    """Everything but the order of computation, which the two forms decide."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        hidden, memory = sizes.hidden_size, 2 * sizes.hidden_size
        self.source_table = nn.Embedding(sizes.vocabulary_size, sizes.embedding_size)
        self.target_table = nn.Embedding(sizes.vocabulary_size, sizes.embedding_size)
        self.encoder = nn.LSTM(
            sizes.embedding_size, hidden, batch_first=True, bidirectional=True)
        self.bridge_hidden = nn.Linear(memory, hidden)
        self.bridge_cell = nn.Linear(memory, hidden)
        self.decoder = nn.LSTM(sizes.embedding_size, hidden, batch_first=True)
        self.score = nn.Linear(memory, hidden, bias=False)
        self.combination = nn.Linear(memory + hidden, hidden)
        self.output = nn.Linear(hidden, sizes.vocabulary_size)
        for name, parameter in self.named_parameters():
            if "bias_hh" in name:
                nn.init.zeros_(parameter)
        for table in (self.source_table, self.target_table):
            nn.init.normal_(table.weight, std=sizes.embedding_size ** -0.5)

    @property
    def parameter_count(self) -> int:
        """Without the second biases."""
        return sum(p.numel() for name, p in self.named_parameters() if "bias_hh" not in name)

    def dropped(self, rows: Tensor) -> Tensor:
        return functional.dropout(rows, self.sizes.dropout, self.training)

    def attend(self, states: Tensor, keys: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        """The attentional states of `[batch, steps, hidden]`, `padding` true where a key is a pad."""
        scores = states @ keys.transpose(1, 2)
        weights = scores.masked_fill(padding[:, None, :], float("-inf")).softmax(dim=-1)
        return torch.tanh(self.combination(torch.cat([weights @ memory, states], dim=2)))

    def encoded(self, source: Tensor, padding: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The memory, and the decoder's start state; packed, so that pads are never read."""
        rows = nn.utils.rnn.pack_padded_sequence(
            self.dropped(self.source_table(source)), (~padding).sum(dim=1), batch_first=True,
            enforce_sorted=False)
        states, (hidden, cell) = self.encoder(rows)
        memory, _ = nn.utils.rnn.pad_packed_sequence(
            states, batch_first=True, total_length=source.shape[1])
        start = (torch.tanh(self.bridge_hidden(torch.cat([hidden[0], hidden[1]], dim=1))),
                 self.bridge_cell(torch.cat([cell[0], cell[1]], dim=1)))
        return memory, start

    def decoded(self, inputs: Tensor, start: tuple[Tensor, Tensor], memory: Tensor,
                padding: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, source: Tensor, source_padding: Tensor, inputs: Tensor,
                target_padding: Tensor, labels: Tensor) -> Tensor:
        memory, start = self.encoded(source, source_padding)
        states = self.decoded(
            self.dropped(self.target_table(inputs)), start, memory, source_padding)
        kept = ~target_padding.flatten()
        return functional.cross_entropy(
            self.output(self.dropped(states.flatten(0, 1)[kept])), labels.flatten()[kept],
            label_smoothing=self.sizes.label_smoothing, reduction="sum")


class LoopModel(RecurrentModel):
    """One target position after the other, as most code and every tutorial has it."""

    def decoded(self, inputs: Tensor, start: tuple[Tensor, Tensor], memory: Tensor,
                padding: Tensor) -> Tensor:
        state, cell = start
        keys = self.score(memory)
        weights = (self.decoder.weight_ih_l0, self.decoder.weight_hh_l0, self.decoder.bias_ih_l0,
                   self.decoder.bias_hh_l0)
        states = []
        for step in range(inputs.shape[1]):
            state, cell = torch.lstm_cell(inputs[:, step], (state, cell), *weights)
            states.append(self.attend(state[:, None], keys, memory, padding))
        return torch.cat(states, dim=1)


class WholeModel(RecurrentModel):
    """The decoder over all positions at once, then attention of all of them in two products."""

    def decoded(self, inputs: Tensor, start: tuple[Tensor, Tensor], memory: Tensor,
                padding: Tensor) -> Tensor:
        states, _ = self.decoder(inputs, (start[0][None], start[1][None]))
        return self.attend(states, self.score(memory), memory, padding)
