#!/bin/bash
# Segments a drawn picture of several tiles with a shipped model and checks the page that shows it.
# Usage: view_page.sh MULTIPOLE SOURCE_FOLDER PYTHON
set -eo pipefail
here=$(dirname "$(readlink -f "$0")")
command -v chromium chromium-browser google-chrome > /dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" data synth --kind segment --out "$folder/shapes" --classes 2 --train 2 --val 2 --size 1100 > /dev/null
picture=$(find "$folder/shapes/images/train" -type f | head -n 1)
mv "$picture" "$folder/shapes.png"
"$1" segment predict --quiet --device cpu --model "$2/models/multipole_nano_camvid.safetensors" --tile 512 \
  --view --uncertainty --out "$folder/out" "$folder/shapes.png"
"$3" "$here/check_view.py" "$folder/out/shapes.view" "$folder/out/shapes.png"
