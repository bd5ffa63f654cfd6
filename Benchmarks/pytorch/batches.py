"""Batches as `seq2seq inspect batches --format jsonl` prints them, padded for PyTorch."""

import json

import torch
from torch import Tensor

PAD, BEGIN, END = 0, 1, 2


def padded(rows: list[list[int]]) -> Tensor:
    length = max(len(row) for row in rows)
    return torch.tensor([row + [PAD] * (length - len(row)) for row in rows])


class Batch:
    """One batch: ids, masks where true is a pad, and labels, which are the inputs moved by one."""

    def __init__(self, source: list[list[int]], target: list[list[int]]):
        self.source = padded(source)
        self.inputs = padded([[BEGIN] + row for row in target])
        self.labels = padded([row + [END] for row in target])
        self.source_padding = self.source == PAD
        self.target_padding = self.labels == PAD
        self.target_tokens = sum(len(row) + 1 for row in target)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.source, self.source_padding, self.inputs, self.target_padding, self.labels)


def read(path: str) -> list[Batch]:
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [Batch(record["source"], record["target"]) for record in records]
