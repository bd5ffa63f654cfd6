#!/usr/bin/env python3
"""Writes documents of many paragraphs, each about one person, with a question before them, and as targets
the number of the paragraph that speaks of the person, and what the question asks for.

    Examples/documents/make_documents.py runs/documents-data

gives `train.jsonl`, `validation.jsonl` and `test.jsonl`, an object a line:

    {"source": ["city Nora", "dog Otto red Lima", "baker Oslo Nora"], "target": "2 Oslo"}

A paragraph says two or three of four things about its person, and the name, in any order: what belongs to whom
is known by the ends of paragraphs alone. Documents have from `--shortest` to `--longest` paragraphs beside the
question; who guesses finds the number about once in seven times, the value once in eight. The documents of
the test are also written as `test.source`, a line each with ` ||| ` between paragraphs, and `test.target`: what
`translate` reads and `evaluate` compares with. Everything follows from the seed. Standard library only.
"""

import argparse
import json
import pathlib
import random

NAMES = "Ada Ben Carl Dora Emil Felix Greta Hugo Ida Jana Karla Lena Max Nora Otto Paul Rosa Sara Tim Vera"
FACTS = {
    "city": "Lima Oslo Rome Paris Cairo Seoul Delhi Quito",
    "colour": "red blue green white black brown pink grey",
    "animal": "dog cat horse goat duck mouse rabbit parrot",
    "work": "baker tailor nurse pilot cook farmer judge singer",
}


def paragraph(draws: random.Random, name: str) -> tuple[str, dict[str, str]]:
    """What is said about a person, and what of it answers which question."""
    keys = draws.sample(list(FACTS), draws.randint(2, 3))
    said = {key: draws.choice(FACTS[key].split()) for key in keys}
    words = [*said.values(), name]
    draws.shuffle(words)
    return " ".join(words), said


def document(draws: random.Random, count: int) -> tuple[list[str], str]:
    """The paragraphs of a source, its question first, and its target."""
    names = draws.sample(NAMES.split(), count)
    paragraphs = [paragraph(draws, name) for name in names]
    number = draws.randrange(count)
    key = draws.choice(list(paragraphs[number][1]))
    source = [f"{key} {names[number]}"] + [text for text, _ in paragraphs]
    return source, f"{number + 1} {paragraphs[number][1][key]}"


def write(path: pathlib.Path, lines) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--shortest", type=int, default=2, help="paragraphs beside the question")
    parser.add_argument("--longest", type=int, default=12)
    parser.add_argument("--train", type=int, default=40000, help="documents")
    parser.add_argument("--held-out", type=int, default=500, help="documents of validation and of test")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 1 <= options.shortest <= options.longest <= len(NAMES.split()):
        parser.error(f"from 1 to {len(NAMES.split())} paragraphs, each about somebody else")
    options.folder.mkdir(parents=True, exist_ok=True)
    for split, count in [("train", options.train), ("validation", options.held_out),
                         ("test", options.held_out)]:
        draws = random.Random(f"{options.seed} {split}")
        documents = [
            document(draws, draws.randint(options.shortest, options.longest)) for _ in range(count)]
        write(options.folder / f"{split}.jsonl",
              (json.dumps({"source": source, "target": target}) for source, target in documents))
        if split == "test":
            write(options.folder / "test.source", (" ||| ".join(source) for source, _ in documents))
            write(options.folder / "test.target", (target for _, target in documents))


if __name__ == "__main__":
    main()
