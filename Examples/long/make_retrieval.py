#!/usr/bin/env python3
"""Writes texts in which a few facts, each a key and its value in one word, stand among noise, with
questions for some of the keys before them, and as targets the facts asked for.

    Examples/long/make_retrieval.py runs/long-data --tokens 4096
    Examples/long/make_retrieval.py runs/long-data --tokens 512

gives `train-4096.tsv`, `validation-4096.tsv` and `test-4096.tsv`, two columns each. A source of eleven
tokens with two facts and one question, EOS being the eleventh:

    q7 n2 n4 n11 k1=v3 n4 n9 n6 k7=v0 n1        k7=v0

Where the facts stand, what they say and what is asked is drawn anew for every text, with a seed. A model
that finds no fact guesses a value in eight; one that finds them all, and not which are asked for, one text
in twelve. Texts of validation and test have exactly so many tokens. Those of
training have from 64 up to that, as many between 64 and 128 as between half and all: what is learned
from short ones, which cost little, need not be learned from long ones. Standard library only.
"""

import argparse
import pathlib
import random

KEYS, VALUES, NOISE = 16, 8, 16
SHORTEST = 64


def text(draws: random.Random, words: int, count: int, questions: int) -> tuple[str, str]:
    """A source of so many words, and its target."""
    keys = draws.sample(range(KEYS), count)
    facts = [f"k{key}=v{draws.randrange(VALUES)}" for key in keys]
    asked = draws.sample(range(count), questions)
    found = [f"n{draws.randrange(NOISE)}" for _ in range(words - questions)]
    for place, fact in zip(draws.sample(range(len(found)), count), facts):
        found[place] = fact
    return (" ".join([f"q{keys[number]}" for number in asked] + found),
            " ".join(facts[number] for number in asked))


def length(draws: random.Random, split: str, tokens: int) -> int:
    if split != "train" or tokens <= SHORTEST:
        return tokens
    return round(SHORTEST * (tokens / SHORTEST) ** draws.random())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=4096, help="of every source, EOS included")
    parser.add_argument("--facts", type=int, default=4, help="in a text")
    parser.add_argument("--questions", type=int, default=2, help="keys asked for in a text")
    parser.add_argument("--train", type=int, default=20000, help="texts")
    parser.add_argument("--held-out", type=int, default=200, help="texts of validation and of test")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 1 <= options.questions <= options.facts <= KEYS:
        parser.error(f"questions, facts and the {KEYS} keys do not go together")
    if min(options.tokens, SHORTEST) - 1 < options.questions + options.facts:
        parser.error(f"{options.tokens} tokens have no room for {options.facts} facts")
    options.folder.mkdir(parents=True, exist_ok=True)
    for split, count in [("train", options.train), ("validation", options.held_out),
                         ("test", options.held_out)]:
        draws = random.Random(f"{options.seed} {split} {options.tokens}")
        path = options.folder / f"{split}-{options.tokens}.tsv"
        with open(path, "w", encoding="utf-8") as file:
            for _ in range(count):
                words = length(draws, split, options.tokens) - 1
                file.write("\t".join(text(draws, words, options.facts, options.questions)) + "\n")


if __name__ == "__main__":
    main()
