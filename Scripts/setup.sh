#!/bin/sh
# Installs the system packages that the build needs and this machine lacks; says what it does.
# Silent, and done in milliseconds, when nothing is missing.
set -eu

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 69
}

command -v swift >/dev/null 2>&1 ||
  fail "no Swift toolchain on PATH; install Swift 6.2 or later from https://www.swift.org/install"

system=$(uname -s)

# has_header NAME: whether a C compiler would find the header where libraries install theirs.
has_header() {
  old_ifs=$IFS
  IFS=:
  for folder in ${CPATH:-} ${C_INCLUDE_PATH:-} /usr/include /usr/local/include \
    "/usr/include/$(uname -m)-linux-gnu"; do
    if [ -e "$folder/$1" ]; then
      IFS=$old_ifs
      return 0
    fi
  done
  IFS=$old_ifs
  return 1
}

missing=
case $system in
Linux)
  command -v pkg-config >/dev/null 2>&1 || missing="$missing pkg-config"
  has_header dnnl.h || missing="$missing libdnnl-dev"
  has_header sentencepiece_trainer.h || missing="$missing libsentencepiece-dev"
  has_header zlib.h || missing="$missing zlib1g-dev"
  ;;
Darwin)
  # Accelerate, part of the system, takes oneDNN's place.
  command -v pkg-config >/dev/null 2>&1 || missing="$missing pkgconf"
  for library in sentencepiece zlib; do
    [ -d "/opt/homebrew/opt/$library" ] || [ -d "/usr/local/opt/$library" ] ||
      missing="$missing $library"
  done
  ;;
*)
  fail "$system is not supported; Linux and macOS are"
  ;;
esac
missing=${missing# }
[ -n "$missing" ] || exit 0

if [ "$system" = Darwin ]; then
  command -v brew >/dev/null 2>&1 ||
    fail "missing: $missing; install Homebrew (https://brew.sh) and run this again"
  printf 'setup: installing %s with brew\n' "$missing" >&2
  # shellcheck disable=SC2086 # a list of words on purpose
  brew install --quiet $missing || fail "brew could not install: $missing"
  exit 0
fi

command -v apt-get >/dev/null 2>&1 ||
  fail "missing: $missing (Debian's names); install your distribution's packages of them"
run_as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 ||
    fail "missing: $missing; run as root: apt-get update && apt-get install $missing"
  run_as_root=sudo
fi
printf 'setup: installing %s with apt-get\n' "$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# A stale source among several is no obstacle: what counts is whether the installation works.
$run_as_root apt-get update -qq >&2 || printf 'setup: apt-get update complained; going on\n' >&2
# shellcheck disable=SC2086 # a list of words on purpose
$run_as_root apt-get install -y -qq --no-install-recommends $missing >&2 ||
  fail "apt-get could not install: $missing (its message is above)"
printf 'setup: installed %s\n' "$missing" >&2
