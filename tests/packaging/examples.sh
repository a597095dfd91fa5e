#!/bin/bash
# Installs, moves what was installed, and builds examples/ against it in a folder that knows nothing of the source: by
# find_package and by pkg-config. Usage: examples.sh SOURCE BUILD LIBTORCH COMPILER
. "$(dirname "$0")/support.sh"
compiler=$4

cmake --install "$build" --prefix "$folder/installed" > "$folder/log"
mkdir "$folder/elsewhere"
mv "$folder/installed" "$folder/elsewhere/multipole"
prefix=$folder/elsewhere/multipole
expect_no_build_paths "$prefix"

# The headers that a header includes are there.
grep -rhoE '#include "[^"]+"' "$prefix/include" | sort -u | sed 's/.*"\(.*\)"/\1/' > "$folder/included"
[ -s "$folder/included" ] || fail "no header includes another"
while read -r header; do
  [ -e "$prefix/include/$header" ] || fail "$header is included and not installed"
done < "$folder/included"

expect_same_labels "$prefix"
LD_DEBUG=libs "$prefix/bin/multipole" --version 2> "$folder/loaded" > /dev/null
expect_text "the op library is the installed one" "calling init: $(readlink -f "$prefix")/lib/multipole/../libmultipole_ops.so" "$folder/loaded"
! grep -F "$build/" "$folder/loaded" || fail "the installed command looks into the build folder"

# By CMake.
cp -r "$prefix/share/doc/multipole/examples" "$folder/project"
cmake -S "$folder/project" -B "$folder/project/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$prefix" > "$folder/log" 2>&1 || fail "$(cat "$folder/log")"
cmake --build "$folder/project/build" > "$folder/log" 2>&1 || fail "$(cat "$folder/log")"

# By pkg-config, as a user's only command.
PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs multipole > "$folder/flags"
"$compiler" -std=c++20 "$folder/project/classify_picture.cpp" $(cat "$folder/flags") -o "$folder/by_pkg_config"

# They answer as the command does.
models=$prefix/share/multipole/models
picture=$(find "$folder/pictures" -name '*.png' | sort | head -n 1)
likeliest=$(grep -F "$picture" "$folder/labels" | sed 's/.*"predictions":\[{"class":"\([^"]*\)".*/\1/')
for classify in "$folder/project/build/classify_picture" "$folder/by_pkg_config"; do
  "$classify" "$models/multipole_nano_cifar10.safetensors" "$picture" > "$folder/out"
  expect_text "a program that was built on the library" "$picture: $likeliest 0." "$folder/out"
done
"$folder/project/build/segment_picture" "$models/multipole_nano_camvid.safetensors" "$picture" "$folder/map.ppm" \
  > "$folder/out"
awk '{ sum += $NF } END { exit !(NR == 11 && sum > 99.9 && sum < 100.1) }' "$folder/out" || fail "shares: $(cat "$folder/out")"
[ "$(head -n 2 "$folder/map.ppm" | tail -n 1)" = "48 48" ] || fail "the map is not of the picture's size"
[ "$(stat -c %s "$folder/map.ppm")" = $((13 + 48 * 48 * 3)) ] || fail "the map is cut off"
ldd "$folder/project/build/segment_picture" "$folder/by_pkg_config" > "$folder/loaded"
! grep -F -e "$source/" -e "not found" "$folder/loaded" || fail "a program takes libraries from the source folder"

# LibTorch of a virtual environment; of another version; none.
configure() { # NAME ARGUMENT...
  cmake -S "$folder/project" -B "$folder/$1" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" "${@:2}" \
    > "$folder/$1.log" 2>&1
}
series=$(sed -n 's/^series=//p' "$prefix/bin/multipole")
rm "$prefix/lib/multipole/libtorch"
for kind in given old; do
  mkdir -p "$folder/$kind-venv/lib/python3.0/site-packages"
done
ln -s "$libtorch" "$folder/given-venv/lib/python3.0/site-packages/torch"
make_other_libtorch "$folder/old-venv/lib/python3.0/site-packages/torch"
configure given -DMULTIPOLE_VENV="$folder/given-venv" || fail "$(cat "$folder/given.log")"
expect_text "a virtual environment's LibTorch" "LibTorch $series: $folder/given-venv" "$folder/given.log"
! configure old -DMULTIPOLE_VENV="$folder/old-venv" || fail "LibTorch of another version is taken"
expect_text "another version is named" "was built with LibTorch $series" "$folder/old.log"
! configure none || fail "no LibTorch is needed"
expect_text "what is missing is named" "LibTorch $series was not found" "$folder/none.log"
