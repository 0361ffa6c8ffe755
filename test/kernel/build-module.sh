#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds the driver against unpacked header packages: build-module.sh ROOT VERSION OUT. ROOT is what the packages of
# headers and kbuild were unpacked into, and perhaps a compiler with all that it needs: that one builds it then. OUT gets
# vtl_hba.ko. Any warning is an error.
set -eu
[ $# = 3 ] || { echo "usage: $0 ROOT VERSION OUT" >&2; exit 2; }
root=$(cd "$1" && pwd)
version=$2
mkdir -p "$3"
out=$(cd "$3" && pwd)
here=$(cd "$(dirname "$0")/../../hba-module" && pwd)

build_here() {
	headers=$root/usr/src/linux-headers-$version
	common=$(echo "$root"/usr/src/linux-headers-*-common)
	# The links within the packages begin at /.
	makefile=$(sed -n 's/^include .*-common\(.*\)$/\1/p' "$headers/Makefile")
	make -j2 -C "$headers" -f "$common${makefile:-/Makefile}" M="$out" W=1 modules
}

# What would look at comments needs perl or python, which are not there.
build_there() {
	ln -sf /bin/true "$root/usr/src/linux-headers-${version%-amd64}-common/scripts/kernel-doc"
	rm -rf "$root/module"
	mkdir -p "$root/module" "$root/dev" "$root/proc" "$root/tmp"
	cp "$out"/*.c "$out"/*.h "$out/Kbuild" "$root/module/"
	unshare -m --propagation private sh -c '
		mount --rbind /dev "$1/dev" && mount -t proc none "$1/proc" &&
		PATH=/usr/sbin:/usr/bin:/sbin:/bin exec chroot "$1" make -j2 -C "/usr/src/linux-headers-$2" M=/module W=1 \
			PYTHON3=true modules
	' build "$root" "$version" &&
	cp "$root/module/vtl_hba.ko" "$out/"
}

# The kernel's Makefile drops LC_ALL, and perl then complains of the others.
unset LC_CTYPE LC_MESSAGES LANGUAGE
export LANG=C LC_ALL=C

cp -u "$here"/*.c "$here"/*.h "$here/Kbuild" "$out/"
if [ -x "$root/usr/bin/make" ]; then
	how=build_there
else
	how=build_here
fi
$how >"$out/log" 2>&1 || {
	cat "$out/log"
	exit 1
}
if grep -iE 'warning' "$out/log"; then
	exit 1
fi
