#!/usr/bin/env python3
"""Writes texts in which a few pairs of key and value stand among noise, with questions for some of the
keys before them, and as targets the keys asked for, each with its value.

    Examples/long/make_retrieval.py runs/long-data --tokens 4096
    Examples/long/make_retrieval.py runs/long-data --tokens 512

gives `train-4096.tsv`, `validation-4096.tsv` and `test-4096.tsv`, two columns each. A source of eleven
tokens with two pairs and one question, EOS being the eleventh:

    q7 n2 n4 k1 v3 n4 n9 k7 v0 n1        k7 v0

Where the pairs stand, what they hold and what is asked is drawn anew for every text, with a seed;
noise holds neither keys nor values. A model that knows which values occur, but not whose they are,
answers one in as many as there are pairs. Texts of validation and test have exactly so many tokens. Those of
training have from 64 up to that, as many between 64 and 128 as between half and all: what is learned
from short ones, which cost little, need not be learned from long ones. Standard library only.
"""

import argparse
import pathlib
import random

KEYS, VALUES, NOISE = 8, 8, 16
SHORTEST = 64


def text(draws: random.Random, words: int, pairs: int, questions: int) -> tuple[str, str]:
    """A source of so many words, and its target."""
    keys = draws.sample(range(KEYS), pairs)
    values = [draws.randrange(VALUES) for _ in keys]
    asked = draws.sample(range(pairs), questions)
    # Where pairs stand among what is left of the words when each pair is one.
    rest = words - questions - pairs
    places = {place: number for number, place in enumerate(draws.sample(range(rest), pairs))}
    found = [f"q{keys[number]}" for number in asked]
    for place in range(rest):
        if place in places:
            number = places[place]
            found += [f"k{keys[number]}", f"v{values[number]}"]
        else:
            found.append(f"n{draws.randrange(NOISE)}")
    return " ".join(found), " ".join(f"k{keys[number]} v{values[number]}" for number in asked)


def length(draws: random.Random, split: str, tokens: int) -> int:
    if split != "train" or tokens <= SHORTEST:
        return tokens
    return round(SHORTEST * (tokens / SHORTEST) ** draws.random())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=4096, help="of every source, EOS included")
    parser.add_argument("--pairs", type=int, default=4, help="of key and value in a text")
    parser.add_argument("--questions", type=int, default=2,
                        help="keys asked for in a text; of all pairs the last is known by the others")
    parser.add_argument("--train", type=int, default=20000, help="texts")
    parser.add_argument("--held-out", type=int, default=200, help="texts of validation and of test")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 1 <= options.questions <= options.pairs <= KEYS:
        parser.error(f"questions, pairs and the {KEYS} keys do not go together")
    if min(options.tokens, SHORTEST) - 1 < options.questions + 2 * options.pairs:
        parser.error(f"{options.tokens} tokens have no room for {options.pairs} pairs")
    options.folder.mkdir(parents=True, exist_ok=True)
    for split, count in [("train", options.train), ("validation", options.held_out),
                         ("test", options.held_out)]:
        draws = random.Random(f"{options.seed} {split} {options.tokens}")
        path = options.folder / f"{split}-{options.tokens}.tsv"
        with open(path, "w", encoding="utf-8") as file:
            for _ in range(count):
                words = length(draws, split, options.tokens) - 1
                file.write("\t".join(text(draws, words, options.pairs, options.questions)) + "\n")


if __name__ == "__main__":
    main()
