#!/bin/sh
# Compiles Sources/COneDNN against the headers of oneDNN 3.x. The tests run against the version
# that Debian ships, 2.6; this keeps the code for 3.x from rotting. The headers come from the
# PyPI package onednn-devel and stay in a cache folder outside the tree.
set -eu
cd "$(dirname "$0")/.."

version=2026.1.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/swift-seq2seq/onednn-devel-$version
include=$cache/onednn_devel-$version.data/data/include

if [ ! -e "$include/dnnl.h" ]; then
  printf 'oneDNN 3.x: downloading the headers of onednn-devel %s into %s\n' "$version" "$cache" >&2
  partial=$cache.$$
  trap 'rm -rf "$partial"' EXIT
  mkdir -p "$partial"
  # The platform is named because only the headers matter: they are the same everywhere.
  python3 -m pip download --quiet --no-deps --only-binary=:all: \
    --platform manylinux_2_28_x86_64 --dest "$partial" "onednn-devel==$version" || {
    printf 'oneDNN 3.x: could not download onednn-devel %s from PyPI\n' "$version" >&2
    exit 69
  }
  python3 -m zipfile -e "$partial"/onednn_devel-"$version"-*.whl "$partial"
  # One rename: an interrupted download leaves no half-filled cache behind.
  rm -rf "$cache"
  mv "$partial" "$cache"
fi

compiler=$(command -v clang || command -v cc)
check() {
  "$compiler" -std=gnu11 -fsyntax-only -Wall -Werror -isystem "$include" \
    -ISources/COneDNN/include "$@"
}

# The right headers answer: a stray system header would prove nothing.
printf '%s\n' '#include <dnnl.h>' '#include <dnnl_version.h>' \
  '_Static_assert(DNNL_VERSION_MAJOR == 3, "these are not the headers of oneDNN 3.x");' |
  check -x c -

for file in Sources/COneDNN/*.c; do
  check "$file"
  printf 'oneDNN 3.x: %s compiles\n' "$file"
done
