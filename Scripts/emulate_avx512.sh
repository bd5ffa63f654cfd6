#!/bin/sh
# Compares the int8 products of every set of instructions, those of AVX-512 emulated by SIMDe, so that
# they are proven on machines that lack them. Needs Debian's libsimde-dev.
set -eu
cd "$(dirname "$0")/.."

compiler=$(command -v clang || command -v cc)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$compiler" -O1 -std=gnu11 -Wall -Werror -ISources/CSeqKernels/include -ISources/CSeqKernels \
  Scripts/emulate_avx512.c -lm -o "$folder/emulate_avx512"
"$folder/emulate_avx512"
