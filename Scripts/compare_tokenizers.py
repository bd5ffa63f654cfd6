#!/usr/bin/env python3
"""Compares `seq2seq tokenizer` with Hugging Face tokenizers, transformers and SentencePiece.

    Scripts/peers/setup.sh
    ~/.cache/swift-seq2seq/peers/bin/python Scripts/compare_tokenizers.py \\
        [--lines 100000] [--random 5000] [--only t5,bart] [--keep DIR] CORPUS...

Tokenizers of each kind are trained by the reference libraries on the first lines of the corpora, as
T5, BART, MarianMT, mBART, NLLB and Llama have them; then the corpora's lines, a page of hard Unicode
and random text of it are encoded by both, and what the reference encoded is decoded by both. Counts
and the first differences are printed; exit code 1 if anything differs. A reference's <unk> is
written as the mark ⁇ here. SEQ2SEQ names the program, .build/release/seq2seq by default.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import hard_unicode  # noqa: E402
import sentencepiece as spm  # noqa: E402
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,  # noqa: E402
                        pre_tokenizers, processors, trainers)

PROGRAM = os.environ.get("SEQ2SEQ", ".build/release/seq2seq").split()
MARK = "\u2047"


def lines_of(path):
    """A file's lines as our reader has them: no byte order mark, no carriage return at the end."""
    data = Path(path).read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    for line in data.split(b"\n")[:-1]:
        try:
            yield line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            pass


def run(arguments, lines):
    """The program's lines for these, and the seconds it took."""
    text = "".join(line + "\n" for line in lines).encode()
    start = time.monotonic()
    done = subprocess.run([*PROGRAM, "tokenizer", *arguments], input=text, capture_output=True)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(PROGRAM)}: {done.stderr.decode()[:2000]}")
    return done.stdout.decode().split("\n")[:-1], seconds


class Reference:
    """A tokenizer of another program and the path that ours reads it from."""

    def __init__(self, name, path, encode, decode, unknown=None, side="source"):
        self.name, self.path, self.side = name, path, side
        self.encode, self.decode, self.unknown = encode, decode, unknown


def of_tokenizers(name, path, tokenizer, unknown):
    unknown_id = tokenizer.token_to_id(unknown) if unknown else None
    special = {id for id, token in tokenizer.get_added_tokens_decoder().items()
               if token.special and id != unknown_id}

    def encode(lines):
        return [e.ids for e in tokenizer.encode_batch_fast(lines, add_special_tokens=False)]

    def decode(lists):
        plain = tokenizer.decode_batch(lists, skip_special_tokens=True)
        for index, ids in enumerate(lists):
            if unknown_id in ids:
                kept = [id for id in ids if id not in special]
                text = tokenizer.decode(kept, skip_special_tokens=False)
                plain[index] = text.replace(unknown, MARK)
        return plain

    return Reference(name, path, encode, decode, unknown_id)


def of_sentencepiece(name, path, processor):
    def decode(lists):
        return [text.replace(" \u2047 ", MARK) for text in processor.decode(lists)]

    return Reference(name, path, lambda lines: processor.encode(lines), decode, processor.unk_id())


def train_sentencepiece(folder, name, texts, **options):
    path = folder / f"{name}.text"
    path.write_text("\n".join(texts), encoding="utf-8")
    settings = dict(vocab_size=8000, model_type="unigram", minloglevel=2, hard_vocab_limit=False,
                    num_threads=2, max_sentence_length=100_000)
    settings.update(options)
    spm.SentencePieceTrainer.train(input=str(path), model_prefix=str(folder / name), **settings)
    path.unlink()
    return folder / f"{name}.model"


def t5(folder, texts):
    """T5: spiece.model, and the tokenizer.json that transformers makes of it."""
    from transformers import T5Tokenizer
    model = train_sentencepiece(folder, "spiece", texts, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    alone = folder / "alone"
    alone.mkdir(exist_ok=True)
    (alone / "spiece.model").write_bytes(model.read_bytes())
    (alone / "tokenizer_config.json").write_text('{"extra_ids": 0}')
    processor = spm.SentencePieceProcessor(model_file=str(model))
    yield of_sentencepiece("spiece.model of T5, sentencepiece", alone, processor)

    converted = T5Tokenizer.from_pretrained(str(folder))
    target = folder / "converted"
    converted.save_pretrained(str(target))
    yield of_tokenizers("tokenizer.json of T5, transformers", target, converted._tokenizer, "<unk>")

    # As older releases converted it: spaces at the end stripped, runs of them one.
    older = Tokenizer.from_str(converted._tokenizer.to_str())
    older.normalizer = normalizers.Sequence([
        normalizers.Precompiled(charsmap(model)), normalizers.Strip(left=False, right=True),
        normalizers.Replace(Regex(" {2,}"), "\u2581")])
    older.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="first")
    path = folder / "older.json"
    older.save(str(path))
    yield of_tokenizers("tokenizer.json of T5 as older releases have it", path, older, "<unk>")


