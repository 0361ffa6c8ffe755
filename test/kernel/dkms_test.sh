#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# DKMS adds, builds, installs and removes the driver from what `make install-dkms` gives it.
#
# In a root of its own: this machine's, with DKMS and a kernel's headers beside it, and a layer above that takes what is
# written. Neither DKMS nor the kernel is installed on this machine.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tap.sh
BUILD=${BUILD:-build}
CACHE=${CACHE:-$BUILD/cache}
MODULE=tgt-vtl-hba

# The second time, in a mount namespace, where mounts end with the test.
if [ "${1:-}" != mounted ]; then
	[ "$(id -u)" = 0 ] || { echo "needs root, for a root of its own"; exit 77; }
	why=$(sh test/kernel/fetch-kernel.sh "$CACHE/kernel" && sh test/kernel/fetch-clients.sh "$CACHE/dkms" dkms) || {
		rc=$?
		echo "$why"
		exit $rc
	}
	unshare -m true 2>/dev/null || { echo "no mount namespace can be had here"; exit 77; }
	dir=$(mktemp -d) || exit 2
	trap 'rm -rf "$dir"' EXIT
	trap 'exit 143' HUP INT TERM
	unshare -m --propagation private sh "$0" mounted "$dir"
	exit
fi

dir=$2
kernel=$(cd "$CACHE/kernel/root" && pwd)
dkms=$(cd "$CACHE/dkms/root" && pwd)
version=$(cat "$CACHE/kernel/version")
root=$dir/root
mkdir -p "$dir/upper" && mount -t tmpfs none "$dir/upper" && mkdir "$dir/upper/all" "$dir/upper/usr" "$dir/upper/work" \
	"$dir/upper/work-usr" "$root" || exit 2
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper/all,workdir=$dir/upper/work" none "$root" 2>/dev/null &&
mount -t overlay -o "lowerdir=$dkms/usr:$kernel/usr:/usr,upperdir=$dir/upper/usr,workdir=$dir/upper/work-usr" none \
	"$root/usr" 2>/dev/null || { echo "this kernel does not lay one file system over another here"; exit 77; }
mount --rbind /dev "$root/dev" && mount -t proc none "$root/proc" || exit 2
modules=/lib/modules/$version
mkdir -p "$root/var/lib/dkms" "$root$modules" && ln -sfn "/usr/src/linux-headers-$version" "$root$modules/build" ||
	exit 2

in_root() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C "$@" >"$dir/log" 2>&1 || {
		sed 's/^/# /' "$dir/log" "$root/var/lib/dkms/$MODULE/$release/build/make.log" 2>/dev/null
		return 1
	}
}
state_is() {
	in_root dkms status "$MODULE/$release" && grep -q "$1" "$dir/log"
}
no_warning() {
	[ -s "$1" ] && ! grep -i warning "$1"
}
installed() {
	ls "$root$modules"/updates/dkms/vtl_hba.ko* >/dev/null 2>&1
}
says_version() {
	in_root modinfo -k "$version" -F "$1" vtl_hba && grep -q "^$2" "$dir/log"
}

check 'make install-dkms puts the source where DKMS looks for it' \
	make -s --no-print-directory install-dkms DESTDIR="$root"
release=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$root"/usr/src/$MODULE-*/dkms.conf)
check 'dkms adds it' in_root dkms add "$MODULE/$release"
check 'and says so' state_is added
check 'dkms builds it for a kernel whose headers are there' in_root dkms build "$MODULE/$release" -k "$version"
check 'without a warning' no_warning "$root/var/lib/dkms/$MODULE/$release/$version/x86_64/log/make.log"
check 'dkms installs it' in_root dkms install "$MODULE/$release" -k "$version"
check 'and says so' state_is "$version.*installed"
check 'the module is found by its name, and is for that kernel' says_version vermagic "$version "
check 'dkms removes it' in_root dkms remove "$MODULE/$release" --all
check_not 'its module is gone' installed
check 'make uninstall-dkms takes the source away' make -s --no-print-directory uninstall-dkms DESTDIR="$root"
check_not 'all of it' [ -e "$root/usr/src/$MODULE-$release" ]
tap_end
