#!/usr/bin/env bash
# device_checks.sh STAGE...: what can only be checked on a machine with an NVIDIA GPU, in a quarter of an hour of it.
#
# Where nvcc and torch for CUDA are, without a GPU:
#   build     the command, the op library and the tests that use a device, for compute capability 9.0 (ARCH)
#   pack      strips them and puts them with the libraries that they need, and with PACK=FILE (packed pictures,
#             `multipole data pack`), into CARRY: at most 64 MiB
# On the GPU's machine, in the source tree with CARRY in it; needs python3 with the same version of torch:
#   tests     golden files, parity of each element type by the 2x rule, batches copied ahead, two processes (gloo)
#   bench     attention2d beside FlashAttention, and whole models; JSON into OUT
#   train     a short training from packed data, then the same with two processes where there are two GPUs
#   sanitize  compute-sanitizer memcheck and racecheck over the golden files; not counted in the quarter of an hour
#
# Each step of a stage has a limit of its own, is ended by it, and leaves its output in OUT; a step that fails or is
# ended keeps no other from running. Exit code 1 where one failed. DEVICE=cpu tries the stages without a GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build-device} carry=${CARRY:-build-carry} out=${OUT:-$carry/results} device=${DEVICE:-cuda}
python=${PYTHON:-python3} most_bytes=$((64 << 20)) failed=0
programs=(multipole backbone_multipole_tests engine_runtime_tests engine_distributed_tests)

build_all() {
  # tests find their files from the source tree's folder, wherever that is
  cmake -G Ninja -B "$build" -DCMAKE_BUILD_TYPE=Release -DMULTIPOLE_CUDA=ON -DMULTIPOLE_WITH_CODECS=OFF \
    -DTORCH_CUDA_ARCH_LIST="${ARCH:-9.0}" -DMULTIPOLE_TEST_ROOT=.
  # the kernels and their tests first: if time runs out, they are there
  ninja -C "$build" -j "${JOBS:-$(nproc)}" backbone_multipole_tests
  ninja -C "$build" -j "${JOBS:-$(nproc)}" "${programs[@]}"
}

# Those that a program needs and that neither torch nor the C and C++ libraries bring.
libraries_of() {
  ldd "$1" | awk '$2 == "=>" && $3 ~ "^/" {print $3}' |
    grep -vE '/(torch|nvidia|cuda)[^ ]*/lib|/lib(c|m|z|dl|rt|pthread|gomp|gcc_s|stdc\+\+)\.so' || true
}

pack() {
  rm -rf "$carry"
  mkdir -p "$carry/bin" "$carry/lib"
  local name path
  for name in "${programs[@]}"; do
    path=$(find "$build" -type f -name "$name" -perm -u+x | head -n 1)
    [ -n "$path" ] || { echo "device_checks.sh: no $name in $build: run the stage build" >&2; exit 1; }
    strip -o "$carry/bin/$name" "$path"
    libraries_of "$path" | while read -r library; do
      strip -o "$carry/lib/$(basename "$library")" "$(realpath "$library")"
    done
  done
  torch_version > "$carry/torch_version"
  if [ -n "${PACK:-}" ]; then cp "$PACK" "$carry/pictures.pack"; fi
  local bytes
  bytes=$(du -sb "$carry" | cut -f 1)
  echo "$carry: $((bytes >> 20)) MiB" >&2
  [ "$bytes" -le "$most_bytes" ] || { echo "device_checks.sh: more than $((most_bytes >> 20)) MiB" >&2; exit 1; }
}

torch_version() { "$python" -c 'import torch; print(torch.__version__)'; }

# Of the stages on the GPU's machine.
prepare() {
  local there
  there=$(torch_version)
  if [ "$there" != "$(cat "$carry/torch_version")" ]; then
    echo "device_checks.sh: built with torch $(cat "$carry/torch_version"), here is $there" >&2
    exit 1
  fi
  if [ "$device" = cuda ] && [ "$("$python" -c 'import torch; print(torch.cuda.device_count())')" = 0 ]; then
    echo "device_checks.sh: torch sees no CUDA device here" >&2
    exit 1
  fi
  local torch_library
  torch_library=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
  export LD_LIBRARY_PATH="$PWD/$carry/lib:$torch_library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  mkdir -p "$out"
}

