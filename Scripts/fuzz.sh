#!/usr/bin/env bash
# Fuzzes what reads files from elsewhere with libFuzzer, which comes with the Swift toolchain on Linux.
#
#     Scripts/fuzz.sh safetensors|tokenizer|sentencepiece [SECONDS] [options of libFuzzer...]
#
# Builds Fuzzing/ with the fuzzer and the address sanitizer into a build folder of its own, begins with
# the files of the tests, keeps what it learns in ${FUZZ_CORPUS:-$TMPDIR/swift-seq2seq-fuzz}, and leaves an
# input that ends the process, or takes 20 seconds or 2 GB, there too. Exit codes then are libFuzzer's: 77 for
# a crash, 70 for the time, 71 for the memory.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${1:?say what: safetensors, tokenizer or sentencepiece}"
seconds="${2:-60}"
shift $(($# > 2 ? 2 : $#))
case "$target" in
safetensors) seeds=$(find Tests -name '*.safetensors' -size -64k) ;;
tokenizer) seeds=$(find Tests -name tokenizer.json -size -64k) ;;
sentencepiece) seeds=$(find Tests -name '*.model' -size -64k -o -name '*.spm' -size -64k) ;;
*) echo "fuzz: $target is not one of safetensors, tokenizer, sentencepiece" >&2; exit 64 ;;
esac
work="${FUZZ_CORPUS:-${TMPDIR:-/tmp}/swift-seq2seq-fuzz}/$target"
mkdir -p "$work/corpus" "$work/findings"
for seed in $seeds; do cp "$seed" "$work/corpus/$(echo "$seed" | tr / _)"; done
build="${TMPDIR:-/tmp}/swift-seq2seq-fuzz-build"
SEQ2SEQ_FUZZ=build swift build -c release --product Fuzz --scratch-path "$build" \
  -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library -Xswiftc -use-ld=lld
export SEQ2SEQ_FUZZ="$target"
exec "$build/release/Fuzz" "$work/corpus" -artifact_prefix="$work/findings/" \
  -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 -detect_leaks=0 "$@"
