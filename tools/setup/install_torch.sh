#!/usr/bin/env bash
# install_torch.sh VENV libtorch|python: PyPI's torch wheel in a virtual environment.
#
# libtorch  the wheel alone and the two small CUDA libraries that libtorch_cpu.so is linked to (1.4 GB)
# python    all its dependencies, so that `import torch` works too (4.9 GB), and what the tests compare with
set -euo pipefail

venv=$1 level=$2
version=2.11.0
case $level in
  libtorch) packages=("torch==$version" 'nvidia-cuda-runtime>=13,<14' 'nvidia-cuda-cupti>=13,<14') ;;
  python) packages=("torch==$version" numpy safetensors tensorboard scikit-learn torchvision==0.26.0 timm transformers
    onnx onnxruntime rasterio rio-cogeo pyogrio shapely) ;;
  *)
    echo "install_torch.sh: unknown level '$level' (libtorch or python)" >&2
    exit 2
    ;;
esac
stamp=$venv/.multipole-$level
[ "$(cat "$stamp" 2>/dev/null)" != "${packages[*]}" ] || exit 0

if [ ! -x "$venv/bin/pip" ]; then
  echo "Creating the virtual environment $venv" >&2
  "${PYTHON:-python3}" -m venv "$venv"
fi
pip=("$venv/bin/pip" install --quiet --disable-pip-version-check)
if [ "$level" = libtorch ]; then
  echo "Installing LibTorch $version from PyPI into $venv: 1.4 GB, one to three minutes" >&2
  "${pip[@]}" --no-deps "${packages[@]}"
else
  echo "Installing what Python and the tests need from PyPI into $venv: 3.5 GB more, a few minutes" >&2
  "${pip[@]}" "${packages[@]}"
fi
echo "${packages[*]}" > "$stamp"
