#!/usr/bin/env bash
# Proves that resuming is bit-exact, by killing a short training again and again and comparing what
# it ends with to the same training left alone: every file of the run, bit for bit, times excepted.
#
#   Scripts/prove_resume.sh [--kills N] [--seed N]
#
# Needs the release build (make build) and prints the figures for the record. The suite's
# ResumeTests do the same with fewer kills.
set -euo pipefail
cd "$(dirname "$0")/.."

kills=20
RANDOM=1
while [ $# -gt 0 ]; do
  case $1 in
    --kills) kills=$2 ;;
    --seed) RANDOM=$2 ;;
    *) echo "usage: Scripts/prove_resume.sh [--kills N] [--seed N]" >&2; exit 64 ;;
  esac
  shift 2
done

# Enough for a fast machine, on which a kill comes 60 steps after the last at most.
steps=$((40 * kills > 120 ? 40 * kills : 120))
seq2seq=$PWD/.build/release/seq2seq
[ -x "$seq2seq" ] || { echo "$seq2seq is not built: make build" >&2; exit 69; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# --- The training: letters to be said backwards, epochs of 8 steps, a checkpoint every 5. ---------

pairs() {  # count, seed
  awk -v count="$1" -v x="$2" 'function draw(n) { x = (x * 16807) % 2147483647; return x % n }
    BEGIN { split("a b c d e f g h i j", letter, " ")
      for (i = 0; i < count; i++) { n = 2 + draw(5); s = t = ""
        for (j = 0; j < n; j++) { l = letter[1 + draw(10)]; s = s (j ? " " : "") l
          t = l (j ? " " : "") t }
        print s "\t" t } }'
}
pairs 120 3 > train.tsv
pairs 20 5 > validation.tsv
cat > toy.yaml <<YAML
data: { root: ., train: { pairs: train.tsv }, validation: { pairs: validation.tsv } }
tokenizer: { type: bpe, vocabulary_size: 24, sampling: { dropout: 0.2 } }
model:
  { type: transformer, layer_count: 1, embedding_size: 16, feed_forward_size: 32, head_count: 2,
    dropout: 0.1 }
training:
  batch_sentences: 8
  accumulation: 2
  max_steps: $steps
  optimizer: { type: adamw, weight_decay: 0.01 }
  schedule: { type: inverse_square_root, peak_rate: 0.01, warmup_steps: 10 }
  report_every_steps: 1
  checkpoint_every_steps: 5
  average_last: 3
validation: { every_epochs: 1, metrics: [loss, bleu] }
YAML

fail() { echo "FAILED: $*" >&2; exit 1; }

train() {  # run, options…
  local run=$1
  shift
  "$seq2seq" train toy.yaml --output "$run" "$@" 2> "$run.log"
}

# Goes on with a run, or starts it anew where nothing was begun.
start() {  # run, options…
  local run=$1 resume=
  shift
  [ -e "$run/training.json" ] && resume=--resume
  "$seq2seq" train toy.yaml --output "$run" $resume "$@" 2> "$run.log" &
  pid=$!
}

alive() { kill -0 "$pid" 2> /dev/null; }

# Ends the process by a signal; its status is in $status.
end() {  # signal
  kill "-$1" "$pid" 2> /dev/null || true
  status=0
  wait "$pid" 2> /dev/null || status=$?
}

last_saved() {  # run
  local newest
  newest=$(ls "$1/checkpoints" 2> /dev/null | grep '^step-' | tail -1) || true
  newest=${newest#step-}
  echo $((10#${newest:-0}))
}

# The last step of which metrics.jsonl has a whole line.
last_reported() {  # run
  local line
  line=$(grep -s '"loss":.*}$' "$1/metrics.jsonl" | tail -1) || true
  line=${line##*\"step\":}
  echo "${line%%[,\}]*}" | grep . || echo 0
}

unfinished() { compgen -G "$1/.*.partial" || true; }  # folder

# What a file says, times left out: of state.json also the bytes of metrics.jsonl, which hold times.
comparable() {
  case $1 in
    *metrics.jsonl) sed -E 's/"(elapsed_seconds|target_tokens_per_second)":[^,}]*//g' "$1" ;;
    *state.json) grep -vE '"(elapsedSeconds|seconds|metricsByteCount)"' "$1" ;;
    *) cat "$1" ;;
  esac
}

# All files of two runs but the cache of an epoch's batches.
check_same() {  # run, run
  local file
  diff <(cd "$1" && find . | sort) <(cd "$2" && find . | sort) || fail "$1 and $2 hold other files"
  while read -r file; do
    cmp -s <(comparable "$1/$file") <(comparable "$2/$file") || fail "$file differs in $1 and $2"
  done < <(cd "$1" && find . -type f ! -name train.batches)
}

check_steps() {  # run, steps
  local reported
  reported=$(grep '"loss"' "$1/metrics.jsonl" | sed -E 's/.*"step":([0-9]+).*/\1/')
  [ "$reported" = "$(seq 1 "$2")" ] || fail "metrics.jsonl of $1 has not each of $2 steps once"
}

# --- Kills ----------------------------------------------------------------------------------------

for workers in 1 2; do
  whole=whole-$workers run=killed-$workers
  train "$whole" --workers $workers || fail "$(cat "$whole.log")"
  check_steps "$whole" "$steps"
  most=0 sum=0 inside=0
  for ((kill = 1; kill <= kills; kill++)); do
    reported=$(last_reported "$run")
    leftovers=$(unfinished "$run/checkpoints")
    start "$run" --workers $workers
    case $((RANDOM % 3)) in
      0)  # after some time, be it in the preparation
        moment="after a time"
        sleep "0.$(printf %03d $((RANDOM % 200)))" ;;
      1)  # after some steps
        moment="after steps"
        target=$((reported + RANDOM % 8))
        while alive && [ "$(last_reported "$run")" -lt "$target" ]; do :; done ;;
      2)  # while a checkpoint is on its way
        moment="in a write"
        while alive && [ "$(unfinished "$run/checkpoints")" = "$leftovers" ]; do :; done
        # Not always at its very beginning.
        [ $((RANDOM % 2)) = 0 ] || sleep 0.00$((RANDOM % 10)) ;;
    esac
    end KILL
    [ $status = 137 ] || fail "the run was over (status $status) before kill $kill: use fewer"
    now=$(unfinished "$run/checkpoints")
    where=
    if [ -n "$now" ] && [ "$now" != "$leftovers" ]; then
      where=", inside a checkpoint write"
      inside=$((inside + 1))
    fi
    redone=$(($(last_reported "$run") - $(last_saved "$run")))
    [ $redone -gt 0 ] || redone=0
    [ $redone -le 5 ] || fail "$redone steps to make again"
    sum=$((sum + redone))
    [ $redone -gt $most ] && most=$redone
    echo "  kill $kill, $moment: step $(last_reported "$run"), saved $(last_saved "$run"), to make again $redone$where"
  done
  train "$run" --workers $workers --resume || fail "$(cat "$run.log")"
  check_same "$whole" "$run"
  check_steps "$run" "$steps"
  echo "$workers worker(s): $kills kills, $inside inside a checkpoint write; the run ends the same." \
    "Steps made again: $sum in all, at most $most after a kill."
