#!/usr/bin/env bash
# say_compile.sh BUILD: what compiling the command will take, on standard error.
set -euo pipefail

core_minutes=10  # of one core, all sources of the command from scratch (README, Set up)
cores=$(nproc)
if [ -e "$1/multipole" ]; then
  echo "Compiling what has changed since $1/multipole was made" >&2
else
  echo "Compiling on $cores cores: about $(((core_minutes + cores - 1) / cores)) minutes, less for what ccache has seen before" >&2
fi
