"""What needs no model: the target of the training pair whose source is most like the one at hand."""

import collections
import math
from collections.abc import Iterable


class NearestPairs:
    """Training pairs by the words of their sources, those in few sources counting more (TF-IDF).

    Sources are compared by the cosine of their words' counts, each times `ln((1 + n) / (1 + k)) + 1`,
    where `k` of `n` different training sources have the word. Words stand between white space, in lower
    case. Of equal sources the first counts.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]):
        targets = {}
        for source, target in pairs:
            targets.setdefault(source, target)
        self.targets = list(targets.values())
        counts = [self.words(source) for source in targets]
        having = collections.Counter(word for words in counts for word in words)
        self.weights = {word: math.log((1 + len(counts)) / (1 + number)) + 1
                        for word, number in having.items()}
        # By word the sources that have it, and its share of their length.
        self.sources = collections.defaultdict(list)
        for index, words in enumerate(counts):
            weighted = {word: number * self.weights[word] for word, number in words.items()}
            length = math.hypot(*weighted.values()) or 1
            for word, weight in weighted.items():
                self.sources[word].append((index, weight / length))

    def words(self, source: str) -> collections.Counter:
        return collections.Counter(source.lower().split())

    def target(self, source: str) -> str:
        """The target of the nearest source, of several the first; of none, the first of all."""
        likeness = collections.Counter({0: 0.0})
        for word, number in self.words(source).items():
            for index, share in self.sources.get(word, []):
                likeness[index] += number * self.weights[word] * share
        return self.targets[max(likeness, key=lambda index: (likeness[index], -index))]
