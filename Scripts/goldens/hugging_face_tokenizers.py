#!/usr/bin/env python3
"""Writes small tokenizers of each kind, made by the reference libraries, and what they give.

    Scripts/peers/setup.sh
    ~/.cache/swift-seq2seq/peers/bin/python Scripts/goldens/hugging_face_tokenizers.py

Tests/SeqTextTests/Fixtures/tokenizers: T5 (SentencePiece, and transformers' tokenizer.json of it),
BART (tokenizer.json; vocab.json and merges.txt), MarianMT, BPE with byte fallback as Llama's, BPE of
words. expected.json holds texts with the ids and the text that Hugging Face tokenizers, transformers
and SentencePiece give. The text that is learned from is made up here. SentencePiece must be 0.2.0:
later releases sum in another precision, so that near ties fall the other way.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import hard_unicode  # noqa: E402
import sentencepiece as spm  # noqa: E402
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,  # noqa: E402
                        pre_tokenizers, processors, trainers)
from transformers import MarianTokenizer, T5Tokenizer  # noqa: E402

FIXTURES = Path(__file__).resolve().parents[2] / "Tests/SeqTextTests/Fixtures/tokenizers"

WORDS = {
    "source": "the a small big old river house bridge train letter winter summer green quiet stone "
              "walks runs waits sings reads writes under over beside without don't it's I'll 1984 "
              "2,500 3.14 e-mail co-op naïve café Straße für über".split(),
    "target": "der die das kleine große alte Fluss Haus Brücke Zug Brief Winter Sommer grün still "
              "geht rennt wartet singt liest schreibt unter über neben ohne 1984 2.500 한국어 문장 "
              "강 집 다리 기차 편지 겨울 여름 걷는다 기다린다 노래한다".split(),
}
TEXTS = [
    "the small river runs under the old bridge.", "I'll don't it's 1984, 2,500 and 3.14!",
    "Straße für über naïve café", "한국어 문장 강 집", "the  winter   letter", " the train", "train ",
    "ﬁnd the ＦＵＬＬ width № 5", "\u2581the \u2581", "tab\tnew\x0bline\rend", "zero\x00byte",
    "e\u0301 é \u1112\u1161\u11ab 국어\u11ab A\uff9e\u0301", "👨‍👩‍👧 🇰🇷", "שלום\u200f abc", "a</s>b <mask> c",
    "the <extra_id_0> river <extra_id_3><extra_id_1>", ">>deu<< the river", ">>xx<<the river",
    "the\u3000river\u00a0runs\u200bhere", "", " ", "the river " * 30, "x" * 200, "'s the's 're",
    "<unk> <pad> <s>", "İ ß ς ǅ", "\ufffd\U0010ffff\ue000",
] + hard_unicode.random_lines(60, seed=7)


def sentences(side, count, seed=3):
    draw = random.Random(seed)
    for _ in range(count):
        line = " ".join(draw.choices(WORDS[side], k=draw.randint(3, 12)))
        yield line[:1].upper() + line[1:] + draw.choice(".!?") if draw.random() < 0.5 else line


def train(folder, name, texts, **options):
    """A model with a few rules of its own: those of nmt_nfkc would be a quarter of a megabyte."""
    # Models name the files they were made of: those names are to be short, and say nothing.
    os.chdir(folder)
    rules = Path("rules.tsv")
    pairs = [("ﬁ", "fi"), ("№", "No"), ("\u3000", " "), ("\u00a0", " "), ("\t", " "), ("\r", " "),
             ("\u200b", ""), ("e\u0301", "é"), ("ー", "-")]
    pairs += [(chr(0xFF21 + i), chr(0x41 + i)) for i in range(26)]
    rules.write_text("".join(
        " ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n"
        for a, b in pairs), encoding="utf-8")
    text = Path("text")
    text.write_text("\n".join(texts), encoding="utf-8")
    settings = dict(minloglevel=2, hard_vocab_limit=False, num_threads=1, vocab_size=300,
                    normalization_rule_tsv=str(rules))
    settings.update(options)
    spm.SentencePieceTrainer.train(
        input=str(text), model_prefix=name, **settings)
    os.chdir(FIXTURES)
    return (folder / f"{name}.model").read_bytes()


def write(name, contents):
    path = FIXTURES / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    assert path.stat().st_size <= 60_000, f"{name} has {path.stat().st_size} bytes"


def of_tokenizers(tokenizer, side="source"):
    """What a tokenizer gives, texts decoded without special tokens; none where one is unknown."""
    unknown = tokenizer.token_to_id("<unk>")
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append(dict(
            text=text, ids=ids, framed=tokenizer.encode(text).ids,
            decoded=None if unknown in ids else tokenizer.decode(ids)))
    return dict(side=side, cases=cases)


def t5(folder, expected):
    model = train(folder, "spiece", sentences("source", 400), pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    write("t5-model/spiece.model", model)
    write("t5-model/tokenizer_config.json", '{"extra_ids": 4}\n')
    plain = spm.SentencePieceProcessor(model_proto=model)
    cases = []
    for text in TEXTS:
        if "<extra_id" in text:
            continue
        ids = plain.encode(text)
        cases.append(dict(text=text, ids=ids, framed=ids + [1],
                          decoded=None if 2 in ids else plain.decode(ids)))
    expected["t5-model"] = dict(side="source", cases=cases)

    tokenizer = T5Tokenizer.from_pretrained(str(folder), extra_ids=4)._tokenizer
    write("t5/tokenizer.json", tokenizer.to_str())
    expected["t5"] = of_tokenizers(tokenizer)

    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    rules = json.loads(tokenizer.to_str())["normalizer"]["precompiled_charsmap"]
    import base64
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(base64.b64decode(rules)), normalizers.Strip(left=False, right=True),
        normalizers.Replace(Regex(" {2,}"), "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    write("t5-older/tokenizer.json", tokenizer.to_str())
    expected["t5-older"] = of_tokenizers(tokenizer)


def user_defined(folder, expected):
    model = train(folder, "spiece", sentences("source", 300), pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
                  model_type="bpe", user_defined_symbols=["<sep>", "river", "\u2581the s"])
    write("user-defined/spiece.model", model)
    write("user-defined/tokenizer_config.json", '{"extra_ids": 0}\n')
    plain = spm.SentencePieceProcessor(model_proto=model)
    cases = []
    for text in TEXTS + ["the river<sep>the small riverriver", "the s <sep> the street"]:
        ids = plain.encode(text)
        cases.append(dict(text=text, ids=ids, framed=ids + [1],
                          decoded=None if 2 in ids else plain.decode(ids)))
    expected["user-defined"] = dict(side="source", cases=cases)


def bart(folder, expected):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = list(sentences("source", 200)) + list(sentences("target", 200))
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    write("bart/tokenizer.json", tokenizer.to_str())
    expected["bart"] = of_tokenizers(tokenizer)
    model = json.loads(tokenizer.to_str())["model"]
    write("bart-files/vocab.json", json.dumps(model["vocab"]))
    write("bart-files/merges.txt",
          "#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in model["merges"]))
    expected["bart-files"] = expected["bart"]


def marian(folder, expected):
    vocabulary = {"</s>": 0, "<unk>": 1}
    for side in ["source", "target"]:
        model = train(folder, side, sentences(side, 300), vocab_size=200)
        write(f"marian/{side}.spm", model)
        plain = spm.SentencePieceProcessor(model_proto=model)
        for index in range(plain.get_piece_size()):
            vocabulary.setdefault(plain.id_to_piece(index), len(vocabulary))
    for piece in [">>deu<<", ">>kor<<", "<pad>"]:
        vocabulary[piece] = len(vocabulary)
    write("marian/vocab.json", json.dumps(vocabulary))
    write("marian/tokenizer_config.json", "{}\n")
    reference = MarianTokenizer.from_pretrained(str(FIXTURES / "marian"))
    for side in ["source", "target"]:
        def ids(text, **options):
            arguments = dict(text=text) if side == "source" else dict(text_target=text)
            return reference(**arguments, **options)["input_ids"]
        cases = []
        for text in TEXTS:
            plain = ids(text, add_special_tokens=False)
            decoded = reference.decode(plain, skip_special_tokens=True,
                                       clean_up_tokenization_spaces=False)
            cases.append(dict(text=text, ids=plain, framed=ids(text),
                              decoded=None if 1 in plain else decoded))
        expected[f"marian-{side}"] = dict(folder="marian", side=side, cases=cases)


def steps(folder, expected):
    texts = list(sentences("source", 200)) + list(sentences("target", 100))
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(content=" ", left=1)])
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=500, show_progress=False, limit_alphabet=60,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))
    contents = json.loads(tokenizer.to_str())
    contents["pre_tokenizer"] = None
    contents["added_tokens"] = contents["added_tokens"][:3]
    contents["model"]["merges"] = [" ".join(pair) for pair in contents["model"]["merges"]]
    contents["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
    write("byte-fallback/tokenizer.json", json.dumps(contents, ensure_ascii=False))
    expected["byte-fallback"] = of_tokenizers(Tokenizer.from_str(json.dumps(contents)))

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKD(), normalizers.Lowercase(), normalizers.StripAccents(), normalizers.NFC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation(behavior="merged_with_previous"),
        pre_tokenizers.Digits(individual_digits=True)])
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=300, show_progress=False, special_tokens=["<unk>"], end_of_word_suffix="</w>"))
    tokenizer.add_tokens([AddedToken("River", single_word=True, normalized=True),
                          AddedToken("the", single_word=True, rstrip=True, normalized=False)])
    write("words/tokenizer.json", tokenizer.to_str())
    expected["words"] = of_tokenizers(tokenizer)


def divided(folder, expected):
    """Unigram behind steps that the others do not have."""
    model = train(folder, "plain", sentences("source", 300), vocab_size=200)
    plain = spm.SentencePieceProcessor(model_proto=model)
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(plain.id_to_piece(i), plain.get_score(i)) for i in range(3, plain.get_piece_size())]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(),
        normalizers.Replace("ü", "ue"), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\s+"), "merged_with_next"),
        pre_tokenizers.Split("-", "merged_with_previous"),
        pre_tokenizers.Split(Regex(r"\p{N}+"), "isolated"),
        pre_tokenizers.Split(Regex(r"\S+"), "removed", invert=True),
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False)])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer.add_special_tokens([AddedToken("en_XX"), AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="en_XX $A </s>", special_tokens=[("en_XX", len(pieces)), ("</s>", 2)])])
    write("divided/tokenizer.json", tokenizer.to_str())
    expected["divided"] = of_tokenizers(tokenizer)


def main():
    assert spm.__version__ == "0.2.0", spm.__version__
    expected = {}
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for make in [t5, user_defined, bart, marian, steps, divided]:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), expected)
    for name, value in expected.items():
        write(f"expected/{name}.json", json.dumps(
            dict(folder=value.get("folder", name), **{k: value[k] for k in ["side", "cases"]})))


main()
