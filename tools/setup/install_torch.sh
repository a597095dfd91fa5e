#!/usr/bin/env bash
# install_torch.sh VENV libtorch|python: PyPI's torch wheel in a virtual environment.
#
# libtorch  the wheel alone and the two small CUDA libraries that libtorch_cpu.so is linked to (1.4 GB)
# python    all its dependencies, so that `import torch` works too (4.9 GB)
set -euo pipefail

venv=$1 level=$2
version=2.11.0
stamp=$venv/.multipole-$level-$version
[ ! -e "$stamp" ] || exit 0

if [ ! -x "$venv/bin/pip" ]; then
  echo "Creating the virtual environment $venv" >&2
  "${PYTHON:-python3}" -m venv "$venv"
fi
pip=("$venv/bin/pip" install --quiet --disable-pip-version-check)
case $level in
  libtorch)
    echo "Installing LibTorch $version from PyPI into $venv" >&2
    "${pip[@]}" --no-deps "torch==$version" 'nvidia-cuda-runtime>=13,<14' 'nvidia-cuda-cupti>=13,<14'
    ;;
  python)
    echo "Installing what Python needs for torch $version into $venv" >&2
    "${pip[@]}" "torch==$version" numpy safetensors
    ;;
  *)
    echo "install_torch.sh: unknown level '$level' (libtorch or python)" >&2
    exit 2
    ;;
esac
touch "$stamp"
