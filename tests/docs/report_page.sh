#!/bin/bash
# Trains on a few drawn pictures and checks the page that comes of it. Usage: report_page.sh MULTIPOLE PYTHON
set -eo pipefail
here=$(dirname "$(readlink -f "$0")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" data synth --out "$folder/figures" --classes 3 --train 24 --val 12 --size 32 > /dev/null
"$1" classify train --quiet --data "$folder/figures" --out "$folder/run" --recipe auto --epochs 2 > /dev/null
"$2" "$here/check_page.py" "$folder/run/report.html"
