#!/bin/sh
# package_dependencies.sh FILE...: the Debian packages that hold the shared libraries which these programs and libraries are
# linked to, as a Depends field: from dpkg's own tables, which say for each library its package and the version that its
# interface needs. (dpkg-shlibdeps does this, too, but is in dpkg-dev, which nothing else here needs.) LibTorch and our own
# libraries are in no package.
set -eu
PATH=$PATH:/sbin
sonames=$(objdump -p "$@" | sed -n 's/^ *NEEDED *//p' | sort -u)
cached=$(ldconfig -p)
for soname in $sonames; do
  path=$(echo "$cached" | sed -n "s|^[[:space:]]*$soname (libc6,[^)]*) => ||p" | head -n 1)
  [ -n "$path" ] || continue
  file=$(readlink -f "$path")
  # since the merge of /lib into /usr/lib a file may be registered by either name
  package=$(dpkg-query --search "$file" "${file#/usr}" 2>/dev/null | sed -n '1s/: .*//p')
  [ -n "$package" ] || continue
  # a table's lines are: name, version in the soname, dependency
  dependency=$(dpkg-query --control-show "$package" shlibs 2>/dev/null |
    sed -n "s/^${soname%%.so*} ${soname##*.so.} //p" | head -n 1)
  echo "${dependency:-${package%%:*}}"
done | sort -u | paste -s -d , - | sed 's/,/, /g'
