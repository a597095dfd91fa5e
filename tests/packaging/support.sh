# Read by the tests of this folder, which are called with SOURCE BUILD LIBTORCH. Makes a temporary `folder` with `pictures`.
set -eo pipefail
source=$1 build=$2 libtorch=$3
unset MULTIPOLE_LIBTORCH LD_LIBRARY_PATH CMAKE_PREFIX_PATH PKG_CONFIG_PATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "$*" >&2
  exit 1
}

# expect_text WHAT TEXT FILE...
expect_text() {
  grep -qF -e "$2" "${@:3}" || fail "$1: no '$2' in:$(printf '\n%s' "$(cat "${@:3}")")"
}

# The files of an installed tree name neither the folder of the sources nor that where they were built.
expect_no_build_paths() { # PREFIX
  local named
  named=$(grep -rIlF -e "$source/" -e "$build" "$1" || true)
  [ -z "$named" ] || fail "these files name the source or build folder: $named"
  for binary in "$1"/lib/*.so "$1/lib/multipole/multipole"; do
    readelf -d "$binary" > "$folder/dynamic"
    grep -q 'RUNPATH.*\[\$ORIGIN[^]]*libtorch/lib\]$' "$folder/dynamic" || fail "$binary: no run path to LibTorch"
    ! grep -F -e "$source" -e "$build" "$folder/dynamic" || fail "$binary: a path of the build"
  done
}

# The command at PREFIX labels the pictures as that of the build folder does.
expect_same_labels() { # PREFIX
  local model=$1/share/multipole/models/multipole_nano_cifar10.safetensors
  "$build/multipole" classify predict --model "$model" --format json "$folder/pictures" > "$folder/expected"
  "$1/bin/multipole" classify predict --model "$model" --format json "$folder/pictures" > "$folder/labels"
  [ -s "$folder/labels" ] || fail "no labels"
  cmp "$folder/expected" "$folder/labels"
}

# What looks like LibTorch 1.13.
make_other_libtorch() { # FOLDER
  mkdir -p "$1/lib" "$1/include/torch/headeronly"
  touch "$1/lib/libtorch_cpu.so"
  printf '#define TORCH_VERSION_MAJOR 1\n#define TORCH_VERSION_MINOR 13\n' > "$1/include/torch/headeronly/version.h"
}

"$build/multipole" data synth --out "$folder/figures" --classes 2 --train 2 --val 2 --size 48 > /dev/null
mkdir "$folder/pictures"
for picture in "$folder"/figures/val/*/*.png; do
  cp "$picture" "$folder/pictures/$(basename "$(dirname "$picture")")_$(basename "$picture")"
done
