#!/usr/bin/env bash
# say_demo.sh BUILD VENV: the steps of `make demo`, with what is left of each and how long it takes, on standard error.
set -euo pipefail

here=$(dirname "$0")
missing=$("$here/missing_packages.sh" "$here/packages.txt" | wc -l)
packages="all there" torch="there"
[ "$missing" = 0 ] || packages="$missing to install, about a minute"
[ -e "$2/.multipole-libtorch" ] || torch="1.4 GB from PyPI into $2, one to three minutes"
cat >&2 <<TEXT
make demo takes four steps and skips what is done:
  1. system packages: $packages
  2. LibTorch: $torch
  3. $("$here/say_compile.sh" "$1" 2>&1)
  4. fetching five photographs and 90 MB of published weights, then classifying and segmenting: a minute

TEXT
