#!/usr/bin/env python3
"""Writes texts in which a few pairs of key and value stand among noise, with questions for some of the
keys before them, and as targets the values asked for.

    Examples/long/make_retrieval.py runs/long-data --tokens 4096
    Examples/long/make_retrieval.py runs/long-data --tokens 512

gives `train-4096.tsv`, `validation-4096.tsv` and `test-4096.tsv`, two columns each. A source of eleven
tokens with two pairs and one question, EOS being the eleventh:

    k7 n2 n4 k1 v3 n4 n9 k7 v0 n1        v0

Where the pairs stand, what they hold and what is asked is drawn anew for every text, with a seed;
noise holds neither keys nor values. Standard library only.
"""

import argparse
import pathlib
import random

KEYS, VALUES, NOISE = 16, 16, 32


def text(draws: random.Random, words: int, pairs: int, questions: int) -> tuple[str, str]:
    """A source of so many words, and its target."""
    keys = draws.sample(range(KEYS), pairs)
    values = [draws.randrange(VALUES) for _ in keys]
    asked = draws.sample(range(pairs), questions)
    # Where pairs stand among what is left of the words when each pair is one.
    rest = words - questions - pairs
    places = {place: number for number, place in enumerate(draws.sample(range(rest), pairs))}
    found = [f"k{keys[number]}" for number in asked]
    for place in range(rest):
        if place in places:
            number = places[place]
            found += [f"k{keys[number]}", f"v{values[number]}"]
        else:
            found.append(f"n{draws.randrange(NOISE)}")
    return " ".join(found), " ".join(f"v{values[number]}" for number in asked)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tokens", type=int, default=4096, help="of every source, EOS included")
    parser.add_argument("--pairs", type=int, default=8, help="of key and value in a text")
    parser.add_argument("--questions", type=int, default=4, help="keys asked for in a text")
    parser.add_argument("--train", type=int, default=20000, help="texts")
    parser.add_argument("--held-out", type=int, default=200, help="texts of validation and of test")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    words = options.tokens - 1
    if not 1 <= options.questions <= options.pairs <= KEYS:
        parser.error(f"questions, pairs and the {KEYS} keys do not go together")
    if words < options.questions + 2 * options.pairs:
        parser.error(f"{options.tokens} tokens have no room for {options.pairs} pairs")
    options.folder.mkdir(parents=True, exist_ok=True)
    for split, count in [("train", options.train), ("validation", options.held_out),
                         ("test", options.held_out)]:
        draws = random.Random(f"{options.seed} {split} {options.tokens}")
        path = options.folder / f"{split}-{options.tokens}.tsv"
        with open(path, "w", encoding="utf-8") as file:
            for _ in range(count):
                file.write("\t".join(text(draws, words, options.pairs, options.questions)) + "\n")


if __name__ == "__main__":
    main()
