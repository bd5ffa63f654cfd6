#!/usr/bin/env bash
# Makes the Python environment of the outside proofs: PyTorch for the goldens, sacreBLEU and
# rouge-score for scores, TensorBoard for event files, CTranslate2, transformers and ONNX Runtime for
# the decoding benchmark.
#
#     Scripts/peers/setup.sh
#
# It lives outside the tree, in $SEQ2SEQ_PEERS or ~/.cache/swift-seq2seq/peers; a second run changes
# nothing. PYTHON names the interpreter (3.11 to 3.14, default python3). Neither building nor
# testing the package needs it: the fixtures are committed.
#
# Size on Linux: 1.5 GB with the CPU build of torch, about 5.3 GB with the CUDA build that PyPI serves for
# x86_64. The CUDA build does not import without its CUDA libraries, so nothing of it can be left
# out but Triton; hence the CPU build is looked for first, where pip is configured to look for
# wheels (PIP_FIND_LINKS), then at download.pytorch.org.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
requirements="$here/requirements.txt"
peers="${SEQ2SEQ_PEERS:-$HOME/.cache/swift-seq2seq/peers}"
python="${PYTHON:-python3}"
imports="import torch, numpy, safetensors, sacrebleu, rouge_score, tensorboard
import ctranslate2, transformers, onnxruntime, onnx, sentencepiece"
pytorch_index="https://download.pytorch.org/whl/cpu"

say() { echo "peers: $*" >&2; }

ready() {
  [ -x "$peers/bin/python" ] && cmp -s "$requirements" "$peers/requirements.installed" \
    && "$peers/bin/python" -c "$imports" 2>/dev/null
}

if ready; then
  say "$peers is ready"
  exit 0
fi

if ! command -v "$python" >/dev/null; then
  say "no '$python' found; install Python 3.11 or newer, or set PYTHON"
  exit 69
fi
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; then
  say "$("$python" --version) found, 3.11 to 3.14 needed; set PYTHON to another interpreter"
  exit 69
fi

if [ ! -x "$peers/bin/pip" ]; then
  say "making a virtual environment in $peers"
  if ! "$python" -m venv "$peers"; then
    say "'$python -m venv' failed; on Debian and Ubuntu: sudo apt-get install python3-venv"
    exit 69
  fi
fi
pip() { "$peers/bin/pip" --disable-pip-version-check --quiet "$@"; }

# torch alone first, without what it requires: everything else is pinned in the requirements.
if [ "$(uname -s)" = Linux ]; then
  torch="$(grep '^torch==' "$requirements")"
  if pip install --no-index --no-deps "$torch+cpu" 2>/dev/null; then
    say "installed $torch, CPU build, from the wheels pip is configured to find"
  elif pip install --retries 0 --no-deps --index-url "$pytorch_index" "$torch+cpu" 2>/dev/null; then
    say "installed $torch, CPU build, from $pytorch_index"
  else
    say "no CPU build of $torch within reach; taking PyPI's with its CUDA libraries (about 5.3 GB)"
  fi
fi

say "installing what $requirements names"
pip install --requirement "$requirements"
if ! "$peers/bin/python" -c "$imports"; then
  say "installed, but does not import"
  exit 70
fi
cp "$requirements" "$peers/requirements.installed"
say "ready: $(du -sh "$peers" | cut -f1) in $peers"
