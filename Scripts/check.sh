#!/bin/sh
# All that must hold before a commit lands: format, build, imports, tests, the other oneDNN.
set -eu
cd "$(dirname "$0")/.."
./Scripts/setup.sh

step() { printf '\n== %s\n' "$*"; }

step "format"
swift format lint --strict --recursive --parallel Sources Tests Snippets Package.swift

step "build, with every import among the target's declared dependencies"
swift build -c release --build-tests --explicit-target-dependency-import-check error

step "tests"
swift test -c release --skip-build --disable-xctest

if [ "$(uname -s)" = Linux ]; then
  step "oneDNN 3.x headers"
  ./Scripts/check_onednn3.sh
fi

printf '\nAll checks passed.\n'
