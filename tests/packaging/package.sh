#!/bin/bash
# Makes the packages, unpacks them elsewhere and runs the command: it finds LibTorch where it is told to, and says what to do
# where it does not. Usage: package.sh SOURCE BUILD LIBTORCH
. "$(dirname "$0")/support.sh"

(cd "$folder" && cpack --config "$build/CPackConfig.cmake" -B "$folder/packages" > "$folder/log") || fail "$(cat "$folder/log")"
mkdir "$folder/elsewhere"
tar -xzf "$folder"/packages/multipole-*.tar.gz -C "$folder/elsewhere" --strip-components=1
prefix=$folder/elsewhere
expect_no_build_paths "$prefix"
[ ! -e "$prefix/lib/multipole/libtorch" ] || fail "the package holds a link to this machine's LibTorch"

# LibTorch of this version, of another one, and none.
MULTIPOLE_LIBTORCH=$libtorch expect_same_labels "$prefix"
make_other_libtorch "$folder/old"
for given in old nowhere; do
  code=0
  MULTIPOLE_LIBTORCH=$folder/$given "$prefix/bin/multipole" --version > "$folder/out" 2> "$folder/$given.txt" || code=$?
  [ $code = 4 ] || fail "without LibTorch the exit code is $code"
  [ ! -s "$folder/out" ] || fail "a message on standard output"
  expect_text "the message says what to do" "export MULTIPOLE_LIBTORCH=" "$folder/$given.txt"
  expect_text "the message says what to do" "$prefix/share/multipole/install_torch.sh" "$folder/$given.txt"
done
expect_text "another version is named" "MULTIPOLE_LIBTORCH: $folder/old is LibTorch 1.13" "$folder/old.txt"
expect_text "a wrong folder is named" "MULTIPOLE_LIBTORCH: no LibTorch in $folder/nowhere" "$folder/nowhere.txt"

# The torch of python3, where nothing else is said.
mkdir "$folder/bin" "$folder/package"
printf '#!/bin/sh\nPYTHONPATH=%s exec %s "$@"\n' "$folder/package" "$(command -v python3)" > "$folder/bin/python3"
chmod +x "$folder/bin/python3"
ln -s "$libtorch" "$folder/package/torch"
PATH=$folder/bin:$PATH expect_same_labels "$prefix"

# The link of docs/install.md, and a link to the command.
ln -s "$libtorch" "$prefix/lib/multipole/libtorch"
ln -s "$prefix/bin/multipole" "$folder/linked"
expect_same_labels "$prefix"
"$folder/linked" --version > /dev/null

# The .deb holds the same files, and names the packages of its libraries.
command -v dpkg-deb > /dev/null || exit 0
package=$(echo "$folder"/packages/multipole_*.deb)
dpkg-deb --extract "$package" "$folder/root"
(cd "$folder/root/usr" && find . ! -type d | sort) > "$folder/deb_files"
tar -tzf "$folder"/packages/multipole-*.tar.gz | grep -v '/$' | sed 's|^[^/]*|.|' | sort | diff - "$folder/deb_files"
dpkg-deb --field "$package" Depends | tr -d ' ' | tr ',' '\n' | sed 's/(.*//' > "$folder/depends"
for name in libc6 libarchive13 libpng16-16; do
  grep -qx -e "$name" -e "${name}t64" "$folder/depends" || fail "the .deb does not depend on $name: $(cat "$folder/depends")"
done
dpkg-deb --field "$package" Description > "$folder/description"
expect_text "the description names LibTorch" "Needs LibTorch" "$folder/description"
