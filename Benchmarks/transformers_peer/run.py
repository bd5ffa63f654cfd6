"""Hugging Face transformers in the decoding benchmark; Benchmarks/runner.py has the protocol.

MODEL is a directory that convert.py wrote. Precisions: float32; bfloat16; int8, which is PyTorch's
dynamic quantisation of all linear maps. Sources are sorted by length before they are batched.
"""

import argparse
import pathlib
import sys
import warnings

import torch
from transformers import AutoModelForSeq2SeqLM

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from runner import FREE_LENGTH, Ids, arguments, serve  # noqa: E402


def loaded(path: pathlib.Path, precision: str) -> torch.nn.Module:
    if precision not in ("float32", "bfloat16", "int8"):
        sys.exit(f"precision '{precision}'; float32, bfloat16 and int8 are known")
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    model = AutoModelForSeq2SeqLM.from_pretrained(
        path, dtype=dtype, attn_implementation="sdpa").eval()
    if precision == "int8":
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        model = torch.ao.quantization.quantize_dynamic(
            model, {torch.nn.Linear}, dtype=torch.qint8)
    return model


class Decoder:
    """A model and the sources in padded batches."""

    def __init__(self, options: argparse.Namespace, sources: Ids):
        self.model = loaded(options.model, options.precision)
        length = ({"min_new_tokens": options.tokens, "max_new_tokens": options.tokens}
                  if options.tokens else {"max_new_tokens": FREE_LENGTH})
        self.settings = dict(num_beams=options.beam, do_sample=False, **length)
        pad = self.model.config.pad_token_id
        size = 1 if options.one_at_a_time else options.batch
        order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
        self.rows = [order[start:start + size] for start in range(0, len(order), size)]
        self.batches = []
        for rows in self.rows:
            longest = max(len(sources[row]) for row in rows)
            ids = torch.tensor([sources[row] + [pad] * (longest - len(sources[row]))
                                for row in rows])
            self.batches.append({"input_ids": ids, "attention_mask": (ids != pad).long()})

    def __call__(self) -> list[torch.Tensor]:
        with torch.inference_mode():
            return [self.model.generate(**batch, **self.settings) for batch in self.batches]

    def ids(self, results: list[torch.Tensor]) -> Ids:
        """In the order of the sources, without the start and without what the end token begins."""
        end = self.model.config.eos_token_id
        outputs: dict[int, list[int]] = {}
        for rows, sequences in zip(self.rows, results):
            for row, sequence in zip(rows, sequences[:, 1:].tolist()):
                stop = sequence.index(end) if end in sequence else len(sequence)
                outputs[row] = sequence[:stop]
        return [outputs[row] for row in range(len(outputs))]


def main() -> None:
    options = arguments(__doc__).parse_args()
    torch.set_num_threads(options.threads)
    serve(options, lambda sources: Decoder(options, sources), Decoder.ids)


if __name__ == "__main__":
    main()
