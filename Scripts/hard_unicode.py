"""A page of text that tokenizers trip over, and random text made of it."""

import random

LINES = [
    "", " ", "  ", "a", " a", "a ", "  two  spaces  ", "trailing spaces   ", "   leading spaces",
    "tab\there", "\t", "\ttab first", "lone\rreturn", "\rfirst", "vertical\vtab", "form\ffeed",
    "NUL\x00inside", "\x00", "controls \x01\x02\x08\x0e\x1f\x7f end", "C1 \x80\x85\x8f\x9f end",
    "é composed, e\u0301 decomposed, e\u0301\u0327 two marks", "\u0301mark first", "a\u0301",
    "q\u0307\u0323 q\u0323\u0307 order of marks", "Å Å Å", "ſ long s, ẛ̣", "ﬁ ﬂ ﬃ ﬅ ligatures ﬁ\u0301",
    "½ ² ³ ① ⑳ Ⅷ ⅷ numbers", "١٢٣ ०१२ 一二三", "ＡＢＣ ａｂｃ １２３ full width ！？", "ｱｲｳ ｶﾞｷﾞ ﾊﾟ half width",
    "㌀ ㌔ ㎏ ㏒ ㍿ squared", "™ ℠ © ® ℃ ℡ №", "한국어 문장입니다.", "한국어 jamo", "ᄒ", "가각힣 가각힣",
    "ㄱㄴㄷ ㅏㅑ compatibility", "ﾡﾢ half-width jamo", "日本語のテキスト。", "「引用」、句読点・中黒", "中文文本，没有空格。",
    "👨‍👩‍👧‍👦 family", "👩🏽‍🚀🏳️‍🌈🏴‍☠️", "🇰🇷🇩🇪🇫🇷 flags", "1️⃣ #️⃣ keycaps", "❤️ ❤ ☺︎", "😀😀😀",
    "שלום עולם", "مرحبا بالعالم", "\u202bright to left\u202c mixed \u200fabc\u200e", "\u2066isolate\u2069",
    "क्षत्रिय हिन्दी", "ไทยไม่มีช่องว่าง ำน้ำ", "தமிழ்", "ខ្មែរ", "Ελληνικά ΣΑΣ ς", "Русский текст ё й",
    "İstanbul ıI iİ dotted", "Straße STRASSE ẞ", "Việt Nam ậ ệ", "ǅ ǆ Ǆ titlecase",
    "zero\u200bwidth\u200cjoin\u200der\ufeffbom\u2060", "\ufeffbom first", "soft\u00adhyphen", "nbsp\u00a0here\u202f\u2007\u3000end",
    "\u2028line\u2029paragraph\u0085next", "\u1680ogham \u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f",
    "\u2581", "\u2581a", "a\u2581b", "\u2581\u2581", " \u2581 ", "a \u2581b\u2581 c", "\u2581 a", "x\u2581\u2581\u2581y",
    "\ufffd replacement \ufffc object", "private \ue000\uf8ff\U000f0000\U0010ffff", "noncharacter \ufdd0\ufffe\uffff",
    "𝕬𝖇𝖈 𝒜 𝟘𝟙 mathematical", "𐍈𐌰 gothic 𓀀 𒀀", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "'s 't 're 've 'm 'll 'd 'S 'RE it's we're I'LL", "don't  can't '", "''''s", " 's", "'", "' s", "l'été d'eau",
    "a1b2c3 123abc 1,234.56 1e-5", "foo_bar fooBar __init__", "x==y&&z||!w;//c++", "{\"k\": [1, 2]}\\n",
    "http://example.org/?q=a%20b#c", "<b>html</b>&amp;&#39;", "<s> </s> <pad> <unk> <mask>", "a</s>b", "</s>", "<s>",
    "text <mask> more", "text<mask>", "<mask>   <mask>", "<extra_id_0> word <extra_id_99>", "<extra_id_0><extra_id_1>",
    "<extra_id_5> ", " <extra_id_5>x", ">>fra<< Hello", ">>deu<<Hello", ">>xxx<< unknown code", "Hello >>fra<< inside",
    ">>", ">><<", ">>fra", "  >>fra<< after spaces", ">>a<< b >>c<<", "<0xE2>", "<0x0A>", "⁇ ⁇", "— – ‐ ‑ … ‘ ’ “ ” « »",
    "a" * 3000, "한" * 700, " " * 500, "a b " * 500, "é" * 500, "e\u0301" * 300, "👨‍👩‍👧" * 100, "\u2581" * 100, "1" * 1000, "." * 1000,
]

POOL = [
    "a", "b", "the", "Der", "ing", "é", "e", "\u0301", "\u0308", "\u0327", " ", "  ", "\t", "\u00a0", "\u3000",
    "\u200b", "\u200d", "\u200c", "\ufeff", "\u2581", "'", "s", "'t", "1", "23", "²", "①", ".", ",", "!", "—", "“",
    "한", "국어", "ᄒ", "ᅡ", "ᆫ", "日", "本", "ｱ", "ﾞ", "Ａ", "ﬁ", "™", "㎏", "😀", "👨‍👩‍👧", "🏽", "️", "🇰", "🇷", "ש",
    "م", "\u200f", "क", "्", "ष", "ำ", "\x00", "\x01", "\x7f", "\u0085", "\u2028", "\ue000", "\U0010ffff", "İ", "ß", "ς",
    "ǆ", "\ufffd", "<", ">", "</s>", "<s>", "<unk>", "<mask>", "<extra_id_0>", "\r", "\v", "Ω", "Å", "ậ", "\\", "\"", "_",
    "$", "+", "€", "\u0660", "ⅷ", "𝕬", "𐍈", "<0xE2>",
]


def random_lines(count, seed=1):
    """Lines of up to thirty members of the pool, never ending in a carriage return."""
    draw = random.Random(seed)
    lines = ("".join(draw.choices(POOL, k=draw.randint(1, 30))) for _ in range(count))
    return [line.rstrip("\r") for line in lines]
