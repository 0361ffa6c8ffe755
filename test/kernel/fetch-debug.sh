#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds a kernel for the guest out of Debian's linux-source, that looks for faults of its own: fetch-debug.sh DEST.
#
# With KASAN, lockdep and kmemleak, and little else. It is built in a root of its own, as fetch-kernel.sh makes it, and
# DEST has the same files afterwards. Takes a quarter of an hour or so on four processors. Exit status 77 where it cannot
# be had.
set -eu
[ $# = 1 ] || { echo "usage: $0 DEST" >&2; exit 2; }
mkdir -p "$1"
dest=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
[ -e "$dest/.ok" ] && [ "$dest/.ok" -nt "$here/debug.config" ] && [ "$dest/.ok" -nt "$0" ] && exit 0
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$suite" ] || { echo "this machine does not say which Debian it is"; exit 77; }

export FETCH_MORE="linux-source perl flex bison bc libelf-dev libc6-dev xz-utils tar gzip diffutils kmod rsync"
sh "$here/fetch-kernel.sh" "$dest/tools" "$suite" headers || { rc=$?; echo "the tools for building it are not there"; exit $rc; }
root=$dest/tools/root
if [ ! -e "$root/usr/src/linux/Makefile" ]; then
	mkdir -p "$root/usr/src/linux"
	tar -xf "$root"/usr/src/linux-source-*.tar.xz -C "$root/usr/src/linux" --strip-components=1
fi
cp "$here/debug.config" "$root/usr/src/linux/debug.config"
mkdir -p "$root/dev" "$root/proc" "$root/tmp"
unshare -m --propagation private sh -c '
	mount --rbind /dev "$1/dev" && mount -t proc none "$1/proc" && export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin &&
	exec chroot "$1" sh -ec "cd /usr/src/linux
		make KCONFIG_ALLCONFIG=debug.config allnoconfig
		make -j$2 bzImage modules
		make -s kernelrelease >version
		rm -rf /lib/modules
		make modules_install"
' build "$root" "${JOBS:-$(nproc)}" >"$dest/log" 2>&1 || {
	tail -n 20 "$dest/log"
	exit 1
}
version=$(cat "$root/usr/src/linux/version")
for wanted in KASAN PROVE_LOCKING DEBUG_KMEMLEAK; do
	grep -q "^CONFIG_$wanted=y" "$root/usr/src/linux/.config" || { echo "the kernel was built without $wanted"; exit 1; }
done
ln -sfn linux "$root/usr/src/linux-headers-$version"
ln -sfn tools/root "$dest/root"
# Not the ELF file: entered that way, the kernel runs code with KASAN before KASAN has its memory.
cp "$root/usr/src/linux/arch/x86/boot/bzImage" "$dest/vmlinux"
cp "$dest/tools/initramfs" "$dest/initramfs"
echo "$version" >"$dest/version"
touch "$dest/.ok"
