"""Records of restaurants, each with names of its own, and the sentences that say them.

A record of one place has its name and up to five other fields in any order,

    name : Zobami Tulene | food : Thai | area : riverside | near : Kelidu

and its sentence says them all in one order. Records of several places, one after the other between
`;`, have a sentence for each. Names are drawn from five hundred thousand; those of the test records are in
no other. Everything follows from the seed.
"""

import pathlib
import random

SYLLABLES = [onset + vowel for onset in "b d f g k l m n p r s t v z ch sh".split() for vowel in "aeiou"]
FIELDS = {
    "food": ["Thai", "French", "Korean", "Italian", "Indian", "Greek", "Mexican", "Turkish"],
    "area": ["riverside", "harbour", "station", "market", "castle", "university"],
    "price": ["cheap", "moderate", "expensive"],
    "rating": ["poor", "average", "good", "excellent"],
}


class Names:
    """Names that never come twice."""

    def __init__(self, draws: random.Random):
        self.draws = draws
        self.used = set()

    def word(self) -> str:
        while True:
            word = "".join(self.draws.choice(SYLLABLES) for _ in range(3)).capitalize()
            if word not in self.used:
                self.used.add(word)
                return word


def place(draws: random.Random, names: Names) -> tuple[str, str]:
    """A place's fields, and its sentence."""
    name = " ".join(names.word() for _ in range(draws.choice([1, 2])))
    values = {key: draws.choice(words) for key, words in FIELDS.items() if draws.random() < 0.8}
    if draws.random() < 0.6:
        values["near"] = names.word()
    order = [("name", name), *values.items()]
    draws.shuffle(order)
    sentence = [name, "is", "a"]
    if "price" in values:
        sentence.append(values["price"])
    if "food" in values:
        sentence.append(values["food"])
    sentence.append("restaurant")
    if "area" in values:
        sentence += ["in", "the", values["area"], "area"]
    if "near" in values:
        sentence += ["near", values["near"]]
    if "rating" in values:
        sentence += ["with", "a", values["rating"], "rating"]
    return " | ".join(f"{key} : {value}" for key, value in order), " ".join(sentence + ["."])


def write(folder: pathlib.Path, places: range, counts: dict[str, int], seed: int = 1) -> None:
    """Files of pairs, `train.tsv` and so on; `places` says how many places a record may have."""
    draws = random.Random(seed)
    names = Names(draws)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in counts.items():
        lines = []
        for _ in range(count):
            chosen = [place(draws, names) for _ in range(draws.choice(places))]
            source = " ; ".join(fields for fields, _ in chosen)
            target = " ".join(sentence for _, sentence in chosen)
            lines.append(f"{source}\t{target}\n")
        (folder / f"{part}.tsv").write_text("".join(lines), encoding="utf-8")
