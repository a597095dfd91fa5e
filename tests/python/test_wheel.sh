#!/usr/bin/env bash
# test_wheel.sh SOURCE BUILD PYTHON VERSION: the wheel is made, installed in another folder, and works from there.
set -euo pipefail

source=$1 build=$2 python=$3 version=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/build"
cp "$build/libmultipole_ops.so" "$folder/build/"
wheel=$("$source/tools/wheel/build_wheel.sh" "$folder/build" "$python" "$version")
case $(basename "$wheel") in
  "multipole-$version-py3-none-"*.whl) ;;
  *) echo "unexpected name: $wheel" >&2; exit 1 ;;
esac
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/site" "$wheel"
rm -r "$folder/build"
cd "$folder"
PYTHONPATH="$folder/site" "$python" - "$folder/site" "$source/models/multipole_nano_cifar10.safetensors" << 'PYTHON'
import sys
import torch
import multipole
assert multipole.__file__.startswith(sys.argv[1]), multipole.__file__
layer = multipole.MultipoleAttention2d(16, 2, 2, cell=2)
assert layer(torch.randn(1, 9, 9, 16)).isfinite().all()
assert multipole.load(sys.argv[2])(torch.randn(1, 3, 32, 32)).shape == (1, 10)
PYTHON
if readelf -d "$folder/site/multipole/libmultipole_ops.so" | grep -E 'R(UN)?PATH'; then
  echo 'the library looks for others where it was built' >&2
  exit 1
fi
