#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds the driver against unpacked header packages: build-module.sh ROOT VERSION OUT. ROOT is what the packages of
# headers and kbuild were unpacked into; OUT gets vtl_hba.ko. Any warning is an error.
set -eu
[ $# = 3 ] || { echo "usage: $0 ROOT VERSION OUT" >&2; exit 2; }
root=$(cd "$1" && pwd)
version=$2
mkdir -p "$3"
out=$(cd "$3" && pwd)
here=$(cd "$(dirname "$0")/../../hba-module" && pwd)

cp -u "$here"/*.c "$here"/*.h "$here/Kbuild" "$out/"
headers=$root/usr/src/linux-headers-$version
common=$(echo "$root"/usr/src/linux-headers-*-common)
# The links within the packages begin at /.
build=$(sed -n 's/^include .*-common\(.*\)$/\1/p' "$headers/Makefile")
make -j2 -C "$headers" -f "$common${build:-/Makefile}" M="$out" W=1 ${KERNEL_CC:+CC=$KERNEL_CC} modules >"$out/log" 2>&1 || {
	cat "$out/log"
	exit 1
}
if grep -iE 'warning' "$out/log"; then
	exit 1
fi
