#!/usr/bin/env bash
# Installs the system packages listed in the given file where they are missing. Needs root or sudo only then.
set -euo pipefail

mapfile -t missing < <("$(dirname "$0")/missing_packages.sh" "$1")
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo)
  else
    echo "multipole: these system packages are missing, and this user is neither root nor has sudo. Ask for:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi
echo "Installing ${#missing[@]} system packages, about a minute: ${missing[*]}" >&2
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends \
  "${missing[@]}" >/dev/null
