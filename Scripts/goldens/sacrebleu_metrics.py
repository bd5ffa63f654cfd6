"""Records what sacreBLEU computes beside BLEU, for SeqMetricsTests: chrF, TER, BLEU of Chinese, and
significance.

    pip install sacrebleu==2.6.0
    python Scripts/goldens/sacrebleu_metrics.py

writes Tests/SeqMetricsTests/Fixtures/sacrebleu_metrics.json. All text in it is made up, with a fixed
seed.
"""

import json
import logging
import random
import sys
from pathlib import Path

import numpy
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest

import segments

FIXTURE = Path(__file__).parents[2] / "Tests/SeqMetricsTests/Fixtures/sacrebleu_metrics.json"
SEED = 20151749
CASES = {"chrf": 1400, "ter": 1600, "zh": 500}


def metric_of(kind, draw):
    flag = lambda share=0.5: draw.random() < share
    if kind == "chrf":
        settings = {
            "char_order": draw.choice([6, 6, 6, 3, 1, 0]), "word_order": draw.choice([0, 0, 2, 2, 1]),
            "beta": draw.choice([2, 2, 1, 3, 0]), "lowercase": flag(0.3),
            "whitespace": flag(0.2), "eps_smoothing": flag(0.25)}
        if settings["char_order"] + settings["word_order"] == 0:
            settings["char_order"] = 6
        return CHRF(**settings), settings
    if kind == "ter":
        settings = {
            "normalized": flag(), "no_punct": flag(0.3), "asian_support": flag(),
            "case_sensitive": flag()}
        return TER(**settings), settings
    return BLEU(tokenize="zh", force=True), {}


def case(kind, families, draw):
    metric, settings = metric_of(kind, draw)
    count = draw.choice([1, 1, 1, 2, 4])
    chosen = draw.choices(range(len(families)), k=count)
    line = lambda family, member: 5 * (
        family if draw.random() < 0.94 else draw.randrange(len(families))) + member
    hypotheses = [line(family, draw.choice([0, 1])) for family in chosen]
    references = [
        [line(family, draw.choice([0, 2, 3, 4])) for family in chosen]
        for _ in range(draw.choice([1, 1, 2, 3]))]
    texts = [text for family in families for text in family]
    score = metric.corpus_score(
        [texts[i] for i in hypotheses], [[texts[i] for i in lines] for lines in references])
    return {
        "kind": kind, "settings": settings, "hypotheses": hypotheses, "references": references,
        "score": score.score, "name": score.name, "signature": metric.get_signature().format()}


def significance(families, draw):
    """Three systems on one corpus, by every metric and both tests."""
    numbers = [n for n in range(40, len(families)) if len(families[n][0]) < 120][:150]
    lines = lambda member: [5 * number + member(number) for number in numbers]
    references = [lines(lambda _: 0), lines(lambda _: 4)]
    # The second differs from the first here and there, the third everywhere; the fourth not at all.
    first = lines(lambda _: 1)
    second = lines(lambda _: draw.choice([1, 1, 1, 2]))
    third = lines(lambda _: draw.choice([2, 3, 0]))
    record = {"references": references, "systems": [first, second, third, first], "tests": []}
    texts = [text for family in families for text in family]
    references = [[texts[index] for index in lines] for lines in references]
    systems = [[texts[index] for index in lines] for lines in record["systems"]]
    for metric, kind in [(BLEU(force=True), "bleu"), (CHRF(), "chrf"), (TER(), "ter")]:
        for test, count in [("bs", 1000), ("bs", 37), ("ar", 2000)]:
            named = [(str(index), system) for index, system in enumerate(systems)]
            signatures, results = PairedTest(
                named, {kind: metric}, references, test_type=test, n_samples=count)()
            name = list(results)[1]
            record["tests"].append({
                "kind": kind, "test": test, "count": count,
                "signature": signatures[name].format(),
                "results": [
                    {key: None if value is None else float(value)
                     for key, value in vars(result).items()} for result in results[name]]})
        single = metric.corpus_score(systems[0], references, n_bootstrap=200)
        record["tests"][-1]["line"] = single.format(2, signature=metric.get_signature().format())
        record["tests"][-1]["json"] = single.format(
            2, signature=metric.get_signature().format(), is_json=True)
        metric.n_bootstrap = metric.seed = None
    generator = lambda seed: numpy.random.default_rng(seed)
    record["draws"] = [
        {"seed": seed, "bound": bound,
         "integers": generator(seed).choice(bound, size=12, replace=True).tolist(),
         "flags": generator(seed).integers(2, size=70, dtype=bool).tolist()}
        for seed, bound in [(12345, 1000), (1, 3), (7, 1 << 30), (12345678901234567890, 77), (99, 3 << 29)]]
    return record


def main():
    logging.disable(logging.WARNING)
    if sacrebleu.__version__ != "2.6.0":
        sys.exit(f"needs sacrebleu 2.6.0, found {sacrebleu.__version__}")
    draw = random.Random(SEED)
    families = segments.families(draw, 260)
    cases = [case(kind, families, draw) for kind, count in CASES.items() for _ in range(count)]
    signatures = sorted({case["signature"] for case in cases})
    for record in cases:
        record["signature"] = signatures.index(record["signature"])
    fixture = {
        "sacrebleu": sacrebleu.__version__,
        "signatures": signatures,
        "texts": [text for family in families for text in family],
        "cases": cases,
        "significance": significance(families, draw),
    }
    text = json.dumps(fixture, ensure_ascii=False, separators=(",", ":"))
    FIXTURE.write_text(text + "\n", encoding="utf-8")
    print(f"{FIXTURE.name}: {len(text.encode()) / 1e6:.2f} MB, {len(cases)} cases")


if __name__ == "__main__":
    main()
