"""Records what rouge-score and pycocoevalcap compute, for SeqMetricsTests.

    pip install rouge-score==0.1.2 nltk==3.10.4
    pip install --no-deps pycocoevalcap==1.2
    python Scripts/goldens/rouge.py

writes Tests/SeqMetricsTests/Fixtures/rouge.json. All text in it is made up, with a fixed seed.
"""

import importlib.metadata
import json
import random
from pathlib import Path

from nltk.stem.porter import PorterStemmer
from pycocoevalcap.rouge.rouge import Rouge
from rouge_score import rouge_scorer

import bleu
import segments

FIXTURE = Path(__file__).parents[2] / "Tests/SeqMetricsTests/Fixtures/rouge.json"
SEED = 20041013
CASES = 2600
VARIANTS = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum", "coco"]
BEGINNINGS = (
    "relat condit ration val hesit digit conform radic differ vil analog vietnam predic oper feud "
    "decis hope call form sens tripl electr good reviv allow infer airlin gyroscop adjust defens "
    "irrit replac depend adopt commun activ angul effect bowdl prob rat ceas controll roll fizz "
    "fall hiss tann fil troubl siz happ sk enjo sp fl tr geo archaeo log theo full plaster motor "
    "bl y by yy toy syzyg a1 b2c").split()
ENDINGS = (
    "e y i s es ies ied ed ing eed eeds ational tional enci anci izer bli abli alli entli eli ousli "
    "ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative "
    "alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism "
    "ate iti ous ive ize ll sses ss ate bl iz at").split()


def case(families, draw):
    variant = draw.choice(VARIANTS)
    stems = variant != "coco" and draw.random() < 0.5
    family = draw.randrange(len(families))
    member = lambda: 5 * (
        family if draw.random() < 0.94 else draw.randrange(len(families))) + draw.randrange(5)
    hypothesis, references = member(), [member() for _ in range(draw.choice([1, 1, 2, 3]))]
    texts = [text for family in families for text in family]
    record = {"variant": variant, "stems": stems, "hypothesis": hypothesis, "references": references}
    if variant == "coco":
        # Its tokens are what stands between single spaces.
        plain = lambda index: " ".join(texts[index].split())
        score = Rouge().calc_score([plain(hypothesis)], [plain(index) for index in references])
        return {**record, "f": score}
    scorer = rouge_scorer.RougeScorer([variant], use_stemmer=stems)
    score = scorer.score_multi([texts[index] for index in references], texts[hypothesis])[variant]
    return {**record, "f": score.fmeasure, "p": score.precision, "r": score.recall}


def main():
    draw = random.Random(SEED)
    families = segments.families(draw, 320)
    stemmer = PorterStemmer()
    words = sorted(
        {beginning + ending for beginning in BEGINNINGS for ending in ENDINGS}
        | {ending for ending in ENDINGS} | {a + b for a in ENDINGS for b in draw.sample(ENDINGS, 12)}
        | {word for word in "sky skies dying lying tying news innings inning outings outing cannings "
           "canning howe proceed exceed succeed yyyyyyyy aaaa bbbb 1234 12ed".split()})
    fixture = {
        "rouge_score": importlib.metadata.version("rouge-score"),
        "pycocoevalcap": importlib.metadata.version("pycocoevalcap"),
        "texts": [text for family in families for text in family],
        "cases": [case(families, draw) for _ in range(CASES)],
        "words": words,
        "stems": [stemmer.stem(word) for word in words],
    }
    text = json.dumps(fixture, ensure_ascii=False, separators=(",", ":"))
    FIXTURE.write_text(text + "\n", encoding="utf-8")
    print(f"{FIXTURE.name}: {len(text.encode()) / 1e6:.2f} MB, {CASES} cases, {len(words)} words")


if __name__ == "__main__":
    main()