# step NAME SECONDS COMMAND...
step() {
  local name=$1 limit=$2 start=$SECONDS code=0
  shift 2
  timeout --kill-after=5 "$limit" "$@" > "$out/$name.log" 2>&1 || code=$?
  case $code in
    0) echo "$name: done in $((SECONDS - start)) s" ;;
    124 | 137) echo "$name: ended after $limit s" ;;
    *)
      echo "$name: failed ($code)"
      tail -n 15 "$out/$name.log"
      failed=1
      ;;
  esac
}

run_tests() {
  local where=Cuda
  if [ "$device" = cpu ]; then where=Cpu; fi
  step golden 60 "$carry/bin/backbone_multipole_tests" --gtest_filter='*Golden*'
  step parity 90 "$carry/bin/backbone_multipole_tests" --gtest_filter="Parity.$where"
  step device_feed 30 "$carry/bin/engine_runtime_tests" --gtest_filter="DeviceFeed.$where"
  step distributed 60 "$carry/bin/engine_distributed_tests" --gtest_filter='Distributed.*'
}

bench() {
  local tokens=(1024 4096 16384 65536) seconds=0.3 presets=(multipole_tiny:224:64 multipole_micro:64:256)
  local dtypes=(bfloat16 float16)
  if [ "$device" = cpu ]; then tokens=(256) seconds=0.01 presets=(multipole_nano:32:2) dtypes=(bfloat16); fi
  local dtype head_dim model
  for dtype in "${dtypes[@]}"; do
    for head_dim in 32 64; do
      step "op_${dtype}_$head_dim" 60 "$carry/bin/multipole" bench op --device "$device" --dtype "$dtype" --batch 8 \
        --heads 8 --head-dim "$head_dim" --backward --tokens "${tokens[@]}" --subjects sdpa near attention2d multipole \
        --seconds "$seconds" --max-seconds 10 --json "$out/op_${dtype}_$head_dim.json"
    done
  done
  for model in "${presets[@]}"; do
    IFS=: read -r preset size batch <<< "$model"
    step "model_$preset" 60 "$carry/bin/multipole" bench model --device "$device" --presets "$preset" \
      --image-sizes "$size" --batch-sizes "$batch" --precisions bfloat16 --attentions fused full \
      --passes inference train --seconds "$seconds" --json "$out/model_$preset.json"
  done
}

train() {
  local words=(classify train --data "$carry/pictures.pack" --device "$device" --epochs "${EPOCHS:-2}")
  [ -f "$carry/pictures.pack" ] || { echo "device_checks.sh: pack with PACK=FILE for a training" >&2; exit 1; }
  step train 180 "$carry/bin/multipole" "${words[@]}" --out "$out/run_1"
  if [ "$("$python" -c 'import torch; print(torch.cuda.device_count())')" -gt 1 ]; then
    step train_two 180 "$python" -m torch.distributed.run --standalone --nproc-per-node 2 --no-python \
      "$carry/bin/multipole" "${words[@]}" --out "$out/run_2"
  fi
}

sanitize() {
  local tool
  for tool in memcheck racecheck; do
    step "$tool" 600 compute-sanitizer --tool "$tool" --error-exitcode 9 "$carry/bin/backbone_multipole_tests" \
      --gtest_filter='GoldenOnCuda.*'
  done
}

[ $# -gt 0 ] || { sed -n '2,15p' "$0" >&2; exit 2; }
for stage in "$@"; do
  echo "== $stage" >&2
  case $stage in
    build) build_all ;;
    pack) pack ;;
    tests) prepare && run_tests ;;
    bench) prepare && bench ;;
    train) prepare && train ;;
    sanitize) prepare && sanitize ;;
    *) echo "device_checks.sh: unknown stage '$stage'" >&2; exit 2 ;;
  esac
done
exit "$failed"
