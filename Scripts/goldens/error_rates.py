"""Records what jiwer computes, for SeqMetricsTests.

    python -m venv ~/.cache/swift-seq2seq/jiwer
    ~/.cache/swift-seq2seq/jiwer/bin/pip install jiwer==4.0.0
    ~/.cache/swift-seq2seq/jiwer/bin/python Scripts/goldens/error_rates.py

writes Tests/SeqMetricsTests/Fixtures/error_rates.json. All text in it is made up here, by a generator
with a fixed seed: words of several scripts, and what output does to references.

Where several alignments have the fewest edits, jiwer counts one of them and the toolkit the one with
the fewest substitutions, so only sums of the recorded counts can be compared.
"""

import importlib.metadata
import json
import random
from pathlib import Path

import jiwer

FIXTURE = Path(__file__).parents[2] / "Tests/SeqMetricsTests/Fixtures/error_rates.json"
SEED = 20241121
SEGMENTS = 400
CORPORA = 40

WORDS = (
    "the a cat dog runs AH B AE D IY EY1 NG well-known don't 3.14 été cafe\u0301 Straße "
    "나는 학생 입니다 学生 です 😀 👍🏽 \u0301 x xx xxx a.b.c").split()
SPECIAL = ["", " ", "a", "a  b", " a b ", "😀", "e\u0301", "\u00e9"]
CHARACTERS = jiwer.Compose(
    [jiwer.RemoveMultipleSpaces(), jiwer.Strip(), jiwer.ReduceToListOfListOfChars()])


def sentence(draw):
    words = draw.choices(WORDS, k=draw.choice([0, 1, 2, 3, 5, 8, 13]))
    if draw.random() < 0.15:
        return draw.choice(SPECIAL)
    return draw.choice([" ", " ", "  "]).join(words)


def output(draw, reference):
    """The reference with words left out, put in, exchanged and misspelt."""
    if draw.random() < 0.1:
        return sentence(draw)
    words = []
    for word in reference.split(" "):
        kind = draw.random()
        if kind < 0.1:
            continue
        if kind < 0.2:
            words.append(draw.choice(WORDS))
        elif kind < 0.3:
            place = draw.randrange(len(word) + 1)
            words.append(word[:place] + draw.choice("abcé한😀") + word[place + draw.randrange(2):])
        else:
            words.append(word)
        if kind > 0.92:
            words.append(draw.choice(WORDS))
    if len(words) > 1 and draw.random() < 0.2:
        place = draw.randrange(len(words) - 1)
        words[place : place + 2] = words[place : place + 2][::-1]
    return " ".join(words)


def counts(found):
    return [found.hits, found.substitutions, found.insertions, found.deletions]


def record(references, hypotheses):
    words = jiwer.process_words(references, hypotheses)
    characters = jiwer.process_characters(
        references, hypotheses, reference_transform=CHARACTERS, hypothesis_transform=CHARACTERS)
    return {"words": counts(words), "wer": words.wer,
            "characters": counts(characters), "cer": characters.cer}


def main():
    draw = random.Random(SEED)
    references = [sentence(draw) for _ in range(SEGMENTS)]
    hypotheses = [output(draw, reference) for reference in references]
    corpora = []
    for _ in range(CORPORA):
        chosen = draw.sample(range(SEGMENTS), draw.choice([2, 10, 60]))
        corpora.append({"segments": chosen, **record(
            [references[i] for i in chosen], [hypotheses[i] for i in chosen])})
    FIXTURE.write_text(json.dumps({
        "jiwer": importlib.metadata.version("jiwer"),
        "references": references,
        "hypotheses": hypotheses,
        "segments": [record([r], [h]) for r, h in zip(references, hypotheses)],
        "corpora": corpora,
    }, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
