"""Records what sacreBLEU computes, for SeqMetricsTests.

    pip install sacrebleu==2.6.0
    python Scripts/goldens/bleu.py

writes Tests/SeqMetricsTests/Fixtures/bleu.json. All text in it is made up here, by a generator
with a fixed seed: words of eight scripts, then the perturbations that a translation has and the
traps that tokenisers have.
"""

import json
import logging
import random
import sys
import unicodedata
from pathlib import Path

import regex
import sacrebleu
from sacrebleu.metrics import BLEU

FIXTURE = Path(__file__).parents[2] / "Tests/SeqMetricsTests/Fixtures/bleu.json"
SEED = 20160609
SEGMENTS = 700
SENTENCE_CASES = 1700
CORPUS_CASES = 500

WORDS = {
    "english": "the a cat dog house runs over old bridge Monday state-of-the-art don't U.S. e.g. "
               "it's I'm YOU Paris 'quoted' (maybe) [sic] well-known end. Mr. and/or a.b.c".split(),
    "german": "der die das Straße größer Äpfel ÜBER läuft schnell zwei Männer Brücke z.B. "
              "GROẞ „Haus“ Ärzte-Team öfter".split(),
    "french": "l'été où ça Élève déjà n'est « oui » œuvre garçon aujourd'hui ÇA».".split(),
    "decomposed": ["cafe\u0301", "E\u0301cole", "u\u0308ber", "n\u0303", "A\u030Angstro\u0308m",
                   "\u0301", "I\u0307stanbul"],
    "korean": "나는 학생 입니다. 오늘 날씨가 좋네요! 그래서, 집에 “안녕” 가요~ 3시에 30%".split()
              + [unicodedata.normalize("NFD", "한국어"), "학교(서울)", "1,000원"],
    "japanese": "私は学生です。 今日、 東京タワー 「本」 3・14 １２３ ﾊﾝｶｸ ーー 〜 本！？ 円￥500".split(),
    "arabic": "أنا طالب، مرحبا! السلام؟ ١٢٣ ٣٫١٤ ١٬٠٠٠ كتاب؛ «نعم» لا-نعم".split(),
    "greek": "ΟΔΟΣ ΣΑΣ Σ ΑΣ. ΑΣ'Α Σίσυφος ΤΗΣ· ΛΌΓΟΣ ΜΕΣ\u0301 Σ-Σ ΟΔΟΣ\u00ADΑ".split(),
    "turkic": "İstanbul İİ DİYARBAKIR ısı Iğdır ǅ ǈ Ǆ Ω K Å ꙊḀ 𐐀𐐁 Ა Ꭰ".split(),
    "emoji": ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🇰🇷", "1️⃣", "❤️", "☃", "😀.", "ok👍", "™", "©2024"],
    "numbers": "1 10 3.14 1,000 1,000.50 .5 5. 2024-11-21 12:30 7-up 1-2-3 5-, 3.a a.3 ,7 9, 1..2 "
               "½ Ⅷ x² 10.-5 4,x ²,³ 1.½ ½.5 ٣.٣".split(),
    "symbols": "+ = < > | ~ ^ ` $5 €10 £3.50 a+b x=y 50% #tag @user a_b \\ / // {} [] & * \" ' "
               "§ ° ± × ÷ → ∑ ≤ … – — ‘x’ “y” ¡hola! ¿qué? ´ ¨ ¬ a--b -- - -x x- 5- -5 !!! ?! ...".split(),
    "entities": "&quot; &amp; &lt; &gt; &amp;lt; &amp;quot; &apos; &#39; &quot;hi&quot; AT&amp;T "
                "&amp;amp; &lt;skipped&gt; <skipped> <skip<skipped>ped> <b>bold</b> &QUOT; &".split(),
}
SPACES = [" "] * 40 + ["  ", "\t", "\u00A0", "\u3000", "\u2009", "\u200B", "\u0085", "\u2028",
                       "\x1c", "\x1f", "\r", "\u202F", "\uFEFF"]
TAILS = [""] * 12 + [" ", "\t", "\u3000", "\r", ".", ".", " .", "!", "-", " -", "5.", "٣.", ",", "。",
                     "\u00A0\u00A0", "-\n", "\u0301", "\u0085"]
SPECIAL = ["", "", " ", "\t \u3000", ".", "-", "a", "Σ", "ΑΣ", "İ", "&amp;", "<skipped>", "1.", "1,",
           ".1", "…", "😀", "\u0301", "well-\nknown", "a-\n", "one\ntwo", "x.\ny", "안", "。。", "1.2.3.4",
           "a.b.c.d", "..", ".,.,", "-1-2-", "\x00a.", "\U0010FFFF.", "\uE000,\uE000", "a" * 60,
           "the the the the the the the"]


def sentence(draw):
    language = draw.choice(list(WORDS))
    length = draw.choice([1, 2, 3, 4, 5, 6, 8, 10, 13, 17])
    words = [
        draw.choice(WORDS[language if draw.random() < 0.75 else draw.choice(list(WORDS))])
        for _ in range(length)
    ]
    text = words[0]
    for word in words[1:]:
        text += draw.choice(SPACES) + word
    return text + draw.choice(TAILS)


def perturbed(text, draw):
    words = text.split(" ")
    for _ in range(draw.choice([1, 1, 2, 3, 4])):
        place = draw.randrange(len(words))
        match draw.randrange(7):
            case 0 if len(words) > 1: del words[place]
            case 1: words.insert(place, words[draw.randrange(len(words))])
            case 2: words[place] = draw.choice(WORDS[draw.choice(list(WORDS))])
            case 3: words[place] = words[place].upper()
            case 4: words[place] = words[place].lower()
            case 5: words[place] = unicodedata.normalize(draw.choice(["NFC", "NFD"]), words[place])
            case 6: draw.shuffle(words)
    return " ".join(words)


