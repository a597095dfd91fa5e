#!/usr/bin/env bash
# device_checks.sh STAGE...: what can only be checked on a machine with an NVIDIA GPU, in an order that fits half an hour.
#
# headers   (elsewhere) copies the header-only libraries, GoogleTest and OpenCV's core and imgproc of this machine into
#           HEADERS, for a GPU machine that has neither them nor a network
# build     the command, the op library and the tests that use a device; can be called again when it was cut off
# tests     golden files, parity of each element type by the 2x rule, batches copied ahead, two processes (gloo)
# sanitize  compute-sanitizer memcheck and racecheck over the golden files
# bench     attention2d beside FlashAttention, and whole models; JSON into OUT
# train     a short training from packed data, PACK=FILE, then the same with two processes where there are two GPUs
#
# Needs torch for CUDA, nvcc, CMake, Ninja, and the libraries in HEADERS or installed. Pictures are not decoded there.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build-device} headers=${HEADERS:-build-headers} out=${OUT:-$build/results}
python=${PYTHON:-python3} jobs=${JOBS:-$(nproc)}
multipole=$build/multipole
libraries=lib/x86_64-linux-gnu
export LD_LIBRARY_PATH="$PWD/$headers/$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

copy_headers() {
  local imgproc=$headers/$libraries/libopencv_imgproc.so
  for package in nlohmann-json3-dev libcli11-dev libxxhash-dev libgtest-dev libgloo-dev libopencv-core-dev \
    libopencv-imgproc-dev; do
    dpkg -L "$package" | grep -E '^/usr/(include|lib|share/cmake)/' | grep -v '/libopencv.*\.a$' | while read -r file; do
      [ ! -f "$file" ] || install -D -m 644 "$file" "$headers${file#/usr}"
    done
  done
  # under the name that programs ask for, and the libraries that it needs beyond those of every machine
  cp "$imgproc" "$headers/$libraries/$(objdump -p "$imgproc" | awk '$1 == "SONAME" {print $2}')"
  ldd "$imgproc" | awk '$2 == "=>" {print $3}' | grep -vE '/lib(c|m|z|gcc_s|stdc\+\+)\.so' |
    xargs install -D -m 644 -t "$headers/$libraries"
  du -sh "$headers"
}

build_all() {
  local torch prefix
  torch=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)')
  prefix="$torch;$PWD/$headers"
  cmake -G Ninja -B "$build" -DCMAKE_BUILD_TYPE=Release -DMULTIPOLE_CUDA=ON -DMULTIPOLE_WITH_CODECS=OFF \
    -DTORCH_CUDA_ARCH_LIST="${ARCH:-9.0}" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_INCLUDE_PATH="$PWD/$headers/include" \
    -DCMAKE_CXX_FLAGS="-isystem $PWD/$headers/include"
  # the kernels and their tests first: if time runs out, they are there
  ninja -C "$build" -j "$jobs" backbone_multipole_golden backbone_multipole_parity
  ninja -C "$build" -j "$jobs" multipole engine_training_device_feed
  if ninja -C "$build" -t targets all | grep -q '^engine_distributed_distributed:'; then
    ninja -C "$build" -j "$jobs" engine_distributed_distributed
  fi
}

run_tests() {
  "$build/backbone_multipole_golden" --gtest_filter='*Cuda*'
  "$build/backbone_multipole_parity" --gtest_filter='*Cuda*'
  "$build/engine_training_device_feed" --gtest_filter='*Cuda*'
  if [ -x "$build/engine_distributed_distributed" ]; then "$build/engine_distributed_distributed"; fi
}

sanitize() {
  for tool in memcheck racecheck; do
    compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/backbone_multipole_golden" \
      --gtest_filter='GoldenOnCuda.*'
  done
}

bench() {
  mkdir -p "$out"
  for head_dim in 32 64; do
    for dtype in bfloat16 float16; do
      "$multipole" bench op --device cuda --dtype "$dtype" --batch 8 --heads 8 --head-dim "$head_dim" --backward \
        --tokens 1024 4096 16384 65536 --subjects sdpa near attention2d multipole --seconds 0.3 --max-seconds 20 \
        --json "$out/op_${dtype}_$head_dim.json"
    done
  done
  "$multipole" bench model --device cuda --presets multipole_tiny --batch-sizes 64 --precisions bfloat16 \
    --passes inference train --json "$out/model_tiny.json"
  "$multipole" bench model --device cuda --presets multipole_micro --image-sizes 64 --batch-sizes 256 \
    --precisions bfloat16 --passes train --json "$out/model_micro.json"
}

train() {
  local words=(classify train --data "${PACK:?PACK names the packed data}" --device cuda --epochs "${EPOCHS:-2}")
  "$multipole" "${words[@]}" --out "$out/run_1"
  if [ "$("$python" -c 'import torch; print(torch.cuda.device_count())')" -gt 1 ]; then
    "$python" -m torch.distributed.run --standalone --nproc-per-node 2 --no-python "$multipole" "${words[@]}" \
      --out "$out/run_2"
  fi
}

[ $# -gt 0 ] || { sed -n '2,14p' "$0" >&2; exit 2; }
for stage in "$@"; do
  echo "== $stage" >&2
  case $stage in
    headers) copy_headers ;;
    build) build_all ;;
    tests) run_tests ;;
    sanitize) sanitize ;;
    bench) bench ;;
    train) train ;;
    *) echo "device_checks.sh: unknown stage '$stage'" >&2; exit 2 ;;
  esac
done
