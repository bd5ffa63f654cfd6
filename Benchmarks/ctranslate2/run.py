"""CTranslate2 in the decoding benchmark; Benchmarks/runner.py has the protocol.

MODEL is a directory that convert.py or CTranslate2's converter of transformers' models wrote. Batches are shared out among W translators of one
thread each; one sentence at a time, one translator has W threads. --inter-threads and
--intra-threads choose otherwise. Greedy search returns scores only where --scores asks
for them, beam search always.
"""

import argparse
import json
import pathlib
import sys

import ctranslate2

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from runner import FREE_LENGTH, Ids, arguments, serve  # noqa: E402


def vocabulary(model: pathlib.Path, side: str) -> list[str]:
    """Its tokens by their ids."""
    path = next(path for path in (model / f"{side}_vocabulary.json", model / "shared_vocabulary.json")
                if path.exists())
    return json.loads(path.read_text(encoding="utf-8"))


class Decoder:
    """A translator and the sources as it takes them."""

    def __init__(self, options: argparse.Namespace, sources: Ids):
        alone = options.one_at_a_time
        self.translator = ctranslate2.Translator(
            str(options.model), device="cpu", compute_type=options.precision,
            inter_threads=options.inter_threads or (1 if alone else options.threads),
            intra_threads=options.intra_threads or (options.threads if alone else 1))
        length = ({"min_decoding_length": options.tokens, "max_decoding_length": options.tokens}
                  if options.tokens else {"max_decoding_length": FREE_LENGTH})
        self.settings = dict(
            beam_size=options.beam, return_scores=options.scores or options.beam > 1,
            max_batch_size=1 if alone else options.batch, batch_type="examples", **length)
        side, other = (vocabulary(options.model, name) for name in ("source", "target"))
        self.numbers = {token: id for id, token in enumerate(other)}
        tokens = [[side[id] for id in source] for source in sources]
        # One call shares batches out among translators; one sentence at a time is a call each.
        self.calls = [[sentence] for sentence in tokens] if alone else [tokens]

    def __call__(self) -> list:
        return [result for call in self.calls
                for result in self.translator.translate_batch(call, **self.settings)]

    def ids(self, results: list) -> Ids:
        return [[self.numbers[token] for token in result.hypotheses[0]] for result in results]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--inter-threads", type=int, help="translators that run side by side")
    parser.add_argument("--intra-threads", type=int, help="threads of a translator")
    parser.add_argument("--scores", action="store_true", help="also where search is greedy")
    options = parser.parse_args()
    serve(options, lambda sources: Decoder(options, sources), Decoder.ids)


if __name__ == "__main__":
    main()
