#!/usr/bin/env bash
# missing_packages.sh FILE: those of the system packages listed in FILE that are not installed, a line each.
set -euo pipefail

while read -r package; do
  [ -n "$package" ] || continue
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
done < "$1"
