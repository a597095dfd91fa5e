#!/usr/bin/env bash
# build_wheel.sh BUILD PYTHON VERSION: BUILD/wheel/multipole-VERSION-*.whl, the package of python/ with the operators of
# BUILD, for the release of torch that PYTHON has (they are linked to it).
set -euo pipefail

build=$(cd "$1" && pwd) python=$2 version=$3
source=$(cd "$(dirname "$0")/../.." && pwd)
stage=$build/wheel/stage
rm -rf "$build/wheel"
mkdir -p "$stage"
cp -r "$source/python/multipole" "$stage/"
find "$stage" -name __pycache__ -prune -exec rm -r {} +
cp "$build/libmultipole_ops.so" "$stage/multipole/"
# torch is loaded before the operators are, so they need no path to it
cmake -D FILE="$stage/multipole/libmultipole_ops.so" -P "$source/tools/wheel/without_run_path.cmake" > /dev/null
"$python" -c 'import json, torch; print(json.dumps({"torch": torch.__version__}))' > "$stage/multipole/build.json"
torch=$("$python" -c 'import torch; print(".".join(torch.__version__.split(".")[:2]))')
sed -e "s/@VERSION@/$version/" -e "s/@TORCH@/$torch/" "$source/tools/wheel/pyproject.toml.in" > "$stage/pyproject.toml"
cp "$source/tools/wheel/setup.py" "$stage/"
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$build/wheel" "$stage"
echo "$build"/wheel/multipole-*.whl
