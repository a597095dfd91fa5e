#!/usr/bin/env bash
# fetch_pictures.sh VENV FOLDER: photographs of free licence that PyPI's scikit-image carries, unpacked, not installed.
set -euo pipefail

venv=$1 folder=$2
pictures=(chelsea.png horse.png rocket.jpg coffee.png)
[ ! -e "$folder/.complete" ] || exit 0

download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
echo "Fetching photographs (scikit-image from PyPI)" >&2
"$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$download" scikit-image
mkdir -p "$folder"
"$venv/bin/python" - "$download" "$folder" "${pictures[@]}" <<'PYTHON'
import pathlib
import sys
import zipfile

download, folder, *pictures = sys.argv[1:]
wheel = zipfile.ZipFile(next(pathlib.Path(download).glob("*.whl")))
for name in wheel.namelist():
    if pathlib.PurePath(name).parent.name == "data" and pathlib.PurePath(name).name in pictures:
        (pathlib.Path(folder) / pathlib.PurePath(name).name).write_bytes(wheel.read(name))
PYTHON
touch "$folder/.complete"
