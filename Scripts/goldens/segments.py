"""Made-up segments for the metric goldens and for Scripts/compare_metrics.py.

Beside the perturbed sentences of eight scripts of bleu.py: words moved about, as TER looks for; very
long lines; English inflections, as a stemmer meets them; summaries of several lines.
"""

import bleu

ENGLISH = (
    "the cat dog houses running relational hopefulness conditional agreed ponies flies died spied "
    "happily enjoying generalization controlling falling hissing sky skies dying news innings "
    "geology archaeology respectfully really finally adjustable replacement adoption communism "
    "troubled sized hopping filing yyyy says saying eying 3rd 10ing a1ed U.S. well-known it's "
    "caf\u00e9 Stra\u00dfe \u212aelvin \u0130stanbul 2,000 don't (maybe) ... a I").split()


def moved(text, draw):
    """The text with runs of words elsewhere and some words replaced."""
    words = text.split(" ")
    for _ in range(draw.choice([0, 1, 2, 4, 8])):
        start = draw.randrange(len(words))
        end = min(len(words), start + draw.randrange(1, 6))
        run = words[start:end]
        del words[start:end]
        place = draw.randrange(len(words) + 1)
        words[place:place] = run
        if draw.random() < 0.4:
            words[draw.randrange(len(words))] = draw.choice(words)
    return " ".join(words)


def long_line(draw, sizes=(30, 60, 150)):
    vocabulary = draw.choice([5, 20, 100])
    return " ".join(f"w{draw.randrange(vocabulary)}" for _ in range(draw.choice(sizes)))


def english(draw):
    words = draw.choices(ENGLISH, k=draw.choice([1, 3, 8, 20]))
    breaks = draw.random() < 0.5
    return "".join(
        word + (draw.choice(["\n", "\n\n", " "]) if breaks and draw.random() < 0.2 else " ")
        for word in words)[:-1]


def families(draw, count, long_share=0.1):
    """Lists of five segments of which the last four are like the first, and the special ones alone."""
    found = [[text] * 5 for text in bleu.SPECIAL]
    while len(found) < count:
        kind = draw.random()
        if kind < long_share:
            first = long_line(draw)
            change = moved
        elif kind < 0.3:
            first = english(draw)
            change = moved
        else:
            first = bleu.sentence(draw)
            change = bleu.perturbed if draw.random() < 0.7 else moved
        found.append([first] + [change(first, draw) for _ in range(4)])
    return found