def charsmap(model):
    from transformers.convert_slow_tokenizer import import_protobuf
    proto = import_protobuf().ModelProto()
    proto.ParseFromString(Path(model).read_bytes())
    return proto.normalizer_spec.precompiled_charsmap


def bart(folder, texts):
    """BART: byte-level BPE as tokenizer.json, and as vocab.json with merges.txt."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=8000, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    path = folder / "tokenizer.json"
    tokenizer.save(str(path))
    yield of_tokenizers("tokenizer.json of BART", path, tokenizer, "<unk>")

    files = folder / "files"
    files.mkdir(exist_ok=True)
    vocabulary = json.loads(tokenizer.to_str())["model"]["vocab"]
    vocabulary["<mask>"] = len(vocabulary)
    (files / "vocab.json").write_text(json.dumps(vocabulary))
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    (files / "merges.txt").write_text(
        "#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges), encoding="utf-8")
    yield of_tokenizers("vocab.json and merges.txt of BART", files, tokenizer, "<unk>")

    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=True)])
    path = folder / "prefix.json"
    tokenizer.save(str(path))
    yield of_tokenizers("byte-level BPE, digits apart, a space before", path, tokenizer, "<unk>")


def marian(folder, texts):
    """MarianMT: two SentencePiece models and one vocabulary, by transformers."""
    from transformers import MarianTokenizer
    models_of = {}
    for side, part in [("source", texts[::2]), ("target", texts[1::2])]:
        path = train_sentencepiece(folder, side, part, vocab_size=6000)
        path.rename(folder / f"{side}.spm")
        models_of[side] = spm.SentencePieceProcessor(model_file=str(folder / f"{side}.spm"))
    pieces = ["</s>", "<unk>"]
    for model in models_of.values():
        pieces += [model.id_to_piece(i) for i in range(model.get_piece_size())]
    pieces += [">>fra<<", ">>deu<<", "<pad>"]
    vocabulary = {}
    for piece in pieces:
        vocabulary.setdefault(piece, len(vocabulary))
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}")
    reference = MarianTokenizer.from_pretrained(str(folder))
    unknown = vocabulary["<unk>"]

    def encode_source(lines):
        return [reference(line, add_special_tokens=False)["input_ids"] for line in lines]

    def encode_target(lines):
        return [reference(text_target=line, add_special_tokens=False)["input_ids"] for line in lines]

    def decode(lists, **options):
        # Special tokens are put between spaces there; what is compared is text without them.
        return [None if unknown in ids else
                reference.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False,
                                 use_source_tokenizer=False) for ids in lists]

    yield Reference("MarianMT source, transformers", folder, encode_source, decode, unknown)
    yield Reference("MarianMT target, transformers", folder, encode_target, decode, unknown, "target")


def others(folder, texts):
    """Unigram as mBART and NLLB have it, BPE as Llama's and OpenAI's first, mixed steps."""
    model = train_sentencepiece(folder, "many", texts, vocab_size=7000)
    processor = spm.SentencePieceProcessor(model_file=str(model))
    pieces = [(processor.id_to_piece(i), processor.get_score(i))
              for i in range(3, processor.get_piece_size())]
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + pieces
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(charsmap(model)), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "en_XX", "de_DE",
                                  AddedToken("<mask>", lstrip=True)])
    path = folder / "mbart.json"
    tokenizer.save(str(path))
    yield of_tokenizers("unigram of mBART", path, tokenizer, "<unk>")

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(content=" ", left=1)])
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=6000, show_progress=False, limit_alphabet=400,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))
    tokenizer.pre_tokenizer = None
    # As Llama's list them: in the text, bytes are no special tokens.
    text = json.loads(tokenizer.to_str())
    text["added_tokens"] = [t for t in text["added_tokens"] if not t["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(text))
    path = folder / "llama.json"
    tokenizer.save(str(path))
    yield of_tokenizers("BPE with byte fallback, no pre-tokenizer", path, tokenizer, "<unk>")

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=False, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation(behavior="contiguous"),
        pre_tokenizers.Digits()])
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=5000, show_progress=False, limit_alphabet=150, special_tokens=["<unk>"],
        end_of_word_suffix="</w>"))
    tokenizer.add_tokens([AddedToken("Frau", single_word=True, normalized=True),
                          AddedToken("the", single_word=True, rstrip=True, normalized=False)])
    path = folder / "words.json"
    tokenizer.save(str(path))
    yield of_tokenizers("BPE of words, lower case, no accents", path, tokenizer, "<unk>")

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(), normalizers.Replace(
            Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\s+"), "merged_with_next"),
        pre_tokenizers.Split("-", "merged_with_previous"),
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False)])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    path = folder / "split.json"
    tokenizer.save(str(path))
    yield of_tokenizers("unigram after Nmt, NFKC, Strip, Split", path, tokenizer, "<unk>")


def pieces(folder, texts):
    """SentencePiece models of other settings, by the library."""
    settings = {
        "BPE, identity": dict(model_type="bpe", normalization_rule_name="identity"),
        "BPE, byte fallback, spaces kept": dict(
            model_type="bpe", byte_fallback=True, remove_extra_whitespaces=False),
        "unigram, no dummy prefix": dict(add_dummy_prefix=False),
        "unigram, nfkc_cf, digits apart": dict(normalization_rule_name="nfkc_cf", split_digits=True),
        "BPE, user-defined pieces": dict(
            model_type="bpe", user_defined_symbols=["<sep>", "the", "한국", "\u2581und"]),
        "unigram, user-defined pieces": dict(user_defined_symbols=["<sep>", "ing", "日本"]),
    }
    for number, (name, options) in enumerate(settings.items()):
        options.setdefault("vocab_size", 5000)
        model = train_sentencepiece(folder, f"pieces{number}", texts, **options)
        yield of_sentencepiece(
            f"SentencePiece {name}", model, spm.SentencePieceProcessor(model_file=str(model)))


def compare(reference, lines):
    """Prints what differs; the number of differing lines."""
    side = ["--side", reference.side]
    start = time.monotonic()
    expected = reference.encode(lines)
    theirs = time.monotonic() - start
    found, ours = run(["encode", "--ids", *side, str(reference.path)], lines)
    wanted = [" ".join(map(str, ids)) for ids in expected]
    wrong = [i for i in range(len(lines)) if i >= len(found) or found[i] != wanted[i]]
    if len(found) != len(lines):
        print(f"  {len(found)} lines of {len(lines)}")

    texts = reference.decode(expected)
    decoded, _ = run(["decode", "--ids", *side, str(reference.path)], wanted)
    checked = [i for i in range(len(lines)) if texts[i] is not None and "\n" not in texts[i]]
    apart = [i for i in checked if i >= len(decoded) or decoded[i] != texts[i]]
    print(f"{reference.name}: {len(lines)} lines encoded, {len(wrong)} differ; "
          f"{len(checked)} decoded, {len(apart)} differ "
          f"(reference {theirs:.1f} s, here {ours:.1f} s)", flush=True)
    for i in wrong[:5]:
        print(f"  encode {lines[i][:120]!r}\n    expected {wanted[i][:160]}\n"
              f"    found    {(found[i] if i < len(found) else '')[:160]}")
    for i in apart[:5]:
        print(f"  decode {wanted[i][:120]}\n    expected {texts[i][:160]!r}\n"
              f"    found    {(decoded[i] if i < len(decoded) else '')[:160]!r}")
    return len(wrong) + len(apart)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--random", type=int, default=5000)
    parser.add_argument("--train", type=int, default=20_000)
    parser.add_argument("--only", default="t5,bart,marian,others,pieces")
    parser.add_argument("--keep", help="folder for the tokenizers made")
    options = parser.parse_args()

    share = -(-options.lines // len(options.corpora))
    corpora = [list(lines_of(path))[:share] for path in options.corpora]
    texts = [line for corpus in corpora
             for line in corpus[:options.train // len(corpora)] if line.strip()]
    lines = [line for corpus in corpora for line in corpus]
    lines += hard_unicode.LINES + hard_unicode.random_lines(options.random)
    print(f"{len(lines)} lines, trained on {len(texts)}", flush=True)

    differences = 0
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.only.split(","):
            folder = Path(options.keep or temporary) / name
            folder.mkdir(parents=True, exist_ok=True)
            for reference in globals()[name](folder, texts):
                differences += compare(reference, lines)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