done

# --- Kills in everything else that is written -----------------------------------------------------

# Kills a run when a file of the pattern is there, and again until one kill was in time.
kill_at() {  # name, pattern
  local run=$1 attempt
  for ((attempt = 1; attempt <= 40; attempt++)); do
    rm -rf "$run"
    start "$run" --workers 2
    while alive && ! compgen -G "$run/$2" > /dev/null; do :; done
    end KILL
    if [ $status = 137 ] && compgen -G "$run/$2" > /dev/null; then
      start "$run" --workers 2
      end 0
      [ $status = 0 ] || fail "$(cat "$run.log")"
      check_same whole-2 "$run"
      check_steps "$run" "$steps"
      echo "killed in $1 (attempt $attempt): the run ends the same"
      return
    fi
  done
  echo "killed in $1: 40 attempts were too late, not shown"
}

kill_at "the claim of the directory" '.training.json.*.partial'
kill_at "the learning of the tokenizer" 'training.json'
kill_at "the preparation of the corpus" 'train.corpus*.partial'
kill_at "the order of an epoch" 'train.batches*.partial'
kill_at "a snapshot" 'snapshots/.step-*.partial'
kill_at "the final model" '.model.safetensors.*.partial'

# A kill leaves half a line at most; here is one.
run=half
start $run --workers 2
while alive && [ "$(last_reported $run)" -lt 33 ]; do :; done
end KILL
printf '{"accuracy":0.5,"elapsed_' >> $run/metrics.jsonl
train $run --workers 2 --resume || fail "$(cat $run.log)"
check_same whole-2 $run
echo "half a line of metrics: the run ends the same"

# --- Signals --------------------------------------------------------------------------------------

for signal in INT:130 TERM:143; do
  run=signal-${signal%:*}
  for step in 7 23 64; do
    start "$run" --workers 2
    while alive && [ "$(last_reported "$run")" -lt $step ]; do :; done
    end "${signal%:*}"
    [ "$status" = "${signal#*:}" ] || fail "status $status after ${signal%:*}"
    [ "$(last_saved "$run")" = "$(last_reported "$run")" ] || fail "${signal%:*} lost steps"
  done
  train "$run" --workers 2 --resume || fail "$(cat "$run.log")"
  check_same whole-2 "$run"
  echo "3 × SIG${signal%:*}: status ${signal#*:}, no step lost, the run ends the same"
done

# --- A later end ----------------------------------------------------------------------------------

train grown --workers 2 --set training.max_steps=20 || fail "$(cat grown.log)"
train grown --workers 2 --set training.max_steps=40 --resume || fail "$(cat grown.log)"
train forty --workers 2 --set training.max_steps=40 || fail "$(cat forty.log)"
check_same forty grown
check_steps grown 40
echo "20 steps and 20 more: the run ends as one of 40"

# --- A full disk ----------------------------------------------------------------------------------

mkdir small
if [ "$(uname -s)" = Linux ] && mount -t tmpfs -o size=600k none small 2> /dev/null; then
  trap 'umount "$work/small"; rm -rf "$work"' EXIT
  status=0
  train small/run --workers 2 || status=$?
  [ $status = 74 ] || fail "status $status on a full disk"
  [ -z "$(unfinished small/run/checkpoints)$(unfinished small/run/snapshots)" ] ||
    fail "half-written files are left"
  [ ! -e small/run/model.safetensors ] || fail "a model is there"
  saved=$(last_saved small/run)
  mount -o remount,size=10m small
  train small/run --workers 2 --resume || fail "$(cat small/run.log)"
  check_same whole-2 small/run
  echo "a disk full after step $saved: status 74, nothing half-written; with room the run ends the same"
else
  echo "a full disk: not shown, only root can mount a small one"
fi
