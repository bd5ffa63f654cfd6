#!/bin/sh
# Measures training and translation on this machine with the reverse task, and prints what is
# needed to compare: machine, cores, commit, seconds, target tokens a second.
set -eu
cd "$(dirname "$0")/.."

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
command=.build/release/seq2seq

case $(uname -s) in
Darwin)
  machine=$(sysctl -n machdep.cpu.brand_string)
  cores=$(sysctl -n hw.ncpu)
  ;;
*)
  machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  cores=$(nproc)
  ;;
esac
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
printf 'machine: %s, %s cores\ncommit: %s\n' "${machine:-unknown}" "$cores" "$commit"

now() { python3 -c 'import time; print(time.monotonic())' 2>/dev/null || date +%s; }
seconds_since() { echo "$1 $(now)" | awk '{ printf "%.1f", $2 - $1 }'; }

start=$(now)
"$command" demo --task reverse --output "$output/model" >"$output/demo.log" 2>&1 || {
  cat "$output/demo.log" >&2
  exit 70
}
printf 'demo --task reverse: %s s\n' "$(seconds_since "$start")"

# The median of the reports, so that the first steps (which fill caches) do not count.
sed -n 's/.*"target_tokens_per_second": *\([0-9.e+]*\).*/\1/p' "$output/model/metrics.jsonl" |
  sort -g | awk '{ v[NR] = $1 } END { if (NR) printf "training: %.0f target tokens/s\n", v[int((NR + 1) / 2)] }'

# 2,000 distinct sequences of 3 to 10 letters, the same on every run.
awk 'BEGIN { x = 1; for (i = 0; i < 2000; i++) { x = (x * 16807) % 2147483647; n = 3 + x % 8
  line = ""; for (j = 0; j < n; j++) { x = (x * 16807) % 2147483647
    line = line (j ? " " : "") sprintf("%c", 97 + int(x / 2147483647 * 10)) } print line } }' \
  >"$output/source.txt"
for beam in 1 5; do
  start=$(now)
  "$command" translate "$output/model" --beam-size "$beam" <"$output/source.txt" \
    >"$output/translation.txt"
  printf 'translate, beam %s: %s s for %s lines\n' "$beam" "$(seconds_since "$start")" \
    "$(wc -l <"$output/translation.txt" | tr -d ' ')"
done