def pool(draw):
    """Segments in families, the members of a family being perturbations of its first."""
    families = [[text] for text in SPECIAL]
    count = len(SPECIAL)
    while count < SEGMENTS:
        first = sentence(draw)
        family = [first] + [perturbed(first, draw) for _ in range(4)]
        families.append(family)
        count += len(family)
    return families


def case(families, starts, draw, segments, corpus):
    reference_count = draw.choice([1, 1, 1, 2, 3])
    # The special segments are families of one, half of what there is; they are drawn less often.
    weights = [0.2 if len(family) == 1 else 1 for family in families]
    chosen = draw.choices(range(len(families)), weights, k=segments)

    def line(family, first, last):
        # Now and then something unrelated, so that orders without a match are common too.
        if draw.random() < 0.06:
            family = draw.randrange(len(families))
        size = len(families[family])
        return starts[family] + min(draw.randint(first, last), size - 1)

    # Hypothesis and references are different members of the family.
    hypotheses = [line(family, 0, 1) for family in chosen]
    references = [[line(family, 2, 4) for family in chosen] for _ in range(reference_count)]
    method = draw.choice(["none", "floor", "add-k", "exp", "exp"])
    value = None
    if method in ("floor", "add-k") and draw.random() < 0.6:
        value = draw.choice([0.0, 0.01, 0.1, 0.125, 0.5, 1.0, 2.0])
    settings = {
        "tokenize": draw.choice(["none", "13a", "13a", "char", "intl", "intl"]),
        "smooth_method": method,
        "smooth_value": value,
        "lowercase": draw.random() < 0.4,
        "effective_order": draw.random() < (0.15 if corpus else 0.6),
        "max_ngram_order": draw.choice([4, 4, 4, 4, 4, 4, 1, 2, 6]),
    }
    texts = [text for family in families for text in family]
    metric = BLEU(force=True, **settings)
    score = metric.corpus_score(
        [texts[i] for i in hypotheses], [[texts[i] for i in lines] for lines in references])
    signature = metric.get_signature().format()
    statistics = metric._extract_corpus_statistics(
        [texts[i] for i in hypotheses], [[texts[i] for i in lines] for lines in references])
    record = {
        "hypotheses": hypotheses,
        "references": references,
        **settings,
        # Unsmoothed sums: hypothesis length, reference length, matches, totals.
        "statistics": [sum(column) for column in zip(*statistics)],
        "score": score.score,
        "precisions": score.precisions,
        "line": score.format(width=2, signature=signature),
    }
    return record, score.format(width=1, signature=signature, is_json=True)


def ranges(scalars):
    """First and last of every run, flat."""
    runs = []
    for value in scalars:
        if runs and runs[-1] == value - 1:
            runs[-1] = value
        else:
            runs += [value, value]
    return runs


def scalar_properties():
    """What tokenisation and lower case rest on, for every scalar this Python knows."""
    known = [
        value for value in range(0x110000)
        if not 0xD800 <= value <= 0xDFFF and unicodedata.category(chr(value)) != "Cn"
    ]
    properties = {"unicode": unicodedata.unidata_version}
    for name in "NPS":
        pattern = regex.compile(r"\p{%s}" % name)
        properties[name] = ranges(v for v in known if pattern.match(chr(v)))
    properties["space"] = ranges(v for v in known if chr(v).isspace())
    properties["known"] = ranges(known)
    # Flat pairs and triples: scalar, then its lower case, with 0 where it is one scalar.
    lower = [(v, [ord(c) for c in chr(v).lower()]) for v in known if chr(v).lower() != chr(v)]
    properties["lower"] = [n for v, to in lower for n in (v, *(to + [0])[:2])]
    return properties


def main():
    logging.disable(logging.WARNING)
    if sacrebleu.__version__ != "2.6.0":
        sys.exit(f"needs sacrebleu 2.6.0, found {sacrebleu.__version__}")
    draw = random.Random(SEED)
    families = pool(draw)
    starts, texts = [], []
    for family in families:
        starts.append(len(texts))
        texts += family

    tokens = []
    for tokenizer in ("none", "13a", "char", "intl"):
        metric = BLEU(tokenize=tokenizer)
        tokens.append({
            "tokenizer": tokenizer,
            # Every third segment, to keep the file small; the special ones all.
            "segments": (chosen := list(range(len(SPECIAL))) + list(range(len(SPECIAL), len(texts), 3))),
            "tokens": [metric._preprocess_segment(texts[i]).split() for i in chosen],
        })

    sentence_cases = [case(families, starts, draw, 1, False)[0] for _ in range(SENTENCE_CASES)]
    corpus_cases, objects = [], []
    for _ in range(CORPUS_CASES):
        record, text = case(families, starts, draw, draw.randint(2, 12), True)
        corpus_cases.append(record)
        objects.append(text)
    fixture = {
        "sacrebleu": sacrebleu.__version__,
        "texts": texts,
        "lowercase": [text.lower() for text in texts],
        "tokenized": tokens,
        "sentences": sentence_cases,
        "corpora": corpus_cases,
        "json": objects[:40],
        "scalars": scalar_properties(),
    }
    text = json.dumps(fixture, ensure_ascii=True, separators=(",", ":"))
    FIXTURE.write_text(text + "\n", encoding="ascii")

    scores = [record["score"] for record in sentence_cases + corpus_cases]
    print(f"{FIXTURE.name}: {len(text) / 1e6:.2f} MB, {len(texts)} segments, {len(scores)} cases, "
          f"{sum(s == 0 for s in scores)} of score 0, {sum(s > 99.99 for s in scores)} of 100")


if __name__ == "__main__":
    main()
